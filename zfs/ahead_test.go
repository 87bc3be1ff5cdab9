package zfs_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// wide is a tree of n filesystems, each with n children.
func wide(n int) []string {
	names := []string{"tank"}
	for i := range n {
		for j := range n {
			if j == 0 {
				names = append(names, fmt.Sprintf("tank/%03d", i))
			}
			names = append(names, fmt.Sprintf("tank/%03d/%03d", i, j))
		}
	}
	return names
}

// A walk makes several concurrent calls, but not more than documented.
func TestDatasetsCallsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &testkit.Fake{}
		f.Add(wide(10)...)
		var now, most atomic.Int64
		dev := ioctl.NewDevice(func(op ioctl.Op, c *ioctl.Cmd) error {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(time.Millisecond) // of the bubble's clock: all that can run meanwhile does
			defer now.Add(-1)
			return f.Answer(op, c)
		})
		got, err := collect(testkit.Open(t, dev).Datasets(t.Context(), "tank", &zfs.DatasetsOptions{Recursive: true, AllProps: true}))
		if err != nil || len(got) != 111 {
			t.Errorf("%d datasets, error %v", len(got), err)
		}
		if most.Load() != 4 {
			t.Errorf("%d concurrent calls, want 4", most.Load())
		}
	})
}

// Little is read ahead of a slow caller, however large the tree is.
func TestDatasetsReadsLittleAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := testkit.OpenFake(t, wide(60)...)
		seen := 0
		for _, err := range c.Datasets(t.Context(), "tank", &zfs.DatasetsOptions{Recursive: true}) {
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if seen++; seen == 100 {
				break
			}
			// One step for each dataset seen and one to see that it has no
			// children, and a few on each of the two levels below.
			if ahead := len(f.Sent) - 2*seen; ahead > 20 {
				t.Fatalf("%d calls after %d datasets", len(f.Sent), seen)
			}
		}
	})
}

// The end of the context ends a walk that waits for the kernel.
func TestDatasetsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &testkit.Fake{}
		f.Add(wide(3)...)
		hang := make(chan struct{})
		dev := ioctl.NewDevice(func(op ioctl.Op, c *ioctl.Cmd) error {
			if c.Text(ioctl.FieldName) == "tank/001" {
				<-hang
			}
			return f.Answer(op, c)
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		got, err := collect(testkit.Open(t, dev).Datasets(ctx, "tank", &zfs.DatasetsOptions{Recursive: true}))
		if !errors.Is(err, context.DeadlineExceeded) || len(got) != 6 {
			t.Errorf("datasets %v, error %v", got, err)
		}
		close(hang)
	})
}

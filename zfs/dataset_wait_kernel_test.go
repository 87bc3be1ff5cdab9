package zfs_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

func TestKernelDatasetWait(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a", nil)
	mustCreate(t, c, pool+"/v", &zfs.DatasetCreateOptions{VolumeSize: 1 << 20})
	mustSnapshot(t, c, pool+"/a@s")
	for _, tc := range []struct {
		name, target string
		activity     zfs.DatasetActivity
		testkit.Outcome
	}{
		{name: "not mounted", target: "/a"},
		{name: "volume", target: "/v"},
		{name: "not there", target: "/no", Outcome: testkit.Outcome{Want: zfs.ErrNotFound}},
		{name: "snapshot", target: "/a@s", Outcome: testkit.Outcome{Want: zfs.ErrInvalidName}},
		{name: "no such activity", target: "/a", activity: 7, Outcome: testkit.Outcome{Want: zfs.ErrInvalid}},
		{name: "negative activity", target: "/a", activity: -1, Outcome: testkit.Outcome{Want: zfs.ErrInvalid}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			waited, err := c.DatasetWait(t.Context(), pool+tc.target, tc.activity)
			tc.Check(t, err)
			if waited {
				t.Error("it waited for something")
			}
		})
	}
}

// While a removed file is open the queue is not empty.
func TestKernelDatasetWaitForAFile(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	dir := t.TempDir()
	zfstest.Run(t, "zfs", "create", "-o", "mountpoint="+dir, pool+"/m")
	f, err := os.Create(filepath.Join(dir, "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := c.DatasetWait(ctx, pool+"/m", zfs.DatasetDeleteQueue); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v before the file is closed, want context.DeadlineExceeded", err)
	}
	type result struct {
		waited bool
		err    error
	}
	done := make(chan result, 1)
	go func() {
		waited, err := c.DatasetWait(t.Context(), pool+"/m", zfs.DatasetDeleteQueue)
		done <- result{waited, err}
	}()
	select {
	case r := <-done:
		t.Fatalf("DatasetWait returns before the file is closed: %+v", r)
	case <-time.After(500 * time.Millisecond):
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if r := <-done; r.err != nil || !r.waited {
		t.Errorf("DatasetWait = %t, %v, want true", r.waited, r.err)
	}
	if waited, err := c.DatasetWait(t.Context(), pool+"/m", zfs.DatasetDeleteQueue); waited || err != nil {
		t.Errorf("with nothing to wait for: %t, %v", waited, err)
	}
}

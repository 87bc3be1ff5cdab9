package zfs_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// interfere starts two that make snapshots, clones and holds below a dataset, one
// in this process and one in another, and returns what ends them. They destroy
// nothing, and never make a name twice.
func interfere(t *testing.T, base string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	other := exec.CommandContext(ctx, "sh", "-c", strings.ReplaceAll(`i=0
while :; do
	zfs snapshot B/a@sh$i; zfs hold sh B/a@sh$i; zfs clone B/a@2 B/sh$i; zfs snapshot -r B/a@all$i; zfs release sh B/a@sh$i
	i=$((i+1))
done 2>/dev/null`, "B", base))
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	c, err := zfs.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		// Their calls may fail, as what they are for may be gone.
		for i := 0; ctx.Err() == nil; i++ {
			switch rand.IntN(8) {
			case 0:
				_ = c.SnapshotCreate(ctx, []string{fmt.Sprintf("%s/a@n%d", base, i), fmt.Sprintf("%s/a/b@n%d", base, i)}, nil)
			case 1:
				_ = c.HoldAdd(ctx, map[string]string{base + "/a@2": "keep"}, nil)
			case 2:
				_ = c.DatasetClone(ctx, fmt.Sprintf("%s/c%d", base, i), base+"/a@2", nil)
			case 3:
				_ = c.HoldAdd(ctx, map[string]string{base + "/o@2": "keep"}, nil)
			case 4:
				_ = c.DatasetClone(ctx, fmt.Sprintf("%s/p%d", base, i), base+"/o@2", nil)
			default:
				_ = c.HoldRelease(ctx, map[string][]string{base + "/a@2": {"keep"}, base + "/o@2": {"keep"}})
			}
		}
	})
	return func() {
		cancel()
		_ = other.Wait() // it was killed
		group.Wait()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// clearUp takes all holds and then everything away, which nobody uses any more.
func clearUp(t *testing.T, c *zfs.Client, base string) {
	t.Helper()
	release := make(map[string][]string)
	for snap, err := range c.Snapshots(t.Context(), base, &zfs.SnapshotsOptions{Recursive: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if snap.Props.Uint64(zfs.PropUserRefs) > 0 {
			release[snap.Name] = heldTags(t, c, snap.Name)
		}
	}
	if len(release) > 0 {
		if err := c.HoldRelease(t.Context(), release); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.TreeDestroy(t.Context(), base, nil); err != nil {
		t.Error(err)
	}
}

// contested are the composites that the interference meets. Each returns what it
// has made and what it has destroyed.
func contested() map[string]func(context.Context, *zfs.Client, string) (made, gone []string, err error) {
	return map[string]func(context.Context, *zfs.Client, string) (made, gone []string, err error){
		"destroy": func(ctx context.Context, c *zfs.Client, base string) (made, gone []string, err error) {
			gone, err = c.TreeDestroy(ctx, base+"/a", nil)
			return nil, gone, err
		},
		"destroy dependents": func(ctx context.Context, c *zfs.Client, base string) (made, gone []string, err error) {
			gone, err = c.TreeDestroy(ctx, base+"/a", &zfs.TreeDestroyOptions{Dependents: true})
			return nil, gone, err
		},
		"revert": func(ctx context.Context, c *zfs.Client, base string) (made, gone []string, err error) {
			done, err := c.TreeRevert(ctx, base+"/a@1", &zfs.TreeRevertOptions{DestroyNewer: true, Recursive: true})
			gone = slices.DeleteFunc(done, func(name string) bool { return !strings.Contains(name, "@") })
			return nil, gone, err
		},
		"snapshot": func(ctx context.Context, c *zfs.Client, base string) (made, gone []string, err error) {
			made, err = c.TreeSnapshot(ctx, base+"/a@made", nil)
			return made, nil, err
		},
		"promote": func(ctx context.Context, c *zfs.Client, base string) (made, gone []string, err error) {
			origin, err := c.DatasetPromoteDestroying(ctx, base+"/y", &zfs.PromoteDestroyOptions{Snapshots: true})
			if err == nil {
				made, gone = []string{base + "/y@1"}, []string{origin, origin + "@1", origin + "@2"}
			}
			return made, gone, err
		},
	}
}

// While others make snapshots, clones and holds in the same tree, a composite
// does all or nothing, and says which. What it did not destroy is there.
func TestKernelCompositesUnderInterference(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	kinds := []string{"destroy", "destroy dependents", "revert", "snapshot", "promote"}
	runs := soaks(t, len(kinds))
	outcomes := make(map[string]int)
	for run := range runs {
		base := fmt.Sprintf("%s/r%d", pool, run)
		kind := kinds[run%len(kinds)]
		mustCreate(t, c, base, nil)
		mustSetUp(t, c, base, "fs a;fs a/b;snap a@1;snap a/b@1;snap a@2;snap a/b@2;fs o;snap o@1;clone y o@1;snap o@2")
		stop := interfere(t, base)
		time.Sleep(rand.N(300 * time.Millisecond))
		before := strings.Fields(everything(t, c, base))
		made, gone, err := contested()[kind](t.Context(), c, base)
		stop()
		after := make(map[string]bool)
		for _, name := range strings.Fields(everything(t, c, base)) {
			after[name] = true
		}
		var e *zfs.Error
		if errors.As(err, &e) && (len(e.Done) > 0 || e.Executed || len(e.Items) == 0) {
			t.Errorf("run %d, %s: %v", run, kind, err)
		}
		for _, name := range made {
			if !after[belowBase(base, []string{name})] {
				t.Errorf("run %d, %s: %s was made and is not there", run, kind, name)
			}
		}
		for _, name := range gone {
			if after[belowBase(base, []string{name})] {
				t.Errorf("run %d, %s: %s was destroyed and is there", run, kind, name)
			}
		}
		if err != nil && after["a@made"] {
			t.Errorf("run %d, %s: a snapshot is there after %v", run, kind, err)
		}
		for _, name := range before {
			if !after[name] && !slices.Contains(gone, base+"/"+name) {
				t.Errorf("run %d, %s: %s is gone, %v", run, kind, name, err)
			}
		}
		outcomes[fmt.Sprintf("%s %t", kind, err == nil)]++
		clearUp(t, c, base)
		if t.Failed() {
			return
		}
		if (run+1)%100 == 0 || run+1 == runs {
			t.Logf("outcomes of %d runs: %v", run+1, outcomes)
		}
	}
	if runs >= 100 && (outcomes["destroy true"] == 0 || outcomes["destroy false"] == 0) {
		t.Errorf("the interference never or always came in the way: %v", outcomes)
	}
}

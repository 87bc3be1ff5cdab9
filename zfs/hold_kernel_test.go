package zfs_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// mustSnapshotIn takes snapshots below a pool, each in a separate call.
func mustSnapshotIn(t *testing.T, c *zfs.Client, pool string, names ...string) {
	t.Helper()
	for _, name := range names {
		mustSnapshot(t, c, pool+name)
	}
}

// heldTags are the tags of a snapshot's holds.
func heldTags(t *testing.T, c *zfs.Client, snapshot string) (tags []string) {
	t.Helper()
	for hold, err := range c.Holds(t.Context(), snapshot, nil) {
		if err != nil {
			t.Fatal(err)
		}
		tags = append(tags, hold.Tag)
	}
	return tags
}

// below puts a pool's name before the names of a table.
func below(pool string, holds map[string]string) map[string]string {
	full := make(map[string]string)
	for name, tag := range holds {
		full[pool+name] = tag
	}
	return full
}

// relative removes a pool's name from an error text.
func relative(pool, text string) string { return strings.ReplaceAll(text, pool, "") }

func TestKernelHoldAdd(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	mustCreate(t, c, pool+"/a/b", &zfs.DatasetCreateOptions{Parents: true})
	mustSnapshotIn(t, c, pool, "@s", "/a@s", "/a/b@s", "/a/b@other")
	start := time.Now().Add(-2 * time.Second)
	if err := c.HoldAdd(ctx, below(pool, map[string]string{"@s": "one", "/a@s": "a tag", "/a/b@s": "one"}), nil); err != nil {
		t.Fatal(err)
	}
	if err := c.HoldAdd(ctx, below(pool, map[string]string{"/a@s": "two#@"}), nil); err != nil {
		t.Fatal(err)
	}
	var ours []string
	for hold, err := range c.Holds(ctx, pool+"@s", &zfs.HoldsOptions{Recursive: true}) {
		if err != nil {
			t.Fatal(err)
		}
		ours = append(ours, fmt.Sprintf("%s\t%s\t%s", hold.Snapshot, hold.Tag, hold.Time.Format("Mon Jan _2 15:04 2006")))
		if hold.Time.Before(start) || hold.Time.After(time.Now()) {
			t.Errorf("%s was held at %s", hold.Snapshot, hold.Time)
		}
	}
	theirs := strings.Split(strings.TrimSuffix(zfstest.Run(t, "zfs", "holds", "-rH", pool+"@s"), "\n"), "\n")
	// The date was two columns wide before 2.3, with a blank or a zero.
	slices.Sort(ours)
	slices.Sort(theirs)
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("zfs holds and Holds differ (-zfs +ours):\n%s", diff)
	}
	if len(ours) != 4 {
		t.Errorf("%d holds, want 4", len(ours))
	}
	// Holds by zfs(8) are read as well, and a held snapshot remains.
	zfstest.Run(t, "zfs", "hold", "theirs", pool+"/a/b@other")
	if diff := cmp.Diff([]string{"theirs"}, heldTags(t, c, pool+"/a/b@other")); diff != "" {
		t.Errorf("holds (-want +got):\n%s", diff)
	}
	if err := c.SnapshotDestroy(ctx, []string{pool + "/a@s"}, nil); !errors.Is(err, zfs.ErrBusy) {
		t.Errorf("destroy of a held snapshot: %v, want ErrBusy", err)
	}
}

// Temporary holds live as long as their owner is open, whatever happens to the
// program's view of it.
func TestKernelHoldOwner(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	mustCreate(t, c, pool+"/a", nil)
	mustSnapshotIn(t, c, pool, "@s", "/a@s", "@free")
	second, err := zfs.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	owner, err := second.HoldOpen()
	if err != nil {
		t.Fatal(err)
	}
	opts := &zfs.HoldAddOptions{Owner: owner}
	// An owner can be used for several calls, and for tags of the maximal length.
	long := strings.Repeat("t", 238)
	for _, holds := range []map[string]string{{"@s": "temp", "/a@s": "temp"}, {"@s": "temp2"}, {"@s": long}, {"@free": "temp"}} {
		if err := second.HoldAdd(ctx, below(pool, holds), opts); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.HoldAdd(ctx, below(pool, map[string]string{"@s": "permanent"}), nil); err != nil {
		t.Fatal(err)
	}
	// A hold can be released before its owner is closed, like any other hold.
	if err := c.HoldRelease(ctx, map[string][]string{pool + "@free": {"temp"}}); err != nil {
		t.Fatal(err)
	}
	func() { // an owner without references
		lost, err := second.HoldOpen()
		if err != nil {
			t.Fatal(err)
		}
		if err := second.HoldAdd(ctx, below(pool, map[string]string{"/a@s": "lost"}), &zfs.HoldAddOptions{Owner: lost}); err != nil {
			t.Fatal(err)
		}
	}()
	for range 5 {
		runtime.GC()
	}
	if diff := cmp.Diff([]string{"lost", "temp"}, heldTags(t, c, pool+"/a@s")); diff != "" {
		t.Errorf("holds (-want +got):\n%s", diff)
	}
	// A program that was started meanwhile does not keep the holds.
	child := exec.Command("sleep", "600")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	})
	if err := owner.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"permanent"}, heldTags(t, c, pool+"@s")); diff != "" {
		t.Errorf("holds after Close (-want +got):\n%s", diff)
	}
	if err := second.HoldAdd(ctx, below(pool, map[string]string{"@free": "late"}), opts); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("a hold for a closed owner: %v, want fs.ErrClosed", err)
	}
	if diff := cmp.Diff([]string{"lost"}, heldTags(t, c, pool+"/a@s")); diff != "" {
		t.Errorf("holds of the other owner (-want +got):\n%s", diff)
	}
	// The client still has the lost owner, and closes it with itself.
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if tags := heldTags(t, c, pool+"/a@s"); tags != nil {
		t.Errorf("holds after the client's Close: %v", tags)
	}
}

// When a temporary hold on a snapshot that is marked is released, the snapshot is
// destroyed.
func TestKernelHoldOwnerDeferred(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	mustSnapshotIn(t, c, pool, "@s")
	owner, err := c.HoldOpen()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.HoldAdd(ctx, below(pool, map[string]string{"@s": "t"}), &zfs.HoldAddOptions{Owner: owner}); err != nil {
		t.Fatal(err)
	}
	if err := c.SnapshotDestroy(ctx, []string{pool + "@s"}, nil); !errors.Is(err, zfs.ErrBusy) {
		t.Errorf("destroy: %v, want ErrBusy", err)
	}
	if err := c.SnapshotDestroy(ctx, []string{pool + "@s"}, &zfs.SnapshotDestroyOptions{Defer: true}); err != nil {
		t.Fatal(err)
	}
	if err := owner.Close(); err != nil {
		t.Fatal(err)
	}
	if left := snapshots(t, c, pool, nil); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

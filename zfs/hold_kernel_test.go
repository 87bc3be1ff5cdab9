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

// mustSnapshotIn makes snapshots below a pool, each in a call of its own.
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

// relative takes a pool's name out of what an error says.
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
	// What zfs(8) holds is seen as well, and a held snapshot stays.
	zfstest.Run(t, "zfs", "hold", "theirs", pool+"/a/b@other")
	if diff := cmp.Diff([]string{"theirs"}, heldTags(t, c, pool+"/a/b@other")); diff != "" {
		t.Errorf("holds (-want +got):\n%s", diff)
	}
	if err := c.SnapshotDestroy(ctx, []string{pool + "/a@s"}, nil); !errors.Is(err, zfs.ErrBusy) {
		t.Errorf("destroy of a held snapshot: %v, want ErrBusy", err)
	}
}

func TestKernelHoldAddErrors(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a", nil)
	mustSnapshotIn(t, c, pool, "@s", "/a@s", "/a@held")
	if err := c.HoldAdd(t.Context(), below(pool, map[string]string{"/a@held": "t"}), nil); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name  string
		holds map[string]string
		want  error
		says  string   // items and what was done
		held  []string // tags of /a@s afterwards
	}{
		{"tag exists", map[string]string{"/a@held": "t", "/a@s": "x"}, zfs.ErrExists, "/a@held EEXIST; done ", nil},
		{"missing snapshot", map[string]string{"/a@none": "t", "/a@s": "y"}, zfs.ErrNotFound, "/a@none ENOENT; done /a@s", []string{"y"}},
		{"missing dataset", map[string]string{"/none@s": "t", "/a@s": "z"}, zfs.ErrNotFound, "/none@s ENOENT; done /a@s", []string{"y", "z"}},
		{"all are missing", map[string]string{"/a@none": "t", "/b@none": "t"}, zfs.ErrNotFound, "/a@none ENOENT, /b@none ENOENT; done ", []string{"y", "z"}},
		{"missing and existing tag", map[string]string{"/a@held": "t", "/a@none": "t"}, zfs.ErrExists, "/a@held EEXIST; done ", []string{"y", "z"}},
		{"longest tag", map[string]string{"/a@s": strings.Repeat("t", 255)}, nil, "<nil>", []string{strings.Repeat("t", 255), "y", "z"}},
		{"too long a tag", map[string]string{"/a@s": strings.Repeat("u", 256)}, zfs.ErrInvalidName, "; done ", []string{strings.Repeat("t", 255), "y", "z"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := c.HoldAdd(t.Context(), below(pool, tc.holds), nil)
			if !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			if diff := cmp.Diff(tc.says, relative(pool, describe(err))); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.held, heldTags(t, c, pool+"/a@s")); diff != "" {
				t.Errorf("holds (-want +got):\n%s", diff)
			}
		})
	}
	if err := c.HoldAdd(t.Context(), map[string]string{"nosuchpool@s": "t"}, nil); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("no such pool: %v, want ErrNotFound", err)
	}
}

func TestKernelHoldRelease(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	mustSnapshotIn(t, c, pool, "@a", "@b", "@deferred")
	for _, tag := range []string{"1", "2", "3"} {
		if err := c.HoldAdd(ctx, below(pool, map[string]string{"@a": tag, "@b": tag, "@deferred": tag}), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.SnapshotDestroy(ctx, []string{pool + "@deferred"}, &zfs.SnapshotDestroyOptions{Defer: true}); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name  string
		holds map[string][]string
		want  error
		says  string
		left  string // tags of @a, @b
	}{
		{"two of one", map[string][]string{"@a": {"1", "2"}}, nil, "<nil>", "[3] [1 2 3]"},
		{"one that is gone", map[string][]string{"@a": {"1"}, "@b": {"1"}}, zfs.ErrNotFound, "@a#1 ENOENT; done @b#1", "[3] [2 3]"},
		{"missing snapshot", map[string][]string{"@none": {"1"}, "@b": {"2"}}, zfs.ErrNotFound, "@none ENOENT; done @b#2", "[3] [3]"},
		{"all of a snapshot and one more", map[string][]string{"@a": {"3", "4"}}, zfs.ErrNotFound, "@a#4 ENOENT; done @a#3", "[] [3]"},
		{"never held", map[string][]string{"@a": {"3"}}, zfs.ErrNotFound, "@a#3 ENOENT; done ", "[] [3]"},
		{"deferred, not the last", map[string][]string{"@deferred": {"1"}}, nil, "<nil>", "[] [3]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			full := make(map[string][]string)
			for name, tags := range tc.holds {
				full[pool+name] = tags
			}
			err := c.HoldRelease(ctx, full)
			if !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			if diff := cmp.Diff(tc.says, relative(pool, describe(err))); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if left := fmt.Sprint(heldTags(t, c, pool+"@a"), heldTags(t, c, pool+"@b")); left != tc.left {
				t.Errorf("left are %s, want %s", left, tc.left)
			}
		})
	}
	// With its last hold goes what was marked for it.
	if err := c.HoldRelease(ctx, map[string][]string{pool + "@deferred": {"2", "3"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DatasetStats(ctx, pool+"@deferred", nil); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("the snapshot that was marked for destruction: %v, want ErrNotFound", err)
	}
	if err := c.HoldRelease(ctx, map[string][]string{"nosuchpool@s": {"t"}}); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("no such pool: %v, want ErrNotFound", err)
	}
}

func TestKernelHoldsErrors(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustSnapshotIn(t, c, pool, "@s")
	for name, want := range map[string]error{
		pool + "@none": zfs.ErrNotFound, pool + "/none@s": zfs.ErrNotFound, "nosuchpool@s": zfs.ErrNotFound, pool: zfs.ErrInvalidName,
	} {
		if holds, err := collectHolds(c.Holds(t.Context(), name, nil)); !errors.Is(err, want) || holds != nil {
			t.Errorf("holds of %s: %v, error %v, want %v", name, holds, err, want)
		}
	}
	if holds, err := collectHolds(c.Holds(t.Context(), pool+"@s", nil)); err != nil || holds != nil {
		t.Errorf("holds of a free snapshot: %v, %v", holds, err)
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
	// An owner takes several calls, and tags of the length that fits.
	long := strings.Repeat("t", 238)
	for _, holds := range []map[string]string{{"@s": "temp", "/a@s": "temp"}, {"@s": "temp2"}, {"@s": long}, {"@free": "temp"}} {
		if err := second.HoldAdd(ctx, below(pool, holds), opts); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.HoldAdd(ctx, below(pool, map[string]string{"@s": "permanent"}), nil); err != nil {
		t.Fatal(err)
	}
	// One can be released before its owner goes, as any other hold.
	if err := c.HoldRelease(ctx, map[string][]string{pool + "@free": {"temp"}}); err != nil {
		t.Fatal(err)
	}
	func() { // an owner that nobody refers to
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
	// The client knows the lost owner, and ends it with itself.
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if tags := heldTags(t, c, pool+"/a@s"); tags != nil {
		t.Errorf("holds after the client's Close: %v", tags)
	}
}

// A temporary hold on a snapshot that was marked takes the snapshot with it.
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

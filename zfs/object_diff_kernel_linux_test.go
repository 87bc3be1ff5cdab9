package zfs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// lookup reads an object, nil if the snapshot has no file of that number.
func lookup(t *testing.T, c *zfs.Client, name string, obj uint64) *zfs.Object {
	t.Helper()
	o, err := c.ObjectStats(t.Context(), name, obj)
	if err != nil && !errors.Is(err, zfs.ErrNotFound) && !errors.Is(err, syscall.ENOTSUP) {
		t.Fatal(err)
	}
	return o
}

// changes describes what happened to a file between two snapshots, as zfs diff
// does.
func changes(root string, from, to *zfs.Object) []string {
	line := func(what string, paths ...string) string {
		for i := range paths {
			paths[i] = root + paths[i]
		}
		return what + "\t" + strings.Join(paths, "\t")
	}
	switch {
	case from == nil && to == nil:
		return nil
	case from == nil:
		return []string{line("+", to.Path)}
	case to == nil:
		return []string{line("-", from.Path)}
	case from.Generation != to.Generation:
		return []string{line("-", from.Path), line("+", to.Path)}
	case from.ChangeTime.Equal(to.ChangeTime):
		return nil
	case from.Links != to.Links && !from.Mode.IsDir():
		return []string{line("M", from.Path) + fmt.Sprintf("\t(%+d)", int(to.Links)-int(from.Links))}
	case from.Path != to.Path:
		return []string{line("R", from.Path, to.Path)}
	}
	return []string{line("M", from.Path)}
}

// compare converts the ranges to what zfs diff prints. The directory of shares is
// not a file of the user's.
func compare(t *testing.T, c *zfs.Client, root, from, to string) (lines []string) {
	t.Helper()
	shares := inode(t, root+"/.zfs/shares")
	for r, err := range c.ObjectDiff(t.Context(), from, to) {
		testkit.Must(t, err)
		for obj, err := range c.ObjectNext(t.Context(), from, r.First-1) {
			testkit.Must(t, err)
			if obj > r.Last {
				break
			}
			if o := lookup(t, c, from, obj); r.Freed && o != nil && obj != shares {
				lines = append(lines, changes(root, o, nil)...)
			}
		}
		for obj := r.First; obj <= r.Last && !r.Freed; obj++ {
			if obj != shares {
				lines = append(lines, changes(root, lookup(t, c, from, obj), lookup(t, c, to, obj))...)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// With the attributes of both snapshots, the ranges have the same changes as zfs
// diff.
func TestKernelObjectDiff(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	dir := mustMount(t, pool+"/a")
	path := func(name string) string { return filepath.Join(dir, name) }
	testkit.Must(t, os.MkdirAll(path("d/e"), 0o755))
	for i := range 200 {
		mustFile(t, path("d/"+strconv.Itoa(i)), 100, 0, 0)
	}
	settle(t, pool)
	testkit.Must(t, c.SnapshotCreate(t.Context(), []string{pool + "/a@1"}, nil))
	mustFile(t, path("d/7"), 5000, 0, 0)
	testkit.Must(t, os.Rename(path("d/8"), path("renamed")))
	testkit.Must(t, os.Link(path("d/9"), path("linked")))
	for i := 20; i < 200; i++ {
		testkit.Must(t, os.Remove(path("d/"+strconv.Itoa(i))))
	}
	testkit.Must(t, os.Rename(path("d/e"), path("f")))
	mustFile(t, path("new"), 1, 0, 0)
	settle(t, pool)
	testkit.Must(t, c.SnapshotCreate(t.Context(), []string{pool + "/a@2"}, nil))
	theirs := strings.Split(strings.TrimSpace(zfstest.Run(t, "zfs", "diff", "-H", pool+"/a@1", pool+"/a@2")), "\n")
	slices.Sort(theirs)
	if len(theirs) < 185 {
		t.Errorf("zfs diff prints %d lines only", len(theirs))
	}
	if diff := cmp.Diff(theirs, compare(t, c, dir, pool+"/a@1", pool+"/a@2")); diff != "" {
		t.Errorf("zfs diff (-zfs +ours):\n%s", diff)
	}
	zfstest.Run(t, "zfs", "clone", pool+"/a@2", pool+"/clone")
	testkit.Must(t, c.SnapshotCreate(t.Context(), []string{pool + "/clone@3"}, nil))
	if _, err := ranges(t.Context(), c, pool+"/a@1", pool+"/clone@3"); err != nil {
		t.Errorf("to a clone: %v", err)
	}
}

func TestKernelObjectDiffErrors(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	other := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a", nil)
	mustCreate(t, c, pool+"/b", nil)
	testkit.Must(t, c.SnapshotCreate(t.Context(), []string{pool + "/a@1", pool + "/b@1"}, nil))
	testkit.Must(t, c.SnapshotCreate(t.Context(), []string{pool + "/a@2"}, nil))
	testkit.Must(t, c.SnapshotCreate(t.Context(), []string{other + "@1"}, nil))
	before := openFiles(t)
	for _, tc := range []struct {
		name, from, to string
		want           error
	}{
		{"backwards", pool + "/a@2", pool + "/a@1", zfs.ErrNotAncestor},
		{"unrelated", pool + "/b@1", pool + "/a@2", zfs.ErrNotAncestor},
		{"to what is not there", pool + "/a@1", pool + "/a@9", zfs.ErrNotFound},
		{"from what is not there", pool + "/a@0", pool + "/a@2", zfs.ErrBaseNotFound},
		{"no such pool", "nosuchpool@1", "nosuchpool@2", zfs.ErrPoolNotFound},
		{"other pool", other + "@1", pool + "/a@2", syscall.EXDEV},
	} {
		got, err := ranges(t.Context(), c, tc.from, tc.to)
		if !errors.Is(err, tc.want) || got != nil {
			t.Errorf("%s: %v, %v, want %v", tc.name, got, err, tc.want)
		}
	}
	if after := openFiles(t); after > before {
		t.Errorf("%d descriptors are open, %d were", after, before)
	}
}

// The kernel waits for room in the pipe when it is told to end, and ends. No
// goroutine and no descriptor is left, and the snapshots are free.
func TestKernelObjectDiffStop(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	// Objects of this size fill a block each, and every other one changes: one
	// record for each, and more of them than a pipe takes.
	dir := mustMount(t, pool+"/a", "-o", "dnodesize=16k")
	const files = 6500
	for i := range files {
		testkit.Must(t, syscall.Mknod(filepath.Join(dir, strconv.Itoa(i)), syscall.S_IFREG|0o644, 0))
	}
	settle(t, pool)
	testkit.Must(t, c.SnapshotCreate(t.Context(), []string{pool + "/a@1"}, nil))
	for i := 0; i < files; i += 2 {
		testkit.Must(t, os.Chmod(filepath.Join(dir, strconv.Itoa(i)), 0o600))
	}
	settle(t, pool)
	testkit.Must(t, c.SnapshotCreate(t.Context(), []string{pool + "/a@2"}, nil))
	all, err := ranges(t.Context(), c, pool+"/a@1", pool+"/a@2")
	testkit.Must(t, err)
	if len(all)*24 <= 64<<10 {
		t.Errorf("%d ranges fit into a pipe", len(all))
	}
	goroutines, fds := runtime.NumGoroutine(), openFiles(t)
	for range c.ObjectDiff(t.Context(), pool+"/a@1", pool+"/a@2") {
		time.Sleep(500 * time.Millisecond) // the kernel gets as far as it can
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, last = range c.ObjectDiff(ctx, pool+"/a@1", pool+"/a@2") {
		time.Sleep(500 * time.Millisecond)
		cancel()
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("cancelled: %v", last)
	}
	if n := openFiles(t); n > fds {
		t.Errorf("%d descriptors are open, %d were", n, fds)
	}
	for range 100 { // goroutines that have finished need a moment to exit
		if runtime.NumGoroutine() <= goroutines {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, %d were", n, goroutines)
	}
	testkit.Must(t, c.SnapshotDestroy(t.Context(), []string{pool + "/a@1", pool + "/a@2"}, nil))
}

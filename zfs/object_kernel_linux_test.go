package zfs_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// inode returns the number of a file, as ls -i shows it.
func inode(t *testing.T, path string) uint64 {
	t.Helper()
	fields := strings.Fields(zfstest.Run(t, "ls", "-id", path))
	n, err := strconv.ParseUint(fields[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Numbers are those of ls -i, paths and attributes those of the mounted files.
func TestKernelObjectStats(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	dir := mustMount(t, pool+"/a")
	testkit.Must(t, os.MkdirAll(filepath.Join(dir, "deep/er"), 0o750))
	mustFile(t, filepath.Join(dir, "deep/er/file with blank"), 10, 1001, 1001)
	mustFile(t, filepath.Join(dir, "ünïcode"), 10, 0, 0)
	testkit.Must(t, os.Link(filepath.Join(dir, "ünïcode"), filepath.Join(dir, "deep/link")))
	testkit.Must(t, os.Remove(filepath.Join(dir, "ünïcode")))
	testkit.Must(t, os.Symlink("nowhere", filepath.Join(dir, "symlink")))
	testkit.Must(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	testkit.Must(t, os.Chmod(filepath.Join(dir, "deep"), os.ModeSticky|0o1777))
	settle(t, pool)
	testkit.Must(t, c.SnapshotCreate(t.Context(), []string{pool + "/a@s"}, nil))
	for _, path := range []string{"/", "/deep", "/deep/er", "/deep/er/file with blank", "/deep/link", "/symlink", "/pipe"} {
		obj := inode(t, filepath.Join(dir, path))
		info, err := os.Lstat(filepath.Join(dir, path))
		testkit.Must(t, err)
		for _, name := range []string{pool + "/a", pool + "/a@s"} {
			o, err := c.ObjectStats(t.Context(), name, obj)
			if err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			stat := info.Sys().(*syscall.Stat_t)
			want := zfs.Object{Number: obj, Generation: o.Generation, Mode: info.Mode(), Links: uint64(stat.Nlink), ChangeTime: o.ChangeTime, Path: path}
			if diff := cmp.Diff(want, *o); diff != "" {
				t.Errorf("%s of %s (-want +got):\n%s", path, name, diff)
			}
			if sec, nsec := stat.Ctim.Unix(); o.ChangeTime.Unix() != sec || int64(o.ChangeTime.Nanosecond()) != nsec || o.Generation == 0 {
				t.Errorf("%s changed at %v, want %d.%d; generation %d", path, o.ChangeTime, sec, nsec, o.Generation)
			}
			if got, err := c.ObjectPath(t.Context(), name, obj); err != nil || got != path {
				t.Errorf("path of %d is %q, %v, want %q", obj, got, err, path)
			}
		}
	}
}

// A file that was deleted while it is open has attributes, and no path.
func TestKernelObjectDeleted(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	gone := filepath.Join(mustMount(t, pool+"/a"), "gone")
	mustFile(t, gone, 10, 0, 0)
	open, err := os.Open(gone)
	testkit.Must(t, err)
	defer open.Close()
	deleted := inode(t, gone)
	testkit.Must(t, os.Remove(gone))
	settle(t, pool)
	if _, err := c.ObjectPath(t.Context(), pool+"/a", deleted); !errors.Is(err, zfs.ErrNotFound) || !errors.Is(err, syscall.ESTALE) {
		t.Errorf("path: %v, want ErrNotFound and ESTALE", err)
	}
	o, err := c.ObjectStats(t.Context(), pool+"/a", deleted)
	if err != nil || !o.Deleted || o.Path != "" || o.Generation == 0 || !errors.Is(o.PathErr, zfs.ErrNotFound) {
		t.Errorf("attributes: %+v, %v", o, err)
	}
}

// The walk finds every file, in rising order, and begins behind any number.
func TestKernelObjectNext(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	dir := mustMount(t, pool+"/a")
	mustCreate(t, c, pool+"/v", &zfs.DatasetCreateOptions{VolumeSize: 1 << 20})
	var files []uint64
	for i := range 100 {
		path := filepath.Join(dir, strconv.Itoa(i))
		mustFile(t, path, 1, 0, 0)
		files = append(files, inode(t, path))
	}
	settle(t, pool)
	walk := func(name string, after uint64) (all []uint64) {
		t.Helper()
		for obj, err := range c.ObjectNext(t.Context(), name, after) {
			testkit.Must(t, err)
			all = append(all, obj)
		}
		return all
	}
	all := walk(pool+"/a", 0)
	if !slices.IsSorted(all) || len(all) < 100 {
		t.Errorf("%d objects, sorted: %v", len(all), slices.IsSorted(all))
	}
	for _, obj := range files {
		if _, found := slices.BinarySearch(all, obj); !found {
			t.Errorf("file %d is not among the objects", obj)
		}
	}
	rest := walk(pool+"/a", all[50])
	if diff := cmp.Diff(all[51:], rest); diff != "" {
		t.Errorf("behind %d (-want +got):\n%s", all[50], diff)
	}
	if diff := cmp.Diff([]uint64{1, 2}, walk(pool+"/v", 0)); diff != "" {
		t.Errorf("objects of a volume (-want +got):\n%s", diff)
	}
	if got := walk(pool+"/a", 1<<47); got != nil {
		t.Errorf("behind the last object: %v", got)
	}
}

// Object sets have the numbers of property objsetid.
func TestKernelObjectDataset(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a/b", &zfs.DatasetCreateOptions{Parents: true})
	testkit.Must(t, c.SnapshotCreate(t.Context(), []string{pool + "/a@s"}, nil))
	for _, name := range []string{pool, pool + "/a", pool + "/a/b", pool + "/a@s"} {
		id := strings.TrimSpace(zfstest.Run(t, "zfs", "get", "-Hp", "-o", "value", "objsetid", name))
		n, err := strconv.ParseUint(id, 10, 64)
		testkit.Must(t, err)
		if got, err := c.ObjectDataset(t.Context(), pool, n); err != nil || got != name {
			t.Errorf("object set %d is that of %q, %v, want %q", n, got, err, name)
		}
	}
}

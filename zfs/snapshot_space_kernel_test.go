package zfs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// mustWrite makes a filesystem with a snapshot after each of three files, and
// then removes the first.
func mustWrite(t *testing.T, c *zfs.Client, name string) {
	t.Helper()
	dir := t.TempDir()
	zfstest.Run(t, "zfs", "create", "-o", "mountpoint="+dir, "-o", "compression=off", name)
	for i := range 3 {
		file := filepath.Join(dir, strconv.Itoa(i+1))
		if err := os.WriteFile(file, noise(1<<20), 0o600); err != nil {
			t.Fatal(err)
		}
		mustSnapshot(t, c, fmt.Sprintf("%s@%d", name, i+1))
	}
	if err := os.Remove(filepath.Join(dir, "1")); err != nil {
		t.Fatal(err)
	}
	zfstest.Run(t, "zpool", "sync", strings.SplitN(name, "/", 2)[0])
}

func TestKernelSnapshotWritten(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustWrite(t, c, pool+"/a")
	mustCreate(t, c, pool+"/b", nil)
	mustSnapshot(t, c, pool+"/b@s")
	mustClone(t, c, pool+"/c", pool+"/a@2")
	mustSnapshot(t, c, pool+"/c@own")
	zfstest.Run(t, "zfs", "bookmark", pool+"/a@2", pool+"/a#2")
	for _, tc := range []struct {
		name, of, since string
		outcome
	}{
		{name: "filesystem since the first", of: "/a", since: "/a@1"},
		{name: "filesystem since the last", of: "/a", since: "/a@3"},
		{name: "snapshot", of: "/a@3", since: "/a@1"},
		{name: "since a bookmark", of: "/a", since: "/a#2"},
		{name: "snapshot since a bookmark", of: "/a@3", since: "/a#2"},
		{name: "clone since its origin", of: "/c", since: "/a@2"},
		{name: "clone since before its origin", of: "/c@own", since: "/a@1"},
		{name: "of the older", of: "/a@1", since: "/a@2", outcome: outcome{want: zfs.ErrInvalid}},
		{name: "of the older, since a bookmark", of: "/a@1", since: "/a#2", outcome: outcome{want: zfs.ErrInvalid}},
		{name: "itself", of: "/a@1", since: "/a@1", outcome: outcome{want: zfs.ErrInvalid}},
		{name: "of another dataset", of: "/b", since: "/a@1", outcome: outcome{want: zfs.ErrInvalid}},
		{name: "newer than the origin", of: "/c", since: "/a@3", outcome: outcome{want: zfs.ErrInvalid}},
		{name: "no dataset", of: "/no", since: "/a@1", outcome: outcome{want: zfs.ErrNotFound}},
		{name: "no snapshot", of: "/a", since: "/a@no", outcome: outcome{want: zfs.ErrNotFound}},
		{name: "no bookmark", of: "/a", since: "/a#no", outcome: outcome{want: zfs.ErrNotFound}},
		{name: "since a filesystem", of: "/a", since: "/b", outcome: outcome{want: zfs.ErrInvalidName}},
		{name: "of a bookmark", of: "/a#2", since: "/a@1", outcome: outcome{want: zfs.ErrInvalidName}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := c.SnapshotWritten(t.Context(), pool+tc.of, pool+tc.since)
			tc.check(t, err)
			if tc.want != nil {
				return
			}
			// A short name is one of the dataset itself.
			prop := "written@" + pool + tc.since
			if short, ok := strings.CutPrefix(tc.since, strings.SplitN(tc.of, "@", 2)[0]); ok {
				prop = "written" + short
			}
			if want := zfsGet(t, prop, pool+tc.of); want != strconv.FormatUint(got.Used, 10) {
				t.Errorf("%+v, zfs says %s is %s", got, prop, want)
			}
			if got.Uncompressed > 4<<20 || got.Compressed > got.Uncompressed {
				t.Errorf("%+v does not make sense", got)
			}
		})
	}
	_, err := c.SnapshotWritten(t.Context(), pool+"/a", "other/a@1")
	outcome{want: zfs.ErrCrossPool}.check(t, err)
}

func TestKernelSnapshotSpace(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustWrite(t, c, pool+"/a")
	mustCreate(t, c, pool+"/b", nil)
	mustSnapshot(t, c, pool+"/b@1")
	for _, tc := range []struct {
		name, first, last string
		outcome
	}{
		{name: "all", first: "/a@1", last: "/a@3"},
		{name: "one", first: "/a@2", last: "/a@2"},
		{name: "two", first: "/a@1", last: "/a@2"},
		{name: "backwards", first: "/a@2", last: "/a@1", outcome: outcome{want: zfs.ErrInvalid}},
		{name: "two datasets", first: "/b@1", last: "/a@1", outcome: outcome{want: zfs.ErrInvalid}},
		{name: "no first", first: "/a@no", last: "/a@1", outcome: outcome{want: zfs.ErrNotFound}},
		{name: "no last", first: "/a@1", last: "/a@no", outcome: outcome{want: zfs.ErrNotFound}},
		{name: "first is no snapshot", first: "/a", last: "/a@1", outcome: outcome{want: zfs.ErrInvalidName}},
		{name: "last is no snapshot", first: "/a@1", last: "/a", outcome: outcome{want: zfs.ErrInvalidName}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := c.SnapshotSpace(t.Context(), pool+tc.first, pool+tc.last)
			tc.check(t, err)
			if tc.want != nil {
				return
			}
			_, last, _ := strings.Cut(tc.last, "@")
			plan := zfstest.Run(t, "zfs", "destroy", "-nvp", pool+tc.first+"%"+last)
			if !strings.Contains(plan, fmt.Sprintf("reclaim\t%d\n", got.Used)) {
				t.Errorf("%+v, zfs says %s", got, plan)
			}
		})
	}
}

package zfs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// mustWrite creates a filesystem with a snapshot after each of three files, and
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
	}{
		{name: "filesystem since the first", of: "/a", since: "/a@1"},
		{name: "filesystem since the last", of: "/a", since: "/a@3"},
		{name: "snapshot", of: "/a@3", since: "/a@1"},
		{name: "since a bookmark", of: "/a", since: "/a#2"},
		{name: "snapshot since a bookmark", of: "/a@3", since: "/a#2"},
		{name: "clone since its origin", of: "/c", since: "/a@2"},
		{name: "clone since before its origin", of: "/c@own", since: "/a@1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := c.SnapshotWritten(t.Context(), pool+tc.of, pool+tc.since)
			testkit.Must(t, err)
			// A short name is one of the dataset itself.
			property := "written@" + pool + tc.since
			if short, ok := strings.CutPrefix(tc.since, strings.SplitN(tc.of, "@", 2)[0]); ok {
				property = "written" + short
			}
			if want := zfsGet(t, property, pool+tc.of); want != strconv.FormatUint(got.Used, 10) {
				t.Errorf("%+v, zfs says %s is %s", got, property, want)
			}
			if got.Uncompressed > 4<<20 || got.Compressed > got.Uncompressed {
				t.Errorf("%+v does not make sense", got)
			}
		})
	}
}

func TestKernelSnapshotSpace(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustWrite(t, c, pool+"/a")
	mustCreate(t, c, pool+"/b", nil)
	mustSnapshot(t, c, pool+"/b@1")
	for _, tc := range []struct {
		name, first, last string
	}{
		{name: "all", first: "/a@1", last: "/a@3"},
		{name: "one", first: "/a@2", last: "/a@2"},
		{name: "two", first: "/a@1", last: "/a@2"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := c.SnapshotSpace(t.Context(), pool+tc.first, pool+tc.last)
			testkit.Must(t, err)
			_, last, _ := strings.Cut(tc.last, "@")
			plan := zfstest.Run(t, "zfs", "destroy", "-nvp", pool+tc.first+"%"+last)
			if !strings.Contains(plan, fmt.Sprintf("reclaim\t%d\n", got.Used)) {
				t.Errorf("%+v, zfs says %s", got, plan)
			}
		})
	}
}

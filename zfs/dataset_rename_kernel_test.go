package zfs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

func TestKernelDatasetRename(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a/b", &zfs.DatasetCreateOptions{Parents: true})
	mustCreate(t, c, pool+"/z", nil)
	mustCreate(t, c, pool+"/v", &zfs.DatasetCreateOptions{VolumeSize: 1 << 20})
	mustSnapshot(t, c, pool+"/z@s", pool+"/a/b@a-snapshot")
	parents := &zfs.DatasetRenameOptions{Parents: true}
	for _, tc := range []struct {
		name, from, to string
		opts           *zfs.DatasetRenameOptions
		outcome
	}{
		{name: "filesystem with a child", from: "/a", to: "/A"},
		{name: "volume", from: "/v", to: "/A/v"},
		{name: "without unmounting", from: "/z", to: "/y", opts: &zfs.DatasetRenameOptions{NoUnmount: true}},
		{name: "parents", from: "/y", to: "/p/q/y", opts: parents},
		{name: "parents that are there", from: "/p/q/y", to: "/p/q/z", opts: parents},
		{name: "exists", from: "/p/q/z", to: "/A", outcome: outcome{want: zfs.ErrExists}},
		{name: "itself", from: "/A", to: "/A", outcome: outcome{want: zfs.ErrExists}},
		{name: "not there", from: "/no", to: "/no2", outcome: outcome{want: zfs.ErrNotFound, text: "/no does not exist"}},
		{name: "not there, with parents", from: "/no", to: "/n/m/no", opts: parents, outcome: outcome{want: zfs.ErrNotFound}},
		{name: "no parent", from: "/A", to: "/no/A", outcome: outcome{want: zfs.ErrNotFound, text: "the parent of the new name"}},
		{name: "below a volume", from: "/p", to: "/A/v/p", outcome: outcome{want: zfs.ErrWrongParent}},
		{name: "below itself", from: "/A", to: "/A/x", outcome: outcome{want: zfs.ErrInvalid}},
		{name: "below itself, with parents", from: "/A", to: "/A/x/y", opts: parents, outcome: outcome{want: zfs.ErrInvalid}},
		{name: "to a snapshot", from: "/A", to: "/A@s", outcome: outcome{want: zfs.ErrInvalidName}},
		{name: "recursively", from: "/A", to: "/B", opts: &zfs.DatasetRenameOptions{Recursive: true}, outcome: outcome{want: zfs.ErrInvalid}},
		{name: "a descendant's name becomes too long", from: "/A", to: "/" + strings.Repeat("n", 245),
			outcome: outcome{want: zfs.ErrInvalidName, text: "descendant"}},
		{name: "parents were made", from: "/A", to: "/t/" + strings.Repeat("n", 243), opts: parents,
			outcome: outcome{want: zfs.ErrInvalidName, done: under(pool, "/t")}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.check(t, c.DatasetRename(t.Context(), pool+tc.from, pool+tc.to, tc.opts))
		})
	}
	want := under(pool, "", "/A", "/A/b", "/A/v", "/p", "/p/q", "/p/q/z", "/t")
	if diff := cmp.Diff(want, names(t, c, pool, &zfs.DatasetsOptions{Recursive: true})); diff != "" {
		t.Errorf("datasets (-want +got):\n%s", diff)
	}
	err := c.DatasetRename(t.Context(), pool+"/p", "other/p", nil)
	outcome{want: zfs.ErrCrossPool}.check(t, err)
	err = c.DatasetRename(t.Context(), pool, "other", nil)
	outcome{want: zfs.ErrCrossPool}.check(t, err)
}

func TestKernelDatasetRenameSnapshot(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a/b", &zfs.DatasetCreateOptions{Parents: true})
	mustCreate(t, c, pool+"/a/without", nil)
	mustSnapshot(t, c, pool+"/a@x", pool+"/a/b@x", pool+"/a@only")
	recursive := &zfs.DatasetRenameOptions{Recursive: true}
	for _, tc := range []struct {
		name, from, to string
		opts           *zfs.DatasetRenameOptions
		outcome
		left []string
	}{
		{name: "one", from: "/a@x", to: "/a@y", left: under(pool, "/a/b@x", "/a@only", "/a@y")},
		{name: "back", from: "/a@y", to: "/a@x", left: under(pool, "/a/b@x", "/a@only", "/a@x")},
		{name: "recursively", from: "/a@x", to: "/a@y", opts: recursive, left: under(pool, "/a/b@y", "/a@only", "/a@y")},
		{name: "recursively and mounted", from: "/a@y", to: "/a@x",
			opts: &zfs.DatasetRenameOptions{Recursive: true, NoUnmount: true}, left: under(pool, "/a/b@x", "/a@only", "/a@x")},
		{name: "exists", from: "/a@x", to: "/a@only", outcome: outcome{want: zfs.ErrExists}},
		{name: "exists, recursively", from: "/a@x", to: "/a@only", opts: recursive,
			outcome: outcome{want: zfs.ErrExists, items: under(pool, "/a@only")}},
		{name: "not there", from: "/a@no", to: "/a@no2", outcome: outcome{want: zfs.ErrNotFound, text: "/a@no does not exist"}},
		{name: "not there, recursively", from: "/a@no", to: "/a@no2", opts: recursive, outcome: outcome{want: zfs.ErrNotFound}},
		{name: "to another dataset", from: "/a@x", to: "/a/b@z", outcome: outcome{want: zfs.ErrInvalidName}},
		{name: "to no snapshot", from: "/a@x", to: "/a", outcome: outcome{want: zfs.ErrInvalidName}},
		{name: "parents", from: "/a@x", to: "/a@z", opts: &zfs.DatasetRenameOptions{Parents: true}, outcome: outcome{want: zfs.ErrInvalid}},
		{name: "bookmark", from: "/a#x", to: "/a#z", outcome: outcome{want: zfs.ErrInvalidName}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := snapshots(t, c, pool, &zfs.SnapshotsOptions{Recursive: true})
			tc.check(t, c.DatasetRename(t.Context(), pool+tc.from, pool+tc.to, tc.opts))
			if tc.left == nil {
				tc.left = before
			}
			if diff := cmp.Diff(tc.left, snapshots(t, c, pool, &zfs.SnapshotsOptions{Recursive: true})); diff != "" {
				t.Errorf("snapshots (-want +got):\n%s", diff)
			}
		})
	}
	// The conflict lies in a descendant, and nothing is renamed.
	mustSnapshot(t, c, pool+"/a/b@z")
	err := c.DatasetRename(t.Context(), pool+"/a@x", pool+"/a@z", recursive)
	outcome{want: zfs.ErrExists, items: under(pool, "/a/b@z")}.check(t, err)
	want := under(pool, "/a/b@x", "/a/b@z", "/a@only", "/a@x")
	if diff := cmp.Diff(want, snapshots(t, c, pool, &zfs.SnapshotsOptions{Recursive: true})); diff != "" {
		t.Errorf("snapshots (-want +got):\n%s", diff)
	}
}

// The kernel neither unmounts nor moves a mounted filesystem.
func TestKernelDatasetRenameMounted(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	dir := t.TempDir()
	zfstest.Run(t, "zfs", "create", "-o", "mountpoint="+dir, pool+"/m")
	if err := c.DatasetRename(t.Context(), pool+"/m", pool+"/n", nil); err != nil {
		t.Fatal(err)
	}
	ds, err := c.DatasetStats(t.Context(), pool+"/n", &zfs.DatasetStatsOptions{AllProps: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := ds.Props.Text(zfs.PropMounted); got != "yes" {
		t.Errorf("mounted is %s after the renaming, want yes", got)
	}
}

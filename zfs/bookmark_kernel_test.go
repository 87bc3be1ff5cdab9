package zfs_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

func TestKernelBookmarks(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	mustCreate(t, c, pool+"/a/b", &zfs.DatasetCreateOptions{Parents: true})
	if err := c.SnapshotCreate(ctx, []string{pool + "/a@s", pool + "/a/b@s"}, nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"/a#z", "/a#m", "/a/b#deep"} {
		from := pool + "/a@s"
		if name == "/a/b#deep" {
			from = pool + "/a/b@s"
		}
		zfstest.Run(t, "zfs", "bookmark", from, pool+name)
	}
	snap, err := c.DatasetStats(ctx, pool+"/a@s", nil)
	if err != nil {
		t.Fatal(err)
	}
	collect := func(root string, opts *zfs.BookmarksOptions) (all []string) {
		t.Helper()
		for mark, err := range c.Bookmarks(ctx, root, opts) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, mark.Name)
			if root == pool+"/a" && opts == nil && (mark.GUID != snap.GUID || mark.CreateTxg != snap.CreateTxg) {
				t.Errorf("%s has GUID %d and txg %d, its snapshot %d and %d", mark.Name, mark.GUID, mark.CreateTxg, snap.GUID, snap.CreateTxg)
			}
		}
		return all
	}
	if diff := cmp.Diff([]string{pool + "/a#m", pool + "/a#z"}, collect(pool+"/a", nil)); diff != "" {
		t.Errorf("bookmarks (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{pool + "/a#m", pool + "/a#z", pool + "/a/b#deep"}, collect(pool, &zfs.BookmarksOptions{Recursive: true})); diff != "" {
		t.Errorf("recursive (-want +got):\n%s", diff)
	}
	for _, err := range c.Bookmarks(ctx, pool+"/nope", nil) {
		if !errors.Is(err, zfs.ErrNotFound) {
			t.Errorf("bookmarks of what does not exist: %v", err)
		}
	}
}

func TestKernelPools(t *testing.T) {
	c := zfstest.Kernel(t)
	want := map[string]bool{zfstest.Pool(t, nil): true, zfstest.Pool(t, nil): true}
	for pool, err := range c.Pools(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if pool.GUID == 0 || pool.Config.Len() == 0 {
			t.Errorf("%s has GUID %d and %d configuration entries", pool.Name, pool.GUID, pool.Config.Len())
		}
		delete(want, pool.Name)
	}
	if len(want) > 0 {
		t.Errorf("not listed: %v", want)
	}
}

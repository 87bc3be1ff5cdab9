package zfs_test

import (
	"errors"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// If the kernel refuses ten thousand names, each is an item.
func TestKernelBatchKeepsItems(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, &zfstest.PoolOptions{Size: 8 << 30}) // the kernel plans for all of them
	for name, b := range batches() {
		if name == "SnapshotDestroy" || name == "BookmarkDestroy" {
			continue // what is missing counts as destroyed
		}
		if b.delimiter == "#" {
			b.do = func(t *testing.T, c *zfs.Client, names []string) error {
				marks := make(map[string]string)
				for _, name := range names {
					marks[name] = pool + "/missing@s"
				}
				return c.BookmarkCreate(t.Context(), marks)
			}
		}
		names := manyNames(pool, b.delimiter, 10000)
		err := b.do(t, c, names)
		var e *zfs.Error
		if !errors.As(err, &e) || !errors.Is(err, zfs.ErrNotFound) || len(e.Items) != len(names) {
			t.Errorf("%s: %.300v", name, err)
			if e != nil {
				t.Errorf("%d items", len(e.Items))
			}
		}
	}
}

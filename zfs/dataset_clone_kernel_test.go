package zfs_test

import (
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// mustSnapshot takes snapshots, each in its own transaction group, so that they
// have an order.
func mustSnapshot(t *testing.T, c *zfs.Client, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := c.SnapshotCreate(t.Context(), []string{name}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func mustClone(t *testing.T, c *zfs.Client, name, origin string) {
	t.Helper()
	if err := c.DatasetClone(t.Context(), name, origin, nil); err != nil {
		t.Fatal(err)
	}
}

// zfsGet is a property as zfs(8) prints it, zfsColumn another column of it.
func zfsGet(t *testing.T, property, name string) string {
	t.Helper()
	return zfsColumn(t, "value", property, name)
}

func zfsColumn(t *testing.T, column, property, name string) string {
	t.Helper()
	return strings.TrimSuffix(zfstest.Run(t, "zfs", "get", "-Hp", "-o", column, property, name), "\n")
}

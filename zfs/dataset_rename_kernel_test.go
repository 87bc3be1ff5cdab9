package zfs_test

import (
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

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
	if got := ds.Props.Text(prop.Mounted); got != "yes" {
		t.Errorf("mounted is %s after the renaming, want yes", got)
	}
}

package zfs_test

import (
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

func TestKernelDatasetExists(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a", nil)
	mustCreate(t, c, pool+"/v", &zfs.DatasetCreateOptions{VolumeSize: 1 << 20})
	mustSnapshot(t, c, pool+"/a@s")
	zfstest.Run(t, "zfs", "bookmark", pool+"/a@s", pool+"/a#m")
	for name, want := range map[string]bool{
		pool: true, pool + "/a": true, pool + "/v": true, pool + "/a@s": true, pool + "/a#m": true,
		pool + "/no": false, pool + "/a@no": false, pool + "/a#no": false, pool + "/no@s": false, pool + "/no#m": false,
		pool + "/a/no": false, pool + "/v/no": false, "nosuchpool": false, "nosuchpool/a#m": false,
	} {
		if got, err := c.DatasetExists(t.Context(), name); got != want || err != nil {
			t.Errorf("DatasetExists(%q) = %t, %v, want %t", name, got, err, want)
		}
	}
	for _, name := range []string{"", "9", pool + "/", pool + "/a@", pool + "/a@s#m", pool + "/a\x00"} {
		_, err := c.DatasetExists(t.Context(), name)
		outcome{want: zfs.ErrInvalidName}.check(t, err)
	}
}

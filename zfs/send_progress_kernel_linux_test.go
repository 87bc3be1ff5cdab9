package zfs_test

import (
	"testing"
	"time"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// The kernel's second counter is of block pointers, holes included: some 5,000 of
// them for the objects that there may be, and 1,024 for each indirect block. The
// same data in smaller blocks has more of them.
func TestKernelSendProgressCountsBlocks(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	const size = 12 << 20
	blocks := func(record uint64) uint64 {
		ds := mustSizedBlocks(t, c, pool, record, size)
		var last zfs.SendProgress
		opts := &zfs.SendOptions{Progress: func(p zfs.SendProgress) { last = p }, ProgressInterval: time.Millisecond}
		testkit.Must(t, c.Send(t.Context(), ds+"@s", &slowWriter{}, opts))
		if least := uint64(size) / record; last.Blocks < least || last.Blocks >= size/512 || last.Bytes < size {
			t.Errorf("%d blocks of %d: last progress %+v", least, record, last)
		}
		return last.Blocks
	}
	if large, small := blocks(128<<10), blocks(4<<10); small < large+1024 {
		t.Errorf("%d large blocks, %d small ones", large, small)
	}
}

// mustSizedBlocks creates a filesystem with a snapshot @s of a file in blocks of
// one size.
func mustSizedBlocks(t *testing.T, c *zfs.Client, pool string, record, size uint64) string {
	t.Helper()
	ds := pool + "/" + prop.Uint64(record).String()
	mustCreate(t, c, ds, &zfs.DatasetCreateOptions{Props: prop.Values{
		prop.RecordSize: prop.Uint64(record), prop.Mountpoint: prop.String("/tmp/" + ds),
	}})
	zfstest.Run(t, "zfs", "mount", ds)
	zfstest.Run(t, "dd", "if=/dev/urandom", "of=/tmp/"+ds+"/file", "bs="+prop.Uint64(size).String(), "count=1", "iflag=fullblock")
	testkit.Must(t, c.SnapshotCreate(t.Context(), []string{ds + "@s"}, nil))
	return ds
}

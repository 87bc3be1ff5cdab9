package zfs_test

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// endless answers as a pool with n filesystems of two snapshots each, and does
// not keep what it was sent.
func endless(n uint64) func(ioctl.Op, *ioctl.Cmd) error {
	properties := testkit.Numbers("used", 1, "available", 2, "referenced", 3, "creation", 4)
	return func(op ioctl.Op, c *ioctl.Cmd) error {
		name, at := c.Text(ioctl.FieldName), c.Uint64(ioctl.FieldCookie)
		next := ""
		switch {
		case op == ioctl.OpObjsetStats:
			next = name
		case op == ioctl.OpDatasetListNext && name == "tank" && at < n:
			next = fmt.Sprintf("tank/fs%d", at)
		case op == ioctl.OpSnapshotListNext && name != "tank" && at < 2:
			next = fmt.Sprintf("%s@s%d", name, at)
		default:
			return ioctl.CodeSrch.Err()
		}
		c.SetUint64(ioctl.FieldCookie, at+1)
		b := c.Bytes(ioctl.FieldObjsetStats)
		clear(b)
		binary.NativeEndian.PutUint32(b[24:], testkit.KindFilesystem)
		if strings.Contains(next, "@") {
			b[28] = 1
		}
		if err := c.SetText(ioctl.FieldName, next); err != nil {
			return err
		}
		return c.Answer(properties)
	}
}

// The memory of a walk does not grow with the number of datasets.
func TestDatasetsMemory(t *testing.T) {
	live := func(n uint64) (most uint64) {
		c := testkit.Open(t, ioctl.NewDevice(endless(n)))
		seen := uint64(0)
		for _, err := range c.Datasets(t.Context(), "tank", &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeAll}) {
			if err != nil {
				t.Fatal(err)
			}
			if seen++; seen%n == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
		if want := 3*n + 1; seen != want {
			t.Errorf("a walk saw %d of %d", seen, want)
		}
		return most
	}
	live(200) // what is allocated once
	few, many := live(200), live(5000)
	// 14,400 more datasets, some kilobytes for each.
	if many > few+1<<20 {
		t.Errorf("%d bytes are live with 5,000 filesystems, %d with 200", many, few)
	}
}

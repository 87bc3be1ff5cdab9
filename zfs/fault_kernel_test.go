package zfs_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// A fault is there until it is cleared.
func TestKernelInjectFault(t *testing.T) {
	c := zfstest.Kernel(t)
	pool, paths := mustPool(t, c, "a")
	s, err := c.PoolStatus(t.Context(), pool, nil)
	testkit.Must(t, err)
	v, err := s.Vdev(paths[0])
	testkit.Must(t, err)
	fault := zfs.Fault{Pool: pool, Kind: zfs.FaultDevice, Vdev: v.GUID, IO: zfs.FaultRead, Error: ioctl.CodeIo, Percent: 30}
	fault.ID, err = c.FaultInject(t.Context(), fault)
	testkit.Must(t, err)
	if diff := cmp.Diff([]zfs.Fault{fault}, injections(t, c)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	testkit.Must(t, c.FaultClear(t.Context(), fault.ID))
	if got := injections(t, c); got != nil {
		t.Errorf("faults when cleared: %+v", got)
	}
	if err := c.FaultClear(t.Context(), fault.ID); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("cleared once more: %v", err)
	}
}

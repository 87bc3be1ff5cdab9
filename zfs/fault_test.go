package zfs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// injections are the faults that are there.
func injections(t *testing.T, c *zfs.Client) (faults []zfs.Fault) {
	t.Helper()
	for f, err := range c.Faults(t.Context()) {
		testkit.Must(t, err)
		faults = append(faults, *f)
	}
	return faults
}

// A fault is sent to the kernel and read back unchanged.
func TestInjections(t *testing.T) {
	want := zfs.Fault{ID: 3, Pool: "tank", Kind: zfs.FaultDevice, Vdev: 11, IO: zfs.FaultWrite, Error: ioctl.CodeNxio, Percent: 50}
	var record []byte
	c, f := testkit.OpenFake(t)
	f.Bad = func(op ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
		switch {
		case op == ioctl.OpInjectFault:
			record = append(record, cmd.Bytes(ioctl.FieldInjectRecord)...)
			cmd.SetUint64(ioctl.FieldGUID, 3)
		case op == ioctl.OpInjectListNext && cmd.Uint64(ioctl.FieldGUID) == 0:
			copy(cmd.Bytes(ioctl.FieldInjectRecord), record)
			cmd.SetUint64(ioctl.FieldGUID, 3)
			return cmd.SetText(ioctl.FieldName, "tank"), true
		case op == ioctl.OpInjectListNext:
			return ioctl.CodeNoent.Err(), true
		}
		return nil, true
	}
	ask := want
	ask.ID, ask.Flush = 0, true
	id, err := c.FaultInject(t.Context(), ask)
	testkit.Must(t, err)
	if diff := cmp.Diff([]zfs.Fault{want}, injections(t, c)); diff != "" || id != 3 {
		t.Errorf("fault %d (-want +got):\n%s", id, diff)
	}
	testkit.Must(t, c.FaultClear(t.Context(), id))
	if diff := cmp.Diff([]string{"INJECT_FAULT tank guid=2", "INJECT_LIST_NEXT ", "INJECT_LIST_NEXT  guid=3", "CLEAR_FAULT  guid=3"}, f.Sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

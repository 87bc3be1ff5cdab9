package zfs_test

import (
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
)

func TestDatasetWait(t *testing.T) {
	for _, want := range []bool{true, false} {
		c, f := mustFake(t, "tank")
		f.bad = answers{ioctl.OpWaitFs: func(c *ioctl.Cmd) error {
			l := &nvlist.List{}
			l.SetBooleanValue("wait_waited", want)
			return c.Answer(l)
		}}.bad
		if got, err := c.DatasetWait(t.Context(), "tank/a", zfs.DatasetDeleteQueue); got != want || err != nil {
			t.Errorf("DatasetWait = %t, %v, want %t", got, err, want)
		}
		sent(t, f, "WAIT_FS tank/a\nwait_activity: int32 = 0")
	}
	c, f := mustFake(t, "tank")
	for code, want := range map[ioctl.Code]error{
		ioctl.CodeNoent: zfs.ErrNotFound, ioctl.CodeInval: zfs.ErrInvalid, ioctl.CodeRofs: zfs.ErrReadOnly,
		ioctl.CodeIocCmdUnavail: zfs.ErrNotSupported,
	} {
		f.bad = failOn(ioctl.OpWaitFs, code)
		_, err := c.DatasetWait(t.Context(), "tank/a", zfs.DatasetDeleteQueue)
		outcome{want: want}.check(t, err)
	}
	for _, name := range []string{"", "tank@s", "tank#m", "tank\x00"} {
		_, err := noKernel(t).DatasetWait(t.Context(), name, zfs.DatasetDeleteQueue)
		outcome{want: zfs.ErrInvalidName}.check(t, err)
	}
	for a, want := range map[zfs.DatasetActivity]string{zfs.DatasetDeleteQueue: "deleteq", 5: "activity(5)"} {
		if got := a.String(); got != want {
			t.Errorf("String = %q, want %q", got, want)
		}
	}
}

package zfs_test

import (
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

func TestDatasetWait(t *testing.T) {
	for _, want := range []bool{true, false} {
		c, f := testkit.OpenFake(t, "tank")
		f.Bad = testkit.Answers{ioctl.OpWaitFs: func(c *ioctl.Cmd) error {
			l := &nvlist.List{}
			l.SetBooleanValue("wait_waited", want)
			return c.Answer(l)
		}}.Bad
		if got, err := c.DatasetWait(t.Context(), "tank/a", zfs.DatasetDeleteQueue); got != want || err != nil {
			t.Errorf("DatasetWait = %t, %v, want %t", got, err, want)
		}
		sent(t, f, "WAIT_FS tank/a\nwait_activity: int32 = 0")
	}
	c, f := testkit.OpenFake(t, "tank")
	for code, want := range map[ioctl.Code]error{
		ioctl.CodeNoent: zfs.ErrNotFound, ioctl.CodeInval: zfs.ErrInvalid, ioctl.CodeRofs: zfs.ErrReadOnly,
		ioctl.CodeIocCmdUnavail: zfs.ErrNotSupported,
	} {
		f.Bad = testkit.FailOn(ioctl.OpWaitFs, code)
		_, err := c.DatasetWait(t.Context(), "tank/a", zfs.DatasetDeleteQueue)
		testkit.Outcome{Want: want}.Check(t, err)
	}
	for _, name := range []string{"", "tank@s", "tank#m", "tank\x00"} {
		_, err := testkit.NoKernel(t).DatasetWait(t.Context(), name, zfs.DatasetDeleteQueue)
		testkit.Outcome{Want: zfs.ErrInvalidName}.Check(t, err)
	}
	for a, want := range map[zfs.DatasetActivity]string{zfs.DatasetDeleteQueue: "deleteq", 5: "activity(5)"} {
		if got := a.String(); got != want {
			t.Errorf("String = %q, want %q", got, want)
		}
	}
}

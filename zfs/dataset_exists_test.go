package zfs_test

import (
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

func TestDatasetExists(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank", "tank/a@1")
	f.Bad = testkit.Answers{ioctl.OpGetBookmarkProps: func(c *ioctl.Cmd) error {
		if c.Text(ioctl.FieldName) == "tank/a#m" {
			return testkit.Fine(c)
		}
		return ioctl.CodeSrch.Err()
	}}.Bad
	for name, want := range map[string]bool{"tank": true, "tank/a@1": true, "tank/a#m": true, "tank/no": false, "tank/a@no": false, "tank/a#no": false} {
		f.Sent = nil
		if got, err := c.DatasetExists(t.Context(), name); got != want || err != nil {
			t.Errorf("DatasetExists(%q) = %t, %v, want %t", name, got, err, want)
		}
		if len(f.Sent) != 1 {
			t.Errorf("%s: %d calls, want one", name, len(f.Sent))
		}
	}
	for _, name := range []string{"", "tank/", "tank@", "tank#", "tank\x00"} {
		_, err := testkit.NoKernel(t).DatasetExists(t.Context(), name)
		testkit.Outcome{Want: zfs.ErrInvalidName}.Check(t, err)
	}
	// A failure to read is not absence.
	for code, want := range map[ioctl.Code]error{ioctl.CodePerm: zfs.ErrPermission, ioctl.CodeAgain: zfs.ErrSuspended} {
		for op, name := range map[ioctl.Op]string{ioctl.OpObjsetStats: "tank", ioctl.OpGetBookmarkProps: "tank#m"} {
			f.Bad = testkit.FailOn(op, code)
			got, err := c.DatasetExists(t.Context(), name)
			testkit.Outcome{Want: want}.Check(t, err)
			if got {
				t.Errorf("%s exists", name)
			}
		}
	}
}

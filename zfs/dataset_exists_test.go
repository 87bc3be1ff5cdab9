package zfs_test

import (
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
)

func TestDatasetExists(t *testing.T) {
	c, f := mustFake(t, "tank", "tank/a@1")
	f.bad = answers{ioctl.OpGetBookmarkProps: func(c *ioctl.Cmd) error {
		if c.Text(ioctl.FieldName) == "tank/a#m" {
			return fine(c)
		}
		return ioctl.CodeSrch.Err()
	}}.bad
	for name, want := range map[string]bool{"tank": true, "tank/a@1": true, "tank/a#m": true, "tank/no": false, "tank/a@no": false, "tank/a#no": false} {
		f.sent = nil
		if got, err := c.DatasetExists(t.Context(), name); got != want || err != nil {
			t.Errorf("DatasetExists(%q) = %t, %v, want %t", name, got, err, want)
		}
		if len(f.sent) != 1 {
			t.Errorf("%s: %d calls, want one", name, len(f.sent))
		}
	}
	for _, name := range []string{"", "tank/", "tank@", "tank#", "tank\x00"} {
		_, err := noKernel(t).DatasetExists(t.Context(), name)
		outcome{want: zfs.ErrInvalidName}.check(t, err)
	}
	// What the kernel does not tell is not taken for absence.
	for code, want := range map[ioctl.Code]error{ioctl.CodePerm: zfs.ErrPermission, ioctl.CodeAgain: zfs.ErrSuspended} {
		for op, name := range map[ioctl.Op]string{ioctl.OpObjsetStats: "tank", ioctl.OpGetBookmarkProps: "tank#m"} {
			f.bad = failOn(op, code)
			got, err := c.DatasetExists(t.Context(), name)
			outcome{want: want}.check(t, err)
			if got {
				t.Errorf("%s exists", name)
			}
		}
	}
}

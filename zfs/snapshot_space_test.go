package zfs_test

import (
	"errors"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

func TestSnapshotWritten(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank")
	f.Bad = testkit.Answers{ioctl.OpSpaceWritten: func(c *ioctl.Cmd) error {
		c.SetUint64(ioctl.FieldCookie, 3)
		c.SetUint64(ioctl.FieldObjsetType, 2)
		c.SetUint64(ioctl.FieldPermAction, 1<<40)
		return nil
	}}.Bad
	got, err := c.SnapshotWritten(t.Context(), "tank/a", "tank/a@1")
	if want := (zfs.Space{Used: 3, Compressed: 2, Uncompressed: 1 << 40}); got != want || err != nil {
		t.Errorf("SnapshotWritten = %+v, %v, want %+v", got, err, want)
	}
	sent(t, f, "SPACE_WRITTEN tank/a value=tank/a@1")
	for code, want := range map[ioctl.Code]error{
		ioctl.CodeNoent: zfs.ErrNotFound, ioctl.CodeSrch: zfs.ErrNotFound, ioctl.CodeXdev: zfs.ErrInvalid, ioctl.CodeInval: zfs.ErrInvalid,
		ioctl.CodeNotsup: zfs.ErrUpgrade, ioctl.CodePerm: zfs.ErrPermission,
	} {
		f.Bad = testkit.FailOn(ioctl.OpSpaceWritten, code)
		_, err := c.SnapshotWritten(t.Context(), "tank/a", "tank/a#m")
		testkit.Outcome{Want: want}.Check(t, err)
	}
	for _, tt := range []struct {
		of, since string
		want      error
	}{
		{"tank/a", "tank/a", zfs.ErrInvalidName},
		{"tank/a", "", zfs.ErrInvalidName},
		{"", "tank/a@1", zfs.ErrInvalidName},
		{"tank/a#m", "tank/a@1", zfs.ErrInvalidName},
		{"tank/a", "tank/a@1\x00", zfs.ErrInvalidName},
		{"tank/a", "pool/a@1", zfs.ErrCrossPool},
	} {
		_, err := testkit.NoKernel(t).SnapshotWritten(t.Context(), tt.of, tt.since)
		testkit.Outcome{Want: tt.want}.Check(t, err)
	}
}

func TestSnapshotSpace(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank")
	f.Bad = testkit.Answers{ioctl.OpSpaceSnaps: func(c *ioctl.Cmd) error {
		l := &nvlist.List{}
		l.SetUint64("used", 3)
		l.SetUint64("compressed", 2)
		l.SetUint64("uncompressed", 1<<40)
		return c.Answer(l)
	}}.Bad
	got, err := c.SnapshotSpace(t.Context(), "tank/a@1", "tank/a@2")
	if want := (zfs.Space{Used: 3, Compressed: 2, Uncompressed: 1 << 40}); got != want || err != nil {
		t.Errorf("SnapshotSpace = %+v, %v, want %+v", got, err, want)
	}
	sent(t, f, "SPACE_SNAPS tank/a@2\nfirstsnap: string = \"tank/a@1\"")
	for code, want := range map[ioctl.Code]error{
		ioctl.CodeNoent: zfs.ErrNotFound, ioctl.CodeInval: zfs.ErrInvalid, ioctl.CodePerm: zfs.ErrPermission,
	} {
		// The answer is ignored, although it looks like errnos.
		f.Bad = testkit.Answers{ioctl.OpSpaceSnaps: func(c *ioctl.Cmd) error {
			l := &nvlist.List{}
			l.SetUint64("used", 1)
			return errors.Join(c.Answer(l), code.Err())
		}}.Bad
		_, err := c.SnapshotSpace(t.Context(), "tank/a@1", "tank/a@2")
		testkit.Outcome{Want: want}.Check(t, err)
	}
	for _, tt := range []struct {
		first, last string
		want        error
	}{
		{"tank/a", "tank/a@2", zfs.ErrInvalidName},
		{"tank/a@1", "tank/a", zfs.ErrInvalidName},
		{"tank/a#m", "tank/a@2", zfs.ErrInvalidName},
		{"tank/a@1", "tank/b@2", zfs.ErrInvalid},
		{"tank/a@1", "", zfs.ErrInvalidName},
	} {
		_, err := testkit.NoKernel(t).SnapshotSpace(t.Context(), tt.first, tt.last)
		testkit.Outcome{Want: tt.want}.Check(t, err)
	}
}

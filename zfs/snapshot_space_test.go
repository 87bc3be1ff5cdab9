package zfs_test

import (
	"errors"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
)

func TestSnapshotWritten(t *testing.T) {
	c, f := mustFake(t, "tank")
	f.bad = answers{ioctl.OpSpaceWritten: func(c *ioctl.Cmd) error {
		c.SetUint64(ioctl.FieldCookie, 3)
		c.SetUint64(ioctl.FieldObjsetType, 2)
		c.SetUint64(ioctl.FieldPermAction, 1<<40)
		return nil
	}}.bad
	got, err := c.SnapshotWritten(t.Context(), "tank/a", "tank/a@1")
	if want := (zfs.Space{Used: 3, Compressed: 2, Uncompressed: 1 << 40}); got != want || err != nil {
		t.Errorf("SnapshotWritten = %+v, %v, want %+v", got, err, want)
	}
	sent(t, f, "SPACE_WRITTEN tank/a value=tank/a@1")
	for code, want := range map[ioctl.Code]error{
		ioctl.CodeNoent: zfs.ErrNotFound, ioctl.CodeSrch: zfs.ErrNotFound, ioctl.CodeXdev: zfs.ErrInvalid, ioctl.CodeInval: zfs.ErrInvalid,
		ioctl.CodeNotsup: zfs.ErrUpgrade, ioctl.CodePerm: zfs.ErrPermission,
	} {
		f.bad = failOn(ioctl.OpSpaceWritten, code)
		_, err := c.SnapshotWritten(t.Context(), "tank/a", "tank/a#m")
		outcome{want: want}.check(t, err)
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
		_, err := noKernel(t).SnapshotWritten(t.Context(), tt.of, tt.since)
		outcome{want: tt.want}.check(t, err)
	}
}

func TestSnapshotSpace(t *testing.T) {
	c, f := mustFake(t, "tank")
	f.bad = answers{ioctl.OpSpaceSnaps: func(c *ioctl.Cmd) error {
		l := &nvlist.List{}
		l.SetUint64("used", 3)
		l.SetUint64("compressed", 2)
		l.SetUint64("uncompressed", 1<<40)
		return c.Answer(l)
	}}.bad
	got, err := c.SnapshotSpace(t.Context(), "tank/a@1", "tank/a@2")
	if want := (zfs.Space{Used: 3, Compressed: 2, Uncompressed: 1 << 40}); got != want || err != nil {
		t.Errorf("SnapshotSpace = %+v, %v, want %+v", got, err, want)
	}
	sent(t, f, "SPACE_SNAPS tank/a@2\nfirstsnap: string = \"tank/a@1\"")
	for code, want := range map[ioctl.Code]error{
		ioctl.CodeNoent: zfs.ErrNotFound, ioctl.CodeInval: zfs.ErrInvalid, ioctl.CodePerm: zfs.ErrPermission,
	} {
		// What comes along is no answer, though it looks like errnos.
		f.bad = answers{ioctl.OpSpaceSnaps: func(c *ioctl.Cmd) error {
			l := &nvlist.List{}
			l.SetUint64("used", 1)
			return errors.Join(c.Answer(l), code.Err())
		}}.bad
		_, err := c.SnapshotSpace(t.Context(), "tank/a@1", "tank/a@2")
		outcome{want: want}.check(t, err)
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
		_, err := noKernel(t).SnapshotSpace(t.Context(), tt.first, tt.last)
		outcome{want: tt.want}.check(t, err)
	}
}

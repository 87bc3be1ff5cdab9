package zfs_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// A device without a descriptor has none to pass on, and its calls stay with it.
func TestSnapshotTemp(t *testing.T) {
	for _, tt := range []struct {
		opts   *zfs.SnapshotTempOptions
		prefix string
	}{
		{nil, fmt.Sprintf("purezfs-%d", os.Getpid())},
		{&zfs.SnapshotTempOptions{}, fmt.Sprintf("purezfs-%d", os.Getpid())},
		{&zfs.SnapshotTempOptions{Prefix: "p"}, "p"},
	} {
		c, f := testkit.OpenFake(t, "tank")
		f.Bad = testkit.Answers{ioctl.OpTmpSnapshot: func(c *ioctl.Cmd) error {
			if fd := int32(c.Uint64(ioctl.FieldCleanupFD)); fd != -1 {
				t.Errorf("descriptor %d, want -1", fd)
			}
			return c.SetText(ioctl.FieldValue, c.Text(ioctl.FieldValue)+"-0000000000000001")
		}}.Bad
		s, err := c.SnapshotTemp(t.Context(), "tank/a", tt.opts)
		if err != nil {
			t.Fatal(err)
		}
		if want := "tank/a@" + tt.prefix + "-0000000000000001"; s.Name != want {
			t.Errorf("its name is %q, want %q", s.Name, want)
		}
		sent(t, f, "TMP_SNAPSHOT tank/a value="+tt.prefix)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSnapshotTempErrors(t *testing.T) {
	for _, tt := range []struct{ target, prefix string }{
		{"", ""}, {"tank@s", ""}, {"tank#m", ""}, {"tank\x00", ""}, {"tank", "a/b"}, {"tank", "a@b"}, {"tank", "a\x00"},
		{"tank", strings.Repeat("p", 240)}, {strings.Repeat("t", 239), ""},
	} {
		s, err := testkit.NoKernel(t).SnapshotTemp(t.Context(), tt.target, &zfs.SnapshotTempOptions{Prefix: tt.prefix})
		testkit.Outcome{Want: zfs.ErrInvalidName}.Check(t, err)
		if s != nil {
			t.Errorf("%+v: there is a snapshot %s", tt, s.Name)
		}
	}
	c, f := testkit.OpenFake(t, "tank")
	for code, want := range map[ioctl.Code]error{
		ioctl.CodeNoent: zfs.ErrNotFound, ioctl.CodeExist: zfs.ErrExists, ioctl.CodePerm: zfs.ErrPermission,
		ioctl.CodeNospc: zfs.ErrNoSpace, ioctl.CodeDquot: zfs.ErrQuota, ioctl.CodeRofs: zfs.ErrReadOnly,
	} {
		f.Bad = testkit.FailOn(ioctl.OpTmpSnapshot, code)
		_, err := c.SnapshotTemp(t.Context(), "tank", nil)
		testkit.Outcome{Want: want}.Check(t, err)
	}
}

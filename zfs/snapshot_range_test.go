package zfs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
)

// The fake's order is that of creation, and not that of the walk.
func TestSnapshotRange(t *testing.T) {
	for _, tt := range []struct {
		spec string
		want []string
		outcome
	}{
		{spec: "tank/a@%", want: []string{"tank/a@m", "tank/a@c", "tank/a@x"}},
		{spec: "tank/a@c%", want: []string{"tank/a@c", "tank/a@x"}},
		{spec: "tank/a@%c", want: []string{"tank/a@m", "tank/a@c"}},
		{spec: "tank/a@x,m", want: []string{"tank/a@m", "tank/a@x"}},
		{spec: "tank/a@x,m%c,m", want: []string{"tank/a@m", "tank/a@c", "tank/a@x"}},
		{spec: "tank/b@%"},
		{spec: "tank/a@c%m", outcome: outcome{want: zfs.ErrInvalid}},
		{spec: "tank/a@p,%q,p", outcome: outcome{want: zfs.ErrNotFound, items: []string{"tank/a@p", "tank/a@q"}}},
		{spec: "tank/none@%", outcome: outcome{want: zfs.ErrNotFound}},
	} {
		for _, old := range []bool{false, true} {
			c, f := mustFake(t, "tank", "tank/a", "tank/b", "tank/a@m", "tank/a@c", "tank/a@x")
			if old {
				f.bad = oldNames(f)
			}
			got, err := c.SnapshotRange(t.Context(), tt.spec)
			tt.check(t, err)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s, old module %t (-want +got):\n%s", tt.spec, old, diff)
			}
		}
	}
	for _, spec := range []string{"", "tank/a", "@%", "tank/a@", "tank/a@,", "tank/a@m,", "tank/a@m%c%x", "tank/a@m@c", "tank/a@m/c", "tank/a@m%\x00", "tank/a#m%"} {
		_, err := noKernel(t).SnapshotRange(t.Context(), spec)
		outcome{want: zfs.ErrInvalidName}.check(t, err)
	}
	c, f := mustFake(t, "tank/a", "tank/a@m")
	f.bad = failOn(ioctl.OpSnapshotListNext, ioctl.CodeIo)
	if got, err := c.SnapshotRange(t.Context(), "tank/a@%"); got != nil || ioctl.CodeOf(err) != ioctl.CodeIo {
		t.Errorf("a walk that fails: %v, %v", got, err)
	}
}

// oldNames answers a walk over names as releases before 2.2 do, without
// statistics.
func oldNames(f *fake) func(ioctl.Op, *ioctl.Cmd) (error, bool) {
	return func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if op != ioctl.OpSnapshotListNext || c.Uint64(ioctl.FieldSimple) == 0 {
			return nil, false
		}
		err := f.next(c, "@")
		clear(c.Bytes(ioctl.FieldObjsetStats))
		return err, true
	}
}

package zfs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// The fake's order is that of creation, and not that of the walk.
func TestSnapshotRange(t *testing.T) {
	for _, tt := range []struct {
		spec string
		want []string
		testkit.Outcome
	}{
		{spec: "tank/a@%", want: []string{"tank/a@m", "tank/a@c", "tank/a@x"}},
		{spec: "tank/a@c%", want: []string{"tank/a@c", "tank/a@x"}},
		{spec: "tank/a@%c", want: []string{"tank/a@m", "tank/a@c"}},
		{spec: "tank/a@x,m", want: []string{"tank/a@m", "tank/a@x"}},
		{spec: "tank/a@x,m%c,m", want: []string{"tank/a@m", "tank/a@c", "tank/a@x"}},
		{spec: "tank/b@%"},
		{spec: "tank/a@c%m", Outcome: testkit.Outcome{Want: zfs.ErrInvalid}},
		{spec: "tank/a@p,%q,p", Outcome: testkit.Outcome{Want: zfs.ErrNotFound, Items: []string{"tank/a@p", "tank/a@q"}}},
		{spec: "tank/none@%", Outcome: testkit.Outcome{Want: zfs.ErrNotFound}},
	} {
		for _, old := range []bool{false, true} {
			c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/b", "tank/a@m", "tank/a@c", "tank/a@x")
			if old {
				f.Bad = oldNames(f)
			}
			got, err := c.SnapshotRange(t.Context(), tt.spec)
			tt.Check(t, err)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s, old module %t (-want +got):\n%s", tt.spec, old, diff)
			}
		}
	}
	for _, spec := range []string{"", "tank/a", "@%", "tank/a@", "tank/a@,", "tank/a@m,", "tank/a@m%c%x", "tank/a@m@c", "tank/a@m/c", "tank/a@m%\x00", "tank/a#m%"} {
		_, err := testkit.NoKernel(t).SnapshotRange(t.Context(), spec)
		testkit.Outcome{Want: zfs.ErrInvalidName}.Check(t, err)
	}
	c, f := testkit.OpenFake(t, "tank/a", "tank/a@m")
	f.Bad = testkit.FailOn(ioctl.OpSnapshotListNext, ioctl.CodeIo)
	if got, err := c.SnapshotRange(t.Context(), "tank/a@%"); got != nil || ioctl.CodeOf(err) != ioctl.CodeIo {
		t.Errorf("a walk that fails: %v, %v", got, err)
	}
}

// oldNames answers a walk over names as releases before 2.2 do, without
// statistics.
func oldNames(f *testkit.Fake) func(ioctl.Op, *ioctl.Cmd) (error, bool) {
	return func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if op != ioctl.OpSnapshotListNext || c.Uint64(ioctl.FieldSimple) == 0 {
			return nil, false
		}
		err := f.Next(c, "@")
		clear(c.Bytes(ioctl.FieldObjsetStats))
		return err, true
	}
}

package zfs_test

import (
	"errors"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// holdsAnswer answers with one hold.
func holdsAnswer(c *ioctl.Cmd) error {
	l := &nvlist.List{}
	l.SetUint64("keep", 1)
	return c.Answer(l)
}

// heldStats answers with a snapshot that is held.
func heldStats(c *ioctl.Cmd) error {
	b := c.Bytes(ioctl.FieldObjsetStats)
	clear(b)
	testkit.SetStats(c, testkit.StatsKind, testkit.KindFilesystem)
	b[28] = 1
	return c.Answer(testkit.Numbers("userrefs", 1))
}

// failsFor answers a batch with one errno for one name.
func failsFor(name string, code ioctl.Code) func(*ioctl.Cmd) error {
	return func(c *ioctl.Cmd) error {
		l := &nvlist.List{}
		l.SetInt32(name, int32(code))
		return errors.Join(c.Answer(l), code.Err())
	}
}

func TestBusyIsExplained(t *testing.T) {
	busy := testkit.Refuse(ioctl.CodeBusy)
	destroy := func(c *zfs.Client) error { return c.DatasetDestroy(t.Context(), "tank/a") }
	destroySnap := func(c *zfs.Client) error { return c.SnapshotDestroy(t.Context(), []string{"tank/a@s"}, nil) }
	for _, tc := range []struct {
		name  string
		names []string
		bad   testkit.Answers
		do    func(c *zfs.Client) error
		want  error
		hint  string
	}{
		{"snapshots", []string{"tank/a", "tank/a@s"}, testkit.Answers{ioctl.OpDestroy: busy}, destroy, zfs.ErrHasSnapshots, "it has snapshots, such as tank/a@s"},
		{"receive", []string{"tank/a", "tank/a/%recv"}, testkit.Answers{ioctl.OpDestroy: busy}, destroy, zfs.ErrBusy, "a receive into tank/a has not finished"},
		{"nothing is seen", []string{"tank/a"}, testkit.Answers{ioctl.OpDestroy: busy}, destroy, zfs.ErrHasSnapshots, ""},
		{"gone meanwhile", nil, testkit.Answers{ioctl.OpDestroy: busy}, destroy, zfs.ErrHasSnapshots, ""},
		{"hold", []string{"tank/a", "tank/a@s"}, testkit.Answers{ioctl.OpDestroySnaps: failsFor("tank/a@s", ioctl.CodeBusy), ioctl.OpObjsetStats: heldStats, ioctl.OpGetHolds: holdsAnswer},
			destroySnap, zfs.ErrBusy, "tank/a@s is held by keep"},
		{"a whole batch", nil, testkit.Answers{ioctl.OpDestroySnaps: busy}, destroySnap, zfs.ErrBusy, ""},
		{"rename", []string{"tank/a", "tank/a/%recv"}, testkit.Answers{ioctl.OpRename: busy},
			func(c *zfs.Client) error { return c.DatasetRename(t.Context(), "tank/a", "tank/b", nil) }, zfs.ErrBusy, "a receive into tank/a has not finished"},
		{"rollback", []string{"tank/a", "tank/a/%recv", "tank/a@s"}, testkit.Answers{ioctl.OpRollback: busy},
			func(c *zfs.Client) error {
				_, err := c.DatasetRollback(t.Context(), "tank/a", nil)
				return err
			}, zfs.ErrBusy, "a receive into tank/a has not finished"},
		{"another failure", []string{"tank/a", "tank/a@s"}, testkit.Answers{ioctl.OpDestroy: testkit.Refuse(ioctl.CodePerm)}, destroy, zfs.ErrPermission, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, append([]string{"tank"}, tc.names...)...)
			f.Bad = tc.bad.Bad
			err := tc.do(c)
			var e *zfs.Error
			if !errors.As(err, &e) || !errors.Is(err, tc.want) || e.Hint != tc.hint {
				t.Errorf("error %v, want %v with the hint %q", err, tc.want, tc.hint)
			}
		})
	}
}

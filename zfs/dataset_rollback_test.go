package zfs_test

import (
	"errors"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// rolled answers ROLLBACK with a target.
func rolled(c *ioctl.Cmd) error {
	l := &nvlist.List{}
	l.SetString("target", "tank/a@1")
	return c.Answer(l)
}

func TestDatasetRollback(t *testing.T) {
	for _, tt := range []struct {
		name string
		opts *zfs.DatasetRollbackOptions
		want string
	}{
		{"latest", nil, "ROLLBACK tank/a"},
		{"named", &zfs.DatasetRollbackOptions{To: "tank/a@1"}, "ROLLBACK tank/a\ntarget: string = \"tank/a@1\""},
		{"nothing newer to destroy", &zfs.DatasetRollbackOptions{To: "tank/a@1", DestroyNewer: true}, "ROLLBACK tank/a\ntarget: string = \"tank/a@1\""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/a@1")
			f.Bad = testkit.Answers{ioctl.OpRollback: rolled}.Bad
			got, err := c.DatasetRollback(t.Context(), "tank/a", tt.opts)
			if got != "tank/a@1" || err != nil {
				t.Errorf("DatasetRollback = %q, %v, want tank/a@1", got, err)
			}
			sent(t, f, tt.want)
		})
	}
}

func TestDatasetRollbackRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, target, to string
		want             error
	}{
		{"snapshot", "tank/a@1", "", zfs.ErrInvalidName},
		{"empty", "", "", zfs.ErrInvalidName},
		{"to a filesystem", "tank/a", "tank/a", zfs.ErrInvalidName},
		{"to a bookmark", "tank/a", "tank/a#m", zfs.ErrInvalidName},
		{"NUL", "tank/a", "tank/a@1\x00", zfs.ErrInvalidName},
		{"other pool", "tank/a", "pool/a@1", zfs.ErrCrossPool},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := testkit.NoKernel(t).DatasetRollback(t.Context(), tt.target, &zfs.DatasetRollbackOptions{To: tt.to})
			testkit.Outcome{Want: tt.want}.Check(t, err)
		})
	}
}

// Newer ones are named, and destroyed when asked for: the snapshots in one call
// and then the bookmarks. The kernel's own check comes first and last.
func TestDatasetRollbackNewer(t *testing.T) {
	blocked := func(left int) func(*ioctl.Cmd) error {
		return func(c *ioctl.Cmd) error {
			if left--; left >= 0 {
				return ioctl.CodeExist.Err()
			}
			return rolled(c)
		}
	}
	marks := func(c *ioctl.Cmd) error {
		l := numbersOf("old", 30)
		l.SetList("new", testkit.Numbers("createtxg", 31))
		return c.Answer(l)
	}
	clones := func(c *ioctl.Cmd) error {
		l, names, v := &nvlist.List{}, &nvlist.List{}, &nvlist.List{}
		names.SetBoolean("tank/clone")
		v.SetList("value", names)
		l.SetList("clones", v)
		l.SetList("prevsnap", stringValue("tank/a@1"))
		testkit.SetStats(c, testkit.StatsCreationTxg, 30)
		testkit.SetStats(c, testkit.StatsKind, testkit.KindFilesystem)
		if c.Text(ioctl.FieldName) != "tank/a" {
			c.Bytes(ioctl.FieldObjsetStats)[28] = 1
		}
		return c.Answer(l)
	}
	kept := func(code ioctl.Code) func(*ioctl.Cmd) error {
		return func(c *ioctl.Cmd) error {
			l := &nvlist.List{}
			l.SetInt32("tank/a@2", int32(code))
			return errors.Join(c.Answer(l), code.Err())
		}
	}
	for _, tt := range []struct {
		name string
		opts zfs.DatasetRollbackOptions
		bad  testkit.Answers
		testkit.Outcome
	}{
		{"named", zfs.DatasetRollbackOptions{To: "tank/a@1"}, testkit.Answers{ioctl.OpRollback: blocked(1)},
			testkit.Outcome{Want: zfs.ErrNewer, Items: []string{"tank/a@2", "tank/a@3", "tank/a#new"}}},
		{"than the latest", zfs.DatasetRollbackOptions{}, testkit.Answers{ioctl.OpRollback: blocked(1)},
			testkit.Outcome{Want: zfs.ErrNewer, Items: []string{"tank/a@2", "tank/a@3", "tank/a#new"}, Text: "newer than tank/a@1"}},
		{"destroyed", zfs.DatasetRollbackOptions{To: "tank/a@1", DestroyNewer: true}, testkit.Answers{ioctl.OpRollback: blocked(1)}, testkit.Outcome{}},
		{"another one comes in between", zfs.DatasetRollbackOptions{To: "tank/a@1", DestroyNewer: true}, testkit.Answers{ioctl.OpRollback: blocked(2)},
			testkit.Outcome{Want: zfs.ErrNewer, Done: []string{"tank/a@2", "tank/a@3", "tank/a#new"}}},
		{"held", zfs.DatasetRollbackOptions{To: "tank/a@1", DestroyNewer: true},
			testkit.Answers{ioctl.OpRollback: blocked(1), ioctl.OpDestroySnaps: kept(ioctl.CodeBusy)}, testkit.Outcome{Want: zfs.ErrBusy, Items: []string{"tank/a@2"}}},
		{"cloned", zfs.DatasetRollbackOptions{To: "tank/a@1", DestroyNewer: true},
			testkit.Answers{ioctl.OpRollback: blocked(1), ioctl.OpDestroySnaps: kept(ioctl.CodeExist)}, testkit.Outcome{Want: zfs.ErrHasClones, Items: []string{"tank/a@2", "tank/clone"}}},
		{"bookmarks cannot be destroyed", zfs.DatasetRollbackOptions{To: "tank/a@1", DestroyNewer: true},
			testkit.Answers{ioctl.OpRollback: blocked(1), ioctl.OpDestroyBookmarks: testkit.Refuse(ioctl.CodePerm)},
			testkit.Outcome{Want: zfs.ErrPermission, Done: []string{"tank/a@2", "tank/a@3"}}},
		{"not there", zfs.DatasetRollbackOptions{}, testkit.Answers{ioctl.OpRollback: testkit.Refuse(ioctl.CodeNoent)}, testkit.Outcome{Want: zfs.ErrNotFound}},
		{"no snapshot", zfs.DatasetRollbackOptions{}, testkit.Answers{ioctl.OpRollback: testkit.Refuse(ioctl.CodeSrch)}, testkit.Outcome{Want: zfs.ErrNotFound}},
		{"reservation", zfs.DatasetRollbackOptions{}, testkit.Answers{ioctl.OpRollback: testkit.Refuse(ioctl.CodeNospc)}, testkit.Outcome{Want: zfs.ErrNoSpace}},
		{"quota", zfs.DatasetRollbackOptions{}, testkit.Answers{ioctl.OpRollback: testkit.Refuse(ioctl.CodeDquot)}, testkit.Outcome{Want: zfs.ErrQuota}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/a@2", "tank/a@3")
			rest := testkit.Answers{ioctl.OpGetBookmarks: marks, ioctl.OpObjsetStats: clones, ioctl.OpDestroyBookmarks: testkit.Fine}
			for op, fn := range tt.bad {
				rest[op] = fn
			}
			f.Bad = rest.Bad
			_, err := c.DatasetRollback(t.Context(), "tank/a", &tt.opts)
			tt.Check(t, err)
			if tt.Want == nil {
				f.Sent = append(f.Sent[:1], f.Sent[len(f.Sent)-3:]...)
				sent(t, f, "ROLLBACK tank/a\ntarget: string = \"tank/a@1\"",
					"DESTROY_SNAPS tank\nsnaps: nvlist\n    \"tank/a@2\": boolean\n    \"tank/a@3\": boolean",
					"DESTROY_BOOKMARKS tank\n\"tank/a#new\": boolean", "ROLLBACK tank/a\ntarget: string = \"tank/a@1\"")
			}
		})
	}
}

// stringValue is a property's value as the kernel answers it.
func stringValue(s string) *nvlist.List {
	l := &nvlist.List{}
	l.SetString("value", s)
	return l
}

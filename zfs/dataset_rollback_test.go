package zfs_test

import (
	"errors"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
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
			c, f := mustFake(t, "tank", "tank/a", "tank/a@1")
			f.bad = answers{ioctl.OpRollback: rolled}.bad
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
			_, err := noKernel(t).DatasetRollback(t.Context(), tt.target, &zfs.DatasetRollbackOptions{To: tt.to})
			outcome{want: tt.want}.check(t, err)
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
		l.SetList("new", numbers("createtxg", 31))
		return c.Answer(l)
	}
	clones := func(c *ioctl.Cmd) error {
		l, names, v := &nvlist.List{}, &nvlist.List{}, &nvlist.List{}
		names.SetBoolean("tank/clone")
		v.SetList("value", names)
		l.SetList("clones", v)
		l.SetList("prevsnap", stringValue("tank/a@1"))
		c.Bytes(ioctl.FieldObjsetStats)[8] = 30
		c.Bytes(ioctl.FieldObjsetStats)[24] = kindFilesystem
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
		bad  answers
		outcome
	}{
		{"named", zfs.DatasetRollbackOptions{To: "tank/a@1"}, answers{ioctl.OpRollback: blocked(1)},
			outcome{want: zfs.ErrNewer, items: []string{"tank/a@2", "tank/a@3", "tank/a#new"}}},
		{"than the latest", zfs.DatasetRollbackOptions{}, answers{ioctl.OpRollback: blocked(1)},
			outcome{want: zfs.ErrNewer, items: []string{"tank/a@2", "tank/a@3", "tank/a#new"}, text: "newer than tank/a@1"}},
		{"destroyed", zfs.DatasetRollbackOptions{To: "tank/a@1", DestroyNewer: true}, answers{ioctl.OpRollback: blocked(1)}, outcome{}},
		{"another one comes in between", zfs.DatasetRollbackOptions{To: "tank/a@1", DestroyNewer: true}, answers{ioctl.OpRollback: blocked(2)},
			outcome{want: zfs.ErrNewer, done: []string{"tank/a@2", "tank/a@3", "tank/a#new"}}},
		{"held", zfs.DatasetRollbackOptions{To: "tank/a@1", DestroyNewer: true},
			answers{ioctl.OpRollback: blocked(1), ioctl.OpDestroySnaps: kept(ioctl.CodeBusy)}, outcome{want: zfs.ErrBusy, items: []string{"tank/a@2"}}},
		{"cloned", zfs.DatasetRollbackOptions{To: "tank/a@1", DestroyNewer: true},
			answers{ioctl.OpRollback: blocked(1), ioctl.OpDestroySnaps: kept(ioctl.CodeExist)}, outcome{want: zfs.ErrHasClones, items: []string{"tank/a@2", "tank/clone"}}},
		{"bookmarks cannot be destroyed", zfs.DatasetRollbackOptions{To: "tank/a@1", DestroyNewer: true},
			answers{ioctl.OpRollback: blocked(1), ioctl.OpDestroyBookmarks: refuse(ioctl.CodePerm)},
			outcome{want: zfs.ErrPermission, done: []string{"tank/a@2", "tank/a@3"}}},
		{"not there", zfs.DatasetRollbackOptions{}, answers{ioctl.OpRollback: refuse(ioctl.CodeNoent)}, outcome{want: zfs.ErrNotFound}},
		{"no snapshot", zfs.DatasetRollbackOptions{}, answers{ioctl.OpRollback: refuse(ioctl.CodeSrch)}, outcome{want: zfs.ErrNotFound}},
		{"reservation", zfs.DatasetRollbackOptions{}, answers{ioctl.OpRollback: refuse(ioctl.CodeNospc)}, outcome{want: zfs.ErrNoSpace}},
		{"quota", zfs.DatasetRollbackOptions{}, answers{ioctl.OpRollback: refuse(ioctl.CodeDquot)}, outcome{want: zfs.ErrQuota}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, f := mustFake(t, "tank", "tank/a", "tank/a@2", "tank/a@3")
			rest := answers{ioctl.OpGetBookmarks: marks, ioctl.OpObjsetStats: clones, ioctl.OpDestroyBookmarks: fine}
			for op, fn := range tt.bad {
				rest[op] = fn
			}
			f.bad = rest.bad
			_, err := c.DatasetRollback(t.Context(), "tank/a", &tt.opts)
			tt.check(t, err)
			if tt.want == nil {
				f.sent = append(f.sent[:1], f.sent[len(f.sent)-3:]...)
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

package zfs_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

// sent compares what a fake was sent.
func sent(t *testing.T, f *fake, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, f.sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestDatasetClone(t *testing.T) {
	const create = "\ntype: int32 = 2\nprops: nvlist"
	const origin = "\norigin: string = \"tank/a@1\""
	tests := []struct {
		name, target string
		opts         *zfs.DatasetCloneOptions
		want         []string
	}{
		{"alone", "tank/x", nil, []string{"OBJSET_STATS tank", "CLONE tank/x" + origin}},
		{"properties of the origin's type", "tank/x", &zfs.DatasetCloneOptions{Props: texts("recordsize", "1M", "a:b", "text")},
			[]string{"OBJSET_STATS tank/a@1", "OBJSET_STATS tank",
				"CLONE tank/x" + origin + "\nprops: nvlist\n    a:b: string = \"text\"\n    recordsize: uint64 = 1048576"}},
		{"parents", "tank/x/y", &zfs.DatasetCloneOptions{Parents: true},
			[]string{"CREATE tank/x" + create, "OBJSET_STATS tank/x", "OBJSET_STATS tank", "CLONE tank/x/y" + origin}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := mustFake(t, "tank", "tank/a", "tank/a@1")
			f.bad = answers{ioctl.OpClone: fine}.bad
			if err := c.DatasetClone(t.Context(), tt.target, "tank/a@1", tt.opts); err != nil {
				t.Fatal(err)
			}
			sent(t, f, tt.want...)
		})
	}
}

// What can be seen to be wrong does not reach the kernel.
func TestDatasetCloneRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, target, origin string
		want                 error
	}{
		{"snapshot", "tank/x@s", "tank/a@1", zfs.ErrInvalidName},
		{"origin without a snapshot", "tank/x", "tank/a", zfs.ErrInvalidName},
		{"origin is a bookmark", "tank/x", "tank/a#m", zfs.ErrInvalidName},
		{"NUL in the target", "tank/x\x00", "tank/a@1", zfs.ErrInvalidName},
		{"NUL in the origin", "tank/x", "tank/a@1\x00", zfs.ErrInvalidName},
		{"empty", "", "tank/a@1", zfs.ErrInvalidName},
		{"in place of the pool", "tank", "tank/a@1", zfs.ErrInvalidName},
		{"percent", "tank/a%b", "tank/a@1", zfs.ErrInvalidName},
		{"two pools", "pool/x", "tank/a@1", zfs.ErrCrossPool},
	} {
		t.Run(tt.name, func(t *testing.T) {
			outcome{want: tt.want}.check(t, noKernel(t).DatasetClone(t.Context(), tt.target, tt.origin, nil))
		})
	}
	for _, props := range []prop.Values{
		texts("colour", "red"), texts("used", "1"), texts("volsize", "1G"), texts("casesensitivity", "mixed"), texts("compression", "zip"),
	} {
		c, f := mustFake(t, "tank", "tank/a@1")
		err := c.DatasetClone(t.Context(), "tank/x", "tank/a@1", &zfs.DatasetCloneOptions{Props: props})
		outcome{want: zfs.ErrInvalidProp}.check(t, err)
		sent(t, f, "OBJSET_STATS tank/a@1")
	}
	// No release refuses a clone below a volume, so this package does.
	c, f := mustFake(t, "tank", "tank/v", "tank/a@1")
	outcome{want: zfs.ErrWrongParent, text: "tank/v"}.check(t, c.DatasetClone(t.Context(), "tank/v/x", "tank/a@1", nil))
	sent(t, f, "OBJSET_STATS tank/v")
}

func TestDatasetCloneErrors(t *testing.T) {
	for _, tt := range []struct {
		code ioctl.Code
		outcome
	}{
		{ioctl.CodeExist, outcome{want: zfs.ErrExists}},
		{ioctl.CodeNoent, outcome{want: zfs.ErrNotFound}},
		{ioctl.CodeXdev, outcome{want: zfs.ErrCrossPool}},
		{ioctl.CodeInval, outcome{want: zfs.ErrInvalidProp}},
		{ioctl.CodeBadprop, outcome{want: zfs.ErrInvalidProp}},
		{ioctl.CodePerm, outcome{want: zfs.ErrPermission}},
		{ioctl.CodeDquot, outcome{want: zfs.ErrQuota}},
		{ioctl.CodeNospc, outcome{want: zfs.ErrNoSpace}},
	} {
		c, f := mustFake(t, "tank", "tank/a@1")
		f.bad = failOn(ioctl.OpClone, tt.code)
		tt.check(t, c.DatasetClone(t.Context(), "tank/x", "tank/a@1", nil))
	}
	c, f := mustFake(t, "tank")
	f.bad = failOn(ioctl.OpClone, ioctl.CodeNoent)
	outcome{want: zfs.ErrBaseNotFound, text: "tank/a@1: does not exist"}.check(t, c.DatasetClone(t.Context(), "tank/x", "tank/a@1", nil))
	// The kernel names the property, and the parents that were made stay.
	f.bad = answers{ioctl.OpClone: func(cmd *ioctl.Cmd) error {
		l := &nvlist.List{}
		l.SetInt32("quota", int32(ioctl.CodeNospc))
		return errors.Join(cmd.Answer(l), ioctl.CodeNospc.Err())
	}}.bad
	err := c.DatasetClone(t.Context(), "tank/x/y", "tank/a@1", &zfs.DatasetCloneOptions{Parents: true})
	outcome{want: zfs.ErrNoSpace, items: []string{"quota"}, done: []string{"tank/x"}}.check(t, err)
}

// clone answers OBJSET_STATS of tank/c as of a clone of tank/a@1.
func clone(f *fake) func(*ioctl.Cmd) error {
	return func(c *ioctl.Cmd) error {
		name := c.Text(ioctl.FieldName)
		err := f.stats(name, c)
		if err == nil && name == "tank/c" {
			copy(c.Bytes(ioctl.FieldObjsetStats)[31:], "tank/a@1\x00")
		}
		return err
	}
}

func TestDatasetPromote(t *testing.T) {
	c, f := mustFake(t, "tank", "tank/a", "tank/a@1", "tank/c")
	f.bad = answers{ioctl.OpObjsetStats: clone(f), ioctl.OpGetBookmarks: fine, ioctl.OpPromote: fine}.bad
	if err := c.DatasetPromote(t.Context(), "tank/c"); err != nil {
		t.Fatal(err)
	}
	if last := f.sent[len(f.sent)-1]; last != "PROMOTE tank/c" {
		t.Errorf("the last call is %q, want PROMOTE tank/c", last)
	}
	for _, tt := range []struct {
		code  ioctl.Code
		short string
		outcome
	}{
		{ioctl.CodeExist, "s", outcome{want: zfs.ErrExists, items: []string{"tank/c@s"}}},
		{ioctl.CodeExist, "", outcome{want: zfs.ErrExists}},
		{ioctl.CodeInval, "", outcome{want: zfs.ErrInvalid}},
		{ioctl.CodeAcces, "", outcome{want: zfs.ErrKey, text: "encryption root"}},
		{ioctl.CodeBusy, "", outcome{want: zfs.ErrBusy}},
		{ioctl.CodeXdev, "", outcome{want: zfs.ErrInvalid}},
		{ioctl.CodeNospc, "", outcome{want: zfs.ErrNoSpace}},
	} {
		f.bad = answers{ioctl.OpObjsetStats: clone(f), ioctl.OpGetBookmarks: fine, ioctl.OpPromote: func(cmd *ioctl.Cmd) error {
			copy(cmd.Bytes(ioctl.FieldString), tt.short+"\x00")
			return tt.code.Err()
		}}.bad
		tt.check(t, c.DatasetPromote(t.Context(), "tank/c"))
	}
	for _, name := range []string{"tank/c@s", "tank/c#m", "", "tank/c\x00"} {
		outcome{want: zfs.ErrInvalidName}.check(t, noKernel(t).DatasetPromote(t.Context(), name))
	}
	outcome{want: zfs.ErrNotFound}.check(t, c.DatasetPromote(t.Context(), "tank/none"))
}

// Two bookmarks of one name make the kernel panic, so it is not asked. A
// bookmark newer than the origin stays where it is.
func TestDatasetPromoteBookmarks(t *testing.T) {
	const older, newer = 30, 31 // around the fake's tank/a@1
	for _, tt := range []struct {
		name        string
		theirs      *nvlist.List
		ours        *nvlist.List
		outcome     outcome
		kernelAsked bool
	}{
		{"same name", numbersOf("m", older), numbersOf("m", 99), outcome{want: zfs.ErrExists, items: []string{"tank/c#m"}, text: "tank/a#m would become it"}, false},
		{"other names", numbersOf("m", older), numbersOf("n", 99), outcome{}, true},
		{"stays behind", numbersOf("m", newer), numbersOf("m", 99), outcome{}, true},
		{"none there", &nvlist.List{}, numbersOf("m", 99), outcome{}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, f := mustFake(t, "tank", "tank/a", "tank/a@1", "tank/c")
			asked := false
			f.bad = answers{
				ioctl.OpObjsetStats: clone(f),
				ioctl.OpGetBookmarks: func(cmd *ioctl.Cmd) error {
					if cmd.Text(ioctl.FieldName) == "tank/a" {
						return cmd.Answer(tt.theirs)
					}
					return cmd.Answer(tt.ours)
				},
				ioctl.OpPromote: func(*ioctl.Cmd) error { asked = true; return nil },
			}.bad
			tt.outcome.check(t, c.DatasetPromote(t.Context(), "tank/c"))
			if asked != tt.kernelAsked {
				t.Errorf("the kernel was asked: %t", asked)
			}
		})
	}
}

// numbersOf is an answer about one bookmark with its transaction group.
func numbersOf(name string, txg int) *nvlist.List {
	l := &nvlist.List{}
	l.SetList(name, numbers("createtxg", txg, "guid", 7))
	return l
}

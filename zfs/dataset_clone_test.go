package zfs_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// sent compares what was sent to a fake.
func sent(t *testing.T, f *testkit.Fake, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, f.Sent); diff != "" {
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
			c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/a@1")
			f.Bad = testkit.Answers{ioctl.OpClone: testkit.Fine}.Bad
			if err := c.DatasetClone(t.Context(), tt.target, "tank/a@1", tt.opts); err != nil {
				t.Fatal(err)
			}
			sent(t, f, tt.want...)
		})
	}
}

// Invalid arguments are not passed to the kernel.
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
			testkit.Outcome{Want: tt.want}.Check(t, testkit.NoKernel(t).DatasetClone(t.Context(), tt.target, tt.origin, nil))
		})
	}
	for _, props := range []prop.Values{
		texts("Colour", "red"), texts("used", "1"), texts("volsize", "1G"), texts("casesensitivity", "mixed"), texts("compression", "zip"),
	} {
		c, f := testkit.OpenFake(t, "tank", "tank/a@1")
		err := c.DatasetClone(t.Context(), "tank/x", "tank/a@1", &zfs.DatasetCloneOptions{Props: props})
		testkit.Outcome{Want: zfs.ErrInvalidProp}.Check(t, err)
		sent(t, f, "OBJSET_STATS tank/a@1")
	}
	// No release refuses a clone below a volume, so this package does.
	c, f := testkit.OpenFake(t, "tank", "tank/v", "tank/a@1")
	testkit.Outcome{Want: zfs.ErrWrongParent, Text: "tank/v"}.Check(t, c.DatasetClone(t.Context(), "tank/v/x", "tank/a@1", nil))
	sent(t, f, "OBJSET_STATS tank/v")
}

func TestDatasetCloneErrors(t *testing.T) {
	for _, tt := range []struct {
		code ioctl.Code
		testkit.Outcome
	}{
		{ioctl.CodeExist, testkit.Outcome{Want: zfs.ErrExists}},
		{ioctl.CodeNoent, testkit.Outcome{Want: zfs.ErrNotFound}},
		{ioctl.CodeXdev, testkit.Outcome{Want: zfs.ErrCrossPool}},
		{ioctl.CodeInval, testkit.Outcome{Want: zfs.ErrInvalidProp}},
		{ioctl.CodeBadprop, testkit.Outcome{Want: zfs.ErrInvalidProp}},
		{ioctl.CodePerm, testkit.Outcome{Want: zfs.ErrPermission}},
		{ioctl.CodeDquot, testkit.Outcome{Want: zfs.ErrQuota}},
		{ioctl.CodeNospc, testkit.Outcome{Want: zfs.ErrNoSpace}},
	} {
		c, f := testkit.OpenFake(t, "tank", "tank/a@1")
		f.Bad = testkit.FailOn(ioctl.OpClone, tt.code)
		tt.Check(t, c.DatasetClone(t.Context(), "tank/x", "tank/a@1", nil))
	}
	c, f := testkit.OpenFake(t, "tank")
	f.Bad = testkit.FailOn(ioctl.OpClone, ioctl.CodeNoent)
	testkit.Outcome{Want: zfs.ErrBaseNotFound, Text: "tank/a@1: does not exist"}.Check(t, c.DatasetClone(t.Context(), "tank/x", "tank/a@1", nil))
	// The kernel names the property, and the parents that were made stay.
	f.Bad = testkit.Answers{ioctl.OpClone: func(cmd *ioctl.Cmd) error {
		l := &nvlist.List{}
		l.SetInt32("quota", int32(ioctl.CodeNospc))
		return errors.Join(cmd.Answer(l), ioctl.CodeNospc.Err())
	}}.Bad
	err := c.DatasetClone(t.Context(), "tank/x/y", "tank/a@1", &zfs.DatasetCloneOptions{Parents: true})
	testkit.Outcome{Want: zfs.ErrNoSpace, Items: []string{"quota"}, Done: []string{"tank/x"}}.Check(t, err)
}

// clone answers OBJSET_STATS of tank/c as of a clone of tank/a@1.
func clone(f *testkit.Fake) func(*ioctl.Cmd) error {
	return func(c *ioctl.Cmd) error {
		name := c.Text(ioctl.FieldName)
		err := f.Stats(name, c)
		if err == nil && name == "tank/c" {
			copy(c.Bytes(ioctl.FieldObjsetStats)[31:], "tank/a@1\x00")
		}
		return err
	}
}

func TestDatasetPromote(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/a@1", "tank/c")
	f.Bad = testkit.Answers{ioctl.OpObjsetStats: clone(f), ioctl.OpGetBookmarks: testkit.Fine, ioctl.OpPromote: testkit.Fine}.Bad
	if err := c.DatasetPromote(t.Context(), "tank/c"); err != nil {
		t.Fatal(err)
	}
	if last := f.Sent[len(f.Sent)-1]; last != "PROMOTE tank/c" {
		t.Errorf("the last call is %q, want PROMOTE tank/c", last)
	}
	for _, tt := range []struct {
		code  ioctl.Code
		short string
		testkit.Outcome
	}{
		{ioctl.CodeExist, "s", testkit.Outcome{Want: zfs.ErrExists, Items: []string{"tank/c@s"}}},
		{ioctl.CodeExist, "", testkit.Outcome{Want: zfs.ErrExists}},
		{ioctl.CodeInval, "", testkit.Outcome{Want: zfs.ErrInvalid}},
		{ioctl.CodeAcces, "", testkit.Outcome{Want: zfs.ErrKey, Text: "encryption root"}},
		{ioctl.CodeBusy, "", testkit.Outcome{Want: zfs.ErrBusy}},
		{ioctl.CodeXdev, "", testkit.Outcome{Want: zfs.ErrInvalid}},
		{ioctl.CodeNospc, "", testkit.Outcome{Want: zfs.ErrNoSpace}},
	} {
		f.Bad = testkit.Answers{ioctl.OpObjsetStats: clone(f), ioctl.OpGetBookmarks: testkit.Fine, ioctl.OpPromote: func(cmd *ioctl.Cmd) error {
			copy(cmd.Bytes(ioctl.FieldString), tt.short+"\x00")
			return tt.code.Err()
		}}.Bad
		tt.Check(t, c.DatasetPromote(t.Context(), "tank/c"))
	}
	for _, name := range []string{"tank/c@s", "tank/c#m", "", "tank/c\x00"} {
		testkit.Outcome{Want: zfs.ErrInvalidName}.Check(t, testkit.NoKernel(t).DatasetPromote(t.Context(), name))
	}
	testkit.Outcome{Want: zfs.ErrNotFound}.Check(t, c.DatasetPromote(t.Context(), "tank/none"))
}

// Two bookmarks of one name make the kernel panic, so it is not called. A
// bookmark newer than the origin stays where it is.
func TestDatasetPromoteBookmarks(t *testing.T) {
	const older, newer = 30, 31 // around the fake's tank/a@1
	for _, tt := range []struct {
		name        string
		theirs      *nvlist.List
		ours        *nvlist.List
		outcome     testkit.Outcome
		kernelAsked bool
	}{
		{"same name", numbersOf("m", older), numbersOf("m", 99), testkit.Outcome{Want: zfs.ErrExists, Items: []string{"tank/c#m"}, Text: "tank/a#m would become it"}, false},
		{"other names", numbersOf("m", older), numbersOf("n", 99), testkit.Outcome{}, true},
		{"stays behind", numbersOf("m", newer), numbersOf("m", 99), testkit.Outcome{}, true},
		{"none there", &nvlist.List{}, numbersOf("m", 99), testkit.Outcome{}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/a@1", "tank/c")
			asked := false
			f.Bad = testkit.Answers{
				ioctl.OpObjsetStats: clone(f),
				ioctl.OpGetBookmarks: func(cmd *ioctl.Cmd) error {
					if cmd.Text(ioctl.FieldName) == "tank/a" {
						return cmd.Answer(tt.theirs)
					}
					return cmd.Answer(tt.ours)
				},
				ioctl.OpPromote: func(*ioctl.Cmd) error { asked = true; return nil },
			}.Bad
			tt.outcome.Check(t, c.DatasetPromote(t.Context(), "tank/c"))
			if asked != tt.kernelAsked {
				t.Errorf("the kernel was called: %t", asked)
			}
		})
	}
}

// numbersOf is an answer about one bookmark with its transaction group.
func numbersOf(name string, txg int) *nvlist.List {
	l := &nvlist.List{}
	l.SetList(name, testkit.Numbers("createtxg", txg, "guid", 7))
	return l
}

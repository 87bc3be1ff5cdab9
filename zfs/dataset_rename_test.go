package zfs_test

import (
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

func TestDatasetRename(t *testing.T) {
	const create = "\ntype: int32 = 2\nprops: nvlist"
	for _, tt := range []struct {
		name, from, to string
		opts           *zfs.DatasetRenameOptions
		want           []string
	}{
		{"filesystem", "tank/a", "tank/x", nil, []string{"RENAME tank/a value=tank/x"}},
		{"snapshot", "tank/a@1", "tank/a@x", nil, []string{"RENAME tank/a@1 value=tank/a@x"}},
		{"recursively", "tank/a@1", "tank/a@x", &zfs.DatasetRenameOptions{Recursive: true}, []string{"RENAME tank/a@1 value=tank/a@x cookie=1"}},
		{"mounted", "tank/a@1", "tank/a@x", &zfs.DatasetRenameOptions{NoUnmount: true}, []string{"RENAME tank/a@1 value=tank/a@x cookie=2"}},
		{"both", "tank/a@1", "tank/a@x", &zfs.DatasetRenameOptions{NoUnmount: true, Recursive: true}, []string{"RENAME tank/a@1 value=tank/a@x cookie=3"}},
		{"parents", "tank/a", "tank/x/y/a", &zfs.DatasetRenameOptions{Parents: true},
			[]string{"OBJSET_STATS tank/a", "CREATE tank/x" + create, "CREATE tank/x/y" + create, "RENAME tank/a value=tank/x/y/a"}},
		{"a name that begins alike", "tank/a", "tank/ab/c", nil, []string{"RENAME tank/a value=tank/ab/c"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/a@1")
			f.Bad = testkit.Answers{ioctl.OpRename: testkit.Fine}.Bad
			if err := c.DatasetRename(t.Context(), tt.from, tt.to, tt.opts); err != nil {
				t.Fatal(err)
			}
			sent(t, f, tt.want...)
		})
	}
}

func TestDatasetRenameRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, from, to string
		opts           zfs.DatasetRenameOptions
		want           error
	}{
		{"empty", "", "tank/x", zfs.DatasetRenameOptions{}, zfs.ErrInvalidName},
		{"to nothing", "tank/a", "", zfs.DatasetRenameOptions{}, zfs.ErrInvalidName},
		{"NUL", "tank/a", "tank/x\x00y", zfs.DatasetRenameOptions{}, zfs.ErrInvalidName},
		{"bookmark", "tank/a#m", "tank/a#x", zfs.DatasetRenameOptions{}, zfs.ErrInvalidName},
		{"to a bookmark", "tank/a@s", "tank/a#x", zfs.DatasetRenameOptions{}, zfs.ErrInvalidName},
		{"to a snapshot", "tank/a", "tank/a@x", zfs.DatasetRenameOptions{}, zfs.ErrInvalidName},
		{"snapshot to a filesystem", "tank/a@s", "tank/a", zfs.DatasetRenameOptions{}, zfs.ErrInvalidName},
		{"snapshot to another dataset", "tank/a@s", "tank/b@s", zfs.DatasetRenameOptions{}, zfs.ErrInvalidName},
		{"partial receive", "tank/a/%recv", "tank/x", zfs.DatasetRenameOptions{}, zfs.ErrInvalidName},
		{"to a partial receive", "tank/a", "tank/x/%recv", zfs.DatasetRenameOptions{}, zfs.ErrInvalidName},
		{"other pool", "tank/a", "pool/a", zfs.DatasetRenameOptions{}, zfs.ErrCrossPool},
		{"pool", "tank", "pool", zfs.DatasetRenameOptions{}, zfs.ErrCrossPool},
		{"below itself", "tank/a", "tank/a/b", zfs.DatasetRenameOptions{Parents: true}, zfs.ErrInvalid},
		{"filesystem recursively", "tank/a", "tank/b", zfs.DatasetRenameOptions{Recursive: true}, zfs.ErrInvalid},
		{"snapshot with parents", "tank/a@s", "tank/a@x", zfs.DatasetRenameOptions{Parents: true}, zfs.ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			testkit.Outcome{Want: tt.want}.Check(t, testkit.NoKernel(t).DatasetRename(t.Context(), tt.from, tt.to, &tt.opts))
		})
	}
}

func TestDatasetRenameErrors(t *testing.T) {
	for _, tt := range []struct {
		name, from, to string
		code           ioctl.Code
		testkit.Outcome
	}{
		{"name taken", "tank/a", "tank/c", ioctl.CodeExist, testkit.Outcome{Want: zfs.ErrExists}},
		{"name of a snapshot taken", "tank/a@1", "tank/a@2", ioctl.CodeExist, testkit.Outcome{Want: zfs.ErrExists}},
		{"source missing", "tank/none", "tank/x", ioctl.CodeNoent, testkit.Outcome{Want: zfs.ErrNotFound, Text: `rename "tank/none": does not exist`}},
		{"parent missing", "tank/a", "tank/x/a", ioctl.CodeNoent, testkit.Outcome{Want: zfs.ErrParentNotFound, Text: "tank/x: parent does not exist"}},
		{"encryption root", "tank/a", "tank/x", ioctl.CodeAcces, testkit.Outcome{Want: zfs.ErrKey, Text: "encryption root"}},
		{"name of a child", "tank/a", "tank/x", ioctl.CodeNametoolong, testkit.Outcome{Want: zfs.ErrInvalidName, Text: "descendant"}},
		{"below a volume", "tank/a", "tank/v/a", ioctl.CodeWrongParent, testkit.Outcome{Want: zfs.ErrWrongParent}},
		{"busy", "tank/a", "tank/x", ioctl.CodeBusy, testkit.Outcome{Want: zfs.ErrBusy}},
		{"limit", "tank/a", "tank/x", ioctl.CodeDquot, testkit.Outcome{Want: zfs.ErrQuota}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/a@1", "tank/a@2", "tank/a/b", "tank/a/b@1", "tank/a/b@2", "tank/a/c", "tank/a/c@2", "tank/c", "tank/v")
			f.Bad = testkit.FailOn(ioctl.OpRename, tt.code)
			tt.Check(t, c.DatasetRename(t.Context(), tt.from, tt.to, nil))
		})
	}
	// The kernel does not name the snapshots that exist, so they are searched:
	// those of datasets that have both names.
	c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/a@1", "tank/a/b", "tank/a/b@1", "tank/a/b@2", "tank/a/c", "tank/a/c@2", "tank/a/d", "tank/a/d@2", "tank/a/d@1")
	f.Bad = testkit.FailOn(ioctl.OpRename, ioctl.CodeExist)
	err := c.DatasetRename(t.Context(), "tank/a@1", "tank/a@2", &zfs.DatasetRenameOptions{Recursive: true})
	testkit.Outcome{Want: zfs.ErrExists, Items: []string{"tank/a/b@2", "tank/a/d@2"}}.Check(t, err)
	// Nothing is created for a missing source, and Done has what was created.
	c, f = testkit.OpenFake(t, "tank", "tank/a")
	parents := &zfs.DatasetRenameOptions{Parents: true}
	testkit.Outcome{Want: zfs.ErrNotFound}.Check(t, c.DatasetRename(t.Context(), "tank/none", "tank/x/y", parents))
	sent(t, f, "OBJSET_STATS tank/none", "OBJSET_STATS tank")
	f.Bad = testkit.FailOn(ioctl.OpRename, ioctl.CodeBusy)
	testkit.Outcome{Want: zfs.ErrBusy, Done: []string{"tank/x"}}.Check(t, c.DatasetRename(t.Context(), "tank/a", "tank/x/y", parents))
}

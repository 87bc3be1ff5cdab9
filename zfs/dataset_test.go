package zfs_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

func TestDatasetStats(t *testing.T) {
	c, f := testkit.OpenFake(t, tree[:]...)
	ds, err := c.DatasetStats(t.Context(), "tank/a@2", nil)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(ds.Name, " ", ds.Type, " ", ds.GUID, " ", ds.CreateTxg, " ", ds.Props.Uint64(prop.Used))
	if want := "tank/a@2 filesystem,snapshot 1011 110 11"; got != want {
		t.Errorf("DatasetStats = %s, want %s", got, want)
	}
	if diff := cmp.Diff([]string{"OBJSET_STATS tank/a@2"}, f.Sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestDatasetStatsErrors(t *testing.T) {
	tests := []struct {
		name, target string
		bad          func(ioctl.Op, *ioctl.Cmd) (error, bool)
		want         error
	}{
		{"not there", "tank/none", nil, zfs.ErrNotFound},
		{"bookmark", "tank/a#m", nil, zfs.ErrInvalidName},
		{"NUL", "tank/a\x00b", nil, zfs.ErrInvalidName},
		{"forbidden", "tank", testkit.FailOn(ioctl.OpObjsetStats, ioctl.CodePerm), zfs.ErrPermission},
		{"malformed answer", "tank", testkit.MalformedOn(ioctl.OpObjsetStats), nvlist.ErrSyntax},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, tree[:]...)
			f.Bad = tt.bad
			ds, err := c.DatasetStats(t.Context(), tt.target, nil)
			if !errors.Is(err, tt.want) || ds != nil {
				t.Errorf("DatasetStats = %v, %v, want %v", ds, err, tt.want)
			}
			if asked := len(f.Sent) > 0; asked == errors.Is(err, zfs.ErrInvalidName) {
				t.Errorf("the kernel was called: %t", asked)
			}
		})
	}
}

func TestDatasetDestroy(t *testing.T) {
	c, f := testkit.OpenFake(t, tree[:]...)
	if err := c.DatasetDestroy(t.Context(), "tank/c"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"DESTROY tank/c"}, f.Sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	for code, want := range map[ioctl.Code]error{
		ioctl.CodeBusy: zfs.ErrHasSnapshots, ioctl.CodeExist: zfs.ErrHasChildren, ioctl.CodeNoent: zfs.ErrNotFound,
	} {
		f.Bad = testkit.FailOn(ioctl.OpDestroy, code)
		if err := c.DatasetDestroy(t.Context(), "tank/a"); !errors.Is(err, want) {
			t.Errorf("%s: error %v, want %v", code, err, want)
		}
	}
}

package zfs_test

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

func TestCompareDatasets(t *testing.T) {
	// In the order that zfs list has: bytes of names, snapshots by age.
	want := []*zfs.Dataset{
		{Name: "tank"}, {Name: "tank@z", CreateTxg: 1}, {Name: "tank@a", CreateTxg: 9}, {Name: "tank@b", CreateTxg: 9},
		{Name: "tank#m"}, {Name: "tank-2"}, {Name: "tank/a"}, {Name: "tank/a@x"}, {Name: "tank/a b"}, {Name: "tank/a-b"}, {Name: "tank/a-b@s"}, {Name: "tank/a/b"},
		{Name: "tank/b"},
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, zfs.CompareDatasets)
	name := func(all []*zfs.Dataset) (names []string) {
		for _, ds := range all {
			names = append(names, ds.Name)
		}
		return names
	}
	if diff := cmp.Diff(name(want), name(got)); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if zfs.CompareDatasets(want[1], want[1]) != 0 {
		t.Error("a snapshot differs from itself")
	}
}

func TestDatasetsSorted(t *testing.T) {
	opts := &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeAll, Sorted: true}
	names := []string{"tank", "tank/b", "tank/a", "tank/a/z", "tank/a-c", "tank/a@2", "tank/a@1"}
	c, f := testkit.OpenFake(t, names...)
	got, err := collect(c.Datasets(t.Context(), "tank", opts))
	if err != nil {
		t.Fatal(err)
	}
	// The fake's transaction groups go up in the order of its list.
	const want = "tank tank/a tank/a@2 tank/a@1 tank/a-c tank/a/z tank/b"
	if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
		t.Errorf("datasets (-want +got):\n%s", diff)
	}
	// An error follows what was found before it.
	f.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		return ioctl.CodeIo.Err(), op == ioctl.OpDatasetListNext && c.Text(ioctl.FieldName) == "tank/a-c"
	}
	got, err = collect(c.Datasets(t.Context(), "tank", opts))
	if !errors.Is(err, ioctl.CodeIo.Err()) || !slices.IsSorted(got[:1]) || !slices.Contains(got, "tank/a") {
		t.Errorf("datasets %v, error %v", got, err)
	}
	got, err = collect(c.Snapshots(t.Context(), "tank/a", &zfs.SnapshotsOptions{Sorted: true}))
	if diff := cmp.Diff("tank/a@2 tank/a@1", strings.Join(got, " ")); diff != "" || err != nil {
		t.Errorf("error %v, snapshots (-want +got):\n%s", err, diff)
	}
}

func TestDatasetsSortedStops(t *testing.T) {
	checkStops(t, 9, func(t *testing.T) (iter.Seq2[*zfs.Dataset, error], *testkit.Fake) {
		c, f := testkit.OpenFake(t, tree[:]...)
		return c.Datasets(t.Context(), "tank", &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeAll, Sorted: true}), f
	})
}

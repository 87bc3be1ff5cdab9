package zfs_test

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// tree is a pool with datasets of every kind, and the kernel's own among them.
var tree = [...]string{
	"tank", "tank/$MOS", "tank/a", "tank/$ORIGIN", "tank/a/b", "tank/a/%recv", "tank/v", "tank/c",
	"tank@1", "tank/a@1", "tank/a@2", "tank/v@1",
}

func TestDatasets(t *testing.T) {
	tests := []struct {
		name, root string
		opts       *zfs.DatasetsOptions
		want       string
	}{
		{"itself", "tank", nil, "tank"},
		{"all", "tank", &zfs.DatasetsOptions{Recursive: true}, "tank tank/a tank/a/b tank/v tank/c"},
		{"one level", "tank", &zfs.DatasetsOptions{Depth: 1}, "tank tank/a tank/v tank/c"},
		{"depth before recursive", "tank", &zfs.DatasetsOptions{Depth: 1, Recursive: true}, "tank tank/a tank/v tank/c"},
		{"from below", "tank/a", &zfs.DatasetsOptions{Recursive: true}, "tank/a tank/a/b"},
		{"volumes", "tank", &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeVolume}, "tank/v"},
		{"snapshots", "tank", &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeSnapshot}, "tank@1 tank/a@1 tank/a@2 tank/v@1"},
		{"each before its snapshots", "tank", &zfs.DatasetsOptions{Depth: 1, Types: prop.TypeAll},
			"tank tank@1 tank/a tank/a@1 tank/a@2 tank/v tank/v@1 tank/c"},
		{"bookmarks are not datasets", "tank", &zfs.DatasetsOptions{Types: prop.TypeBookmark}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, tree[:]...)
			got, err := collect(c.Datasets(t.Context(), tt.root, tt.opts))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("datasets (-want +got):\n%s", diff)
			}
			for _, sent := range f.Sent {
				if strings.Contains(sent, "stale") || strings.Contains(sent, "DATASET_LIST_NEXT tank/v") {
					t.Errorf("sent %s", sent)
				}
			}
		})
	}
}

// Properties that need extra calls are read on request, and a dataset that was
// destroyed meanwhile is skipped.
func TestDatasetsAllProps(t *testing.T) {
	opts := &zfs.DatasetsOptions{Recursive: true, AllProps: true}
	tests := []struct {
		name string
		bad  func(ioctl.Op, *ioctl.Cmd) (error, bool)
		want string
		err  error
	}{
		{"all there", nil, "tank/a 5 tank/a/b 5", nil},
		{"pool has gone", testkit.FailOn(ioctl.OpPoolGetProps, ioctl.CodeNoent), "", nil},
		{"pool hangs", testkit.FailOn(ioctl.OpPoolGetProps, ioctl.CodeAgain), "", zfs.ErrSuspended},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, tree[:]...)
			f.Bad = tt.bad
			var got []string
			var failed error
			for ds, err := range c.Datasets(t.Context(), "tank/a", opts) {
				if err != nil {
					failed = err
					continue
				}
				got = append(got, ds.Name, ds.Props.Text(prop.Version))
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" || !errors.Is(failed, tt.err) {
				t.Errorf("error %v, want %v; datasets (-want +got):\n%s", failed, tt.err, diff)
			}
		})
	}
	c, _ := testkit.OpenFake(t, tree[:]...)
	ds, err := c.DatasetStats(t.Context(), "tank/a", &zfs.DatasetStatsOptions{AllProps: true})
	if err != nil || ds.Props.Text(prop.Version) != "5" {
		t.Errorf("DatasetStats = %v, %v", ds, err)
	}
}

// The kernel puts the child's name in the place of the parent's, and the next
// step must name the parent again.
func TestDatasetsRestoresParent(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/b")
	if _, err := collect(c.Datasets(t.Context(), "tank", &zfs.DatasetsOptions{Depth: 1})); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"OBJSET_STATS tank", "DATASET_LIST_NEXT tank", "DATASET_LIST_NEXT tank cookie=2", "DATASET_LIST_NEXT tank cookie=3",
	}
	if diff := cmp.Diff(want, f.Sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

// An error in mid-walk comes once, behind all that came before.
func TestDatasetsErrors(t *testing.T) {
	failAt := func(parent string, cookie uint64, code ioctl.Code) func(ioctl.Op, *ioctl.Cmd) (error, bool) {
		return func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
			hit := op == ioctl.OpDatasetListNext && c.Text(ioctl.FieldName) == parent && c.Uint64(ioctl.FieldCookie) >= cookie
			return code.Err(), hit
		}
	}
	tests := []struct {
		name string
		opts zfs.DatasetsOptions
		bad  func(ioctl.Op, *ioctl.Cmd) (error, bool)
		want string
		err  error
	}{
		{"first call", zfs.DatasetsOptions{}, testkit.FailOn(ioctl.OpObjsetStats, ioctl.CodeNoent), "", zfs.ErrNotFound},
		{"in the middle", zfs.DatasetsOptions{Recursive: true}, failAt("tank", 3, ioctl.CodeAgain), "tank tank/a tank/a/b", zfs.ErrSuspended},
		{"further down", zfs.DatasetsOptions{Recursive: true}, failAt("tank/a", 0, ioctl.CodeIo), "tank tank/a", ioctl.CodeIo.Err()},
		{"child has vanished", zfs.DatasetsOptions{Recursive: true}, failAt("tank/a", 0, ioctl.CodeNoent), "tank tank/a tank/v tank/c", nil},
		{"malformed", zfs.DatasetsOptions{Recursive: true}, testkit.MalformedOn(ioctl.OpDatasetListNext), "tank", nvlist.ErrSyntax},
		{"snapshots", zfs.DatasetsOptions{Types: prop.TypeAll}, testkit.FailOn(ioctl.OpSnapshotListNext, ioctl.CodePerm), "tank", zfs.ErrPermission},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, tree[:]...)
			f.Bad = tt.bad
			got, err := collect(c.Datasets(t.Context(), "tank", &tt.opts))
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("datasets (-want +got):\n%s", diff)
			}
			if !errors.Is(err, tt.err) {
				t.Errorf("error %v, want %v", err, tt.err)
			}
		})
	}
}

// A loop that stops early causes no further calls.
func TestDatasetsStop(t *testing.T) {
	checkStops(t, 9, func(t *testing.T) (iter.Seq2[*zfs.Dataset, error], *testkit.Fake) {
		c, f := testkit.OpenFake(t, tree[:]...)
		return c.Datasets(t.Context(), "tank", &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeAll, AllProps: true}), f
	})
}

// A pending signal makes the kernel end a step. Nothing is lost.
func TestDatasetsInterrupted(t *testing.T) {
	c, f := testkit.OpenFake(t, tree[:]...)
	n := 0
	f.Bad = func(_ ioctl.Op, c *ioctl.Cmd) (error, bool) {
		n++
		if n%3 != 0 {
			return nil, false
		}
		// As a kernel does that was interrupted: something has changed already.
		c.SetUint64(ioctl.FieldCookie, 99)
		copy(c.Bytes(ioctl.FieldName), "tank/elsewhere\x00")
		return ioctl.CodeIntr.Err(), true
	}
	got, err := collect(c.Datasets(t.Context(), "tank", &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeAll}))
	if err != nil {
		t.Fatal(err)
	}
	want := "tank tank@1 tank/a tank/a@1 tank/a@2 tank/a/b tank/v tank/v@1 tank/c"
	if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
		t.Errorf("datasets (-want +got):\n%s", diff)
	}
}

func TestDatasetsRefusesDepth(t *testing.T) {
	got, err := collect(testkit.NoKernel(t).Datasets(t.Context(), "tank", &zfs.DatasetsOptions{Depth: -1}))
	if err == nil || got != nil {
		t.Errorf("a negative depth returns %v, %v", got, err)
	}
}

func TestDatasetsRefusesNames(t *testing.T) {
	for _, name := range []string{"", "tank@s", "tank#m", "tank/", "tank\x00/a", "tank/*"} {
		t.Run(fmt.Sprintf("%q", name), func(t *testing.T) {
			c := testkit.NoKernel(t)
			got, err := collect(c.Datasets(t.Context(), name, nil))
			if !errors.Is(err, zfs.ErrInvalidName) || got != nil {
				t.Errorf("Datasets = %v, %v, want ErrInvalidName", got, err)
			}
			if err := c.DatasetDestroy(t.Context(), name); !errors.Is(err, zfs.ErrInvalidName) {
				t.Errorf("DatasetDestroy = %v, want ErrInvalidName", err)
			}
			if err := c.DatasetCreate(t.Context(), name, nil); !errors.Is(err, zfs.ErrInvalidName) {
				t.Errorf("DatasetCreate = %v, want ErrInvalidName", err)
			}
		})
	}
}

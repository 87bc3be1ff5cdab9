package zfs_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// The options decide which calls are made, and with which buffer size.
func TestDatasetsProps(t *testing.T) {
	tests := []struct {
		name  string
		opts  zfs.DatasetsOptions
		want  string // the operations that were used
		room  bool   // some call left room for properties
		shows string // what is known about tank/a
	}{
		{"everything that comes", zfs.DatasetsOptions{}, "OBJSET_STATS DATASET_LIST_NEXT", true, "tank/a filesystem 2 20 1002 - -"},
		{"names", zfs.DatasetsOptions{NamesOnly: true}, "OBJSET_STATS DATASET_LIST_NEXT", false, "tank/a filesystem - 20 1002 - -"},
		{"names before all", zfs.DatasetsOptions{NamesOnly: true, AllProps: true}, "OBJSET_STATS DATASET_LIST_NEXT", false, "tank/a filesystem - 20 1002 - -"},
		{"plain", zfs.DatasetsOptions{Props: []prop.Prop{prop.Name, prop.GUID}}, "OBJSET_STATS DATASET_LIST_NEXT", false, "tank/a filesystem - 20 1002 - -"},
		{"a statistic", zfs.DatasetsOptions{Props: []prop.Prop{prop.Used}}, "OBJSET_STATS DATASET_LIST_NEXT", true, "tank/a filesystem 2 20 1002 - -"},
		{"version", zfs.DatasetsOptions{Props: []prop.Prop{prop.Version}}, "OBJSET_STATS DATASET_LIST_NEXT OBJSET_ZPLPROPS", false, "tank/a filesystem - 20 1002 5 -"},
		{"mounted", zfs.DatasetsOptions{Props: []prop.Prop{prop.Mounted}}, "OBJSET_STATS DATASET_LIST_NEXT", false, "tank/a filesystem - 20 1002 - no"},
		{"mountpoint", zfs.DatasetsOptions{Props: []prop.Prop{prop.Mountpoint}}, "OBJSET_STATS DATASET_LIST_NEXT POOL_GET_PROPS", true, "tank/a filesystem 2 20 1002 - -"},
		{"all", zfs.DatasetsOptions{AllProps: true}, "OBJSET_STATS DATASET_LIST_NEXT OBJSET_ZPLPROPS POOL_GET_PROPS", true, "tank/a filesystem 2 20 1002 5 no"},
	}
	ops := []ioctl.Op{ioctl.OpObjsetStats, ioctl.OpDatasetListNext, ioctl.OpObjsetZplprops, ioctl.OpPoolGetProps}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &testkit.Fake{}
			f.Add("tank", "tank/a")
			var used [8]atomic.Bool
			var room atomic.Bool
			dev := ioctl.NewDevice(func(op ioctl.Op, c *ioctl.Cmd) error {
				for i, known := range ops {
					if op == known {
						used[i].Store(true)
					}
				}
				if op == ioctl.OpDatasetListNext && c.OutSize() > 0 {
					room.Store(true)
				}
				return f.Answer(op, c)
			})
			tt.opts.Recursive = true
			var shows string
			for ds, err := range testkit.Open(t, dev).Datasets(t.Context(), "tank", &tt.opts) {
				if err != nil {
					t.Fatal(err)
				}
				p := ds.Props
				shows = strings.Join([]string{ds.Name, p.Text(prop.Type), p.Text(prop.Used), p.Text(prop.CreateTXG), p.Text(prop.GUID), p.Text(prop.Version), p.Text(prop.Mounted)}, " ")
			}
			var got []string
			for i, op := range ops {
				if used[i].Load() {
					got = append(got, strings.TrimPrefix(op.String(), "ZFS_IOC_"))
				}
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" || room.Load() != tt.room {
				t.Errorf("room for properties: %v, want %v; operations (-want +got):\n%s", room.Load(), tt.room, diff)
			}
			if diff := cmp.Diff(tt.shows, shows); diff != "" {
				t.Errorf("properties (-want +got):\n%s", diff)
			}
		})
	}
}

// A snapshot by its name alone has the type of its dataset.
func TestDatasetsNamesOnlyTypes(t *testing.T) {
	c, _ := testkit.OpenFake(t, tree[:]...)
	var got []string
	for ds, err := range c.Datasets(t.Context(), "tank", &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeSnapshot, NamesOnly: true}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(ds.Name, " ", ds.Type))
	}
	want := []string{"tank@1 filesystem,snapshot", "tank/a@1 filesystem,snapshot", "tank/a@2 filesystem,snapshot", "tank/v@1 volume,snapshot"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("snapshots (-want +got):\n%s", diff)
	}
}

// If a release returns only a name to a simple request, and more is needed, the
// snapshot is read again, and it is not lost.
func TestSnapshotsPlainOfOldRelease(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank/a", "tank/a@1", "tank/a@2")
	f.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if op != ioctl.OpSnapshotListNext || c.Uint64(ioctl.FieldSimple) == 0 {
			return nil, false
		}
		err := f.Next(c, "@")
		clear(c.Bytes(ioctl.FieldObjsetStats))
		return err, true
	}
	var got []string
	for snap, err := range c.Snapshots(t.Context(), "tank/a", &zfs.SnapshotsOptions{Props: []prop.Prop{prop.CreateTXG}}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(snap.Name, " ", snap.CreateTxg))
	}
	if diff := cmp.Diff([]string{"tank/a@1 20", "tank/a@2 30"}, got); diff != "" {
		t.Errorf("snapshots (-want +got):\n%s", diff)
	}
}

func TestDatasetsTxgBounds(t *testing.T) {
	tests := []struct {
		name     string
		min, max uint64
		want     string
	}{
		{"none", 0, 0, "tank tank/a tank/a/b tank/v tank/c"},
		{"from", 50, 0, "tank/a/b tank/v tank/c"}, // 10 for each place in the list
		{"to", 0, 30, "tank tank/a"},
		{"between", 30, 70, "tank/a tank/a/b tank/v"},
		{"empty", 70, 30, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := testkit.OpenFake(t, tree[:]...)
			got, err := collect(c.Datasets(t.Context(), "tank", &zfs.DatasetsOptions{Recursive: true, MinTxg: tt.min, MaxTxg: tt.max}))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("datasets (-want +got):\n%s", diff)
			}
		})
	}
}

// Bookmarks are read with the datasets that are yielded.
func TestDatasetsBookmarks(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/a@1", "tank/v")
	f.Bad = marks
	var got []string
	for ds, err := range c.Datasets(t.Context(), "tank", &zfs.DatasetsOptions{
		Recursive: true, Types: prop.TypeFilesystem | prop.TypeSnapshot, Bookmarks: true,
	}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, ds.Name)
		for _, mark := range ds.Bookmarks {
			got = append(got, mark.Name)
		}
	}
	const want = "tank tank#m1 tank#m2 tank/a tank/a#m1 tank/a#m2 tank/a@1"
	if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
		t.Errorf("datasets and bookmarks (-want +got):\n%s", diff)
	}
	f.Bad = testkit.FailOn(ioctl.OpGetBookmarks, ioctl.CodePerm)
	if got, err := collect(c.Datasets(t.Context(), "tank", &zfs.DatasetsOptions{Bookmarks: true})); err == nil || got != nil {
		t.Errorf("datasets %v, error %v, want that of the bookmarks", got, err)
	}
}

// The caller chooses the number of concurrent calls.
func TestDatasetsWorkers(t *testing.T) {
	for _, workers := range []int{1, 2, 9} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &testkit.Fake{}
				f.Add(wide(10)...)
				var now, most atomic.Int64
				dev := ioctl.NewDevice(func(op ioctl.Op, c *ioctl.Cmd) error {
					most.Store(max(most.Load(), now.Add(1)))
					time.Sleep(time.Millisecond)
					defer now.Add(-1)
					return f.Answer(op, c)
				})
				got, err := collect(testkit.Open(t, dev).Datasets(t.Context(), "tank", &zfs.DatasetsOptions{Recursive: true, AllProps: true, Workers: workers}))
				if err != nil || len(got) != 111 {
					t.Errorf("%d datasets, error %v", len(got), err)
				}
				if n := int(most.Load()); n > workers || n < min(workers, 5) {
					t.Errorf("%d concurrent calls, want %d", n, workers)
				}
			})
		})
	}
	for _, workers := range []int{-1, 65} {
		if got, err := collect(testkit.NoKernel(t).Datasets(t.Context(), "tank", &zfs.DatasetsOptions{Workers: workers})); err == nil || got != nil {
			t.Errorf("%d workers return %v, %v", workers, got, err)
		}
	}
}

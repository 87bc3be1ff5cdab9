package zfs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// Every choice of properties shows what zfs list shows.
func TestKernelDatasetsChoices(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	zfstest.Run(t, "sh", "-ec", strings.ReplaceAll(`
zfs create -o canmount=noauto P/a
zfs create P/a-b
zfs create -o version=4 P/a/z
zfs create -s -V 16M P/a/vol
zfs snapshot -r P/a@zz
zfs snapshot P/a@first
zfs clone P/a@zz P/clone
zfs bookmark P/a@zz P/a#mark
zfs snapshot P/a-b@late
`, "P", pool))
	plain := []prop.Prop{prop.Name, prop.Type, prop.GUID, prop.CreateTXG}
	all := &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeAll, Sorted: true}
	with := func(change func(*zfs.DatasetsOptions)) *zfs.DatasetsOptions {
		opts := *all
		change(&opts)
		return &opts
	}
	middle, err := c.DatasetStats(t.Context(), pool+"/a@zz", &zfs.DatasetStatsOptions{Props: plain})
	if err != nil || middle.CreateTxg == 0 || middle.Props.Raw() != nil {
		t.Fatalf("dataset %v, error %v", middle, err)
	}
	const types = "-t filesystem,volume,snapshot"
	for _, tt := range []struct {
		name    string
		opts    *zfs.DatasetsOptions
		columns []prop.Prop
		args    string
	}{
		{"as they come", all, []prop.Prop{"name", "used", "guid", "createtxg"}, types},
		{"plain", with(func(o *zfs.DatasetsOptions) { o.Props = plain }), plain, types},
		{"names", with(func(o *zfs.DatasetsOptions) { o.Props = []prop.Prop{} }), []prop.Prop{"name"}, types},
		{"names by one worker", with(func(o *zfs.DatasetsOptions) { o.Props, o.Workers = []prop.Prop{}, 1 }), []prop.Prop{"name"}, types},
		{"names by many workers", with(func(o *zfs.DatasetsOptions) { o.Props, o.Workers = []prop.Prop{}, 64 }), []prop.Prop{"name"}, types},
		{"what the filesystem holds", with(func(o *zfs.DatasetsOptions) { o.Props = []prop.Prop{"version", "name"} }), []prop.Prop{"name", "version"}, types},
		{"mountpoints", with(func(o *zfs.DatasetsOptions) { o.Props = []prop.Prop{"mountpoint", "mounted"} }), []prop.Prop{"name", "mountpoint", "mounted"}, types},
		{"volumes", with(func(o *zfs.DatasetsOptions) { o.Types = prop.TypeVolume }), []prop.Prop{"name", "volsize"}, "-t volume"},
		{"snapshots", with(func(o *zfs.DatasetsOptions) { o.Types, o.Props = prop.TypeSnapshot, plain }), plain, "-t snapshot"},
		{"one level", with(func(o *zfs.DatasetsOptions) { o.Types, o.Recursive, o.Depth = 0, false, 1 }), []prop.Prop{"name", "referenced"}, "-d 1 -t filesystem,volume"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := strings.Fields("list -Hp -o " + columnList(tt.columns) + " -r " + tt.args)
			want := zfstest.Run(t, "zfs", append(args, pool)...)
			if diff := cmp.Diff(want, table(t, c, pool, tt.opts, tt.columns)); diff != "" {
				t.Errorf("zfs list and the walk differ (-zfs +ours):\n%s", diff)
			}
		})
	}
	want := fmt.Sprintf("%[1]s/a-b@late\n%[1]s/a@first\n%[1]s/clone\n", pool)
	got := table(t, c, pool, with(func(o *zfs.DatasetsOptions) { o.MinTxg, o.Props = middle.CreateTxg+1, []prop.Prop{} }), []prop.Prop{"name"})
	if diff := cmp.Diff(want, sortLines(got)); diff != "" {
		t.Errorf("made after %s (-want +got):\n%s", middle.Name, diff)
	}
	marks := 0
	for ds, err := range c.Datasets(t.Context(), pool, &zfs.DatasetsOptions{Recursive: true, NamesOnly: true, Bookmarks: true}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, mark := range ds.Bookmarks {
			marks++
			if mark.Name != pool+"/a#mark" || mark.GUID != middle.GUID {
				t.Errorf("bookmark %s with GUID %d, want %d", mark.Name, mark.GUID, middle.GUID)
			}
		}
	}
	if marks != 1 {
		t.Errorf("%d bookmarks, want 1", marks)
	}
}

// columnList returns the columns for zfs list.
func columnList(props []prop.Prop) string {
	var names []string
	for _, property := range props {
		names = append(names, string(property))
	}
	return strings.Join(names, ",")
}

// table is a walk as zfs list -Hp prints it.
func table(t *testing.T, c *zfs.Client, root string, opts *zfs.DatasetsOptions, columns []prop.Prop) string {
	t.Helper()
	var b strings.Builder
	for ds, err := range c.Datasets(t.Context(), root, opts) {
		if err != nil {
			t.Fatal(err)
		}
		for i, property := range columns {
			if i > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(ds.Props.Text(property))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// sortLines orders lines by their bytes.
func sortLines(s string) string {
	lines := strings.SplitAfter(strings.TrimSuffix(s, "\n")+"\n", "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

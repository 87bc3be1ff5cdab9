package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/spf13/cobra"
)

// selection is what ls and get read: which datasets, and how much of each.
type selection struct {
	recursive bool
	depth     int
	types     string
	props     []prop.Prop // what will be looked at
	allProps  bool
	received  bool // also the values that came with a stream, which takes a call for each dataset
}

func (s *selection) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&s.recursive, "recursive", "r", false, "with all descendants")
	cmd.Flags().IntVarP(&s.depth, "depth", "d", -1, "with descendants, up to this depth")
	cmd.Flags().StringVarP(&s.types, "type", "t", "", "types to show: filesystem, volume, snapshot, bookmark, all")
	_ = cmd.RegisterFlagCompletionFunc("type", cobra.FixedCompletions(
		[]string{"filesystem", "volume", "snapshot", "bookmark", "all"}, cobra.ShellCompDirectiveNoFileComp))
}

// lsDoc is what ls prints.
type lsDoc struct {
	Schema   string       `json:"schema"`
	Datasets []datasetDoc `json:"datasets"`
}

func (a *app) lsCommand() *cobra.Command {
	var sel selection
	var columns string
	var keys []sortKey
	var script, parsable bool
	cmd := &cobra.Command{
		Use:     "ls [NAME...]",
		Aliases: []string{"list"},
		Short:   "List datasets",
		Long: `Ls lists filesystems and volumes, all of them if no NAME is given. The flags are those of
zfs list. With --json each column of a dataset has its value and source.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			props, all, err := lsColumns(columns)
			if err != nil {
				return err
			}
			sel.props, sel.allProps = props, all
			for _, key := range keys {
				sel.props = append(sel.props, key.prop)
			}
			return a.withDatasets(cmd.Context(), args, sel, func(found []item) error {
				sortItems(found, keys)
				doc := lsDoc{Schema: "zfsprobe.ls/1", Datasets: documents(found, props, all, nil)}
				if all {
					props = allColumns(found)
				}
				return a.print(doc, lsTable(found, props, script, parsable).Emit)
			})
		},
	}
	sel.flags(cmd)
	cmd.Flags().StringVarP(&columns, "output", "o", "name,used,avail,refer,mountpoint", "columns, or all")
	cmd.Flags().VarP(&sortFlag{&keys, false}, "sort", "s", "sort by this property, ascending; may be repeated")
	cmd.Flags().VarP(&sortFlag{&keys, true}, "sort-descending", "S", "sort by this property, descending; may be repeated")
	cmd.Flags().BoolVarP(&script, "script", "H", false, "no header, columns separated by one tab")
	cmd.Flags().BoolVarP(&parsable, "parsable", "p", false, "exact numbers")
	return cmd
}

func lsColumns(list string) (props []prop.Prop, all bool, err error) {
	if list == "all" {
		return nil, true, nil
	}
	props, err = parseColumns(list)
	return props, false, err
}

// item is a dataset or bookmark that was found.
type item struct {
	name      string
	props     *zfs.Properties
	createTxg uint64
	received  map[prop.Prop]prop.Property // nil unless asked for
}

// withDatasets reads what is selected and hands it to use. What cannot be
// found is reported after the rest has been shown.
func (a *app) withDatasets(ctx context.Context, names []string, sel selection, use func([]item) error) error {
	return a.withClient(func(c *zfs.Client) (err error) {
		sel.props = append(sel.props, prop.CreateTXG) // it orders snapshots
		r := &reader{c: c, ctx: ctx, sel: sel}
		if sel.types != "" {
			if r.types, err = prop.ParseDatasetType(sel.types); err != nil {
				return err
			}
		}
		var failed error
		if len(names) == 0 {
			failed = r.everything()
		}
		for _, name := range names {
			failed = errors.Join(failed, r.read(name))
		}
		if sel.received {
			failed = errors.Join(failed, r.received())
		}
		return errors.Join(use(r.found), failed)
	})
}

// reader collects datasets.
type reader struct {
	c     *zfs.Client
	ctx   context.Context
	sel   selection
	types prop.DatasetType // zero if not chosen
	found []item
}

// received reads the values that came with streams. Bookmarks have none.
func (r *reader) received() (failed error) {
	for i := range r.found {
		it := &r.found[i]
		it.received = make(map[prop.Prop]prop.Property)
		if strings.Contains(it.name, "#") {
			continue
		}
		values, err := r.c.DatasetReceivedProps(r.ctx, it.name)
		failed = errors.Join(failed, err)
		for property, v := range values {
			it.received[property] = prop.Property{Name: property, Value: v, Text: prop.Format(property, v, r.c.Release())}
		}
	}
	return failed
}

// everything reads all pools, down to the depth if one is given.
func (r *reader) everything() error {
	if r.sel.depth < 0 {
		r.sel.recursive = true
	}
	for pool, err := range r.c.Pools(r.ctx) {
		if err == nil {
			err = r.read(pool.Name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// read reads what one name selects.
func (r *reader) read(name string) error {
	switch n, err := zfs.ParseName(name); {
	case err != nil:
		return err
	case n.Snapshot != "":
		return r.one(name)
	case n.Bookmark != "":
		return r.bookmark(n)
	}
	types := r.types
	if !r.sel.recursive && r.sel.depth < 0 && types.Has(prop.TypeFilesystem|prop.TypeVolume) {
		types &^= prop.TypeSnapshot | prop.TypeBookmark // as zfs list: the dataset itself is what was named
	}
	return r.walk(name, types)
}

// walk reads a tree. Bookmarks come with their datasets, which are read for
// them also where they are not to be shown.
func (r *reader) walk(name string, types prop.DatasetType) error {
	heads := types & (prop.TypeFilesystem | prop.TypeVolume)
	if types == 0 {
		heads = prop.TypeFilesystem | prop.TypeVolume
	}
	opts := &zfs.DatasetsOptions{
		Recursive: r.sel.recursive, Types: types &^ prop.TypeBookmark, Props: r.sel.props, AllProps: r.sel.allProps,
	}
	if r.sel.depth >= 0 {
		opts.Recursive, opts.Depth = false, r.sel.depth
	}
	if types.Has(prop.TypeBookmark) {
		opts.Bookmarks = true
		opts.Types |= prop.TypeFilesystem | prop.TypeVolume
	}
	for ds, err := range r.c.Datasets(r.ctx, name, opts) {
		if err != nil {
			return err
		}
		isSnap := ds.Type.Has(prop.TypeSnapshot)
		if ds.Type.Has(heads) && !isSnap || isSnap && r.reaches(name, ds.Name) {
			r.add(ds)
		}
		for _, mark := range ds.Bookmarks {
			if r.reaches(name, mark.Name) {
				r.found = append(r.found, item{mark.Name, mark.Props, mark.CreateTxg, nil})
			}
		}
	}
	return nil
}

// reaches reports whether a snapshot or bookmark lies within the depth: as for
// zfs list it is one level below its dataset.
func (r *reader) reaches(root, name string) bool {
	return r.sel.depth < 0 || strings.Count(name, "/")-strings.Count(root, "/") < r.sel.depth
}

func (r *reader) add(ds *zfs.Dataset) {
	r.found = append(r.found, item{ds.Name, ds.Props, ds.CreateTxg, nil})
}

// one reads one snapshot.
func (r *reader) one(name string) error {
	ds, err := r.c.DatasetStats(r.ctx, name, &zfs.DatasetStatsOptions{Props: r.sel.props, AllProps: r.sel.allProps})
	if err != nil {
		return err
	}
	r.add(ds)
	return nil
}

// bookmark reads one bookmark.
func (r *reader) bookmark(n zfs.Name) error {
	for mark, err := range r.c.Bookmarks(r.ctx, n.Dataset, nil) {
		if err != nil {
			return err
		}
		if mark.Name == n.String() {
			r.found = append(r.found, item{mark.Name, mark.Props, mark.CreateTxg, nil})
			return nil
		}
	}
	return &notFoundError{n.String()}
}

// notFoundError is a bookmark that its dataset does not have.
type notFoundError struct{ name string }

func (e *notFoundError) Error() string   { return e.name + " does not exist" }
func (e *notFoundError) Is(t error) bool { return t == zfs.ErrNotFound }

// sortKey is a property to sort by.
type sortKey struct {
	prop prop.Prop
	down bool
}

// sortFlag collects the keys of both flags in the order of the command line:
// what comes first counts first.
type sortFlag struct {
	keys *[]sortKey
	down bool
}

// Set adds a key.
func (f *sortFlag) Set(name string) error {
	property := longColumn(name)
	if err := property.Check(); err != nil {
		return err
	}
	*f.keys = append(*f.keys, sortKey{property, f.down})
	return nil
}

// String is the flag's default, none.
func (f *sortFlag) String() string { return "" }

// Type is the word for the value in the help.
func (f *sortFlag) Type() string { return "property" }

// sortItems sorts by properties and then by name, or without properties as zfs
// list does.
func sortItems(items []item, keys []sortKey) {
	if len(keys) == 0 {
		slices.SortStableFunc(items, compareNames)
		return
	}
	keys = append(slices.Clone(keys), sortKey{prop: prop.Name})
	slices.SortStableFunc(items, func(a, b item) int {
		for _, key := range keys {
			n := compareValues(a.props.Value(key.prop), b.props.Value(key.prop))
			if key.down {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return 0
	})
}

// compareNames orders as zfs list does.
func compareNames(a, b item) int {
	return zfs.CompareDatasets(&zfs.Dataset{Name: a.name, CreateTxg: a.createTxg}, &zfs.Dataset{Name: b.name, CreateTxg: b.createTxg})
}

// compareValues orders numbers by size and texts by their bytes; what is
// absent comes last.
func compareValues(a, b prop.Value) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	case a.Kind() == prop.ValueNumber && b.Kind() == prop.ValueNumber:
		return cmp.Compare(a.Uint64(), b.Uint64())
	}
	return strings.Compare(a.String(), b.String())
}

// allColumns are the properties that any of the items has, in their order.
func allColumns(items []item) []prop.Prop {
	columns := []prop.Prop{prop.Name}
	seen := map[prop.Prop]bool{prop.Name: true}
	for _, it := range items {
		for p := range it.props.All() {
			if !seen[p.Name] {
				seen[p.Name] = true
				columns = append(columns, p.Name)
			}
		}
	}
	return columns
}

func lsTable(items []item, props []prop.Prop, script, parsable bool) *show.Table {
	t := &show.Table{Script: script, Right: make(map[int]bool)}
	for i, property := range props {
		t.Header = append(t.Header, heading(property))
		t.Right[i] = numeric(property)
	}
	for _, it := range items {
		row := make([]string, len(props))
		for i, property := range props {
			row[i] = cell(it, property, parsable)
		}
		t.Add(row...)
	}
	return t
}

// cell is one value as text.
func cell(it item, property prop.Prop, parsable bool) string {
	p, ok := it.props.Property(property)
	switch {
	case !ok:
		return "-"
	case parsable:
		return p.Text
	}
	return humanText(p)
}

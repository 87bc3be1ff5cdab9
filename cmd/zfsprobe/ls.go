package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
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
zfs list. With --json each dataset has its columns with value and source.

` + orderHelp + `
-s and -S put all of them in order, and -o all has a column for each property that any of them has: both
hold all datasets in memory.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			props, all, err := lsColumns(columns)
			if err != nil {
				return err
			}
			sel.props, sel.allProps = props, all
			for _, key := range keys {
				sel.props = append(sel.props, key.prop)
			}
			return a.withDatasets(cmd.Context(), args, sel, func(found items) error {
				most := firstItems
				if all && !a.json {
					most = math.MaxInt
					found, props = allColumns(found)
				}
				return a.printItems(inOrder(found, keys, most), listing{
					doc:     lsDoc{Schema: "zfsprobe.ls/1", Datasets: []datasetDoc{}},
					element: func(it item) any { return document(it, props, all, nil) },
					table:   lsTable(props, script),
					rows:    func(it item) [][]string { return [][]string{lsRow(it, props, parsable)} },
				})
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
	if props, err = prop.ParseColumns(list); err != nil {
		return nil, false, fmt.Errorf("%w; 'zfsprobe get all DATASET' shows what there is", err)
	}
	return props, false, nil
}

// item is a dataset or bookmark that was found.
type item struct {
	name      string
	props     *zfs.Properties
	createTxg uint64
	received  map[prop.Prop]prop.Property // nil unless asked for
}

// items are datasets as they are read. An error is about one name, and others may
// follow it.
type items = iter.Seq2[item, error]

// withDatasets passes what is selected to use, which reads it.
func (a *app) withDatasets(ctx context.Context, names []string, sel selection, use func(items) error) error {
	var types prop.DatasetType
	if sel.types != "" {
		var err error
		if types, err = prop.ParseDatasetType(sel.types); err != nil {
			return err
		}
	}
	sel.props = append(sel.props, prop.CreateTXG) // it orders snapshots
	return a.withClient(func(c *zfs.Client) error {
		for _, property := range sel.props {
			if err := c.PropCheck(property); err != nil {
				return err
			}
		}
		return use(func(yield func(item, error) bool) {
			r := &reader{c: c, ctx: ctx, sel: sel, types: types, yield: yield}
			if len(names) == 0 {
				r.fail(r.everything())
			}
			for _, name := range names {
				r.fail(r.read(name))
			}
		})
	})
}

// reader reads datasets.
type reader struct {
	c       *zfs.Client
	ctx     context.Context
	sel     selection
	types   prop.DatasetType // zero if not chosen
	yield   func(item, error) bool
	stopped bool // the loop has ended
}

// add yields a dataset, and reports whether more are wanted.
func (r *reader) add(it item) bool {
	if r.sel.received {
		r.fail(r.received(&it))
	}
	r.stopped = r.stopped || !r.yield(it, nil)
	return !r.stopped
}

// fail yields an error, if it is one.
func (r *reader) fail(err error) {
	if err != nil && !r.stopped {
		r.stopped = !r.yield(item{}, err)
	}
}

// received reads the values that came with streams. Bookmarks have none.
func (r *reader) received(it *item) error {
	it.received = make(map[prop.Prop]prop.Property)
	if strings.Contains(it.name, "#") {
		return nil
	}
	values, err := r.c.DatasetReceivedProps(r.ctx, it.name)
	for property, v := range values {
		it.received[property] = prop.Property{Name: property, Value: v, Text: prop.Format(property, v, r.c.Release())}
	}
	return err
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
		if err != nil || r.stopped {
			return err
		}
	}
	return nil
}

// read reads what one name selects.
func (r *reader) read(name string) error {
	switch n, err := zfs.ParseName(name); {
	case err != nil || r.stopped:
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
		if wanted := ds.Type.Has(heads) && !isSnap || isSnap && r.reaches(name, ds.Name); wanted && !r.add(itemOf(ds)) {
			return nil
		}
		for _, mark := range ds.Bookmarks {
			if r.reaches(name, mark.Name) && !r.add(item{mark.Name, mark.Props, mark.CreateTxg, nil}) {
				return nil
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

// itemOf is a dataset that was found.
func itemOf(ds *zfs.Dataset) item { return item{ds.Name, ds.Props, ds.CreateTxg, nil} }

// one reads one snapshot.
func (r *reader) one(name string) error {
	ds, err := r.c.DatasetStats(r.ctx, name, &zfs.DatasetStatsOptions{Props: r.sel.props, AllProps: r.sel.allProps})
	if err != nil {
		return err
	}
	r.add(itemOf(ds))
	return nil
}

// bookmark reads one bookmark.
func (r *reader) bookmark(n zfs.Name) error {
	for mark, err := range r.c.Bookmarks(r.ctx, n.Dataset, nil) {
		if err != nil {
			return err
		}
		if mark.Name == n.String() {
			r.add(item{mark.Name, mark.Props, mark.CreateTxg, nil})
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
	property := prop.ParseColumn(name)
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

// allColumns reads all of the items, and returns them with the properties that any
// of them has, in their order.
func allColumns(found items) (items, []prop.Prop) {
	type read struct {
		it  item
		err error
	}
	var all []read
	columns := []prop.Prop{prop.Name}
	seen := map[prop.Prop]bool{prop.Name: true}
	for it, err := range found {
		all = append(all, read{it, err})
		if err != nil {
			continue
		}
		for p := range it.props.All() {
			if !seen[p.Name] {
				seen[p.Name] = true
				columns = append(columns, p.Name)
			}
		}
	}
	return func(yield func(item, error) bool) {
		for _, r := range all {
			if !yield(r.it, r.err) {
				return
			}
		}
	}, columns
}

// lsTable is a table of these columns.
func lsTable(props []prop.Prop, script bool) *show.Table {
	t := &show.Table{Script: script, Right: make(map[int]bool)}
	for i, property := range props {
		t.Header = append(t.Header, property.Column())
		t.Right[i] = numeric(property)
	}
	return t
}

// numeric reports whether a column is set flush right.
func numeric(property prop.Prop) bool {
	info, ok := prop.Lookup(property)
	return ok && info.Kind == prop.KindNumber
}

// lsRow is one row of it.
func lsRow(it item, props []prop.Prop, parsable bool) []string {
	row := make([]string, len(props))
	for i, property := range props {
		row[i] = "-"
		if p, ok := it.props.Property(property); ok {
			row[i] = valueText(p, parsable)
		}
	}
	return row
}

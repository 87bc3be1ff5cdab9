package zfs

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// Graph is what depends on what among datasets of a pool, as it was when it was
// read: DatasetGraph makes one. The plans are pure functions of it, so that one
// that was kept, or written by hand, serves as well as a new one. A plan does
// not change its graph.
type Graph struct {
	// Datasets are filesystems and volumes in the order of their names.
	Datasets []GraphDataset `json:"datasets"`
}

// GraphDataset is a filesystem or volume of a graph.
type GraphDataset struct {
	Name      string           `json:"name"`
	Type      prop.DatasetType `json:"type"`
	GUID      uint64           `json:"guid"`
	CreateTxg uint64           `json:"createtxg"`
	// Origin is the snapshot that it was cloned from, empty for none.
	Origin string `json:"origin,omitempty"`
	// Snapshots and Bookmarks are its own, oldest first.
	Snapshots []GraphSnapshot `json:"snapshots,omitempty"`
	Bookmarks []GraphBookmark `json:"bookmarks,omitempty"`
	// Mountpoint is where it is mounted, empty if it is not.
	Mountpoint string `json:"mountpoint,omitempty"`
	// Partial reports whether the graph has neither what lies below it nor what was
	// cloned from it. It cannot be planned for, but others that depend on it can.
	Partial bool `json:"partial,omitempty"`
}

// GraphSnapshot is a snapshot of a graph.
type GraphSnapshot struct {
	Name      string `json:"name"` // "tank/a@s"
	GUID      uint64 `json:"guid"`
	CreateTxg uint64 `json:"createtxg"`
	// Holds are the tags of those who hold it.
	Holds []string `json:"holds,omitempty"`
	// Clones are the names of its clones, in their order.
	Clones []string `json:"clones,omitempty"`
	// Unnamed is how many clones more it has than the kernel names.
	Unnamed uint64 `json:"unnamed_clones,omitempty"`
}

// GraphBookmark is a bookmark of a graph. Its GUID and transaction group are
// those of the snapshot that it was made from.
type GraphBookmark struct {
	Name      string `json:"name"` // "tank/a#m"
	GUID      uint64 `json:"guid"`
	CreateTxg uint64 `json:"createtxg"`
}

// GraphOptions says how much DatasetGraph reads.
type GraphOptions struct {
	// Alone reads of what lies below the dataset no more than the children
	// themselves, for plans that do not go further down.
	Alone bool
}

// DatasetGraph reads what the plans for a filesystem or volume and all below it
// need to know: snapshots, holds, bookmarks, mounts, what was cloned from them
// with what lies below that and depends on it, and whatever any of these was
// cloned from. The root of a pool stands for the whole pool.
//
// It is a walk and no single moment: what executes a plan checks it again.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission.
func (c *Client) DatasetGraph(ctx context.Context, name string, opts *GraphOptions) (*Graph, error) {
	if _, err := parseHead(name); err != nil {
		return nil, inputError(ioctl.OpObjsetStats, name, err)
	}
	r := &graphReader{c: c, ctx: ctx, mounts: readMounts(), heads: make(map[string]*GraphDataset)}
	walk := DatasetsOptions{Recursive: true}
	if opts != nil && opts.Alone {
		walk = DatasetsOptions{Depth: 1}
	}
	if err := r.load(name, walk); err != nil {
		return nil, err
	}
	if err := r.follow(); err != nil {
		return nil, err
	}
	g := &Graph{}
	for _, head := range r.heads {
		slices.SortFunc(head.Snapshots, func(a, b GraphSnapshot) int {
			return cmp.Or(cmp.Compare(a.CreateTxg, b.CreateTxg), strings.Compare(a.Name, b.Name))
		})
		g.Datasets = append(g.Datasets, *head)
	}
	slices.SortFunc(g.Datasets, func(a, b GraphDataset) int { return strings.Compare(a.Name, b.Name) })
	return g, nil
}

// graphReader is the state of one reading.
type graphReader struct {
	c      *Client
	ctx    context.Context
	mounts *mountTable
	heads  map[string]*GraphDataset
	todo   []link
}

// link is a clone and the snapshot that it comes from.
type link struct{ clone, origin string }

// load reads filesystems and volumes with their snapshots. What was read before
// stays as it is, unless that was less.
func (r *graphReader) load(name string, walk DatasetsOptions) error {
	walk.Types = prop.TypeFilesystem | prop.TypeVolume | prop.TypeSnapshot
	walk.Bookmarks = true
	fresh := make(map[string]bool)
	for ds, err := range r.c.Datasets(r.ctx, name, &walk) {
		if err != nil {
			return err
		}
		if ds.Type.Has(prop.TypeSnapshot) {
			parent, _, _ := strings.Cut(ds.Name, "@")
			if fresh[parent] {
				if err := r.addSnapshot(r.heads[parent], ds); err != nil {
					return err
				}
			}
			continue
		}
		partial := !walk.Recursive && (walk.Depth == 0 || ds.Name != name)
		if old := r.heads[ds.Name]; old == nil || old.Partial && !partial {
			fresh[ds.Name] = true
			r.heads[ds.Name] = r.newHead(ds, partial)
		}
	}
	return nil
}

// newHead makes a dataset of the graph, as yet without snapshots.
func (r *graphReader) newHead(ds *Dataset, partial bool) *GraphDataset {
	head := &GraphDataset{
		Name: ds.Name, Type: ds.Type, GUID: ds.GUID, CreateTxg: ds.CreateTxg, Origin: ds.Origin,
		Mountpoint: r.mounts.entries[ds.Name].path, Partial: partial,
	}
	for _, mark := range ds.Bookmarks {
		head.Bookmarks = append(head.Bookmarks, GraphBookmark{mark.Name, mark.GUID, mark.CreateTxg})
	}
	slices.SortStableFunc(head.Bookmarks, func(a, b GraphBookmark) int { return cmp.Compare(a.CreateTxg, b.CreateTxg) })
	if ds.Origin != "" {
		r.todo = append(r.todo, link{origin: ds.Origin})
	}
	return head
}

// addSnapshot adds a snapshot to its dataset, and notes what has to be read for
// its sake.
func (r *graphReader) addSnapshot(head *GraphDataset, snap *Dataset) error {
	s := GraphSnapshot{Name: snap.Name, GUID: snap.GUID, CreateTxg: snap.CreateTxg}
	s.Clones = slices.Sorted(slices.Values(snap.Props.Value(prop.Clones).Strings()))
	if named := uint64(len(s.Clones)); named < snap.Clones {
		s.Unnamed = snap.Clones - named
	}
	for _, clone := range s.Clones {
		if !head.Partial {
			r.todo = append(r.todo, link{clone: clone})
		}
	}
	if snap.Props.Uint64(prop.UserRefs) > 0 {
		for hold, err := range r.c.Holds(r.ctx, snap.Name, nil) {
			if err != nil && !vanished(err) {
				return err
			}
			if err == nil {
				s.Holds = append(s.Holds, hold.Tag)
			}
		}
	}
	head.Snapshots = append(head.Snapshots, s)
	return nil
}

// follow reads clones with all that depends on them, and origins alone.
func (r *graphReader) follow() error {
	for len(r.todo) > 0 {
		next := r.todo[0]
		r.todo = r.todo[1:]
		name, walk := next.clone, DatasetsOptions{Recursive: true}
		if name == "" {
			name, _, _ = strings.Cut(next.origin, "@")
			walk = DatasetsOptions{}
		}
		if head := r.heads[name]; head != nil && (!head.Partial || next.clone == "") {
			continue
		}
		if err := r.load(name, walk); err != nil && !vanished(err) {
			return err
		}
	}
	return nil
}

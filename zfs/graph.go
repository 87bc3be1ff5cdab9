package zfs

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// Graph holds the dependencies between datasets of a pool at the time when it was
// read by DatasetGraph. The plans are pure functions of it, so that a stored
// graph, or one written by hand, is as good as a new one. A plan does not change
// its graph.
type Graph struct {
	// Datasets are the filesystems and volumes, sorted by name.
	Datasets []GraphDataset `json:"datasets"`
}

// GraphDataset is a filesystem or volume of a graph.
type GraphDataset struct {
	Name      string           `json:"name"`
	Type      prop.DatasetType `json:"type"`
	GUID      uint64           `json:"guid"`
	CreateTxg uint64           `json:"createtxg"`
	// Origin is the snapshot that it was cloned from, or "".
	Origin string `json:"origin,omitempty"`
	// Snapshots and Bookmarks are those of the dataset, oldest first.
	Snapshots []GraphSnapshot `json:"snapshots,omitempty"`
	Bookmarks []GraphBookmark `json:"bookmarks,omitempty"`
	// Mountpoint is the directory where it is mounted, or "".
	Mountpoint string `json:"mountpoint,omitempty"`
	// Partial reports whether the graph lacks the descendants and clones of the
	// dataset. It cannot be the target of a plan, but others that depend on it
	// can.
	Partial bool `json:"partial,omitempty"`
}

// GraphSnapshot is a snapshot of a graph.
type GraphSnapshot struct {
	Name      string `json:"name"` // "tank/a@s"
	GUID      uint64 `json:"guid"`
	CreateTxg uint64 `json:"createtxg"`
	// Holds are the tags of its holds.
	Holds []string `json:"holds,omitempty"`
	// Clones are the names of its clones, sorted.
	Clones []string `json:"clones,omitempty"`
	// Unnamed is the number of other clones, which the kernel does not name.
	Unnamed uint64 `json:"unnamed_clones,omitempty"`
}

// GraphBookmark is a bookmark of a graph. Its GUID and transaction group are
// those of its snapshot.
type GraphBookmark struct {
	Name      string `json:"name"` // "tank/a#m"
	GUID      uint64 `json:"guid"`
	CreateTxg uint64 `json:"createtxg"`
}

// GraphOptions select what DatasetGraph reads.
type GraphOptions struct {
	// Alone reads only the children below the dataset, for plans that are not
	// recursive.
	Alone bool
}

// DatasetGraph reads the data for plans about a filesystem or volume and its
// descendants: snapshots, holds, bookmarks, mounts, their clones with the clones'
// descendants and dependents, and the origins of all of these. The root of a pool
// stands for the whole pool.
//
// The graph is read dataset by dataset, not at a single point in time: execution
// of a plan checks it again.
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

// link is a clone and its origin.
type link struct{ clone, origin string }

// load reads filesystems and volumes with their snapshots. A dataset that was
// read before is replaced only if it was partial.
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

// newHead returns a dataset of the graph, as yet without snapshots.
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

// addSnapshot adds a snapshot to its dataset, and notes what else must be read
// because of it.
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

// follow reads clones with everything that depends on them, and origins without
// it.
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

package zfs

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// localTree holds what exists at and below the target, as a plan needs it: names,
// GUIDs and origins. A plan tries its steps on it.
type localTree struct {
	heads []*localHead // a parent before its children
	// owners finds the dataset that has a snapshot. Nil means that it must be
	// rebuilt. It may have snapshots that were destroyed.
	owners map[uint64]*localHead
	// refused is why the pool refuses changes in a dry run, or 0.
	refused ioctl.Code
}

// localHead is a filesystem or volume.
type localHead struct {
	name   string
	origin uint64 // the GUID of the snapshot that it was cloned from, or 0
	snaps  []localSnap
	state  headState
	stays  bool // a plan has found that it cannot be destroyed
}

// localSnap is a snapshot. Its transaction group orders it.
type localSnap struct {
	name      string // the part after "@"
	guid, txg uint64
	received  bool // it has received properties
	changed   bool // something was written between the previous snapshot and it
	holds     uint64
	clones    uint64 // outside of the tree
	stays     bool   // a plan has found that it cannot be destroyed
}

// readTree reads what exists at and below a name. If the name does not exist the
// tree is empty.
func (c *Client) readTree(ctx context.Context, root string) (*localTree, error) {
	return c.readHeads(ctx, root, true)
}

// readHeads is readTree, or reads the topmost filesystem or volume only.
func (c *Client) readHeads(ctx context.Context, root string, recursive bool) (*localTree, error) {
	t := &localTree{}
	origins := make(map[*localHead]string)
	guids := make(map[string]uint64)
	for ds, err := range c.Datasets(ctx, root, &DatasetsOptions{Recursive: recursive, Types: prop.TypeAll &^ prop.TypeBookmark}) {
		switch {
		case errors.Is(err, ErrNotFound):
			return &localTree{}, nil
		case err != nil:
			return nil, err
		case !ds.Type.Has(prop.TypeSnapshot):
			h := &localHead{name: ds.Name, state: stateOf(ds)}
			t.heads = append(t.heads, h)
			if ds.Origin != "" {
				origins[h] = ds.Origin
			}
			continue
		}
		guids[ds.Name] = ds.GUID
		t.heads[len(t.heads)-1].addSnap(ds)
	}
	for h, name := range origins {
		guid, ok := guids[name]
		if !ok {
			ds, err := c.DatasetStats(ctx, name, nil)
			if err != nil {
				return nil, err
			}
			guid = ds.GUID
		}
		h.origin = guid
	}
	for _, h := range t.heads {
		h.sort()
		if from, i := t.owner(h.origin); from != nil && from.snaps[i].clones > 0 {
			from.snaps[i].clones--
		}
	}
	return t, nil
}

// addSnap adds a snapshot as it was read.
func (h *localHead) addSnap(ds *Dataset) {
	_, short, _ := strings.Cut(ds.Name, "@")
	s := localSnap{
		name: short, guid: ds.GUID, txg: ds.CreateTxg, clones: ds.Clones,
		changed: ds.Props.Uint64(prop.Written) > 0, holds: ds.Props.Uint64(prop.UserRefs),
	}
	for property := range ds.Props.All() {
		s.received = s.received || property.Source.Kind == prop.SourceReceived
	}
	h.snaps = append(h.snaps, s)
}

// sort sorts the snapshots by their creation.
func (h *localHead) sort() {
	slices.SortStableFunc(h.snaps, func(a, b localSnap) int { return cmp.Compare(a.txg, b.txg) })
}

// find returns the filesystem or volume of that name, or nil.
func (t *localTree) find(name string) *localHead {
	for _, h := range t.heads {
		if h.name == name {
			return h
		}
	}
	return nil
}

// has reports whether a filesystem, volume or snapshot is in the tree.
func (t *localTree) has(name string) bool {
	head, snap, isSnap := strings.Cut(name, "@")
	h := t.find(head)
	return h != nil && (!isSnap || h.named(snap) != nil)
}

// owner returns the filesystem or volume that has a snapshot, and the snapshot's
// index.
func (t *localTree) owner(guid uint64) (*localHead, int) {
	if t.owners == nil {
		t.owners = make(map[uint64]*localHead)
		for _, h := range slices.Backward(t.heads) {
			for _, s := range h.snaps {
				t.owners[s.guid] = h
			}
		}
	}
	if h := t.owners[guid]; h != nil {
		if i := h.index(guid); i >= 0 {
			return h, i
		}
	}
	return nil, -1
}

// index returns the index of a snapshot, or -1.
func (h *localHead) index(guid uint64) int {
	if guid == 0 {
		return -1
	}
	return slices.IndexFunc(h.snaps, func(s localSnap) bool { return s.guid == guid })
}

// named returns the snapshot of that name, or nil.
func (h *localHead) named(name string) *localSnap {
	for i := range h.snaps {
		if h.snaps[i].name == name {
			return &h.snaps[i]
		}
	}
	return nil
}

// below returns the descendants of a name.
func (t *localTree) below(name string) (all []*localHead) {
	for _, h := range t.heads {
		if strings.HasPrefix(h.name, name+"/") {
			all = append(all, h)
		}
	}
	return all
}

// cloned reports whether a snapshot has clones.
func (t *localTree) cloned(guid uint64) bool {
	return slices.ContainsFunc(t.heads, func(h *localHead) bool { return h.origin == guid })
}

// add inserts a filesystem or volume at its place.
func (t *localTree) add(h *localHead) {
	t.heads = append(t.heads, h)
	t.sort()
}

func (t *localTree) sort() {
	slices.SortStableFunc(t.heads, func(a, b *localHead) int { return comparePaths(a.name, b.name) })
}

// rename renames a filesystem or volume with its descendants.
func (t *localTree) rename(h *localHead, name string) {
	old := h.name
	for _, b := range t.below(old) {
		b.name = name + strings.TrimPrefix(b.name, old)
	}
	h.name = name
	t.sort()
}

// comparePaths orders names so that a parent directly precedes its children.
func comparePaths(a, b string) int {
	return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/"))
}

// remove removes a filesystem or volume.
func (t *localTree) remove(h *localHead) {
	t.heads = slices.DeleteFunc(t.heads, func(o *localHead) bool { return o == h })
}

// promote moves the origin of a clone and older snapshots to the clone, as the
// kernel does. It reports whether the origin is in the tree.
func (t *localTree) promote(h *localHead) bool {
	from, at := t.owner(h.origin)
	if from == nil || from == h {
		return false
	}
	origin := h.origin
	h.snaps = append(slices.Clone(from.snaps[:at+1]), h.snaps...)
	from.snaps = slices.Clone(from.snaps[at+1:])
	h.origin, from.origin = from.origin, origin
	t.owners = nil
	return true
}

// received adds what a stream has created: a snapshot and perhaps its filesystem
// or volume.
func (t *localTree) received(name string, guid, origin uint64) {
	head, short, _ := strings.Cut(name, "@")
	h := t.find(head)
	if h == nil {
		h = &localHead{name: head, origin: origin}
		t.add(h)
	}
	last := uint64(0)
	if n := len(h.snaps); n > 0 {
		last = h.snaps[n-1].txg
	}
	h.snaps = append(h.snaps, localSnap{name: short, guid: guid, txg: last + 1})
	t.owners = nil
}

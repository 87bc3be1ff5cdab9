package zfs

import (
	"errors"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// A dry run of a replication stream works on a model, the tree that was read.
// Each step and each stream changes the model as the real one would change the
// pool.

// made changes the model as the stream would have changed the target.
func (d *dryReceive) made() {
	head, tree := d.t.name.Dataset, d.tree
	if h := tree.find(head); h != nil && d.t.opts.Force {
		h.snaps = h.snaps[:h.index(d.head.FromGUID)+1]
		tree.owners = nil
	}
	origin := uint64(0)
	if d.clone() {
		origin = d.head.FromGUID
	}
	tree.received(d.t.name.String(), d.head.ToGUID, origin)
	h := tree.find(head)
	h.state.changed = false
	if d.t.created {
		h.state = headState{typ: typeSent(d.head), encrypted: d.raw() || d.encrypted, keyed: !d.raw()}
	}
}

// dryParents adds the missing ancestors of the target to the model.
func (r *treeRun) dryParents(n Name) error {
	tree := r.target.tree
	var last headState
	components := strings.Split(n.Dataset, "/")
	for i := 1; i < len(components); i++ {
		name := strings.Join(components[:i], "/")
		if h := tree.find(name); h != nil {
			last = h.state
			continue
		}
		ds, err := r.c.DatasetStats(r.ctx, name, nil)
		switch {
		case err == nil:
			last = stateOf(ds)
		case !errors.Is(err, ErrNotFound):
			return err
		case i == 1 && len(components) == 2:
			return nil // there are no parents to create, and the receive reports the missing pool
		case i == 1:
			return r.c.failed(r.ctx, ioctl.OpCreate, strings.Join(components[:2], "/"), ioctl.CodeNoent.Err(), nil)
		case last.typ != prop.TypeFilesystem:
			return newError(ioctl.OpCreate, name, ioctl.CodeWrongParent.Err(), nil)
		case last.encrypted && !last.keyed:
			return newError(ioctl.OpCreate, name, ioctl.CodeAcces.Err(), nil)
		default:
			last.read = ""
			tree.add(&localHead{name: name, state: last})
		}
	}
	return nil
}

// kept returns the error of destroying a snapshot, or nil if it would be
// destroyed.
func (s *localSnap) kept(name string) error {
	switch {
	case s.holds > 0:
		return newError(ioctl.OpDestroySnaps, name, ioctl.CodeBusy.Err(), nil)
	case s.clones > 0:
		return newError(ioctl.OpDestroySnaps, name, ioctl.CodeExist.Err(), nil)
	}
	return nil
}

// kept returns the error of destroying a filesystem or volume without snapshots,
// or nil if it would be destroyed.
func (h *localHead) kept() error {
	if h.state.mounted {
		return newError(ioctl.OpDestroy, h.name, ioctl.CodeBusy.Err(), nil)
	}
	return nil
}

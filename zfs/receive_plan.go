package zfs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/stream"
)

// ReceiveAction is the operation of a step.
type ReceiveAction uint8

// The actions.
const (
	ActionPromote  ReceiveAction = iota + 1 // a clone, as at the sender
	ActionRename                            // a filesystem, volume or snapshot
	ActionDestroy                           // something that the sender does not have
	ActionSetProps                          // of an existing snapshot
)

// String returns the action in one word.
func (a ReceiveAction) String() string {
	switch a {
	case ActionPromote:
		return "promote"
	case ActionRename:
		return "rename"
	case ActionDestroy:
		return "destroy"
	case ActionSetProps:
		return "set properties"
	}
	return "unknown"
}

// ReceiveStep is a change, apart from the streams themselves, that makes existing
// datasets like the sender's.
type ReceiveStep struct {
	Action  ReceiveAction
	Name    string
	NewName string // of ActionRename

	props   *nvlist.List // of ActionSetProps
	blocked error        // why the kernel would refuse it, or nil
}

// String describes the step.
func (s ReceiveStep) String() string {
	if s.Action == ActionRename {
		return fmt.Sprintf("%v %s to %s", s.Action, s.Name, s.NewName)
	}
	return fmt.Sprintf("%v %s", s.Action, s.Name)
}

// treeIndex finds the datasets of a replication stream by the GUIDs of their
// snapshots.
type treeIndex struct {
	*stream.Tree
	snaps map[uint64]treeRef
}

// treeRef is a snapshot of a replication stream, as indexes of its lists.
type treeRef struct{ dataset, snap int }

// indexTree returns the index. If two snapshots have the same GUID, the first
// is used.
func indexTree(p *stream.Tree) *treeIndex {
	x := &treeIndex{p, make(map[uint64]treeRef)}
	for i := range p.Datasets {
		for j, s := range p.Datasets[i].Snapshots {
			if _, ok := x.snaps[s.GUID]; !ok {
				x.snaps[s.GUID] = treeRef{i, j}
			}
		}
	}
	return x
}

// lookup returns the snapshot of a GUID and its dataset, or nil.
func (x *treeIndex) lookup(guid uint64) (*stream.TreeDataset, *stream.TreeSnapshot) {
	ref, ok := x.snaps[guid]
	if !ok {
		return nil, nil
	}
	ds := &x.Datasets[ref.dataset]
	return ds, &ds.Snapshots[ref.snap]
}

// match returns the sender's counterpart of a local filesystem or volume: the one
// that has one of its snapshots.
func (x *treeIndex) match(h *localHead) *stream.TreeDataset {
	for _, s := range h.snaps {
		if ds, _ := x.lookup(s.guid); ds != nil {
			return ds
		}
	}
	return nil
}

// replan plans the changes that an incremental replication stream requires. It
// changes the tree accordingly.
type replan struct {
	tree  *localTree
	pkg   *treeIndex
	top   string // the target, which is neither moved nor destroyed
	force bool   // destroy what the sender does not have
	steps []ReceiveStep
	temps int
}

// planSteps returns the steps that make a tree like the sender's, as far as that
// is possible without receiving: promote clones, destroy datasets that no longer
// exist at the sender if force is set, and rename datasets whose name or parent
// has changed. The tree is changed to its state afterwards. A dataset that blocks
// a name keeps it.
func planSteps(tree *localTree, pkg *treeIndex, top string, force bool) []ReceiveStep {
	if pkg.FromSnap == "" || pkg.NotRecursive {
		return nil
	}
	p := &replan{tree: tree, pkg: pkg, top: top, force: force}
	// Each pass has at least one step. A contradictory replication stream might
	// promote two clones forever.
	limit := 100
	for _, h := range tree.heads {
		limit += 10 * (1 + len(h.snaps))
	}
	for done := -1; len(p.steps) > done && len(p.steps) < limit; {
		done = len(p.steps)
		p.promote()
		p.snapshots()
		p.destroy()
		p.rename()
		if len(p.steps) == done {
			p.evade()
		}
	}
	p.properties()
	return p.steps
}

func (p *replan) add(s ReceiveStep) { p.steps = append(p.steps, s) }

// promote promotes the clones whose origin is in another dataset at the sender.
func (p *replan) promote() {
	for _, h := range slices.Clone(p.tree.heads) {
		ds := p.pkg.match(h)
		if ds == nil || h.origin == 0 || h.origin == ds.Origin || !p.later(ds.Origin, h.origin) {
			continue
		}
		if p.tree.promote(h) {
			p.add(ReceiveStep{Action: ActionPromote, Name: h.name})
		}
	}
}

// later reports whether an origin is later than another one, or is absent: only a
// promotion has that effect.
func (p *replan) later(origin, than uint64) bool {
	if origin == 0 {
		return true
	}
	a, i := p.tree.owner(origin)
	b, j := p.tree.owner(than)
	return a != nil && b != nil && a.snaps[i].txg > b.snaps[j].txg
}

// snapshots destroys and renames snapshots.
func (p *replan) snapshots() {
	for _, h := range p.tree.heads {
		for i := 0; i < len(h.snaps); i++ {
			s := &h.snaps[i]
			_, want := p.pkg.lookup(s.guid)
			switch {
			case want == nil && p.force && p.pkg.match(h) == nil && h.name == p.top:
				// Nothing here comes from the sender: the caller has named a
				// wrong target.
			case want == nil && p.force && !s.stays && !p.tree.cloned(s.guid):
				name := h.name + "@" + s.name
				blocked := s.kept(name)
				p.add(ReceiveStep{Action: ActionDestroy, Name: name, blocked: blocked})
				if s.stays = blocked != nil; !s.stays {
					h.snaps = slices.Delete(h.snaps, i, i+1)
					i--
				}
			case want != nil && want.Name != s.name && h.named(want.Name) == nil:
				p.renameSnap(h, s, want.Name)
			}
		}
	}
}

func (p *replan) renameSnap(h *localHead, s *localSnap, name string) {
	p.add(ReceiveStep{Action: ActionRename, Name: h.name + "@" + s.name, NewName: h.name + "@" + name})
	s.name = name
}

// destroy destroys the filesystems and volumes that the sender does not have,
// once nothing depends on them, children first.
func (p *replan) destroy() {
	if !p.force {
		return
	}
	for _, h := range slices.Backward(slices.Clone(p.tree.heads)) {
		if h.name != p.top && !h.stays && len(h.snaps) == 0 && len(p.tree.below(h.name)) == 0 {
			blocked := h.kept()
			p.add(ReceiveStep{Action: ActionDestroy, Name: h.name, blocked: blocked})
			if h.stays = blocked != nil; !h.stays {
				p.tree.remove(h)
			}
		}
	}
}

// rename renames datasets that are not in their place, if the place is free.
func (p *replan) rename() {
	for _, h := range slices.Clone(p.tree.heads) {
		if to := p.place(h); to != "" && p.tree.find(to) == nil && !strings.HasPrefix(to, h.name+"/") {
			p.renameHead(h, to)
		}
	}
}

func (p *replan) renameHead(h *localHead, to string) {
	p.add(ReceiveStep{Action: ActionRename, Name: h.name, NewName: to})
	p.tree.rename(h, to)
}

// place returns the new name of a filesystem or volume, or "" if it has that name
// or the name is not yet known.
func (p *replan) place(h *localHead) string {
	ds := p.pkg.match(h)
	if ds == nil || h.name == p.top || !p.hasFrom(h) {
		return ""
	}
	parent, _ := p.tree.owner(ds.ParentFromSnap)
	if parent == nil {
		return "" // a new one, which must be received first
	}
	_, base := splitPath(ds.Name)
	if to := parent.name + "/" + base; to != h.name {
		return to
	}
	return ""
}

// hasFrom reports whether the dataset has the snapshot that the streams are
// incremental to.
func (p *replan) hasFrom(h *localHead) bool {
	return slices.ContainsFunc(h.snaps, func(s localSnap) bool {
		_, want := p.pkg.lookup(s.guid)
		return want != nil && want.Name == p.pkg.FromSnap
	})
}

// splitPath splits a name into that of the parent and the last component.
func splitPath(name string) (dir, base string) {
	i := strings.LastIndexByte(name, '/')
	return name[:max(i, 0)], name[i+1:]
}

// evade gives a temporary name to one of several datasets that block each other's
// names.
func (p *replan) evade() {
	for _, h := range p.tree.heads {
		for i := range h.snaps {
			if s := &h.snaps[i]; circular(s, func(s *localSnap) *localSnap { return p.snapInWay(h, s) }) {
				p.temps++
				p.renameSnap(h, s, fmt.Sprintf("recv-%d", p.temps))
				return
			}
		}
		if circular(h, p.inWay) {
			p.temps++
			p.renameHead(h, fmt.Sprintf("%s/recv-%d", p.top, p.temps))
			return
		}
	}
}

// circular reports whether the chain of elements that block x leads back to x.
func circular[T any](x *T, inWay func(*T) *T) bool {
	seen := make(map[*T]bool)
	for at := inWay(x); at != nil && !seen[at]; at = inWay(at) {
		if at == x {
			return true
		}
		seen[at] = true
	}
	return false
}

// inWay returns the dataset that blocks the new name of a filesystem or volume,
// or nil.
func (p *replan) inWay(h *localHead) *localHead {
	to := p.place(h)
	if strings.HasPrefix(to, h.name+"/") {
		dir, _ := splitPath(to)
		return p.tree.find(dir)
	}
	return p.tree.find(to)
}

// snapInWay returns the snapshot that blocks the new name of another one, or nil.
func (p *replan) snapInWay(h *localHead, s *localSnap) *localSnap {
	if _, want := p.pkg.lookup(s.guid); want != nil && want.Name != s.name {
		return h.named(want.Name)
	}
	return nil
}

// properties sets the properties of existing snapshots to those at the sender.
func (p *replan) properties() {
	for _, h := range p.tree.heads {
		for _, s := range h.snaps {
			if _, want := p.pkg.lookup(s.guid); want != nil && want.Props != nil && (s.received || want.Props.Len() > 0) {
				p.add(ReceiveStep{Action: ActionSetProps, Name: h.name + "@" + s.name, props: want.Props})
			}
		}
	}
}

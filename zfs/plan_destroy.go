package zfs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// PlanDestroyOptions says how far a plan may go.
type PlanDestroyOptions struct {
	// Recursive takes along what lies below a filesystem, with all snapshots.
	// Of a snapshot it takes along those of the same name of all descendants.
	Recursive bool
	// Dependents also takes along clones, wherever they lie, with what depends
	// on them. It implies Recursive.
	Dependents bool
	// Promote lets clones outside live: of each dataset that goes the newest one
	// takes over the snapshots that clones need, and the other clones with them.
	// It is for filesystems and volumes, and goes not with Dependents.
	Promote bool
	// Defer lets a snapshot that is held or has clones go when the last of them
	// has gone. It is for snapshots.
	Defer bool
}

// check refuses what does not fit together.
func (o *PlanDestroyOptions) check(n Name) error {
	switch {
	case n.Snapshot == "" && o.Defer:
		return fmt.Errorf("%w: only snapshots are destroyed later", ErrInvalid)
	case n.Snapshot != "" && o.Promote:
		return fmt.Errorf("%w: nothing is promoted for the sake of a snapshot", ErrInvalid)
	case o.Promote && o.Dependents:
		return fmt.Errorf("%w: clones are either destroyed or promoted, not both", ErrInvalid)
	case n.String() == n.Pool:
		return fmt.Errorf("%w: the root dataset can only be destroyed with its pool", ErrInvalid)
	}
	return nil
}

// PlanDestroy plans how a filesystem, volume or snapshot goes. The root of a
// pool goes with the pool only. Bookmarks go with their dataset and take no
// step. What a receive has left unfinished in a dataset goes with it; for its
// latest snapshot alone, it is a clone like others.
//
// Errors match ErrNotFound, ErrInvalid (an option that does not apply, the root
// of a pool, or a graph that does not have all of it), ErrInvalidName.
func (g *Graph) PlanDestroy(name string, opts *PlanDestroyOptions) (*Plan, error) {
	p := g.planner(PlanKindDestroy, name)
	if opts != nil {
		p.opts = *opts
	}
	n, err := parseDataset(name, noProps)
	if err == nil {
		err = p.opts.check(n)
	}
	var head *planHead
	if err == nil {
		head, err = p.head(n.Dataset)
	}
	p.opts.Recursive = p.opts.Recursive || p.opts.Dependents
	switch {
	case err != nil:
	case n.Snapshot != "":
		err = p.destroySnapshots(head, n)
	default:
		p.destroyHead(head)
	}
	if err != nil {
		return nil, inputError(ioctl.OpDestroy, name, err)
	}
	return p.finish(), nil
}

// destroyHead plans for a filesystem or volume.
func (p *planner) destroyHead(head *planHead) {
	p.plan.Program = true
	if p.opts.Recursive {
		for _, h := range p.subtree(head) {
			p.going[h.Name] = true
		}
	}
	p.going[head.Name] = true
	if p.opts.Promote {
		p.promoteAway()
		promotes := len(p.plan.Steps)
		p.plan.Program = promotes == 0 || promotes == 1 && len(p.going) == 1
	}
	if !p.opts.Recursive {
		for _, child := range head.children {
			p.block(child.Name, because(ErrHasChildren, "is a child of %s", head.Name))
		}
		for _, snap := range head.snaps {
			p.block(snap.name(), because(ErrHasSnapshots, "is a snapshot of %s", head.Name))
		}
		head.children, head.snaps = nil, nil
	}
	p.visit(head)
}

// destroySnapshots plans for a snapshot, or for those of that name of a tree.
func (p *planner) destroySnapshots(head *planHead, n Name) error {
	var snaps []*planSnap
	for _, h := range p.subtree(head) {
		for _, s := range h.snaps {
			if s.short() == "@"+n.Snapshot && (p.opts.Recursive || h == head) {
				snaps = append(snaps, s)
			}
		}
	}
	if len(snaps) == 0 {
		return ErrNotFound
	}
	slices.SortFunc(snaps, func(a, b *planSnap) int { return strings.Compare(a.Name, b.Name) })
	p.snapshots(snaps)
	return nil
}

// visit plans for a head that goes: first what lies below it and what was cloned
// from it, then its snapshots, then itself.
func (p *planner) visit(head *planHead) {
	switch head.state {
	case planDone:
		return
	case planEntered:
		p.block(head.Name, errCloneCycle)
		return
	}
	head.state = planEntered
	for _, child := range head.children {
		p.visit(child)
	}
	if hidden := p.heads[head.Name+"/%recv"]; hidden != nil {
		p.visit(hidden)
	}
	p.snapshots(head.snaps)
	if head.Mountpoint != "" {
		p.block(head.Name, because(ErrBusy, "is mounted at %s", head.Mountpoint))
	}
	p.step(StepDestroy, head.Name)
	for _, m := range head.marks {
		p.lose(m.name(), prop.TypeBookmark, m.GUID)
	}
	p.lose(head.Name, head.Type, head.GUID)
	p.plan.Lost[len(p.plan.Lost)-1].Clone = head.origin != nil || head.Origin != ""
	head.state = planDone
}

// snapshots plans for snapshots that go in one step. Some may go before, with a
// clone that depends on another one.
func (p *planner) snapshots(snaps []*planSnap) {
	for _, snap := range snaps {
		p.dependents(snap)
	}
	var names []string
	for _, snap := range snaps {
		if snap.gone {
			continue
		}
		snap.gone = true
		names = append(names, snap.name())
		p.plan.guids[snap.name()] = snap.GUID
		if !p.opts.Defer || len(snap.Holds)+len(snap.clones) == 0 && snap.Unnamed == 0 {
			p.lose(snap.name(), prop.TypeSnapshot, snap.GUID)
		}
	}
	if len(names) > 0 {
		p.step(StepDestroy, names...).Defer = p.opts.Defer
	}
}

// dependents plans for what keeps a snapshot.
func (p *planner) dependents(snap *planSnap) {
	if p.opts.Defer && !p.opts.Dependents {
		return
	}
	if !p.opts.Defer && len(snap.Holds) > 0 {
		p.block(snap.name(), because(ErrBusy, "is held by %s", strings.Join(snap.Holds, ", ")))
	}
	if snap.Unnamed > 0 {
		p.block(snap.name(), fmt.Errorf("%w that the kernel does not name", ErrHasClones))
	}
	for _, name := range snap.clones {
		head := p.heads[name]
		switch {
		case !p.inside(name) && !p.opts.Dependents:
			p.block(name, because(ErrHasClones, "is a clone of %s", snap.name()))
		case head == nil: // it has vanished while the graph was read
		case head.Partial:
			p.block(name, fmt.Errorf("%w: %w", ErrHasClones, errPartial))
		default:
			for _, h := range p.subtree(head) {
				p.going[h.Name] = true
			}
			p.visit(head)
		}
	}
}

// inside reports whether a clone is part of what is to go anyway. The hidden
// child that a receive works in goes with its parent.
func (p *planner) inside(name string) bool {
	return p.going[strings.TrimSuffix(name, "/%recv")]
}

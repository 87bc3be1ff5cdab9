package zfs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// PlanDestroyOptions are the options of PlanDestroy.
type PlanDestroyOptions struct {
	// Recursive includes the descendants of a filesystem and all snapshots. For a
	// snapshot it includes the snapshots of the same name of all descendants.
	Recursive bool
	// Dependents also includes clones, wherever they are, with everything that
	// depends on them. It implies Recursive.
	Dependents bool
	// Promote keeps clones outside: for each destroyed dataset it promotes the
	// newest clone, to which the snapshots that other clones need move. It
	// applies to filesystems and volumes, and excludes Dependents.
	Promote bool
	// Defer defers the destruction of a snapshot that is held or has clones until
	// the last of them is released or destroyed. It applies to snapshots.
	Defer bool
}

// check refuses options that cannot be combined.
func (o *PlanDestroyOptions) check(n Name) error {
	switch {
	case n.Snapshot == "" && o.Defer:
		return fmt.Errorf("%w: only the destruction of snapshots can be deferred", ErrInvalid)
	case n.Snapshot != "" && o.Promote:
		return fmt.Errorf("%w: clones are not promoted to destroy a snapshot", ErrInvalid)
	case o.Promote && o.Dependents:
		return fmt.Errorf("%w: clones are either destroyed or promoted, not both", ErrInvalid)
	case n.String() == n.Pool:
		return fmt.Errorf("%w: the root dataset can only be destroyed with its pool", ErrInvalid)
	}
	return nil
}

// PlanDestroy plans the destruction of a filesystem, volume or snapshot. The root
// of a pool can only be destroyed with the pool. Bookmarks are destroyed with
// their dataset, without a step. A partial receive into a dataset is destroyed
// with it; if only the latest snapshot is destroyed, it is a clone like others.
//
// Errors match ErrNotFound, ErrInvalid (an option that does not apply, the root
// of a pool, or an incomplete graph), ErrInvalidName.
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

// visit plans for a head to destroy: first its descendants and clones, then its
// snapshots, then itself.
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

// snapshots plans for snapshots to destroy in one step. Some may be destroyed
// earlier, with a clone that depends on another one.
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

// dependents plans for the holds and clones of a snapshot.
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
		case head == nil: // it was destroyed while the graph was read
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

// inside reports whether a clone is destroyed anyway. The hidden child that a
// receive uses is destroyed with its parent.
func (p *planner) inside(name string) bool {
	return p.going[strings.TrimSuffix(name, "/%recv")]
}

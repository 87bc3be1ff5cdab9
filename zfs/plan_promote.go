package zfs

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
)

// PlanPromoteOptions are the options of PlanPromote.
type PlanPromoteOptions struct {
	// Independent promotes the dataset repeatedly until it is not a clone any
	// more. Otherwise it is promoted once.
	Independent bool
}

// PlanPromote plans the promotion of a clone, with what moves to it. Snapshots
// and bookmarks that both have block it. Only the kernel checks that the
// encryption roots of the two match.
//
// Errors match ErrNotFound, ErrInvalid (not a clone, or a graph that lacks the
// origin), ErrInvalidName.
func (g *Graph) PlanPromote(clone string, opts *PlanPromoteOptions) (*Plan, error) {
	p := g.planner(PlanKindPromote, clone)
	_, err := parseHead(clone)
	var head *planHead
	if err == nil {
		head, err = p.head(clone)
	}
	if err == nil && head.Origin == "" && head.origin == nil {
		err = fmt.Errorf("%w: it is not a clone", ErrInvalid)
	}
	for again := true; err == nil && again; {
		if head.origin == nil {
			err = fmt.Errorf("%w: %w: the origin of %s", ErrInvalid, errPartial, clone)
			break
		}
		p.plan.guids[clone] = head.GUID
		p.step(StepPromote, clone)
		again = p.promote(head) && opts != nil && opts.Independent && head.origin != nil
	}
	if err != nil {
		return nil, inputError(ioctl.OpPromote, clone, err)
	}
	return p.finish(), nil
}

// promote changes the model as the kernel does: the origin and older snapshots
// and bookmarks move to the clone, and the two change roles. It reports whether
// the promotion is possible.
func (p *planner) promote(clone *planHead) bool {
	at := clone.origin
	owner := at.head
	names := make(map[string]bool)
	for _, s := range clone.snaps {
		names[s.short()] = true
	}
	for _, m := range clone.marks {
		names[m.short()] = true
	}
	ok := true
	conflict := func(txg uint64, short string) {
		if txg <= at.CreateTxg && names[short] {
			p.block(clone.Name+short, because(ErrExists, "exists, and %s would become it", owner.Name+short))
			ok = false
		}
	}
	for _, s := range owner.snaps {
		conflict(s.CreateTxg, s.short())
	}
	for _, m := range owner.marks {
		conflict(m.CreateTxg, m.short())
	}
	if ok {
		p.move(clone, owner, at)
	}
	return ok
}

// move moves the snapshots and bookmarks of a promotion.
func (p *planner) move(clone, owner *planHead, at *planSnap) {
	older := func(txg uint64) bool { return txg <= at.CreateTxg }
	for _, s := range owner.snaps {
		if older(s.CreateTxg) {
			s.head = clone
			clone.snaps = append(clone.snaps, s)
		}
	}
	owner.snaps = slices.DeleteFunc(owner.snaps, func(s *planSnap) bool { return s.head == clone })
	slices.SortStableFunc(clone.snaps, func(a, b *planSnap) int { return cmp.Compare(a.CreateTxg, b.CreateTxg) })
	for _, m := range owner.marks {
		if older(m.CreateTxg) {
			m.head = clone
			clone.marks = append(clone.marks, m)
		}
	}
	owner.marks = slices.DeleteFunc(owner.marks, func(m *planMark) bool { return m.head == clone })
	at.replaceClone(clone.Name, owner.Name)
	if owner.origin != nil {
		owner.origin.replaceClone(owner.Name, clone.Name)
	}
	clone.origin, owner.origin = owner.origin, at
}

// replaceClone replaces one clone by another.
func (s *planSnap) replaceClone(old, name string) {
	s.clones = slices.DeleteFunc(s.clones, func(c string) bool { return c == old })
	s.clones = append(s.clones, name)
	slices.Sort(s.clones)
}

// promoteAway plans promotions until no clone outside depends on a dataset to
// destroy. A promoted dataset may then be a clone of something else to destroy.
// Each promotion moves a snapshot out, so that the loop ends.
func (p *planner) promoteAway() {
	names := slices.Sorted(maps.Keys(p.going))
	for more := true; more; {
		more = false
		for _, name := range names {
			clone := p.newestOutside(p.heads[name])
			if clone == nil {
				continue
			}
			p.plan.guids[clone.Name] = clone.GUID
			p.step(StepPromote, clone.Name)
			if !p.promote(clone) {
				return // it is blocked
			}
			more = true
		}
	}
}

// newestOutside finds the clone that is not destroyed whose origin is the latest
// snapshot, and among several the one created last.
func (p *planner) newestOutside(head *planHead) (newest *planHead) {
	for _, s := range slices.Backward(head.snaps) {
		for _, name := range s.clones {
			clone := p.heads[name]
			if clone == nil || clone.Partial || p.inside(name) || strings.HasSuffix(name, "/%recv") {
				continue
			}
			if clone.origin == s && (newest == nil || clone.CreateTxg > newest.CreateTxg) {
				newest = clone
			}
		}
		if newest != nil {
			return newest
		}
	}
	return nil
}

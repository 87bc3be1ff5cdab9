package zfs

import (
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// PlanRollbackOptions are the options of PlanRollback.
type PlanRollbackOptions struct {
	// Recursive also rolls back the descendants, to the snapshots of that name.
	Recursive bool
	// SkipMissing skips descendants that have no snapshot of that name. Without
	// it they block the plan.
	SkipMissing bool
	// DestroyNewer destroys the newer snapshots and bookmarks. Without it they
	// block the plan.
	DestroyNewer bool
	// Dependents also destroys the clones of these, wherever they are, with
	// everything that depends on them. It implies DestroyNewer.
	Dependents bool
}

// PlanRollback plans the rollback of a filesystem or volume, or a tree of them,
// to any of its snapshots, "tank/a@x". In addition to Lost, everything written
// since is lost. A mounted filesystem stays mounted.
//
// Errors match ErrNotFound, ErrInvalid (an incomplete graph), ErrInvalidName.
func (g *Graph) PlanRollback(snapshot string, opts *PlanRollbackOptions) (*Plan, error) {
	p := g.planner(PlanKindRollback, snapshot)
	o := PlanRollbackOptions{}
	if opts != nil {
		o = *opts
	}
	o.DestroyNewer = o.DestroyNewer || o.Dependents
	p.opts = PlanDestroyOptions{Recursive: true, Dependents: o.Dependents}
	n, err := parseSnapshot(snapshot)
	var head *planHead
	if err == nil {
		head, err = p.head(n.Dataset)
	}
	if err != nil {
		return nil, inputError(ioctl.OpRollback, snapshot, err)
	}
	heads := []*planHead{head}
	if o.Recursive {
		heads = p.subtree(head)
	}
	// A clone that is itself rolled back, or an ancestor or descendant of it,
	// cannot be destroyed.
	for _, h := range p.subtree(head) {
		h.state = planEntered
	}
	p.plan.Program = true
	found := false
	for _, h := range heads {
		target := h.find("@" + n.Snapshot)
		switch {
		case target != nil:
			found = true
			p.rollback(h, target, o.DestroyNewer)
		case !o.SkipMissing:
			p.block(h.Name+"@"+n.Snapshot, ErrNotFound)
		}
	}
	if !found {
		return nil, inputError(ioctl.OpRollback, snapshot, ErrNotFound)
	}
	return p.finish(), nil
}

// find finds a snapshot by the part of its name after the dataset.
func (h *planHead) find(short string) *planSnap {
	for _, s := range h.snaps {
		if s.short() == short {
			return s
		}
	}
	return nil
}

// rollback plans for one head. The program can neither roll back a mounted
// filesystem nor destroy bookmarks and clones.
func (p *planner) rollback(head *planHead, target *planSnap, destroy bool) {
	var snaps []*planSnap
	for _, s := range head.snaps {
		if s.CreateTxg > target.CreateTxg {
			snaps = append(snaps, s)
		}
	}
	var marks []string
	for _, m := range head.marks {
		if m.CreateTxg > target.CreateTxg {
			marks = append(marks, m.name())
		}
	}
	if destroy {
		steps := len(p.plan.Steps)
		p.snapshots(snaps)
		p.plan.Program = p.plan.Program && len(p.plan.Steps) <= steps+1
		if len(marks) > 0 {
			p.step(StepDestroy, marks...)
		}
		for _, m := range head.marks {
			if m.CreateTxg > target.CreateTxg {
				p.lose(m.name(), prop.TypeBookmark, m.GUID)
			}
		}
	} else {
		for _, s := range snaps {
			p.block(s.name(), because(ErrNewer, "is newer than %s", target.name()))
		}
		for _, name := range marks {
			p.block(name, because(ErrNewer, "is newer than %s", target.name()))
		}
	}
	p.plan.Program = p.plan.Program && len(marks) == 0 && head.Mountpoint == ""
	p.step(StepRollback, head.Name).Snapshot = target.name()
	p.plan.guids[head.Name], p.plan.guids[target.name()] = head.GUID, target.GUID
}

package zfs

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/zfs/prop"
)

// A Plan is a list of steps on a dataset, in an order in which the kernel allows
// them. Nothing is changed before PlanExecute. A plan is not modified once it is
// made.
type Plan struct {
	Kind PlanKind
	// Name is the dataset or snapshot to destroy, the snapshot to roll back to,
	// or the clone to promote.
	Name string
	// Steps are one call of the kernel each, unless a program does them all.
	Steps []PlanStep
	// Program reports whether one channel program can do all steps, in one transaction
	// group or not at all.
	Program bool
	// Blocked names what blocks the plan: a child, snapshot or clone that the
	// options do not allow to lose (ErrHasChildren, ErrHasSnapshots,
	// ErrHasClones, ErrExists, ErrNewer), a snapshot that is held or a filesystem
	// that is mounted (ErrBusy). A blocked plan is not executed.
	Blocked []Item
	// Lost is what the plan destroys, with all its data.
	Lost []PlanLoss
	// Moved are snapshots and bookmarks that have another name afterwards.
	Moved []PlanMove

	guids map[string]uint64 // of what is lost or changed
}

// PlanKind is the operation of a plan.
type PlanKind string

// The kinds.
const (
	PlanKindDestroy  PlanKind = "destroy"
	PlanKindRollback PlanKind = "rollback"
	PlanKindPromote  PlanKind = "promote"
)

// PlanAction is the operation of a step.
type PlanAction string

// The actions.
const (
	StepDestroy  PlanAction = "destroy"
	StepPromote  PlanAction = "promote"
	StepRollback PlanAction = "rollback"
)

// PlanStep is one step of a plan.
type PlanStep struct {
	Action PlanAction `json:"action"`
	// Names are the operands: one filesystem or volume, or snapshots or bookmarks
	// that are destroyed together, all of them or none.
	Names []string `json:"names"`
	// Snapshot is the snapshot to roll back to.
	Snapshot string `json:"snapshot,omitempty"`
	// Defer defers the destruction of snapshots until their last hold or clone is
	// removed.
	Defer bool `json:"defer,omitempty"`
}

// String describes the step.
func (s PlanStep) String() string {
	text := string(s.Action) + " " + strings.Join(s.Names, ", ")
	switch {
	case s.Action == StepRollback:
		text += " to " + s.Snapshot
	case s.Defer:
		text += " when it is no longer in use"
	}
	return text
}

// PlanLoss is something that a plan destroys.
type PlanLoss struct {
	Name string           `json:"name"`
	Type prop.DatasetType `json:"type"` // filesystem, volume, snapshot or bookmark
	// Clone reports whether a filesystem or volume is a clone.
	Clone bool `json:"clone,omitempty"`
}

// PlanMove is a snapshot or bookmark that a plan moves.
type PlanMove struct {
	From string `json:"from"`
	To   string `json:"to"`
}

func (e blockedError) Error() string { return "nothing is done" }

func (e blockedError) Unwrap() []error {
	var all []error
	for _, item := range e {
		all = append(all, item.Err)
	}
	return all
}

// errPartial means that the graph was read for another dataset.
var errPartial = errors.New("the graph lacks datasets that depend on it")

// planner is the state of a planning. It works on a model of the graph, which it
// changes as the steps would.
type planner struct {
	plan  *Plan
	heads map[string]*planHead
	// going are the filesystems and volumes to destroy.
	going map[string]bool
	opts  PlanDestroyOptions
}

// planHead is a filesystem or volume of the model.
type planHead struct {
	*GraphDataset
	children []*planHead // sorted by name
	snaps    []*planSnap // oldest first
	marks    []*planMark
	origin   *planSnap // nil for none, or if the graph lacks it
	state    planState
}

// planSnap is a snapshot of the model.
type planSnap struct {
	*GraphSnapshot
	head   *planHead
	clones []string // names, sorted
	gone   bool     // a step destroys it
}

// name is the snapshot's name at this point of the plan.
func (s *planSnap) name() string { return s.head.Name + s.short() }

// short is the constant part of the name, with its delimiter.
func (s *planSnap) short() string { return s.Name[strings.IndexByte(s.Name, '@'):] }

// planMark is a bookmark of the model.
type planMark struct {
	*GraphBookmark
	head *planHead
}

func (m *planMark) name() string { return m.head.Name + m.short() }

func (m *planMark) short() string { return m.Name[strings.IndexByte(m.Name, '#'):] }

// planState is the progress of the planning for a head.
type planState uint8

const (
	planUnseen planState = iota
	planEntered
	planDone
)

// planner returns a model of the graph.
func (g *Graph) planner(kind PlanKind, name string) *planner {
	p := &planner{
		plan:  &Plan{Kind: kind, Name: name, guids: make(map[string]uint64)},
		heads: make(map[string]*planHead), going: make(map[string]bool),
	}
	origins := make(map[string]*planSnap)
	for i := range g.Datasets {
		head := &planHead{GraphDataset: &g.Datasets[i]}
		p.heads[head.Name] = head
		for j := range head.Snapshots {
			s := &planSnap{GraphSnapshot: &head.Snapshots[j], head: head}
			s.clones = slices.Clone(s.Clones)
			head.snaps = append(head.snaps, s)
			origins[s.Name] = s
		}
		for j := range head.Bookmarks {
			head.marks = append(head.marks, &planMark{&head.Bookmarks[j], head})
		}
	}
	for i := range g.Datasets {
		head := p.heads[g.Datasets[i].Name]
		if origin := origins[head.Origin]; origin != nil {
			head.origin = origin
			if !slices.Contains(origin.clones, head.Name) {
				origin.clones = append(origin.clones, head.Name)
				slices.Sort(origin.clones)
			}
		}
		// The hidden child that a receive uses is treated like others.
		if at := strings.LastIndexByte(head.Name, '/'); at >= 0 {
			if parent := p.heads[head.Name[:at]]; parent != nil && !strings.HasSuffix(head.Name, "/%recv") {
				parent.children = append(parent.children, head)
			}
		}
	}
	for _, head := range p.heads {
		slices.SortFunc(head.children, func(a, b *planHead) int { return strings.Compare(a.Name, b.Name) })
	}
	return p
}

// head finds the filesystem or volume to plan for.
func (p *planner) head(name string) (*planHead, error) {
	head := p.heads[name]
	switch {
	case head == nil:
		return nil, ErrNotFound
	case head.Partial:
		return nil, fmt.Errorf("%w: %w: %s", ErrInvalid, errPartial, name)
	}
	return head, nil
}

// subtree returns a head and its descendants, parents first.
func (p *planner) subtree(head *planHead) []*planHead {
	all := []*planHead{head}
	for i := 0; i < len(all); i++ {
		all = append(all, all[i].children...)
	}
	return all
}

// block adds something that blocks the plan, once.
func (p *planner) block(name string, err error) {
	if !slices.ContainsFunc(p.plan.Blocked, func(i Item) bool { return i.Name == name }) {
		p.plan.Blocked = append(p.plan.Blocked, Item{Name: name, Err: err})
	}
}

// step adds a step.
func (p *planner) step(action PlanAction, names ...string) *PlanStep {
	p.plan.Steps = append(p.plan.Steps, PlanStep{Action: action, Names: names})
	return &p.plan.Steps[len(p.plan.Steps)-1]
}

// lose adds something that the plan destroys.
func (p *planner) lose(name string, typ prop.DatasetType, guid uint64) {
	p.plan.Lost = append(p.plan.Lost, PlanLoss{Name: name, Type: typ})
	p.plan.guids[name] = guid
}

// finish sorts what is in no order, and adds what has moved.
func (p *planner) finish() *Plan {
	lost := make(map[string]bool)
	for _, l := range p.plan.Lost {
		lost[l.Name] = true
	}
	moved := func(from, to string) {
		if from != to && !lost[to] {
			p.plan.Moved = append(p.plan.Moved, PlanMove{from, to})
		}
	}
	for _, head := range p.heads {
		for _, s := range head.snaps {
			moved(s.Name, s.name())
		}
		for _, m := range head.marks {
			moved(m.Name, m.name())
		}
	}
	slices.SortFunc(p.plan.Moved, func(a, b PlanMove) int { return strings.Compare(a.From, b.From) })
	return p.plan
}

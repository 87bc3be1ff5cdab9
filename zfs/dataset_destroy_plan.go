package zfs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
)

// DatasetDestroyPlanOptions says how far a plan may go.
type DatasetDestroyPlanOptions struct {
	// Recursive takes along what lies below a filesystem, with all snapshots.
	// Of a snapshot it takes along those of the same name of all descendants.
	Recursive bool
	// Dependents also takes along clones, wherever they lie, with what depends
	// on them. It implies Recursive.
	Dependents bool
	// Defer lets a snapshot that is held or has clones go when the last of them
	// has gone. It is for snapshots.
	Defer bool
}

// A DestroyPlan is what has to be destroyed for a dataset to go, in the order
// in which the kernel allows it. Nothing happens before Execute. Bookmarks go
// with their dataset and are not in it. A plan does not change once it is made.
type DestroyPlan struct {
	// Steps are what Execute does, one call of the kernel each.
	Steps []DestroyStep
	// Blocked is what stands in the way: Name is a child, snapshot or clone that
	// the options do not allow to destroy (ErrHasChildren, ErrHasSnapshots,
	// ErrHasClones), a snapshot that is held or a filesystem that is mounted
	// (ErrBusy). A plan that is blocked is not executed.
	Blocked []Item

	c    *Client
	name string
}

// DestroyStep is one step of a plan: either snapshots, all of them or none, or
// a filesystem or volume.
type DestroyStep struct {
	Snapshots []string
	Dataset   string
	Defer     bool // see DatasetDestroyPlanOptions

	guid uint64 // of Dataset
}

// Names are what the step destroys.
func (s *DestroyStep) Names() []string {
	if s.Dataset != "" {
		return []string{s.Dataset}
	}
	return s.Snapshots
}

// DatasetDestroyPlan reads what has to be destroyed for a filesystem, volume or
// snapshot to go, and what stands in the way. The root of a pool goes with the
// pool only. What a receive has left unfinished in a dataset goes with it; for
// its latest snapshot alone, it is a clone like others.
//
// Errors match ErrNotFound, ErrInvalid (an option that does not apply, or the
// root of a pool), ErrInvalidName, ErrPermission.
func (c *Client) DatasetDestroyPlan(ctx context.Context, name string, opts *DatasetDestroyPlanOptions) (*DestroyPlan, error) {
	if opts == nil {
		opts = &DatasetDestroyPlanOptions{}
	}
	n, err := parseDataset(name, noProps)
	switch {
	case err != nil:
	case n.Snapshot == "" && opts.Defer:
		err = fmt.Errorf("%w: only snapshots are destroyed later", ErrInvalid)
	case name == n.Pool:
		err = fmt.Errorf("%w: the root of a pool goes with the pool", ErrInvalid)
	}
	if err != nil {
		return nil, inputError(ioctl.OpDestroy, name, err)
	}
	p := &planner{
		c: c, ctx: ctx, opts: *opts, mounts: readMounts(), heads: make(map[string]*plannedHead),
		plan: &DestroyPlan{c: c, name: name},
	}
	p.opts.Recursive = opts.Recursive || opts.Dependents
	if n.Snapshot != "" {
		err = p.snapshot(n)
	} else {
		err = p.dataset(name)
	}
	if err != nil {
		return nil, err
	}
	return p.plan, nil
}

// Execute carries the plan out, step by step, and stops at the first that
// fails: Done then names what is destroyed. What is gone already counts as
// destroyed. A filesystem or volume whose name another one has taken since is
// not touched, nor is what has come since: then the kernel finds it in use.
//
// A plan that is blocked fails before its first step, with Blocked as Items.
//
// Errors match ErrBusy, ErrHasSnapshots, ErrHasChildren, ErrHasClones,
// ErrInvalid (another dataset of that name), ErrPermission, ErrReadOnly.
func (p *DestroyPlan) Execute(ctx context.Context) error {
	if len(p.Blocked) > 0 {
		return &Error{Op: ioctl.OpDestroy, Name: p.name, Items: p.Blocked, err: blockedError(p.Blocked)}
	}
	ctx = ioctl.HistoryOnce(ctx)
	var done []string
	for _, step := range p.Steps {
		var err error
		if step.Dataset != "" {
			err = p.c.destroyPlanned(ctx, step.Dataset, step.guid)
		} else {
			err = p.c.nameClones(ctx, p.c.SnapshotDestroy(ctx, step.Snapshots, &SnapshotDestroyOptions{Defer: step.Defer}))
		}
		if err != nil && !vanished(err) {
			return withDone(err, done)
		}
		done = append(done, step.Names()...)
	}
	return nil
}

// destroyPlanned destroys a filesystem or volume if it is still the one that
// was planned for.
func (c *Client) destroyPlanned(ctx context.Context, name string, guid uint64) error {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	ds, err := c.datasetStats(ctx, cmd, name)
	if err != nil {
		return err
	}
	if ds.GUID != guid {
		return inputError(ioctl.OpDestroy, name, fmt.Errorf("%w: another dataset has taken the name", ErrInvalid))
	}
	return c.DatasetDestroy(ctx, name)
}

// blockedError is the cause of a plan that is not executed: it matches what
// each of the items matches.
type blockedError []Item

func (e blockedError) Error() string { return "nothing is destroyed" }

func (e blockedError) Unwrap() []error {
	var all []error
	for _, item := range e {
		all = append(all, item.Err)
	}
	return all
}

// planner is the state of one planning.
type planner struct {
	c      *Client
	ctx    context.Context
	opts   DatasetDestroyPlanOptions
	mounts *mountTable
	heads  map[string]*plannedHead // filesystems and volumes that are to go
	plan   *DestroyPlan
}

// plannedHead is a filesystem or volume that is to go.
type plannedHead struct {
	ds       *Dataset
	children []*plannedHead
	snaps    []*Dataset
	state    planState
}

// sort gives an order that a reader expects. The kernel's is that of a hash.
func (h *plannedHead) sort() {
	slices.SortFunc(h.children, func(a, b *plannedHead) int { return strings.Compare(a.ds.Name, b.ds.Name) })
	slices.SortFunc(h.snaps, func(a, b *Dataset) int { return cmp.Compare(a.CreateTxg, b.CreateTxg) })
}

// planState says how far the planning has come with a head.
type planState uint8

const (
	planUnseen planState = iota
	planEntered
	planDone
)

// block notes what stands in the way, once.
func (p *planner) block(name string, err error) {
	if !slices.ContainsFunc(p.plan.Blocked, func(i Item) bool { return i.Name == name }) {
		p.plan.Blocked = append(p.plan.Blocked, Item{Name: name, Err: err})
	}
}

// dataset plans for a filesystem or volume.
func (p *planner) dataset(name string) error {
	head, err := p.load(name)
	if err != nil {
		return err
	}
	if !p.opts.Recursive {
		head.sort()
		for _, child := range head.children {
			p.block(child.ds.Name, fmt.Errorf("%w: it lies below %s", ErrHasChildren, name))
		}
		for _, snap := range head.snaps {
			p.block(snap.Name, fmt.Errorf("%w: it is a snapshot of %s", ErrHasSnapshots, name))
		}
		head.children, head.snaps = nil, nil
	}
	return p.visit(head)
}

// load reads a filesystem or volume with what lies below it. What was read
// before stays as it is.
func (p *planner) load(name string) (*plannedHead, error) {
	if head, ok := p.heads[name]; ok {
		return head, nil
	}
	opts := &DatasetsOptions{Recursive: true, Types: TypeFilesystem | TypeVolume | TypeSnapshot}
	if !p.opts.Recursive {
		opts.Depth = 1
	}
	known := make(map[string]bool)
	for ds, err := range p.c.Datasets(p.ctx, name, opts) {
		if err != nil {
			return nil, err
		}
		parent := p.heads[ds.Name[:strings.LastIndexAny(ds.Name, "@/")]]
		switch {
		case !ds.Type.Has(TypeSnapshot):
			head := p.heads[ds.Name]
			if known[ds.Name] = head != nil; head == nil {
				head = &plannedHead{ds: ds}
				p.heads[ds.Name] = head
			}
			if parent != nil && ds.Name != name {
				parent.children = append(parent.children, head)
			}
		case parent != nil && !known[parent.ds.Name]:
			parent.snaps = append(parent.snaps, ds)
		}
	}
	if head, ok := p.heads[name]; ok {
		return head, nil
	}
	return nil, newError(ioctl.OpDestroy, name, ioctl.CodeNoent.Err(), nil)
}

// visit plans for a head: first what lies below it and what was cloned from
// it, then its snapshots, then itself.
func (p *planner) visit(head *plannedHead) error {
	switch head.state {
	case planDone:
		return nil
	case planEntered:
		p.block(head.ds.Name, fmt.Errorf("%w: it is a clone of what has to go before it, promote it first", ErrHasClones))
		return nil
	}
	head.state = planEntered
	head.sort()
	for _, child := range head.children {
		if err := p.visit(child); err != nil {
			return err
		}
	}
	if err := p.snapshots(head.snaps); err != nil {
		return err
	}
	name := head.ds.Name
	if m, ok := p.mounts.entries[name]; ok {
		p.block(name, fmt.Errorf("%w: it is mounted at %s", ErrBusy, m.path))
	}
	p.plan.Steps = append(p.plan.Steps, DestroyStep{Dataset: name, guid: head.ds.GUID})
	head.state = planDone
	return nil
}

// snapshots plans for snapshots that go in one step.
func (p *planner) snapshots(snaps []*Dataset) error {
	if len(snaps) == 0 {
		return nil
	}
	step := DestroyStep{Defer: p.opts.Defer}
	for _, snap := range snaps {
		if err := p.dependents(snap); err != nil {
			return err
		}
		step.Snapshots = append(step.Snapshots, snap.Name)
	}
	p.plan.Steps = append(p.plan.Steps, step)
	return nil
}

// dependents plans for what keeps a snapshot.
func (p *planner) dependents(snap *Dataset) error {
	if p.opts.Defer && !p.opts.Dependents {
		return nil
	}
	if !p.opts.Defer && snap.Props.Uint64(PropUserRefs) > 0 {
		p.block(snap.Name, p.held(snap.Name))
	}
	clones := slices.Sorted(slices.Values(snap.Props.Value(PropClones).Strings()))
	if uint64(len(clones)) < snap.Clones {
		p.block(snap.Name, fmt.Errorf("%w that the kernel does not name", ErrHasClones))
	}
	for _, name := range clones {
		if !p.inside(name) && !p.opts.Dependents {
			p.block(name, fmt.Errorf("%w: it is a clone of %s", ErrHasClones, snap.Name))
			continue
		}
		head, err := p.load(name)
		if err == nil {
			err = p.visit(head)
		}
		if err != nil && !vanished(err) {
			return err
		}
	}
	return nil
}

// inside reports whether a clone is part of what is to go anyway. No walk shows
// the hidden child that a receive works in, which goes with its parent.
func (p *planner) inside(name string) bool {
	if parent, ok := strings.CutSuffix(name, "/%recv"); ok {
		name = parent
	}
	_, ok := p.heads[name]
	return ok
}

// held says who holds a snapshot.
func (p *planner) held(name string) error {
	// Without an answer the holds stay nameless.
	out, _ := p.c.callList(p.ctx, ioctl.OpGetHolds, name, nil)
	var tags []string
	for tag := range out.All() {
		tags = append(tags, tag.Name())
	}
	return fmt.Errorf("%w: held by %s", ErrBusy, strings.Join(tags, ", "))
}

// snapshot plans for a snapshot, or for those of that name of a tree.
func (p *planner) snapshot(n Name) error {
	names := []string{n.String()}
	if p.opts.Recursive {
		names = names[:0]
		for snap, err := range p.c.Snapshots(p.ctx, n.Dataset, &SnapshotsOptions{Recursive: true, NamesOnly: true}) {
			if err != nil {
				return err
			}
			if strings.HasSuffix(snap.Name, "@"+n.Snapshot) {
				names = append(names, snap.Name)
			}
		}
		slices.Sort(names)
	}
	cmd := p.c.dev.Cmd()
	defer cmd.Release()
	var snaps []*Dataset
	for _, name := range names {
		snap, err := p.c.datasetStats(p.ctx, cmd, name)
		if err != nil && (!p.opts.Recursive || !vanished(err)) {
			return err
		}
		if err == nil {
			snaps = append(snaps, snap)
		}
	}
	if len(snaps) == 0 {
		return newError(ioctl.OpDestroy, n.String(), ioctl.CodeNoent.Err(), nil)
	}
	return p.snapshots(snaps)
}

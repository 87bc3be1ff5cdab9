package zfs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
)

// PlanExecuteOptions are the options of PlanExecute.
type PlanExecuteOptions struct {
	// Stepwise executes one step at a time even if a program could do all of
	// them. Programs need root; a step needs only the permissions of its
	// operation.
	Stepwise bool
}

// PlanExecute executes a plan: as one program if Plan.Program is set, otherwise
// step by step.
//
// A program does all or nothing. It first compares everything with the plan.
// Datasets and snapshots that are new, or that were replaced by others of the
// same name, are in Items and match ErrInvalid.
//
// Steps stop at the first failure: Done then names what was destroyed, promoted
// or rolled back before. A dataset that no longer exists counts as destroyed. A
// dataset or snapshot that was replaced by another one of the same name is not
// changed, nor is a new one: the kernel then finds its parent in use.
//
// A blocked plan fails before its first step, with Blocked as Items.
//
// Errors match ErrBusy, ErrHasSnapshots, ErrHasChildren, ErrHasClones, ErrExists,
// ErrNewer, ErrNotFound, ErrInvalid (it differs from the plan), ErrTooMany,
// ErrNoSpace, ErrQuota, ErrKey, ErrPermission, ErrReadOnly.
func (c *Client) PlanExecute(ctx context.Context, p *Plan, opts *PlanExecuteOptions) error {
	if p == nil || len(p.Steps) == 0 {
		return inputError(ioctl.OpDestroy, "", fmt.Errorf("%w: there is no plan", ErrInvalid))
	}
	if len(p.Blocked) > 0 {
		return &Error{Op: p.Kind.op(), Name: p.Name, Items: p.Blocked, err: blockedError(p.Blocked)}
	}
	ctx = ioctl.HistoryOnce(ctx)
	if p.Program && (opts == nil || !opts.Stepwise) {
		err := c.executeProgram(ctx, p)
		// The steps carry out the rest of a plan whose first name no longer
		// exists.
		if p.Kind != PlanKindDestroy || !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	var done []string
	for _, step := range p.Steps {
		err := c.executeStep(ctx, p, step)
		if err != nil && (step.Action != StepDestroy || !vanished(err)) {
			return withDone(err, done)
		}
		done = append(done, step.Names...)
	}
	return nil
}

// op returns the operation for errors.
func (k PlanKind) op() ioctl.Op {
	switch k {
	case PlanKindRollback:
		return ioctl.OpRollback
	case PlanKindPromote:
		return ioctl.OpPromote
	}
	return ioctl.OpDestroy
}

// executeProgram runs the composite that does the same, limited to the plan.
func (c *Client) executeProgram(ctx context.Context, p *Plan) error {
	planned := make(map[string]int64, len(p.guids))
	for name, guid := range p.guids {
		planned[name] = int64(guid) // as Lua stores it
	}
	run := &composite{program: "tree_destroy", name: p.Name, args: map[string]any{"name": p.Name, "dependents": true}}
	switch {
	case p.Kind == PlanKindRollback:
		n, err := parseSnapshot(p.Name)
		if err != nil {
			return inputError(ioctl.OpRollback, p.Name, err)
		}
		// Only datasets of the plan are rolled back, so all of them may be.
		opts := &TreeRollbackOptions{Recursive: true, SkipMissing: true, DestroyNewer: true}
		older, err := c.olderMarks(ctx, n, opts)
		if err != nil {
			return err
		}
		run = rollbackProgram(n, older, opts)
		run.args["recursive"] = p.rollbacks() > 1
		run.args["skip"] = p.rollbacks() > 1
	case p.Steps[0].Action == StepPromote:
		run = &composite{program: "promote_destroy", name: p.Name, args: map[string]any{
			"clone": p.Steps[0].Names[0], "snapshots": true,
		}}
	}
	run.args["planned"] = planned
	_, _, err := c.compose(ctx, run)
	return err
}

// rollbacks returns the number of datasets that are rolled back.
func (p *Plan) rollbacks() (n int) {
	for _, step := range p.Steps {
		if step.Action == StepRollback {
			n++
		}
	}
	return n
}

// executeStep makes the call of one step.
func (c *Client) executeStep(ctx context.Context, p *Plan, step PlanStep) error {
	name := step.Names[0]
	switch {
	case strings.Contains(name, "@"):
		names, err := c.stillPlanned(ctx, p, step.Names)
		if err != nil || len(names) == 0 {
			return err
		}
		return c.nameClones(ctx, c.SnapshotDestroy(ctx, names, &SnapshotDestroyOptions{Defer: step.Defer}))
	case strings.Contains(name, "#"):
		return c.BookmarkDestroy(ctx, step.Names)
	}
	for _, what := range []string{name, step.Snapshot} {
		if what == "" {
			continue
		}
		if err := c.checkPlanned(ctx, p.Kind.op(), what, p.guids[what]); err != nil {
			return err
		}
	}
	switch step.Action {
	case StepPromote:
		return c.DatasetPromote(ctx, name)
	case StepRollback:
		_, err := c.DatasetRollback(ctx, name, &DatasetRollbackOptions{To: step.Snapshot})
		return err
	}
	return c.DatasetDestroy(ctx, name)
}

// stillPlanned returns the snapshots of a step that still exist. Another snapshot
// of the same name is an error.
func (c *Client) stillPlanned(ctx context.Context, p *Plan, snapshots []string) (there []string, err error) {
	for _, name := range snapshots {
		err := c.checkPlanned(ctx, p.Kind.op(), name, p.guids[name])
		if err == nil {
			there = append(there, name)
		} else if !vanished(err) {
			return nil, err
		}
	}
	return there, nil
}

// checkPlanned checks that a dataset is still the one in the plan.
func (c *Client) checkPlanned(ctx context.Context, op ioctl.Op, name string, guid uint64) error {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	ds, err := c.datasetStats(ctx, cmd, name)
	if err == nil && ds.GUID != guid {
		err = inputError(op, name, fmt.Errorf("%w: another dataset has this name now", ErrInvalid))
	}
	return err
}

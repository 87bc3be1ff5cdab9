package zfs

import (
	"context"
	"fmt"
	"iter"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// walk implements Datasets.
func (c *Client) walk(ctx context.Context, name string, opts DatasetsOptions) iter.Seq2[*Dataset, error] {
	if opts.Types == 0 {
		opts.Types = prop.TypeFilesystem | prop.TypeVolume
	}
	if opts.Workers == 0 {
		opts.Workers = aheadCalls
	}
	seq := func(yield func(*Dataset, error) bool) {
		if err := checkWalk(name, &opts); err != nil {
			yield(nil, inputError(ioctl.OpDatasetListNext, name, err))
			return
		}
		w := &walk{c: c, ctx: ctx, opts: opts, parts: opts.parts(), yield: yield}
		w.txgs = txgRange{opts.MinTxg, opts.MaxTxg}
		w.extra = c.newCompletion(ctx, name, w.parts, opts.Props)
		w.ahead = newAhead(opts.Workers)
		defer w.ahead.stop()
		root, err := w.root(name)
		if err != nil {
			yield(nil, err)
			return
		}
		w.visit(root)
	}
	if opts.Sorted {
		return sorted(seq)
	}
	return seq
}

// checkWalk checks the arguments of a walk.
func checkWalk(name string, opts *DatasetsOptions) error {
	switch _, err := parseHead(name); {
	case err != nil:
		return err
	case opts.Depth < 0:
		return fmt.Errorf("depth %d is negative", opts.Depth)
	case opts.Workers < 1 || opts.Workers > aheadMost:
		return fmt.Errorf("%d workers, want 1 to %d", opts.Workers, aheadMost)
	}
	return nil
}

// walk is one run over a tree of datasets.
type walk struct {
	c     *Client
	ctx   context.Context
	opts  DatasetsOptions
	parts parts
	txgs  txgRange
	extra *completion
	ahead *ahead
	yield func(*Dataset, error) bool
}

// node is a dataset of a walk with the pending reads for it.
type node struct {
	ds        *Dataset
	completed func() error // waits for the remaining properties, or nil
	snaps     *branch      // nil for none
	children  *branch      // nil for none
}

// root reads the dataset where the walk begins.
func (w *walk) root(name string) (*node, error) {
	cmd := w.c.dev.Cmd()
	defer cmd.Release()
	if !w.parts.has(partStats) {
		cmd.SetNoOut()
	}
	ds, err := w.c.datasetStats(w.ctx, cmd, name)
	if err != nil {
		return nil, err
	}
	return w.open(ds, w.opts.levels()), nil
}

// open begins to read the snapshots and descendants of a dataset, down to that
// number of levels.
func (w *walk) open(ds *Dataset, levels int) *node {
	n := &node{ds: ds}
	isSnap := ds.Type.Has(prop.TypeSnapshot)
	marks := w.opts.Bookmarks && !isSnap
	if w.wants(ds) && (marks || w.parts.has(partsLater)) {
		n.completed = w.ahead.later(func() error { return w.complete(ds, marks) })
	}
	if isSnap {
		return n
	}
	if w.opts.Types.Has(prop.TypeSnapshot) {
		n.snaps = newBranch(w.ahead, w.c.snapshotParts(w.ctx, ds.Name, w.parts, w.txgs), func(snap *Dataset) *node {
			snap.setType(snap.Type | ds.Type) // a walk over names does not return it
			return w.open(snap, 0)
		})
	}
	if levels != 0 && ds.Type.Has(prop.TypeFilesystem) {
		n.children = newBranch(w.ahead, w.c.childrenOf(w.ctx, ds.Name, w.parts), func(ds *Dataset) *node { return w.open(ds, levels-1) })
	}
	return n
}

// complete reads what the steps of a walk do not return.
func (w *walk) complete(ds *Dataset, marks bool) (err error) {
	if marks {
		if ds.Bookmarks, err = w.c.bookmarksOf(w.ctx, ds.Name); err != nil {
			return err
		}
	}
	return w.c.complete(w.ctx, ds, w.extra)
}

// wants reports whether to yield a dataset: a snapshot of a volume is a snapshot.
// The kernel itself applies the bounds to snapshots.
func (w *walk) wants(ds *Dataset) bool {
	if ds.Type.Has(prop.TypeSnapshot) {
		return w.opts.Types.Has(prop.TypeSnapshot)
	}
	return w.opts.Types.Has(ds.Type) && w.txgs.has(ds.CreateTxg)
}

// visit yields one dataset, its snapshots and its descendants, and reports
// whether to continue the walk.
func (w *walk) visit(n *node) bool {
	n.snaps.enter()
	n.children.enter()
	if w.wants(n.ds) {
		err := w.wait(n)
		switch {
		case vanished(err):
		case err != nil:
			w.yield(nil, err)
			return false
		case !w.yield(n.ds, nil):
			return false
		}
	}
	return w.visitAll(n.snaps) && w.visitAll(n.children)
}

// wait waits until a dataset is complete. If the context has ended, the caller
// cannot use what has been read.
func (w *walk) wait(n *node) error {
	if n.completed != nil {
		if err := n.completed(); err != nil {
			return err
		}
	}
	if err := w.ctx.Err(); err != nil {
		return inputError(ioctl.OpDatasetListNext, n.ds.Name, err)
	}
	return nil
}

// visitAll visits the nodes of a branch.
func (w *walk) visitAll(b *branch) bool {
	for n, err := range b.all() {
		if err != nil {
			w.yield(nil, err)
			return false
		}
		if !w.visit(n) {
			return false
		}
	}
	return true
}

// vanished reports whether err means that a dataset does not exist any more.
func vanished(err error) bool {
	return matches(err, ioctl.CodeNoent) || matches(err, ioctl.CodeSrch)
}

// childrenOf walks over the children of a filesystem. The kernel's input is the
// parent's name and a cursor, and it replaces the parent's name by the child's,
// so the name is set again for each step. A parent that was destroyed has no
// children.
func (c *Client) childrenOf(ctx context.Context, parent string, parts parts) iter.Seq2[*Dataset, error] {
	return func(yield func(*Dataset, error) bool) {
		cmd := c.dev.Cmd()
		defer cmd.Release()
		if !parts.has(partStats) {
			cmd.SetNoOut()
		}
		for {
			ds, err := c.nextChild(ctx, cmd, parent)
			if vanished(err) {
				return
			}
			if err == nil && internal(ds.Name) {
				continue
			}
			if !yield(ds, err) || err != nil {
				return
			}
		}
	}
}

// nextChild makes one step of the walk.
func (c *Client) nextChild(ctx context.Context, cmd *ioctl.Cmd, parent string) (*Dataset, error) {
	if err := cmd.SetText(ioctl.FieldName, parent); err != nil {
		return nil, inputError(ioctl.OpDatasetListNext, parent, err)
	}
	if err := c.call(ctx, ioctl.OpDatasetListNext, cmd); err != nil {
		return nil, err
	}
	name := cmd.Text(ioctl.FieldName)
	if internal(name) {
		return &Dataset{Name: name}, nil // the kernel returns nothing else about it
	}
	ds, err := c.newDataset(name, cmd)
	if err != nil {
		return nil, inputError(ioctl.OpDatasetListNext, name, err)
	}
	return ds, nil
}

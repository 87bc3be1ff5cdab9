package zfs

import (
	"context"
	"fmt"
	"iter"

	"github.com/purezfs/purezfs/ioctl"
)

// walk is Datasets with a choice of snapshots.
func (c *Client) walk(ctx context.Context, name string, opts DatasetsOptions, snaps *SnapshotsOptions) iter.Seq2[*Dataset, error] {
	if opts.Types == 0 {
		opts.Types = TypeFilesystem | TypeVolume
	}
	return func(yield func(*Dataset, error) bool) {
		w := &walk{c: c, ctx: ctx, opts: opts, snaps: snaps, ahead: newAhead(), yield: yield}
		defer w.ahead.stop()
		root, err := w.root(name)
		if err != nil {
			yield(nil, err)
			return
		}
		w.visit(root)
	}
}

// walk is one run over a tree of datasets.
type walk struct {
	c     *Client
	ctx   context.Context
	opts  DatasetsOptions
	snaps *SnapshotsOptions
	extra *completion
	ahead *ahead
	yield func(*Dataset, error) bool
}

// node is a dataset of a walk with what is being read about it.
type node struct {
	ds        *Dataset
	completed func() error // waits for its properties, nil if there is nothing to wait for
	snaps     *branch      // nil for none
	children  *branch      // nil for none
}

// root reads the dataset that the walk begins with.
func (w *walk) root(name string) (*node, error) {
	if _, err := parseHead(name); err != nil {
		return nil, inputError(ioctl.OpDatasetListNext, name, err)
	}
	if w.opts.Depth < 0 {
		return nil, inputError(ioctl.OpDatasetListNext, name, fmt.Errorf("depth %d is negative", w.opts.Depth))
	}
	cmd := w.c.dev.Cmd()
	defer cmd.Release()
	ds, err := w.c.datasetStats(w.ctx, cmd, name)
	if err != nil {
		return nil, err
	}
	w.extra = w.c.newCompletion(w.ctx, name)
	return w.open(ds, w.opts.levels()), nil
}

// open begins to read what belongs to a dataset and lies so many levels below.
func (w *walk) open(ds *Dataset, levels int) *node {
	n := &node{ds: ds}
	if w.opts.AllProps && w.wants(ds) {
		n.completed = w.ahead.later(func() error { return w.c.complete(w.ctx, ds, w.extra) })
	}
	if ds.Type.Has(TypeSnapshot) {
		return n
	}
	if w.opts.Types.Has(TypeSnapshot) {
		n.snaps = newBranch(w.ahead, w.c.snapshotsOf(w.ctx, ds.Name, w.snaps), func(ds *Dataset) *node { return w.open(ds, 0) })
	}
	if levels != 0 && ds.Type.Has(TypeFilesystem) {
		n.children = newBranch(w.ahead, w.c.childrenOf(w.ctx, ds.Name), func(ds *Dataset) *node { return w.open(ds, levels-1) })
	}
	return n
}

// wants reports whether a dataset is of a type to yield: a snapshot of a volume
// is a snapshot.
func (w *walk) wants(ds *Dataset) bool {
	if ds.Type.Has(TypeSnapshot) {
		return w.opts.Types.Has(TypeSnapshot)
	}
	return w.opts.Types.Has(ds.Type)
}

// visit yields one dataset, its snapshots and its descendants, and reports
// whether the walk goes on.
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

// wait waits until a dataset is complete. What has been read is no use to a
// caller whose context has ended.
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

// visitAll visits what a branch holds.
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

// vanished reports whether err says that something is gone that was there.
func vanished(err error) bool {
	return matches(err, ioctl.CodeNoent) || matches(err, ioctl.CodeSrch)
}

// childrenOf walks over the filesystems and volumes right below a filesystem.
// The kernel takes the parent's name and a cursor and returns the child's name
// in place of the parent's, so that the name has to be set again for each step.
// A parent that has vanished has no children left.
func (c *Client) childrenOf(ctx context.Context, parent string) iter.Seq2[*Dataset, error] {
	return func(yield func(*Dataset, error) bool) {
		cmd := c.dev.Cmd()
		defer cmd.Release()
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
		return &Dataset{Name: name}, nil // the kernel tells no more of it
	}
	ds, err := c.newDataset(name, cmd)
	if err != nil {
		return nil, inputError(ioctl.OpDatasetListNext, name, err)
	}
	return ds, nil
}

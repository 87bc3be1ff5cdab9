package zfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/stream"
)

// ReceiveTreeOptions are the options of ReceiveTree.
type ReceiveTreeOptions struct {
	// Naming is how the names here follow from those at the sender.
	Naming ReceiveNaming
	// Force is as in ReceiveOptions. For an incremental replication stream of a
	// tree it also destroys the snapshots, filesystems and volumes below the
	// target that no longer exist at the sender.
	Force bool
	// Resumable is as in ReceiveOptions, for the stream that is interrupted.
	Resumable bool
	// Origins are the filesystems and volumes outside of the target whose
	// snapshots may become the origins of clones. Nil allows none: a clone's
	// origin must then be in the replication stream, or at or below the target.
	Origins []string
	// Override are set on the topmost dataset and inherited by its descendants,
	// whatever is received.
	Override prop.Values
	// Exclude are not received: they are inherited, or stay unchanged if they
	// cannot be inherited or were set locally.
	Exclude []prop.Prop
	// SkipHolds receives no holds.
	SkipHolds bool
	// DryRun is as in ReceiveOptions: the result is what would be done, or the
	// error that would follow. Holds, and the properties of snapshots, are not
	// checked.
	DryRun bool
	// Progress and ProgressInterval are as in ReceiveOptions, for each stream.
	Progress         func(ReceiveProgress)
	ProgressInterval time.Duration
}

// ReceivedTree is the result of receiving a replication stream.
type ReceivedTree struct {
	// Steps are the changes to existing datasets, in their order.
	Steps []ReceiveStep
	// Streams are the received snapshots, Skipped those that existed already.
	Streams []*Received
	Skipped []string
	// Failed are the holds, and the properties of snapshots, that could not be
	// set. Everything else was received.
	Failed []Item
}

// ReceiveTree receives a replication stream, as sent by zfs send -R, -I or -p
// and SendTree, or a single stream. It makes the target and its descendants
// like the sender's. For an incremental replication stream it also renames,
// promotes and, with Force, destroys datasets. Existing snapshots are skipped, so
// an interrupted replication stream can be received again. It does not mount or
// unmount: mounted filesystems cannot be destroyed.
//
// The origin of a clone must be at or below the target, or in Origins: otherwise
// a sender could choose any snapshot of the pool. For another origin, Object of
// the error names it.
//
// The target is the name of a filesystem or volume; for a single stream, it may
// be that of a snapshot. With NamingPath missing ancestors are created. It reads
// exactly one replication stream from r.
//
// If a step fails, everything else is still received, and Items of the error has
// the step. After any error the result contains what was done before.
//
// Errors are those of Receive, for the stream that failed.
//
// Errors match ErrStream, ErrTruncated, ErrSourceMissing, ErrModified, ErrExists,
// ErrNotFound, ErrBusy, ErrHasClones, ErrHasSnapshots, ErrHasChildren,
// ErrWrongParent, ErrNoSpace, ErrQuota, ErrKey, ErrInvalidName, ErrInvalidProp,
// ErrPermission, ErrReadOnly, ErrNotSupported, ErrRefused (an origin that Origins
// does not allow), the reader's error.
func (c *Client) ReceiveTree(ctx context.Context, target string, r io.Reader, opts *ReceiveTreeOptions) (*ReceivedTree, error) {
	if opts == nil {
		opts = &ReceiveTreeOptions{}
	}
	refuse := func(err error) (*ReceivedTree, error) {
		return nil, inputError(ioctl.OpRecvNew, target, err)
	}
	_, err := parseTarget(target)
	if err == nil {
		err = c.checkExcluded(opts.Exclude, opts.Override)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil && absent(r) {
		err = fmt.Errorf("the reader: %w", errNil)
	}
	if err != nil {
		return refuse(err)
	}
	src := &treeReader{ctx: ctx, r: r}
	head, err := src.open()
	if err != nil {
		return refuse(err)
	}
	if err := checkDedup(head); err != nil {
		return refuse(err)
	}
	t := &treeTarget{opts: opts, name: target}
	t.sent = headOf(head.ToName)
	if err := t.setTree(head); err != nil {
		return refuse(err)
	}
	if t.tree, err = t.read(ctx, c); err != nil {
		return nil, err
	}
	run := &treeRun{c: c, ctx: ctx, target: t, src: src, holds: head.Features.Has(stream.FeatureHolds) && !opts.SkipHolds}
	return &run.result, run.all()
}

// read reads the existing datasets.
func (t *treeTarget) read(ctx context.Context, c *Client) (*localTree, error) {
	if !t.opts.DryRun {
		return c.readTree(ctx, t.top())
	}
	top, err := parseHead(t.top())
	if err != nil {
		return nil, inputError(ioctl.OpRecvNew, t.name, err)
	}
	return c.dryModel(ctx, top, true)
}

// setTree sets the list of the replication stream, if it is one.
func (t *treeTarget) setTree(head *stream.Begin) error {
	if !head.Compound {
		return nil
	}
	p, err := head.Tree()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStream, err)
	}
	if !p.NotRecursive && strings.Contains(t.name, "@") {
		return fmt.Errorf("%w %q: a replication stream of several snapshots cannot become one snapshot", ErrInvalidName, t.name)
	}
	if _, err := t.opts.Naming.apply(t.name, t.sent, head.ToName); err != nil {
		return err
	}
	t.pkg = indexTree(p)
	return nil
}

// treeRun is the receiving of one replication stream.
type treeRun struct {
	c      *Client
	ctx    context.Context
	target *treeTarget
	src    *treeReader
	holds  bool
	result ReceivedTree
	failed []Item // steps
}

// all receives the replication stream. A dataset that the sender has moved below
// a new one can only be renamed after the new one was received, so the steps are
// planned twice.
func (r *treeRun) all() error {
	if err := r.replan(); err != nil {
		return err
	}
	for {
		b, err := r.src.next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = r.one(b)
		}
		if err != nil {
			return r.named(err)
		}
	}
	if len(r.result.Streams) > 0 && !r.target.opts.DryRun {
		tree, err := r.c.readTree(r.ctx, r.target.top())
		if err != nil {
			return err
		}
		r.target.tree, r.failed = tree, nil // steps that remain will fail again
		if err := r.replan(); err != nil {
			return err
		}
		if err := r.fixKeys(); err != nil {
			return err
		}
	}
	return r.stepsError()
}

// named sets the target as the name of an error without one.
func (r *treeRun) named(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return inputError(ioctl.OpRecvNew, r.target.name, err)
}

// stepsError returns an error for the failed steps, or nil.
func (r *treeRun) stepsError() error {
	if len(r.failed) == 0 {
		return nil
	}
	return &Error{Op: ioctl.OpRecvNew, Name: r.target.name, Items: r.failed, err: &stepsError{r.failed[0].Err}}
}

// stepsError matches what the first of the failed steps matches. The reasons are
// in the items.
type stepsError struct{ first error }

func (e *stepsError) Error() string { return "not all changes could be made" }
func (e *stepsError) Unwrap() error { return e.first }

// one receives one stream, or skips it.
func (r *treeRun) one(b *stream.Begin) error {
	at, err := r.target.place(b)
	if err != nil {
		return err
	}
	if at.there {
		r.result.Skipped = append(r.result.Skipped, at.name)
		return r.src.skip()
	}
	got, err := r.receive(at, b)
	if err != nil {
		return err
	}
	r.result.Streams = append(r.result.Streams, got)
	if r.target.opts.DryRun {
		return nil
	}
	r.noteReceived(at, b)
	r.dress(at.name, b)
	return nil
}

// noteReceived updates the tree.
func (r *treeRun) noteReceived(at place, b *stream.Begin) {
	origin := uint64(0)
	if b.Flags&stream.FlagClone != 0 {
		origin = b.FromGUID
	}
	r.target.tree.received(at.name, b.ToGUID, origin)
}

// receive passes one stream to the kernel.
func (r *treeRun) receive(at place, b *stream.Begin) (*Received, error) {
	head := headOf(at.name)
	local, err := r.local(head)
	if err != nil {
		return nil, err
	}
	opts := r.target.opts
	if local == nil && opts.Naming == NamingPath {
		if err := r.makeParents(head); err != nil {
			return nil, err
		}
	}
	props, err := r.target.props(r.c, b, local)
	if err != nil {
		return nil, err
	}
	return r.c.Receive(r.ctx, at.name, r.src.stream(), &ReceiveOptions{
		Force: opts.Force, Resumable: opts.Resumable, findOrigin: r.origin,
		Props: props.received, Override: props.override, Exclude: props.exclude,
		DryRun: opts.DryRun, tree: r.dryTree(), Progress: opts.Progress, ProgressInterval: opts.ProgressInterval,
	})
}

// dryTree returns the model of a dry run, otherwise nil.
func (r *treeRun) dryTree() *localTree {
	if r.target.opts.DryRun {
		return r.target.tree
	}
	return nil
}

// local reads the target of a stream, or returns nil. A dry run may have renamed
// or created it.
func (r *treeRun) local(head string) (*Dataset, error) {
	if tree := r.dryTree(); tree != nil {
		h := tree.find(head)
		if h == nil || h.state.read == "" {
			return nil, nil
		}
		head = h.state.read
	}
	ds, err := r.c.DatasetStats(r.ctx, head, nil)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return ds, err
}

// makeParents creates the missing ancestors of the target.
func (r *treeRun) makeParents(head string) error {
	n, err := parseHead(head)
	if err != nil {
		return err
	}
	there, err := r.c.DatasetExists(r.ctx, r.target.name)
	if err != nil {
		return err
	}
	if !there {
		return r.c.explainPool(r.ctx, &Error{Op: ioctl.OpRecvNew, Name: r.target.name, Code: ioctl.CodeNoent, kind: ErrNotFound, err: kernelError{ioctl.CodeNoent.Err()}})
	}
	if r.target.opts.DryRun {
		return r.dryParents(n)
	}
	_, err = r.c.createParents(r.ctx, n)
	return err
}

// dress sets the properties and holds of a snapshot.
func (r *treeRun) dress(name string, b *stream.Begin) {
	if r.target.pkg == nil {
		return
	}
	_, s := r.target.pkg.lookup(b.ToGUID)
	if s == nil {
		return
	}
	if s.Props.Len() > 0 {
		if err := r.c.setReceived(r.ctx, name, s.Props); err != nil {
			r.result.Failed = append(r.result.Failed, Item{name, err})
		}
	}
	if !r.holds {
		return
	}
	for tag := range s.Holds {
		if err := r.c.HoldAdd(r.ctx, map[string]string{name: tag}, nil); err != nil {
			r.result.Failed = append(r.result.Failed, Item{name + "#" + tag, err})
		}
	}
}

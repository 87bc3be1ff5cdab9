package zfs

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/stream"
)

// SendTreeOptions are the options of SendTree.
type SendTreeOptions struct {
	// From makes the streams incremental: the name of an earlier snapshot of the
	// dataset, in full ("tank/a@monday") or without the dataset ("@monday",
	// "monday"). With Recursive, a descendant that does not have it is sent in
	// full, or from its origin. For a clone, From may also be the full name of
	// its origin.
	From string
	// Recursive also sends the snapshots of that name of all descendants, and
	// describes all existing datasets and snapshots, so that a receiver can
	// rename and destroy its own accordingly, as zfs send -R does. It implies
	// Props.
	Recursive bool
	// Intermediates also sends the earlier snapshots, starting at the first or
	// after From, as zfs send -I does. Without it, only those are also sent that
	// are origins of clones. Recursive without From always sends them.
	Intermediates bool
	// Props sends local properties of a dataset and its snapshots, and received
	// ones.
	Props bool
	// Backup sends only received properties, with their received values.
	Backup bool
	// Holds sends the holds of the snapshots.
	Holds bool
	// SkipMissing skips datasets, with their descendants, that existed but do not
	// have the snapshot. Otherwise these are an error.
	SkipMissing bool
	// LargeBlocks, Embedded, Compressed and Raw are as in SendOptions. Encrypted
	// datasets can only be sent Raw, unless Recursive, Props, Backup and Holds
	// are all unset.
	LargeBlocks, Embedded, Compressed, Raw bool
	// Progress and ProgressInterval are as in SendOptions, for each stream.
	Progress         func(SendProgress)
	ProgressInterval time.Duration

	fromOrigin bool // From was the origin, and is now empty
}

// describes reports whether the replication stream has a list.
func (o *SendTreeOptions) describes() bool {
	return o.Recursive || o.Props || o.Backup || o.Holds
}

// SentTree is what SendTree has sent, or would send.
type SentTree struct {
	// Streams are the snapshots and their sources, in the order in which they
	// were sent.
	Streams []TreeStream
	// Missing are the datasets that were skipped because they do not have the
	// snapshot: those that are younger than it, and with SkipMissing also others.
	Missing []string
}

// TreeStream is one stream of a replication stream.
type TreeStream struct {
	Snapshot string
	From     string // empty for a full stream
	Size     uint64 // the approximate size in bytes, set only by SendTreePlan
}

// SendTree writes a replication stream to w, as zfs send -R does, for zfs
// receive and ReceiveTree: a snapshot and, with Recursive, the snapshots of
// the same name of the descendants. A clone follows its origin.
//
// If a snapshot is destroyed before it is sent, that is an error, and w has the
// beginning of a replication stream. See Send about w.
//
// Errors match ErrNotFound (a snapshot; Items has the missing ones), ErrInvalid
// (an encrypted dataset is described but not sent raw, or a dataset is a clone of
// its own descendant), ErrNotAncestor, ErrInvalidName, ErrPermission,
// stream.ErrLength (the list is too long), and the errors of Send.
func (c *Client) SendTree(ctx context.Context, snapshot string, w io.Writer, opts *SendTreeOptions) (*SentTree, error) {
	if absent(w) {
		return nil, inputError(ioctl.OpSendNew, snapshot, fmt.Errorf("the writer: %w", errNil))
	}
	plan, err := c.planTree(ctx, snapshot, opts)
	if err != nil {
		return nil, err
	}
	head, err := plan.begin()
	if err != nil {
		return nil, inputError(ioctl.OpSendNew, snapshot, err)
	}
	sent := &SentTree{Missing: plan.missing}
	// It writes the records around the streams, which bypass it.
	out := stream.NewWriter(w)
	err = out.WriteRecord(head)
	if err == nil {
		err = out.WriteRecord(&stream.End{})
	}
	if err != nil {
		return sent, inputError(ioctl.OpSendNew, snapshot, fmt.Errorf("the writer: %w", err))
	}
	for _, s := range plan.streams {
		if err := c.Send(ctx, s.Snapshot, w, plan.options(s)); err != nil {
			return sent, err
		}
		sent.Streams = append(sent.Streams, s)
	}
	if err := out.WriteRecord(&stream.End{}); err != nil {
		return sent, inputError(ioctl.OpSendNew, snapshot, fmt.Errorf("the writer: %w", err))
	}
	return sent, nil
}

// SendTreePlan returns what SendTree would send, but sends nothing. The
// size is the sum of SendEstimate for all streams, without the list.
//
// Errors are those of SendTree and SendEstimate.
func (c *Client) SendTreePlan(ctx context.Context, snapshot string, opts *SendTreeOptions) (sent *SentTree, bytes uint64, err error) {
	plan, err := c.planTree(ctx, snapshot, opts)
	if err != nil {
		return nil, 0, err
	}
	for i, s := range plan.streams {
		n, err := c.SendEstimate(ctx, s.Snapshot, plan.options(s))
		if err != nil {
			return nil, 0, err
		}
		plan.streams[i].Size = n
		bytes += n
	}
	return &SentTree{Streams: plan.streams, Missing: plan.missing}, bytes, nil
}

// treePlan is a replication stream to send.
type treePlan struct {
	name    string // the snapshot
	opts    SendTreeOptions
	list    *stream.Tree // nil if there is no list
	streams []TreeStream
	missing []string
}

// options returns the options for one of the streams.
func (p *treePlan) options(s TreeStream) *SendOptions {
	return &SendOptions{
		From: s.From, LargeBlocks: p.opts.LargeBlocks, Embedded: p.opts.Embedded, Compressed: p.opts.Compressed, Raw: p.opts.Raw,
		Progress: p.opts.Progress, ProgressInterval: p.opts.ProgressInterval,
	}
}

// planTree checks the arguments and reads what to send.
func (c *Client) planTree(ctx context.Context, snapshot string, opts *SendTreeOptions) (*treePlan, error) {
	p := &treePlan{name: snapshot}
	if opts != nil {
		p.opts = *opts
	}
	n, err := parseSnapshot(snapshot)
	var from Name
	if err == nil {
		from, err = treeSource(n, p.opts.From)
	}
	if err != nil {
		return nil, inputError(ioctl.OpSendNew, snapshot, err)
	}
	if _, err := c.typeOf(ctx, n); err != nil {
		return nil, err
	}
	tree, err := c.readSent(ctx, n, &p.opts)
	if err != nil {
		return nil, err
	}
	if err := p.opts.startFrom(from, n, tree[0].ds.Origin); err != nil {
		return nil, inputError(ioctl.OpSendNew, snapshot, err)
	}
	p.streams, p.missing, err = orderTree(tree, n, &p.opts)
	if err != nil {
		return nil, err
	}
	if p.opts.describes() {
		if p.list, err = c.describeTree(ctx, tree, n, &p.opts); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// treeSource parses the source of an incremental replication stream.
func treeSource(n Name, from string) (Name, error) {
	if from == "" {
		return Name{}, nil
	}
	if strings.Contains(from, "#") {
		return Name{}, fmt.Errorf("%w %q: a replication stream cannot be incremental from a bookmark", ErrInvalidName, from)
	}
	head, short, full := strings.Cut(from, "@")
	if !full {
		head, short = "", from
	}
	if head == "" {
		head = n.Dataset
	}
	f, err := parseSnapshot(head + "@" + short)
	if err == nil && f == n {
		err = fmt.Errorf("%w: the range from %s to itself is empty", ErrInvalid, n)
	}
	return f, err
}

// startFrom sets the source. A replication stream from the origin has no source
// itself: the dataset's first snapshot is sent from there.
func (o *SendTreeOptions) startFrom(from, n Name, origin string) error {
	switch {
	case from.Dataset == n.Dataset:
		o.From = from.Snapshot
	case from.Dataset != "" && origin == from.String():
		o.From, o.fromOrigin = "", true
	case from.Dataset != "":
		return fmt.Errorf("%w: %s is neither a snapshot of %s nor its origin", ErrNotAncestor, from, n.Dataset)
	}
	// As zfs(8) does, even from the origin.
	o.Intermediates = o.Intermediates || o.Recursive && o.From == ""
	return nil
}

// begin returns the first record, with the list.
func (p *treePlan) begin() (*stream.Begin, error) {
	head := &stream.Begin{Compound: true, ToName: p.name}
	if p.list != nil {
		features := stream.Features(0)
		if p.opts.Holds {
			features |= stream.FeatureHolds
		}
		var err error
		if head, err = p.list.Begin(p.name, features); err != nil {
			return nil, err
		}
	}
	// The kernel's streams have the machine's byte order.
	head.BigEndian = hostBigEndian()
	return head, nil
}

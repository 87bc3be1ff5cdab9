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

// SendPackageOptions says what SendPackage sends.
type SendPackageOptions struct {
	// From makes the package incremental: the name of an earlier snapshot of the
	// dataset, in full ("tank/a@monday") or without the dataset ("@monday",
	// "monday"). With Recursive, a descendant that does not have it is sent from
	// its beginning, or from its origin. For a clone, From may also be the full
	// name of its origin.
	From string
	// Recursive sends the snapshots of that name of all descendants as well, and
	// describes all that is there, so that a receiver can follow what was renamed
	// or destroyed, as zfs send -R. It implies Props.
	Recursive bool
	// Intermediates also sends the snapshots before it, from the first or from
	// From on, as zfs send -I. Without, those are left out that no clone needs.
	// Recursive without From sends them always.
	Intermediates bool
	// Props sends the properties that were set on a dataset or its snapshots or
	// came with a stream.
	Props bool
	// Backup sends only properties that came with a stream, so as they came.
	Backup bool
	// Holds sends the holds of the snapshots.
	Holds bool
	// SkipMissing leaves out the datasets, with all below, that existed but do
	// not have the snapshot. Else that is an error.
	SkipMissing bool
	// LargeBlocks, Embedded, Compressed and Raw are as in SendOptions. Encrypted
	// datasets can be sent Raw only, unless neither of Recursive, Props, Backup
	// and Holds is set.
	LargeBlocks, Embedded, Compressed, Raw bool
	// Progress and ProgressInterval are as in SendOptions, for each stream.
	Progress         func(SendProgress)
	ProgressInterval time.Duration

	fromOrigin bool // From was the origin, and is now empty
}

// describes reports whether the package has a list.
func (o *SendPackageOptions) describes() bool {
	return o.Recursive || o.Props || o.Backup || o.Holds
}

// SentPackage is what SendPackage has sent, or would.
type SentPackage struct {
	// Streams are the snapshots with what they are incremental to, in their
	// order.
	Streams []PackageStream
	// Missing are the datasets that were left out because they do not have the
	// snapshot: those that are younger than it, with SkipMissing also others.
	Missing []string
}

// PackageStream is one stream of a package.
type PackageStream struct {
	Snapshot string
	From     string // empty for all of it
	Size     uint64 // about how many bytes it has; only SendPackagePlan says it
}

// SendPackage writes a package of streams to w, so that zfs receive and
// ReceivePackage make the same of it: of a snapshot and, with Recursive, of those
// of the same name below it. A clone comes after its origin.
//
// What is destroyed while it is sent is an error, after which w has the
// beginning of a package. See Send for what w may be.
//
// Errors match ErrNotFound (a snapshot; Items has those that are missing),
// ErrInvalid (an encrypted dataset that is described and not sent raw, or a
// dataset that is a clone of its own descendant), ErrNotAncestor,
// ErrInvalidName, ErrPermission, stream.ErrLength (there is too much to
// describe), and the errors of Send.
func (c *Client) SendPackage(ctx context.Context, snapshot string, w io.Writer, opts *SendPackageOptions) (*SentPackage, error) {
	if absent(w) {
		return nil, inputError(ioctl.OpSendNew, snapshot, fmt.Errorf("the writer: %w", errNil))
	}
	plan, err := c.planPackage(ctx, snapshot, opts)
	if err != nil {
		return nil, err
	}
	head, err := plan.begin()
	if err != nil {
		return nil, inputError(ioctl.OpSendNew, snapshot, err)
	}
	sent := &SentPackage{Missing: plan.missing}
	// It writes what stands around the streams, which go by without it.
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

// SendPackagePlan returns what SendPackage would send, and sends nothing. The
// size is that of SendEstimate for all streams; nothing is added for the list.
//
// Errors are those of SendPackage and SendEstimate.
func (c *Client) SendPackagePlan(ctx context.Context, snapshot string, opts *SendPackageOptions) (sent *SentPackage, bytes uint64, err error) {
	plan, err := c.planPackage(ctx, snapshot, opts)
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
	return &SentPackage{Streams: plan.streams, Missing: plan.missing}, bytes, nil
}

// packagePlan is a package that is to be made.
type packagePlan struct {
	name    string // the snapshot
	opts    SendPackageOptions
	list    *stream.Package // nil for a package without one
	streams []PackageStream
	missing []string
}

// options are those for one of the streams.
func (p *packagePlan) options(s PackageStream) *SendOptions {
	return &SendOptions{
		From: s.From, LargeBlocks: p.opts.LargeBlocks, Embedded: p.opts.Embedded, Compressed: p.opts.Compressed, Raw: p.opts.Raw,
		Progress: p.opts.Progress, ProgressInterval: p.opts.ProgressInterval,
	}
}

// planPackage reads what there is to send, and checks what is asked for.
func (c *Client) planPackage(ctx context.Context, snapshot string, opts *SendPackageOptions) (*packagePlan, error) {
	p := &packagePlan{name: snapshot}
	if opts != nil {
		p.opts = *opts
	}
	n, err := parseSnapshot(snapshot)
	var from Name
	if err == nil {
		from, err = packageSource(n, p.opts.From)
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
	p.streams, p.missing, err = orderPackage(tree, n, &p.opts)
	if err != nil {
		return nil, err
	}
	if p.opts.describes() {
		if p.list, err = c.describePackage(ctx, tree, n, &p.opts); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// packageSource parses the source of an incremental package.
func packageSource(n Name, from string) (Name, error) {
	if from == "" {
		return Name{}, nil
	}
	if strings.Contains(from, "#") {
		return Name{}, fmt.Errorf("%w %q: a package cannot be incremental from a bookmark", ErrInvalidName, from)
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

// startFrom notes the source. A package that starts at the origin has none: the
// dataset's first snapshot is sent from there.
func (o *SendPackageOptions) startFrom(from, n Name, origin string) error {
	switch {
	case from.Dataset == n.Dataset:
		o.From = from.Snapshot
	case from.Dataset != "" && origin == from.String():
		o.From, o.fromOrigin = "", true
	case from.Dataset != "":
		return fmt.Errorf("%w: %s is neither a snapshot of %s nor its origin", ErrNotAncestor, from, n.Dataset)
	}
	// As zfs(8) does, also from the origin.
	o.Intermediates = o.Intermediates || o.Recursive && o.From == ""
	return nil
}

// begin is the record in front, with the list.
func (p *packagePlan) begin() (*stream.Begin, error) {
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

package zfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/internal/transfer"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/stream"
)

// ReceiveOptions says how Receive receives. Nil receives a full stream into a
// new filesystem or volume, and an incremental one into what is unchanged.
type ReceiveOptions struct {
	// Force undoes what was changed in the target since the snapshot that the
	// stream is incremental to, and destroys snapshots made since. A full
	// stream replaces a target that is not encrypted and has no snapshots.
	Force bool
	// Resumable keeps what has arrived if the receive fails, for another one to
	// go on from: see PartialError.
	Resumable bool
	// Heal repairs the damaged blocks of a snapshot that exists, since 2.2.
	Heal bool
	// Origin is the snapshot that the new filesystem or volume is a clone of.
	// Empty finds it anywhere in the pool, or where Origins allows, if the stream is
	// one of a clone.
	Origin string
	// Origins, unless nil, are the filesystems and volumes whose snapshots may become
	// the origin of a clone. An empty list allows none.
	Origins []string
	// Props are set as received from the sender, in place of all that were
	// before, unless nil. What the module refuses is told in Received.
	Props prop.Values
	// Override are set locally, whatever is received. Texts are read as in
	// DatasetCreateOptions.
	Override prop.Values
	// Exclude are inherited, whatever is received.
	Exclude []prop.Prop
	// Key encrypts a new filesystem or volume under a key of its own, as in
	// DatasetCreateOptions, with the cipher that Override has. The stream must
	// be a full one and not raw. Receive takes the key over: see NewKey.
	Key *NewKey
	// DryRun changes nothing: the stream is read to its end and checked, and so
	// is all that can be read of the target, its parent, the origin and the pool.
	// What would fail is the error that the kernel would give. Not foreseen are
	// a lack of space or of permissions, quotas, damaged blocks, and what changes
	// meanwhile. A target whose only change is in its intent log counts as
	// modified, which the kernel forgives.
	DryRun bool
	// Progress is called from a goroutine of its own, every ProgressInterval
	// and once at the end. The stream does not wait for it, but the method does.
	Progress func(ReceiveProgress)
	// ProgressInterval is one second for zero.
	ProgressInterval time.Duration

	// admit, unless nil, decides about the stream before anything is done, and may
	// change the other options.
	admit func(*stream.Begin) error
	tree  *localTree // what a dry run of a package has made so far, else nil
	// findOrigin, unless nil, finds the origin of a clone by its GUID.
	findOrigin func(t *receiving, guid uint64) (string, error)
}

// ReceiveProgress is how far a receive has come.
type ReceiveProgress struct {
	Snapshot string // what is being made
	Bytes    uint64 // that have been read
	Done     bool   // the last call, with success or without
}

// Received is what a receive has made.
type Received struct {
	Snapshot string // "tank/b@s"
	GUID     uint64 // of the snapshot, that of what was sent
	Type     prop.DatasetType
	// Created reports whether the filesystem or volume is new.
	Created bool
	// Bytes is the length of the stream.
	Bytes uint64
	// Failed are the properties that could not be set, with what the kernel
	// says of each. The rest was received.
	Failed []Item
	// NotCleared and NotRestored report whether properties from an earlier receive
	// could not be taken back.
	NotCleared, NotRestored bool
}

// The bits of the kernel's error_flags.
const (
	flagNotCleared  = 1 << 0
	flagNotRestored = 1 << 1
)

// Receive makes a snapshot from the stream that r has: "tank/b@s", or for
// "tank/b" with the name that it has at the sender. It makes the filesystem or
// volume too if that does not exist; its parent must. It mounts nothing.
//
// The kernel itself reads from an *os.File that is a pipe, a regular file or a
// socket that blocks, unless there is Progress to report of a pipe. From any
// other reader a goroutine fills a pipe. Of the reader no more is taken than
// the stream, so that another one may follow. After an error it may be
// anywhere.
//
// When the context ends, Receive returns once the kernel has let go of
// everything. A Read of r that is under way then, or when the kernel has failed,
// is given a deadline if it can have one, and after a moment it is left behind.
//
// What was received in part is destroyed, unless Resumable is set: the error
// then is a *PartialError with the token to go on from. So is one for a target
// that holds such a part already.
//
// Errors match ErrStream, ErrTruncated, ErrSourceMissing, ErrModified,
// ErrExists, ErrNotFound (the target or its parent), ErrBusy, ErrWrongParent,
// ErrNoSpace, ErrQuota, ErrKey, ErrInvalidName, ErrInvalidProp, ErrInvalidKey,
// ErrPermission, ErrReadOnly, ErrFeatureDisabled, ErrNotSupported, the reader's error.
//
// Kernel: ZFS_IOC_RECV_NEW (nvlist, since 0.8).
func (c *Client) Receive(ctx context.Context, snapshot string, r io.Reader, opts *ReceiveOptions) (*Received, error) {
	if opts == nil {
		opts = &ReceiveOptions{}
	}
	defer opts.Key.wipe()
	n, err := parseTarget(snapshot)
	if err == nil {
		err = errors.Join(c.checkExcluded(opts.Exclude, opts.Override), checkInherited(opts.Exclude))
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, inputError(ioctl.OpRecvNew, snapshot, err)
	}
	from, err := newSource(ctx, r, opts.Progress != nil)
	if err != nil {
		err = inputError(ioctl.OpRecvNew, snapshot, err)
		if opts.Resumable {
			// Whoever goes on with a part, and is interrupted before the kernel
			// hears of it, still has the part.
			err = c.partial(ctx, n.Dataset, err)
		}
		return nil, err
	}
	t, err := c.planReceive(ctx, n, from.head, opts)
	if err != nil {
		_ = from.closeFile() // nothing was written
		return nil, err
	}
	defer clear(t.wrapping)
	if opts.DryRun {
		return c.receiveDry(ctx, t, from)
	}
	return c.receive(ctx, t, from)
}

// parseTarget parses the name of what is to be received.
func parseTarget(name string) (Name, error) {
	n, err := parseDataset(name, "a bookmark has no data")
	if err == nil && strings.Contains(name, "%") {
		err = fmt.Errorf("%w %q: the name is reserved for the kernel", ErrInvalidName, name)
	}
	return n, err
}

// receiving is a stream that is to be received.
type receiving struct {
	opts     *ReceiveOptions
	name     Name // what is to be made
	head     *stream.Begin
	at       string // the dataset that the kernel is asked about: it exists
	created  bool
	in       *nvlist.List
	wrapping []byte
	result   Received
}

// planReceive decides what is made of the stream, and makes the kernel's input.
func (c *Client) planReceive(ctx context.Context, n Name, head *stream.Begin, opts *ReceiveOptions) (*receiving, error) {
	if n.Snapshot == "" {
		_, n.Snapshot, _ = strings.Cut(head.ToName, "@")
	}
	t := &receiving{opts: opts, name: n, head: head, in: &nvlist.List{}}
	t.result = Received{Snapshot: n.String(), GUID: head.ToGUID, Type: typeSent(head)}
	refuse := func(err error) (*receiving, error) {
		clear(t.wrapping)
		if errors.Is(err, ErrRefused) {
			return nil, replicateError(ioctl.OpRecvNew, n.String(), err)
		}
		return nil, c.refuse(ctx, ioctl.OpRecvNew, n.String(), err)
	}
	if _, err := parseSnapshot(n.String()); err != nil {
		return refuse(err)
	}
	if opts.admit != nil {
		if err := opts.admit(head); err != nil {
			return refuse(err)
		}
	}
	there, err := c.receiveTarget(ctx, n.Dataset, opts)
	if err != nil {
		return nil, err
	}
	t.at, t.created = n.Dataset, !there
	if !there {
		if t.at = (Name{Dataset: n.Dataset}).Parent(); t.at == "" {
			return refuse(fmt.Errorf("%s: %w", n.Pool, ErrPoolNotFound))
		}
	}
	if err := checkDedup(head); err != nil {
		return refuse(err)
	}
	t.in.SetString("snapname", n.String())
	if opts.Key != nil && (head.FromGUID != 0 || head.Features.Has(stream.FeatureRaw)) {
		return refuse(fmt.Errorf("%w: a key is for a full stream that is not raw", ErrInvalidKey))
	}
	if err := t.setProps(c); err != nil {
		return refuse(err)
	}
	origin, err := c.originOf(ctx, t, head)
	if err != nil {
		return refuse(err)
	}
	if origin != "" {
		if err := c.checkOrigin(ctx, t, origin); err != nil {
			return refuse(err)
		}
		t.in.SetString("origin", origin)
	}
	if err := c.checkReplaced(ctx, t); err != nil {
		return refuse(err)
	}
	setFlags(t.in, []inputFlag{{"force", opts.Force}, {"heal", opts.Heal}, {"resumable", opts.Resumable}})
	return t, nil
}

// checkDedup refuses deduplicated streams.
func checkDedup(head *stream.Begin) error {
	if head.Features&(stream.FeatureDedup|stream.FeatureDedupProps) == 0 {
		return nil
	}
	return fmt.Errorf("%w: the stream is deduplicated (feature dedup), and no release since 2.0 receives that; zfsprobe stream --redup rewrites it", ErrNotSupported)
}

// typeSent is the type of what a stream was made of.
func typeSent(head *stream.Begin) prop.DatasetType {
	if head.ObjsetType == objsetZvol {
		return prop.TypeVolume
	}
	return prop.TypeFilesystem
}

// checkExcluded refuses a property that is excluded twice, or overridden as well.
func (c *Client) checkExcluded(exclude []prop.Prop, override prop.Values) error {
	seen := make(map[prop.Prop]bool)
	for _, property := range exclude {
		err := c.checkPropName(property)
		_, overridden := override[property]
		switch {
		case err != nil:
			return err
		case overridden:
			return fmt.Errorf("%w: %s is both excluded and overridden", ErrInvalidProp, property)
		case seen[property]:
			return fmt.Errorf("%w: %s is excluded twice", ErrInvalidProp, property)
		}
		seen[property] = true
	}
	return nil
}

// checkInherited refuses properties that what is received cannot inherit. What is
// fixed at creation can be: the new dataset takes it from its parent.
func checkInherited(exclude []prop.Prop) error {
	for _, property := range exclude {
		info, native := prop.Lookup(property)
		switch {
		case isExtra(property):
			return fmt.Errorf("%w: %s cannot be inherited", ErrInvalidProp, property)
		case native && !info.Inheritable():
			return fmt.Errorf("%w: %s is %s", ErrInvalidProp, property, info.Attr)
		}
	}
	return nil
}

// setProps adds the properties to the kernel's input, and the key.
func (t *receiving) setProps(c *Client) error {
	if t.opts.Props != nil {
		list, err := receivedProps(t.opts.Props)
		if err != nil {
			return err
		}
		t.in.SetList("props", list)
	}
	// A dataset's cipher is decided when it is made, all else of that kind comes
	// with the data.
	plain := maps.Clone(t.opts.Override)
	cipher, ok := plain[prop.Encryption]
	delete(plain, prop.Encryption)
	list, err := c.encodeProps(plain, t.result.Type, false)
	if err != nil {
		return err
	}
	if ok {
		one, err := c.encodeProps(prop.Values{prop.Encryption: cipher}, t.result.Type, true)
		if err != nil {
			return err
		}
		n, _ := one.Uint64(string(prop.Encryption))
		list.SetUint64(string(prop.Encryption), n)
	}
	for _, property := range t.opts.Exclude {
		list.SetBoolean(string(property))
	}
	local := &nvlist.List{}
	local.SetList("props", list)
	if t.wrapping, err = c.addKey(local, &DatasetCreateOptions{Props: plain, Key: t.opts.Key}); err != nil {
		return err
	}
	list, _ = local.List("props")
	if list.Len() > 0 {
		t.in.SetList("localprops", list)
	}
	return nil
}

// receivedProps makes the kernel's list of received properties. What the
// sender's release has and this one does not is left to the module.
func receivedProps(props prop.Values) (*nvlist.List, error) {
	list := &nvlist.List{}
	for _, property := range slices.Sorted(maps.Keys(props)) {
		if err := setValue(list, property, props[property]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// receive lets the kernel receive.
func (c *Client) receive(ctx context.Context, t *receiving, from *source) (*Received, error) {
	fd, err := from.open()
	if err != nil {
		return nil, inputError(ioctl.OpRecvNew, t.result.Snapshot, err)
	}
	t.in.SetByteArray("begin_record", from.begin)
	t.in.SetInt32("input_fd", fd)
	progress := func() ReceiveProgress { return ReceiveProgress{Snapshot: t.result.Snapshot, Bytes: from.read()} }
	watch := transfer.NewWatch(t.opts.Progress, t.opts.ProgressInterval, func() (ReceiveProgress, bool) { return progress(), true })
	out, err := c.callReceive(ctx, t)
	watch.Halt()
	rerr := from.finish()
	watch.End(func() ReceiveProgress {
		p := progress()
		p.Done = true
		return p
	})
	t.take(out)
	if err == nil {
		return &t.result, nil
	}
	switch {
	case ctx.Err() != nil:
		err = inputError(ioctl.OpRecvNew, t.result.Snapshot, ctx.Err())
	case rerr != nil && startedBy(err, rerr):
		err = inputError(ioctl.OpRecvNew, t.result.Snapshot, rerr)
	}
	return nil, c.partial(ctx, t.name.Dataset, err)
}

// startedBy reports whether a failure of the kernel's is what follows from one of
// the reader: it sees no more than a stream that ends, or is none.
func startedBy(err, rerr error) bool {
	switch ioctl.CodeOf(err) {
	case ioctl.CodeStreamTruncated:
		return true
	case ioctl.CodeCksum, ioctl.CodeInval:
		return errors.Is(rerr, ErrStream)
	}
	return false
}

// callReceive makes the call. The answer is there also if it fails.
func (c *Client) callReceive(ctx context.Context, t *receiving) (out *nvlist.List, err error) {
	if t.wrapping == nil {
		out, err = c.dev.CallList(ctx, ioctl.OpRecvNew, t.at, t.in)
	} else {
		out, err = c.dev.CallListKey(ctx, ioctl.OpRecvNew, t.at, ioctl.KeyInput{List: t.in, Key: t.wrapping})
	}
	return out, c.receiveError(ctx, t, err)
}

// receiveError makes an Error of the kernel's, nil of nil.
func (c *Client) receiveError(ctx context.Context, t *receiving, err error) error {
	err = c.failed(ctx, ioctl.OpRecvNew, t.result.Snapshot, err, nil)
	var e *Error
	if errors.As(err, &e) && ctx.Err() == nil {
		c.explainReceive(ctx, e, t)
	}
	return c.explainUnsupported(ctx, err, t.in)
}

// take reads the kernel's answer.
func (t *receiving) take(out *nvlist.List) {
	n, _ := out.Uint64("read_bytes")
	t.result.Bytes = n + stream.HeaderSize
	flags, _ := out.Uint64("error_flags")
	t.result.NotCleared = flags&flagNotCleared != 0
	t.result.NotRestored = flags&flagNotRestored != 0
	failed, _ := out.List("errors")
	t.result.Failed = items(ioctl.OpSetProp, failed)
	t.result.Created = t.created
}

// partialTimeout bounds how long a token is looked for. It is there at once,
// unless the pool is suspended.
const partialTimeout = 5 * time.Second

// partial adds to an error the token of what was received so far, if there is
// one. The caller's context may have ended.
func (c *Client) partial(ctx context.Context, dataset string, err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), partialTimeout)
	defer cancel()
	token, terr := c.resumeToken(ctx, dataset)
	if terr != nil || token == "" {
		return err
	}
	return &PartialError{Dataset: dataset, Token: token, Err: err}
}

// ReceiveAbort destroys what an interrupted receive has left: the part
// within a filesystem or volume, or one that it was to make. It leaves alone
// what is being received.
//
// Errors match ErrNotPartial, ErrBusy, ErrNotFound, ErrInvalidName,
// ErrPermission.
func (c *Client) ReceiveAbort(ctx context.Context, dataset string) error {
	n, err := parseHead(dataset)
	if err != nil {
		return inputError(ioctl.OpDestroy, dataset, err)
	}
	hidden := n.Dataset + "/%recv"
	there, err := c.DatasetExists(ctx, hidden)
	if err != nil {
		return err
	}
	if there {
		return c.destroyPart(ctx, hidden)
	}
	ds, err := c.DatasetStats(ctx, dataset, nil)
	if err != nil {
		return err
	}
	if !ds.Inconsistent || ds.Props.Value(prop.ReceiveResumeToken).String() == "" {
		return inputError(ioctl.OpDestroy, dataset, ErrNotPartial)
	}
	return c.destroyPart(ctx, dataset)
}

// destroyPart destroys a dataset without snapshots.
func (c *Client) destroyPart(ctx context.Context, name string) error {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, name); err != nil {
		return inputError(ioctl.OpDestroy, name, err)
	}
	err := c.call(ctx, ioctl.OpDestroy, cmd)
	var e *Error
	if errors.As(err, &e) && e.Code == ioctl.CodeBusy {
		e.kind = ErrBusy // it has no snapshots
	}
	return err
}

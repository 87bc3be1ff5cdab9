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

// ReceiveOptions are the options of Receive. With nil a full stream is received
// into a new filesystem or volume, and an incremental stream into an unmodified
// one.
type ReceiveOptions struct {
	// Force rolls back changes of the target since the snapshot that the stream
	// is incremental to, and destroys newer snapshots. A full stream replaces a
	// target that is not encrypted and has no snapshots.
	Force bool
	// Resumable keeps the partial state if the receive fails, so that it can be
	// resumed: see PartialError.
	Resumable bool
	// Heal repairs damaged blocks of an existing snapshot, since 2.2.
	Heal bool
	// Origin is the snapshot that the new filesystem or volume is a clone of. If
	// it is empty and the stream is one of a clone, the origin is searched in the
	// whole pool, or in Origins.
	Origin string
	// Origins, unless nil, are the filesystems and volumes whose snapshots may
	// become the origin of a clone. An empty list allows none.
	Origins []string
	// Props, unless nil, replace all received properties. Received names those
	// that the module refuses.
	Props prop.Values
	// Override are set locally, whatever is received. Texts are parsed as in
	// DatasetCreateOptions.
	Override prop.Values
	// Exclude are inherited, whatever is received.
	Exclude []prop.Prop
	// Key makes a new filesystem or volume an encryption root with this key, as
	// in DatasetCreateOptions, with the cipher in Override. The stream must be a
	// full one and not raw. Receive zeroes the key: see NewKey.
	Key *NewKey
	// DryRun changes nothing: it reads the stream to its end and checks it, and
	// everything that can be read about the target, its parent, the origin and
	// the pool. It returns the error that the kernel would return. It cannot
	// foresee a lack of space or of permissions, quotas, damaged blocks, and
	// concurrent changes. A target whose only change is in its intent log counts
	// as modified, although the kernel accepts it.
	DryRun bool
	// Progress is called from another goroutine, every ProgressInterval and once
	// at the end. The stream does not wait for it, but the method does.
	Progress func(ReceiveProgress)
	// ProgressInterval is the interval; zero is one second.
	ProgressInterval time.Duration

	// admit, unless nil, decides about the stream before anything is done, and
	// may change the other options.
	admit func(*stream.Begin) error
	tree  *localTree // what a dry run of a package has created so far, or nil
	// findOrigin, unless nil, finds the origin of a clone by its GUID.
	findOrigin func(t *receiving, guid uint64) (string, error)
}

// ReceiveProgress is the progress of a receive.
type ReceiveProgress struct {
	Snapshot string // the one being received
	Bytes    uint64 // read from the stream so far
	Done     bool   // the last call, on success and on failure
}

// Received is the result of a receive.
type Received struct {
	Snapshot string // "tank/b@s"
	GUID     uint64 // of the snapshot, equal to that at the sender
	Type     prop.DatasetType
	// Created reports whether the filesystem or volume is new.
	Created bool
	// Bytes is the length of the stream.
	Bytes uint64
	// Failed are the properties that could not be set, each with the kernel's
	// error. Everything else was received.
	Failed []Item
	// NotCleared and NotRestored report whether properties from an earlier
	// receive could not be reverted.
	NotCleared, NotRestored bool
}

// The bits of the kernel's error_flags.
const (
	flagNotCleared  = 1 << 0
	flagNotRestored = 1 << 1
)

// Receive receives the stream from r into a snapshot: "tank/b@s", or for "tank/b"
// a snapshot with the sender's name. It creates the filesystem or volume if that
// does not exist; its parent must exist. It does not mount it.
//
// The kernel itself reads from an *os.File that is a pipe, a regular file or a
// blocking socket, except from a pipe if Progress is set. From any other reader a
// goroutine copies to a pipe. Receive reads exactly one stream from r, so that
// another one may follow. After an error the position of r is undefined.
//
// When the context ends, Receive returns once the kernel has released everything.
// If a Read of r is under way then, or when the kernel has failed, Receive sets
// its deadline if r supports it, and after a moment returns without waiting for
// the Read.
//
// A failed receive leaves no partial state unless Resumable is set: the error is
// then a *PartialError with the resume token. The error is also a *PartialError
// if the target already has partial state.
//
// Errors match ErrStream, ErrTruncated, ErrSourceMissing, ErrModified, ErrExists,
// ErrNotFound (the target or its parent), ErrBusy, ErrWrongParent, ErrNoSpace,
// ErrQuota, ErrKey, ErrInvalidName, ErrInvalidProp, ErrInvalidKey, ErrPermission,
// ErrReadOnly, ErrFeatureDisabled, ErrNotSupported, the reader's error.
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
			// If resuming is interrupted before the call of the kernel, the
			// partial state is still there.
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

// parseTarget parses the name of the target of a receive.
func parseTarget(name string) (Name, error) {
	n, err := parseDataset(name, "a bookmark has no data")
	if err == nil && strings.Contains(name, "%") {
		err = fmt.Errorf("%w %q: the name is reserved for the kernel", ErrInvalidName, name)
	}
	return n, err
}

// receiving is a stream to receive.
type receiving struct {
	opts     *ReceiveOptions
	name     Name // the target
	head     *stream.Begin
	at       string // an existing dataset, the operand of the kernel's call
	created  bool
	in       *nvlist.List
	wrapping []byte
	result   Received
}

// planReceive decides what the stream becomes, and returns the kernel's input.
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

// typeSent returns the type of the dataset that was sent.
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
	// The cipher of a dataset is set at creation, other properties of that kind
	// come with the data.
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

// receivedProps returns the kernel's list of received properties. The module
// decides about those that only the sender's release has.
func receivedProps(props prop.Values) (*nvlist.List, error) {
	list := &nvlist.List{}
	for _, property := range slices.Sorted(maps.Keys(props)) {
		if err := setValue(list, property, props[property]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// receive calls the kernel.
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

// startedBy reports whether an error of the kernel follows from one of the
// reader: the kernel only sees a stream that ends or is invalid.
func startedBy(err, rerr error) bool {
	switch ioctl.CodeOf(err) {
	case ioctl.CodeStreamTruncated:
		return true
	case ioctl.CodeCksum, ioctl.CodeInval:
		return errors.Is(rerr, ErrStream)
	}
	return false
}

// callReceive makes the call. The answer may be set even if it fails.
func (c *Client) callReceive(ctx context.Context, t *receiving) (out *nvlist.List, err error) {
	if t.wrapping == nil {
		out, err = c.dev.CallList(ctx, ioctl.OpRecvNew, t.at, t.in)
	} else {
		out, err = c.dev.CallListKey(ctx, ioctl.OpRecvNew, t.at, ioctl.KeyInput{List: t.in, Key: t.wrapping})
	}
	return out, c.receiveError(ctx, t, err)
}

// receiveError returns the Error for an error of the kernel, or nil for nil.
func (c *Client) receiveError(ctx context.Context, t *receiving, err error) error {
	err = c.failed(ctx, ioctl.OpRecvNew, t.result.Snapshot, err, nil)
	var e *Error
	if errors.As(err, &e) && ctx.Err() == nil {
		c.explainReceive(ctx, e, t)
	}
	return c.explainUnsupported(ctx, err, t.in)
}

// take decodes the kernel's answer.
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

// partialTimeout limits the search for a token. The token is available
// immediately, unless the pool is suspended.
const partialTimeout = 5 * time.Second

// partial adds to an error the resume token of the partial state, if there is
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

// ReceiveAbort destroys the partial state of an interrupted receive, in an
// existing filesystem or volume or in a new one. It does not abort a receive that
// is under way.
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

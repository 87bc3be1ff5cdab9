package zfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/internal/transfer"
)

// SendOptions are the options of Send. Nil sends a full stream, in a format that
// every receiver supports.
type SendOptions struct {
	// From makes the stream incremental: it is an earlier snapshot or bookmark of
	// the same dataset or of its origin's dataset. The dataset may be omitted:
	// "@monday", "#monday". A name without "@", "#" and "/" is that of a
	// snapshot. Empty sends a full stream.
	From string
	// LargeBlocks sends blocks above 128 KiB unchanged, otherwise they are split.
	LargeBlocks bool
	// Embedded sends tiny blocks as they are stored, embedded in block pointers.
	Embedded bool
	// Compressed sends compressed blocks unchanged.
	Compressed bool
	// Raw sends encrypted blocks unchanged: neither the sender nor the receiver
	// needs the key. For other blocks it implies the three options above.
	Raw bool
	// Saved sends the partial state of an interrupted receive. The name is then
	// that of a filesystem or volume, and From is set automatically.
	Saved bool
	// SavedResume resumes a stream of Saved, from the token of its receiver.
	// SendResume resumes other streams.
	SavedResume string
	// Redact is a redaction bookmark of the dataset, with or without the dataset:
	// "book", "tank/a#book". The redacted data is omitted.
	Redact string
	// Progress is called from another goroutine, every ProgressInterval while the
	// kernel sends and once at the end. The stream does not wait for it, but the
	// method does.
	Progress func(SendProgress)
	// ProgressInterval is the interval; zero is one second.
	ProgressInterval time.Duration
}

// Send writes the stream of a snapshot to w. It can also send the present state
// of an unmounted or read-only filesystem or volume.
//
// The kernel itself writes to an *os.File that is a pipe, a regular file or a
// blocking socket. To any other writer a goroutine copies from a pipe. Send does
// not close w.
//
// When the context ends, Send returns once the kernel has released everything. If
// a Write of w is still under way, Send sets its deadline if w supports it, and
// after a moment returns without waiting for the Write. The data in w is then the
// beginning of a stream, which a resumable receive can use.
//
// Errors match ErrNotFound (the snapshot or From), ErrNotAncestor,
// ErrInvalidName, ErrNotPartial and stream.ErrToken (Saved), ErrKey, ErrInvalid,
// ErrPermission, ErrNotSupported, syscall.EPIPE (the reader of a pipe has closed
// it), ErrNoSpace (for the file), the writer's error.
//
// Kernel: ZFS_IOC_SEND_NEW (nvlist, since 0.8).
func (c *Client) Send(ctx context.Context, snapshot string, w io.Writer, opts *SendOptions) error {
	s, err := c.planSend(ctx, snapshot, opts)
	if err != nil {
		return err
	}
	return c.send(ctx, s, w)
}

// SendResume resumes an interrupted stream from the token in the receiver's
// property receive_resume_token. The options are added to those in the token;
// From, Saved and Redact must be empty. The snapshots are found by their GUIDs,
// even if they were renamed within the pool.
//
// Errors match stream.ErrToken, ErrNotFound (the snapshots do not exist any more,
// or were replaced) and those of Send.
//
// Kernel: ZFS_IOC_SEND_NEW (nvlist, since 0.8), as Send.
func (c *Client) SendResume(ctx context.Context, token string, w io.Writer, opts *SendOptions) error {
	s, err := c.planResume(ctx, token, opts)
	if err != nil {
		return err
	}
	return c.send(ctx, s, w)
}

// SendEstimate returns the approximate size of a stream in bytes. This is fast,
// except for redacted streams and those from a bookmark without statistics, for
// which the kernel traverses everything that it would send. Only snapshots can be
// estimated. SendEstimate sends nothing, and refuses what Send refuses.
//
// Errors match ErrNotFound, ErrNotAncestor, ErrInvalidName, ErrKey, ErrInvalid,
// ErrPermission, ErrNotSupported (Saved, a filesystem, a volume).
//
// Kernel: ZFS_IOC_SEND_SPACE (nvlist, since 0.8).
func (c *Client) SendEstimate(ctx context.Context, snapshot string, opts *SendOptions) (bytes uint64, err error) {
	s, err := c.planSend(ctx, snapshot, opts)
	if err != nil {
		return 0, err
	}
	return c.estimate(ctx, s)
}

// SendResumeEstimate is SendEstimate for the rest of a resumed stream.
//
// Errors match stream.ErrToken and those of SendEstimate.
//
// Kernel: ZFS_IOC_SEND_SPACE (nvlist, since 0.8), as SendEstimate.
func (c *Client) SendResumeEstimate(ctx context.Context, token string, opts *SendOptions) (bytes uint64, err error) {
	s, err := c.planResume(ctx, token, opts)
	if err != nil {
		return 0, err
	}
	return c.estimate(ctx, s)
}

// SendProgress returns the progress of a send of this process that writes to the
// descriptor fd.
//
// Errors match ErrNotFound (no such send is under way), ErrInvalidName,
// ErrPermission.
//
// Kernel: ZFS_IOC_SEND_PROGRESS (legacy, since 0.8).
func (c *Client) SendProgress(ctx context.Context, snapshot string, fd uintptr) (SendProgress, error) {
	if _, err := parseDataset(snapshot, "a bookmark cannot be sent"); err != nil {
		return SendProgress{}, inputError(ioctl.OpSendProgress, snapshot, err)
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, snapshot); err != nil {
		return SendProgress{}, inputError(ioctl.OpSendProgress, snapshot, err)
	}
	cmd.SetUint64(ioctl.FieldCookie, uint64(fd))
	if err := c.call(ctx, ioctl.OpSendProgress, cmd); err != nil {
		return SendProgress{}, err
	}
	return SendProgress{
		Snapshot: snapshot, Bytes: cmd.Uint64(ioctl.FieldCookie), Blocks: cmd.Uint64(ioctl.FieldObjsetType),
	}, nil
}

// sending is a stream to send.
type sending struct {
	name    string // what is sent, and its source, empty for a full stream
	from    string
	redact  string // the bookmark's last part
	opts    SendOptions
	resumes bool
	object  uint64
	offset  uint64
	bytes   uint64 // that the receiver already has
}

// planSend checks the arguments.
func (c *Client) planSend(ctx context.Context, name string, opts *SendOptions) (*sending, error) {
	s := &sending{name: name}
	if opts != nil {
		s.opts = *opts
	}
	n, err := parseDataset(name, "a bookmark has no data")
	if err == nil && s.opts.Saved {
		_, err = parseHead(name)
	}
	if err != nil {
		return nil, inputError(ioctl.OpSendNew, name, err)
	}
	if s.from, err = sendSource(n, s.opts.From); err == nil {
		s.redact, err = redactBook(n, s.opts.Redact)
	}
	if err != nil {
		return nil, inputError(ioctl.OpSendNew, name, err)
	}
	if s.opts.Raw {
		s.opts.LargeBlocks, s.opts.Embedded, s.opts.Compressed = true, true, true
	}
	switch {
	case s.opts.Saved:
		return s, c.planSaved(ctx, s)
	case s.opts.SavedResume != "":
		return nil, inputError(ioctl.OpSendNew, name, fmt.Errorf("%w: SavedResume requires Saved", ErrInvalid))
	}
	return s, nil
}

// sendSource completes and checks the source of an incremental stream.
func sendSource(n Name, from string) (string, error) {
	if from == "" {
		return "", nil
	}
	switch {
	case strings.ContainsAny(from[:1], "@#"):
		from = n.Dataset + from
	case !strings.ContainsAny(from, "@#/"):
		from = n.Dataset + "@" + from
	}
	f, err := ParseName(from)
	switch {
	case err != nil:
		return "", err
	case f.Snapshot == "" && f.Bookmark == "":
		return "", fmt.Errorf("%w %q: neither a snapshot nor a bookmark", ErrInvalidName, from)
	}
	return from, nil
}

// redactBook returns the last part of a redaction bookmark's name.
func redactBook(n Name, book string) (string, error) {
	if book == "" {
		return "", nil
	}
	if !strings.Contains(book, "#") {
		book = "#" + book
	}
	if book[0] == '#' {
		book = n.Dataset + book
	}
	b, err := parseBookmark(book)
	if err == nil && b.Dataset != n.Dataset {
		err = fmt.Errorf("%w %q: not a bookmark of %s", ErrInvalidName, book, n.Dataset)
	}
	return b.Bookmark, err
}

// inputFlag is an optional key of the kernel's input.
type inputFlag struct {
	key string
	set bool
}

func setFlags(in *nvlist.List, flags []inputFlag) {
	for _, f := range flags {
		if f.set {
			in.SetBoolean(f.key)
		}
	}
}

// flags adds the options to the kernel's input.
func (s *sending) flags(in *nvlist.List) {
	setFlags(in, []inputFlag{
		{"largeblockok", s.opts.LargeBlocks},
		{"embedok", s.opts.Embedded},
		{"compressok", s.opts.Compressed},
		{"rawok", s.opts.Raw},
		{"savedok", s.opts.Saved},
	})
	if s.resumes {
		in.SetUint64("resume_object", s.object)
		in.SetUint64("resume_offset", s.offset)
	}
	if s.redact != "" {
		in.SetString("redactbook", s.redact)
	}
}

// send makes the kernel send.
func (c *Client) send(ctx context.Context, s *sending, w io.Writer) error {
	if err := ctx.Err(); err != nil {
		return inputError(ioctl.OpSendNew, s.name, err)
	}
	if absent(w) {
		return inputError(ioctl.OpSendNew, s.name, fmt.Errorf("the writer: %w", errNil))
	}
	to, err := transfer.NewSink(w)
	if err != nil {
		return inputError(ioctl.OpSendNew, s.name, fmt.Errorf("the writer: %w", err))
	}
	in := &nvlist.List{}
	in.SetInt32("fd", to.FD)
	if s.from != "" {
		in.SetString("fromsnap", s.from)
	}
	s.flags(in)
	watch := c.watchSend(s, to)
	_, err = c.callList(ctx, ioctl.OpSendNew, s.name, in)
	watch.Halt()
	werr := to.Finish(ctx)
	watch.End(func() SendProgress { return watch.last(to.Bytes.Load()) })
	switch {
	case ctx.Err() != nil && (err != nil || werr != nil):
		return inputError(ioctl.OpSendNew, s.name, ctx.Err())
	case werr != nil:
		return inputError(ioctl.OpSendNew, s.name, fmt.Errorf("the writer: %w", werr))
	}
	return c.explainSend(ctx, err, s)
}

// explainSend adds what an errno means here.
func (c *Client) explainSend(ctx context.Context, err error, s *sending) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	bases := []string{s.from}
	if s.redact != "" {
		bases = append(bases, headOf(s.name)+"#"+s.redact)
	}
	err = c.explainMissing(ctx, err, lookedUp{bases: bases})
	switch e.Code {
	case ioctl.CodeXdev:
		e.Object = s.from
		if c.isMissing(ctx, s.from) { // in another pool, where the kernel does not look
			e.kind = ErrBaseNotFound
		}
	case ioctl.CodeInval:
		if mark := headOf(s.name) + "#" + s.redact; s.redact != "" && c.isPlainMark(ctx, mark) {
			e.Object, e.kind = mark, because(ErrInvalid, "is not a redaction bookmark")
		}
	case ioctl.CodeStreamLargeMicrozap:
		e.Hint = "it has large directories, which need LargeBlocks or Raw"
	case ioctl.CodePipe:
		e.Hint = "the reader has closed the pipe"
	case ioctl.CodeIntr:
		// Nothing else interrupts a call whose context has not ended: one of the
		// threads that send reports that another one has failed.
		e.kind, e.Hint = syscall.EPIPE, "what is sent could not be written"
	}
	return err
}

// estimate reads the size of the stream.
func (c *Client) estimate(ctx context.Context, s *sending) (uint64, error) {
	if !strings.Contains(s.name, "@") {
		return 0, c.noEstimate(ctx, s)
	}
	if err := c.checkSent(ctx, s); err != nil {
		return 0, err
	}
	in := &nvlist.List{}
	if s.from != "" {
		in.SetString("from", s.from)
	}
	s.flags(in)
	if s.bytes > 0 {
		in.SetUint64("bytes", s.bytes)
	}
	out, err := c.callList(ctx, ioctl.OpSendSpace, s.name, in)
	if err != nil {
		return 0, c.explainSend(ctx, err, s)
	}
	space, ok := out.Uint64("space")
	if !ok {
		return 0, inputError(ioctl.OpSendSpace, s.name, errors.New("the answer has no size"))
	}
	// The kernel subtracts what was sent from its estimate, even if the estimate
	// is smaller.
	if int64(space) < 0 {
		space = 0
	}
	return space, nil
}

// checkSent makes the check of Send that is missing in the kernel's estimate:
// that the key is loaded, unless it is not needed.
func (c *Client) checkSent(ctx context.Context, s *sending) error {
	if s.opts.Raw {
		return nil
	}
	ds, err := c.DatasetStats(ctx, s.name, nil)
	if vanished(err) {
		return nil // the next call reports it
	}
	if err != nil {
		return err
	}
	if state := stateOf(ds); state.encrypted && !state.keyed {
		err = newError(ioctl.OpSendNew, s.name, ioctl.CodeAcces.Err(), nil)
	}
	return err
}

// noEstimate returns why something that is not a snapshot cannot be sent, or that
// its size cannot be estimated.
func (c *Client) noEstimate(ctx context.Context, s *sending) error {
	if err := c.checkSent(ctx, s); err != nil {
		return err
	}
	for _, name := range []string{s.name, s.from} {
		if name == "" {
			continue
		}
		there, err := c.DatasetExists(ctx, name)
		if err != nil {
			return err
		}
		if !there {
			return c.explainSend(ctx, c.failed(ctx, ioctl.OpSendNew, s.name, ioctl.CodeNoent.Err(), nil), s)
		}
	}
	return inputError(ioctl.OpSendSpace, s.name, fmt.Errorf("%w: the size is estimated for snapshots only", ErrNotSupported))
}

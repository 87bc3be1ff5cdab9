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

// SendOptions says what Send sends, and how. Nil sends all of a snapshot, in
// a stream that every receiver takes.
type SendOptions struct {
	// From makes the stream incremental: a snapshot or bookmark that lies before
	// the one that is sent, of the same dataset or of the one that it was cloned
	// from. The dataset may be left out: "@monday", "#monday". A name without
	// "@", "#" and "/" is that of a snapshot. Empty sends all.
	From string
	// LargeBlocks sends blocks above 128 KiB as they are, else they are split.
	LargeBlocks bool
	// Embedded sends tiny blocks as they lie in their pointers.
	Embedded bool
	// Compressed sends compressed blocks as they are.
	Compressed bool
	// Raw sends encrypted blocks as they are: the receiver needs no key, nor
	// does the sender. It sends other blocks with all of the three above.
	Raw bool
	// Saved sends what an interrupted receive has left in a filesystem or
	// volume, which stands in place of the snapshot. From is found by itself.
	Saved bool
	// SavedResume goes on with a stream of what is saved, from the token of its
	// receiver. Other streams are taken up by SendResume.
	SavedResume string
	// Redact is a redaction bookmark of the dataset, without it or with: "book",
	// "tank/a#book". What it redacts is left out.
	Redact string
	// Progress is called from a goroutine of its own, every ProgressInterval
	// while the kernel sends and once when it is done. The stream does not wait
	// for it, but the method does.
	Progress func(SendProgress)
	// ProgressInterval is one second for zero.
	ProgressInterval time.Duration
}

// Send writes the stream of a snapshot to w. It sends an unmounted or read-only
// filesystem or volume, too, as it is at present.
//
// The kernel itself writes to an *os.File that is a pipe, a regular file or a
// socket that blocks. To any other writer a goroutine hands on what comes out
// of a pipe. Send does not close w.
//
// When the context ends, Send returns once the kernel has let go of everything.
// A Write of w that does not return then is given a deadline if it can have
// one, and after a moment it is left behind. What w has got is the beginning of
// a stream, which a resumable receive can make use of.
//
// Errors match ErrNotFound (also the source), ErrNotAncestor, ErrInvalidName,
// ErrNotPartial and stream.ErrToken (Saved), ErrKey, ErrInvalid, ErrPermission,
// ErrNotSupported, syscall.EPIPE (the reader of a pipe has closed it),
// ErrNoSpace (for the file), the writer's error.
//
// Kernel: ZFS_IOC_SEND_NEW (nvlist, since 0.8).
func (c *Client) Send(ctx context.Context, snapshot string, w io.Writer, opts *SendOptions) error {
	s, err := c.planSend(ctx, snapshot, opts)
	if err != nil {
		return err
	}
	return c.send(ctx, s, w)
}

// SendResume goes on with a stream whose receive was interrupted, from the
// token that the property receive_resume_token has there. Of the options, those
// that the token does not have are added; From, Saved and Redact must be empty.
// The snapshots are found by what identifies them, also if they have been
// renamed within the pool.
//
// Errors match stream.ErrToken, ErrNotFound (the snapshots are not there any
// more, or are others) and those of Send.
//
// Kernel: ZFS_IOC_SEND_NEW (nvlist, since 0.8), as Send.
func (c *Client) SendResume(ctx context.Context, token string, w io.Writer, opts *SendOptions) error {
	s, err := c.planResume(ctx, token, opts)
	if err != nil {
		return err
	}
	return c.send(ctx, s, w)
}

// SendEstimate returns about how many bytes a stream will have. The kernel
// knows fast, but for redacted streams and those from a bookmark that has no
// numbers of its own, for which it goes through all there is to send. Only
// snapshots can be estimated. What Send refuses is refused, and nothing is sent.
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

// SendResumeEstimate is SendEstimate for what is left of a stream.
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

// SendProgress returns how far a send of this process has come that writes to
// the descriptor fd.
//
// Errors match ErrNotFound (there is no such send), ErrInvalidName,
// ErrPermission.
//
// Kernel: ZFS_IOC_SEND_PROGRESS (legacy, since 0.8).
func (c *Client) SendProgress(ctx context.Context, snapshot string, fd uintptr) (SendProgress, error) {
	if _, err := parseDataset(snapshot, "a bookmark is not sent"); err != nil {
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

// sending is a stream that is to be made.
type sending struct {
	name    string // what is sent, and from where, empty for all
	from    string
	redact  string // the bookmark's last part
	opts    SendOptions
	resumes bool
	object  uint64
	offset  uint64
	bytes   uint64 // that the receiver has already
}

// planSend checks what is asked for.
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
		return nil, inputError(ioctl.OpSendNew, name, fmt.Errorf("%w: SavedResume goes with Saved", ErrInvalid))
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

// inputFlag is a key of the kernel's input that is there or not.
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

// flags adds to the kernel's input what the options say.
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

// send lets the kernel send.
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

// explainSend says what an errno means here.
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
		// Nothing else interrupts a call whose context goes on: of the threads
		// that send, one reports that another has met an error.
		e.kind, e.Hint = syscall.EPIPE, "what is sent could not be written"
	}
	return err
}

// estimate asks for the size of the stream.
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
	// The kernel takes what was sent from its estimate, also if that was the
	// smaller of the two.
	if int64(space) < 0 {
		space = 0
	}
	return space, nil
}

// checkSent makes the check of Send that the kernel's estimate leaves out: that
// the key is loaded, unless it is not needed.
func (c *Client) checkSent(ctx context.Context, s *sending) error {
	if s.opts.Raw {
		return nil
	}
	ds, err := c.DatasetStats(ctx, s.name, nil)
	if vanished(err) {
		return nil // what is asked next says so
	}
	if err != nil {
		return err
	}
	if state := stateOf(ds); state.encrypted && !state.keyed {
		err = newError(ioctl.OpSendNew, s.name, ioctl.CodeAcces.Err(), nil)
	}
	return err
}

// noEstimate is why something that is not a snapshot is not sent, or else that its
// size is not known.
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

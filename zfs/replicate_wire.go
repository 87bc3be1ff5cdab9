package zfs

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// What goes over the wire between the two ends are frames: a byte that says
// what it is, the length in four bytes, big end first, and so many bytes.
const (
	frameMessage = 'M' // a JSON object
	frameData    = 'D' // a part of a stream
	frameEnd     = 'E' // the stream is complete
	frameAbort   = 'X' // it is not and will not be: a JSON object with the reason
)

const (
	frameHead  = 5
	maxMessage = 64 << 20
	maxData    = 1 << 20
	// protocolName and protocolVersion are in the first message of each end. A
	// newer end speaks the older one's version.
	protocolName    = "purezfs-replicate"
	protocolVersion = 1
)

// ErrProtocol: what is at the other end of a replication does not speak its
// protocol, or no version of it that this end knows.
var ErrProtocol = errors.New("the other end does not speak the protocol of a replication")

// wireHello is the first message of both ends.
type wireHello struct {
	Protocol string `json:"protocol"`
	Version  int    `json:"version"`
}

// wireState is what the receiving end has.
type wireState struct {
	Exists bool   `json:"exists"`
	Token  string `json:"token,omitempty"`
	// Snapshots are in the order of their creation.
	Snapshots []uint64 `json:"snapshots"`
}

// wireOrder is what the sending end wants done next. After each but the last the
// receiving end answers with a wireResult and a wireState.
type wireOrder struct {
	Do       string `json:"do"`                 // doReceive, doAbort or doEnd
	Snapshot string `json:"snapshot,omitempty"` // the last part of the name
}

const (
	doReceive = "receive" // the stream that follows
	doAbort   = "abort"   // what is left of an earlier receive
	doEnd     = "end"     // nothing: all is there
)

// wireResult is what has become of an order.
type wireResult struct {
	Bytes uint64     `json:"bytes,omitempty"`
	Error *wireError `json:"error,omitempty"`
}

// wireError carries an error to the other end.
type wireError struct {
	Text  string   `json:"text"`
	Kinds []string `json:"kinds,omitempty"` // words for the sentinels that it matches
}

// FarError is an error of the other end of a replication. It matches the
// sentinels of this package that it matches there.
type FarError struct {
	// Text is what the error says there.
	Text  string
	kinds []string
}

// Error says that it happened at the other end.
func (e *FarError) Error() string { return "the other end: " + e.Text }

// Is reports whether the error matched target at the other end.
func (e *FarError) Is(target error) bool {
	for _, kind := range e.kinds {
		if s, ok := farKinds()[kind]; ok && errors.Is(s, target) {
			return true
		}
	}
	return false
}

// farKinds are the sentinels that have a word on the wire.
func farKinds() map[string]error {
	return map[string]error{
		"not found": ErrNotFound, "exists": ErrExists, "permission": ErrPermission, "busy": ErrBusy, "no space": ErrNoSpace,
		"quota": ErrQuota, "read-only": ErrReadOnly, "key": ErrKey, "stream": ErrStream, "truncated": ErrTruncated,
		"source missing": ErrSourceMissing, "modified": ErrModified, "not supported": ErrNotSupported, "not partial": ErrNotPartial,
		"wrong parent": ErrWrongParent, "invalid name": ErrInvalidName, "not ancestor": ErrNotAncestor,
	}
}

// newWireError makes what is sent of an error, nil of nil.
func newWireError(err error) *wireError {
	if err == nil {
		return nil
	}
	e := &wireError{Text: err.Error()}
	for word, kind := range farKinds() {
		if errors.Is(err, kind) {
			e.Kinds = append(e.Kinds, word)
		}
	}
	return e
}

// err makes the error of this end, nil of nil.
func (e *wireError) err() error {
	if e == nil {
		return nil
	}
	return &FarError{e.Text, e.Kinds}
}

// wire is one end of the connection.
type wire struct {
	ctx context.Context
	r   io.Reader
	// mu keeps frames whole: what a send that was given up has left behind may
	// still be writing. No data follows after muted is set.
	mu    sync.Mutex
	w     io.Writer
	muted bool
	// The reader of a stream is within a frame.
	left  int
	ended error // why the stream has no more, nil if it may have
}

// put writes a frame at once.
func (w *wire) put(kind byte, b []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.muted && kind == frameData {
		return errors.New("the stream was given up")
	}
	frame := binary.BigEndian.AppendUint32(append(make([]byte, 0, frameHead+len(b)), kind), uint32(len(b)))
	if _, err := w.w.Write(append(frame, b...)); err != nil {
		return fmt.Errorf("to the other end: %w", err)
	}
	return nil
}

// say sends a message, or ends with the context. A Write that does not return
// then is left behind.
func (w *wire) say(kind byte, message any) error {
	b, err := json.Marshal(message)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- w.put(kind, b) }()
	select {
	case err := <-done:
		return err
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
}

// head reads the head of a frame and checks it.
func (w *wire) head() (kind byte, size int, err error) {
	b, err := readFull(w.ctx, w.r, frameHead)
	if err != nil {
		return 0, 0, w.broken(err)
	}
	kind, size = b[0], int(binary.BigEndian.Uint32(b[1:]))
	limit := maxMessage
	switch kind {
	case frameData:
		limit = maxData
	case frameEnd:
		limit = 0
	case frameMessage, frameAbort:
	default:
		return 0, 0, fmt.Errorf("%w: a frame of kind %q", ErrProtocol, kind)
	}
	if size > limit {
		return 0, 0, fmt.Errorf("%w: a frame of %d bytes", ErrProtocol, size)
	}
	return kind, size, nil
}

// broken is the error for a connection that has ended in the midst of things.
func (w *wire) broken(err error) error {
	if w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("from the other end: %w", err)
}

// body reads so many bytes of a frame, in pieces, so that a length alone takes
// no memory.
func (w *wire) body(size int) ([]byte, error) {
	var all []byte
	for len(all) < size {
		b, err := readFull(w.ctx, w.r, min(size-len(all), pumpBuffer))
		if err != nil {
			return nil, w.broken(err)
		}
		all = append(all, b...)
	}
	return all, nil
}

// hear waits for a message.
func (w *wire) hear(message any) error {
	kind, size, err := w.head()
	if err != nil {
		return err
	}
	if kind != frameMessage {
		return fmt.Errorf("%w: a frame of kind %q in place of a message", ErrProtocol, kind)
	}
	return w.decode(size, message)
}

func (w *wire) decode(size int, message any) error {
	b, err := w.body(size)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, message); err != nil {
		return fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	return nil
}

// greet exchanges the first messages. Both ends speak first, so neither waits
// for one that says nothing.
func (w *wire) greet() error {
	said := make(chan error, 1)
	go func() { said <- w.say(frameMessage, wireHello{protocolName, protocolVersion}) }()
	var h wireHello
	err := w.hear(&h)
	switch {
	case err != nil:
		return err
	case h.Protocol != protocolName || h.Version < protocolVersion:
		return fmt.Errorf("%w: it says %q, version %d", ErrProtocol, h.Protocol, h.Version)
	}
	return <-said
}

// mute lets no more data out.
func (w *wire) mute() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.muted = true
}

// wireWriter is the stream on its way out.
type wireWriter struct{ *wire }

func (w wireWriter) Write(b []byte) (n int, err error) {
	for n < len(b) {
		part := b[n:min(len(b), n+maxData)]
		if err := w.put(frameData, part); err != nil {
			return n, err
		}
		n += len(part)
	}
	return n, nil
}

// SetWriteDeadline ends a Write, where the connection can do that.
func (w wireWriter) SetWriteDeadline(t time.Time) error {
	if d, ok := w.w.(interface{ SetWriteDeadline(time.Time) error }); ok {
		return d.SetWriteDeadline(t)
	}
	return errors.ErrUnsupported
}

// wireReader is the stream on its way in. It ends with the frame that says so.
type wireReader struct{ *wire }

func (r wireReader) Read(b []byte) (int, error) {
	for r.left == 0 {
		if r.ended != nil {
			return 0, r.ended
		}
		r.next()
	}
	n, err := r.r.Read(b[:min(len(b), r.left)])
	r.left -= n
	if err != nil {
		r.left, r.ended = 0, r.broken(err)
		err = r.ended
	}
	return n, err
}

// next reads the head of the next frame of a stream.
func (r wireReader) next() {
	kind, size, err := r.head()
	switch {
	case err != nil:
		r.ended = err
	case kind == frameData:
		r.left = size
	case kind == frameEnd:
		r.ended = io.EOF
	case kind == frameAbort:
		var e wireError
		if r.ended = r.decode(size, &e); r.ended == nil {
			r.ended = e.err()
		}
	default:
		r.ended = fmt.Errorf("%w: a message within a stream", ErrProtocol)
	}
}

// SetReadDeadline ends a Read, where the connection can do that.
func (r wireReader) SetReadDeadline(t time.Time) error {
	if d, ok := r.r.(interface{ SetReadDeadline(time.Time) error }); ok {
		return d.SetReadDeadline(t)
	}
	return errors.ErrUnsupported
}

// drain reads what is left of a stream. It returns nil if the stream was ended in
// an orderly way, complete or not.
func (r wireReader) drain() error {
	_, err := io.Copy(io.Discard, r)
	var far *FarError
	if errors.As(err, &far) {
		return nil
	}
	return err
}

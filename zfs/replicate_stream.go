package zfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/purezfs/purezfs/zfs/internal/transfer"
)

// wireStop ends the waits of one stream. A deadline in the past triggers it,
// permanently: operations under way on the connection continue, and belong to
// what follows.
type wireStop struct {
	once sync.Once
	c    chan struct{}
}

func newWireStop() *wireStop { return &wireStop{c: make(chan struct{})} }

func (s *wireStop) stop() { s.once.Do(func() { close(s.c) }) }

// set sets a deadline. A stream only has deadlines in the past or none.
func (s *wireStop) set(t time.Time) error {
	if !t.IsZero() {
		s.stop()
	}
	return nil
}

// wireWriter sends a stream.
type wireWriter struct {
	*wire
	*wireStop
	most  uint64 // the largest number of bytes that may be sent
	sent  atomic.Uint64
	frame []byte // reused unless a Write is still under way
}

func (w *wireWriter) Write(b []byte) (n int, err error) {
	for n < len(b) {
		part := b[n:min(len(b), n+maxData)]
		if w.sent.Load()+uint64(len(part)) > w.most {
			return n, fmt.Errorf("%w: more bytes than MaxBytes", ErrRefused)
		}
		w.frame = appendFrame(w.frame[:0], frameData, part)
		if err := w.put(w.c, w.frame); err != nil {
			w.frame = nil
			return n, stopped(err)
		}
		w.sent.Add(uint64(len(part)))
		n += len(part)
	}
	return n, nil
}

// SetWriteDeadline interrupts a Write.
func (w *wireWriter) SetWriteDeadline(t time.Time) error { return w.set(t) }

// stopped converts the error of a Read or Write that its deadline has
// interrupted.
func stopped(err error) error {
	if errors.Is(err, errStopped) {
		return os.ErrDeadlineExceeded
	}
	return err
}

// wireReader receives a stream. It ends at the frame that marks the end.
type wireReader struct {
	*wire
	*wireStop
	most uint64 // the largest number of bytes that may be received
	// mu is held during a Read: a Read that is still under way ends before the
	// next.
	mu    sync.Mutex
	got   uint64
	head  []byte // of the next frame, as far as it was read
	left  int    // of the frame
	ended error  // why the stream has ended, or nil
}

func (r *wireReader) Read(b []byte) (int, error) { return r.read(r.ctx, r.c, b) }

func (r *wireReader) read(ctx context.Context, stop <-chan struct{}, b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.left == 0 && r.ended == nil {
		if err := r.next(ctx, stop); err != nil {
			return 0, stopped(err)
		}
	}
	if r.ended != nil {
		return 0, r.ended
	}
	n, err := r.in.read(ctx, stop, b[:min(len(b), r.left)])
	r.left -= n
	if r.got += uint64(n); r.got > r.most {
		r.ended = fmt.Errorf("%w: more bytes than MaxBytes", ErrRefused)
		return 0, r.ended
	}
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, errStopped):
		return n, stopped(err)
	}
	r.ended = broken(ctx, err)
	return n, r.ended
}

// next reads the head of the next frame of a stream. If a wait ends, no data is
// lost.
func (r *wireReader) next(ctx context.Context, stop <-chan struct{}) error {
	for len(r.head) < frameHead {
		b := make([]byte, frameHead-len(r.head))
		n, err := transfer.Fill(readFunc(func(b []byte) (int, error) { return r.in.read(ctx, stop, b) }), b)
		r.head = append(r.head, b[:n]...)
		switch {
		case errors.Is(err, errStopped):
			return err
		case err != nil:
			r.ended = broken(ctx, err)
			return nil
		}
	}
	kind, size, err := checkHead(r.head, 0)
	r.head = nil
	switch {
	case err != nil:
		r.ended = err
	case kind == frameData:
		r.left = size
	case kind == frameEnd:
		r.ended = io.EOF
	case kind == frameAbort:
		r.ended = r.reason(ctx, size)
	default:
		r.ended = fmt.Errorf("%w: a message within a stream", ErrProtocol)
	}
	return nil
}

// reason reads why the other end has aborted the stream.
func (r *wireReader) reason(ctx context.Context, size int) error {
	b, err := r.body(ctx, size)
	if err != nil {
		return err
	}
	var e wireError
	if err := decodeMessage(b, &e); err != nil {
		return err
	}
	return e.err()
}

// SetReadDeadline interrupts a Read.
func (r *wireReader) SetReadDeadline(t time.Time) error { return r.set(t) }

// The limits of what is read of a stream after it has failed here. Reading on
// lets the other end notice the failure and stop sending.
const (
	drainBytes = 64 << 20
	drainTime  = 5 * time.Second
)

// drain reads the rest of a stream. It returns nil if the stream was ended by a
// frame, complete or not.
func (r *wireReader) drain() error {
	ctx, cancel := context.WithTimeout(r.ctx, drainTime)
	defer cancel()
	r.stop() // a Read that is still under way
	r.mu.Lock()
	r.most = r.got + drainBytes
	if errors.Is(r.ended, ErrRefused) {
		r.ended = nil
	}
	r.mu.Unlock()
	_, err := io.Copy(io.Discard, readFunc(func(b []byte) (int, error) { return r.read(ctx, nil, b) }))
	var far *FarError
	switch {
	case errors.As(err, &far):
		return nil
	case r.ctx.Err() == nil && ctx.Err() != nil:
		return fmt.Errorf("%w: it keeps sending after an error", ErrProtocol)
	}
	return err
}

package zfs

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/purezfs/purezfs/zfs/internal/transfer"
)

// errStopped ends a wait for a Read or Write whose result is not needed any more.
var errStopped = errors.New("no longer wanted")

// connReader reads from a connection. Each Read runs in another goroutine, so
// that a wait ends with its context, whatever the connection supports. If a Read
// is still under way, the next call waits for it first, and no data is lost.
type connReader struct {
	r    io.Reader
	turn chan struct{} // holds one value while a call uses the fields below
	buf  []byte
	late chan readResult // of the Read that is under way, or nil
	rest []byte          // returned by a Read, and not yet consumed
	err  error           // the error that follows the rest
}

type readResult struct {
	n   int
	err error
}

func newConnReader(r io.Reader) *connReader {
	return &connReader{r: r, turn: make(chan struct{}, 1)}
}

// read is Read, but also ends with the context or with stop. It reads at most
// len(b) bytes from the connection.
func (c *connReader) read(ctx context.Context, stop <-chan struct{}, b []byte) (int, error) {
	if err := take(ctx, stop, c.turn); err != nil {
		return 0, err
	}
	defer func() { <-c.turn }()
	if len(c.rest) == 0 && c.err == nil {
		if c.late == nil {
			c.begin(min(len(b), transfer.BufferSize))
		}
		select {
		case got := <-c.late:
			c.late, c.err = nil, got.err
			if got.n < 0 || got.n > len(c.buf) {
				got.n, c.err = 0, errors.New("invalid count from Read")
			}
			c.rest = c.buf[:got.n]
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-stop:
			return 0, errStopped
		}
	}
	n := copy(b, c.rest)
	if c.rest = c.rest[n:]; len(c.rest) > 0 {
		return n, nil
	}
	return n, c.err
}

// begin starts a Read of up to n bytes, into its own buffer.
func (c *connReader) begin(n int) {
	if cap(c.buf) < n {
		c.buf = make([]byte, n)
	}
	c.buf = c.buf[:n]
	late, buf := make(chan readResult, 1), c.buf
	c.late = late
	go func() {
		n, err := c.r.Read(buf)
		late <- readResult{n, err}
	}()
}

// full reads n bytes. It keeps an error that is returned with the last byte for
// later.
func (c *connReader) full(ctx context.Context, n int) ([]byte, error) {
	b := make([]byte, n)
	got, err := transfer.Fill(readFunc(func(b []byte) (int, error) { return c.read(ctx, nil, b) }), b)
	return b[:got], err
}

// readFunc is a function as an io.Reader.
type readFunc func([]byte) (int, error)

func (f readFunc) Read(b []byte) (int, error) { return f(b) }

// leave interrupts a Read that is under way, if the connection has deadlines. It
// does not wait for a Read that does not return.
func (c *connReader) leave() {
	select {
	case c.turn <- struct{}{}:
	default:
		return // a call that ends on its own
	}
	defer func() { <-c.turn }()
	if c.late == nil {
		return
	}
	unblock, ok := c.r.(interface{ SetReadDeadline(time.Time) error })
	done := make(chan struct{})
	go func(late chan readResult) {
		<-late
		close(done)
	}(c.late)
	transfer.AwaitDone(done, func(t time.Time) bool { return ok && unblock.SetReadDeadline(t) == nil })
}

// connWriter writes to a connection, each Write in another goroutine. A Write
// that is still under way blocks later ones, so that frames stay whole.
type connWriter struct {
	w    io.Writer
	turn chan struct{} // holds one value while a Write is under way
	err  error         // of an earlier Write: nothing can follow it
}

func newConnWriter(w io.Writer) *connWriter {
	return &connWriter{w: w, turn: make(chan struct{}, 1)}
}

// write writes all of b, or ends with the context or with stop. It keeps b.
func (c *connWriter) write(ctx context.Context, stop <-chan struct{}, b []byte) error {
	if err := take(ctx, stop, c.turn); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		if c.err == nil {
			var n int
			if n, c.err = c.w.Write(b); c.err == nil && n != len(b) {
				c.err = io.ErrShortWrite
			}
		}
		done <- c.err
		<-c.turn
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-stop:
		return errStopped
	}
}

// leave is as for connReader.
func (c *connWriter) leave() {
	done := make(chan struct{})
	go func() {
		c.turn <- struct{}{}
		<-c.turn
		close(done)
	}()
	unblock, ok := c.w.(interface{ SetWriteDeadline(time.Time) error })
	transfer.AwaitDone(done, func(t time.Time) bool { return ok && unblock.SetWriteDeadline(t) == nil })
}

// take waits for its turn.
func take(ctx context.Context, stop <-chan struct{}, turn chan<- struct{}) error {
	// If the context or stop has already ended, it does not wait.
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-stop:
		return errStopped
	default:
	}
	select {
	case turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-stop:
		return errStopped
	}
}

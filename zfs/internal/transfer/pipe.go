package transfer

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// BufferSize is the buffer size of a pump in bytes.
const BufferSize = 256 << 10

// patience is how long to wait for a goroutine in a caller's Read or Write whose
// result is no longer needed.
const patience = 200 * time.Millisecond

// Sink is the destination to which the kernel writes a stream: a descriptor of the
// caller's file, or of a pipe that a goroutine copies to the caller's writer.
type Sink struct {
	file  *os.File // for the kernel,
	FD    int32    // and its descriptor
	start int64    // the initial position of a regular file
	// The rest is for a writer that the kernel cannot use directly.
	r     *os.File
	w     io.Writer
	Bytes atomic.Uint64 // written to w or to a regular file
	done  chan struct{}
	err   error // of the writer, valid after done
}

// NewSink returns a sink for a writer. An error describes what is wrong with the
// writer.
func NewSink(w io.Writer) (*Sink, error) {
	if f, ok := w.(*os.File); ok {
		file, err := KernelFile(f, true)
		if err != nil {
			return nil, err
		}
		if file != nil {
			fd := FD(file)
			Grow(fd)
			return &Sink{file: file, FD: fd, start: Position(file)}, nil
		}
	}
	r, end, err := RecordPipe()
	if err != nil {
		return nil, err
	}
	s := &Sink{file: end, FD: FD(end), r: r, w: w, done: make(chan struct{})}
	Grow(s.FD)
	go s.pump()
	return s, nil
}

// pump copies the kernel's output to the writer, up to the end of the pipe. If the
// writer fails, it closes the pipe, so that the kernel's write fails too.
func (s *Sink) pump() {
	defer close(s.done)
	defer s.r.Close()
	b := make([]byte, BufferSize)
	for {
		n, err := s.r.Read(b)
		if err != nil {
			return // the end, or Finish has closed the pipe
		}
		m, err := s.w.Write(b[:n])
		if m > 0 {
			s.Bytes.Add(uint64(m))
		}
		if err == nil && m < n {
			err = io.ErrShortWrite
		}
		if err != nil {
			s.err = err
			return
		}
	}
}

// Finish ends the sink after the kernel has written everything, and returns the
// writer's error. It waits for the writer, unless the context ends.
func (s *Sink) Finish(ctx context.Context) error {
	if s.r == nil {
		s.Bytes.Store(uint64(max(0, Position(s.file)-s.start)))
		return s.file.Close()
	}
	if err := s.file.Close(); err != nil {
		return err
	}
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
	}
	s.r.Close() // ends a Read
	unblock, ok := s.w.(interface{ SetWriteDeadline(time.Time) error })
	AwaitDone(s.done, func(t time.Time) bool { return ok && unblock.SetWriteDeadline(t) == nil })
	return ctx.Err()
}

// AwaitDone waits briefly for a goroutine in a caller's Read or Write. If
// deadlines are supported, it sets a past deadline for the wait, and clears it
// afterwards.
func AwaitDone(done <-chan struct{}, deadline func(time.Time) bool) {
	select {
	case <-done:
		return
	case <-time.After(patience / 4):
	}
	if deadline(time.Unix(1, 0)) {
		defer deadline(time.Time{})
	}
	select {
	case <-done:
	case <-time.After(patience):
	}
}

// Position returns the position of a regular file, or 0 for any other file.
func Position(f *os.File) int64 {
	n, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0
	}
	return n
}

// maxEmptyReads is how many consecutive reads may return nothing.
const maxEmptyReads = 100

// Fill is io.ReadFull, with an error for a reader that keeps returning nothing.
func Fill(r io.Reader, b []byte) (n int, err error) {
	for empty := 0; n < len(b); {
		m, err := r.Read(b[n:])
		if m < 0 || m > len(b)-n {
			return n, errors.New("invalid count from Read")
		}
		n += m
		switch {
		case n == len(b):
			return n, nil
		case err != nil:
			return n, err
		case m > 0:
			empty = 0
		default:
			if empty++; empty == maxEmptyReads {
				return n, io.ErrNoProgress
			}
		}
	}
	return n, nil
}

// ReadFull reads n bytes from r, unless the context ends first. A Read that cannot
// be interrupted then continues in its goroutine, with a separate buffer.
func ReadFull(ctx context.Context, r io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	if ctx.Done() == nil {
		got, err := Fill(r, b)
		return b[:got], err
	}
	var got int
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		got, err = Fill(r, b)
	}()
	select {
	case <-done:
		return b[:got], err
	case <-ctx.Done():
	}
	unblock, ok := r.(interface{ SetReadDeadline(time.Time) error })
	AwaitDone(done, func(t time.Time) bool { return ok && unblock.SetReadDeadline(t) == nil })
	return nil, ctx.Err()
}

package zfs

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// pumpBuffer is how many bytes a pump moves at once.
const pumpBuffer = 256 << 10

// patience is how long a goroutine within somebody's Read or Write is waited
// for after its result is no longer wanted.
const patience = 200 * time.Millisecond

// sink is where the kernel sends a stream to: a descriptor that leads to the
// caller's writer, directly or by a pipe and a goroutine that empties it.
type sink struct {
	file  *os.File // for the kernel,
	fd    int32    // and its descriptor
	start int64    // where a regular file was
	// The rest is for a writer that the kernel cannot write to.
	r     *os.File
	w     io.Writer
	bytes atomic.Uint64 // that w has taken, or a regular file
	done  chan struct{}
	err   error // of the writer, valid after done
}

// newSink makes a sink. An error tells what is wrong with the writer.
func newSink(w io.Writer) (*sink, error) {
	if f, ok := w.(*os.File); ok {
		file, err := kernelFile(f, true)
		if err != nil {
			return nil, err
		}
		if file != nil {
			fd := kernelFD(file)
			growPipe(fd)
			return &sink{file: file, fd: fd, start: position(file)}, nil
		}
	}
	r, end, err := recordPipe()
	if err != nil {
		return nil, err
	}
	s := &sink{file: end, fd: kernelFD(end), r: r, w: w, done: make(chan struct{})}
	growPipe(s.fd)
	go s.pump()
	return s, nil
}

// pump hands on what the kernel writes, up to the end of the pipe. A writer that
// fails gets no more, and the kernel an end of its own: nobody reads the pipe.
func (s *sink) pump() {
	defer close(s.done)
	defer s.r.Close()
	b := make([]byte, pumpBuffer)
	for {
		n, err := s.r.Read(b)
		if err != nil {
			return // the end, or one that finish has made
		}
		m, err := s.w.Write(b[:n])
		if m > 0 {
			s.bytes.Add(uint64(m))
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

// finish ends the sink after the kernel has, and returns the writer's error. All
// that the kernel has written goes on to the writer, unless the context ends.
func (s *sink) finish(ctx context.Context) error {
	if s.r == nil {
		s.bytes.Store(uint64(max(0, position(s.file)-s.start)))
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
	awaitDone(s.done, func(t time.Time) bool { return ok && unblock.SetWriteDeadline(t) == nil })
	return ctx.Err()
}

// awaitDone waits a moment for a goroutine that is within somebody's Read or
// Write. If that can be given a deadline it gets one that is past, and none
// afterwards.
func awaitDone(done <-chan struct{}, deadline func(time.Time) bool) {
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

// position returns where a regular file is, 0 for anything else.
func position(f *os.File) int64 {
	n, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0
	}
	return n
}

// maxEmptyReads is how often in a row a reader may return nothing.
const maxEmptyReads = 100

// fill is io.ReadFull for readers that may return nothing for ever.
func fill(r io.Reader, b []byte) (n int, err error) {
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

// readFull reads n bytes from r, or ends with the context. A Read that cannot
// be made to return then is left behind, with a buffer of its own.
func readFull(ctx context.Context, r io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	if ctx.Done() == nil {
		got, err := fill(r, b)
		return b[:got], err
	}
	var got int
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		got, err = fill(r, b)
	}()
	select {
	case <-done:
		return b[:got], err
	case <-ctx.Done():
	}
	unblock, ok := r.(interface{ SetReadDeadline(time.Time) error })
	awaitDone(done, func(t time.Time) bool { return ok && unblock.SetReadDeadline(t) == nil })
	return nil, ctx.Err()
}

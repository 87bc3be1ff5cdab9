package zfs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/internal/transfer"
	"github.com/purezfs/purezfs/zfs/stream"
)

// source is where the kernel receives a stream from: a descriptor of the caller's
// reader, or of a pipe that a goroutine fills.
type source struct {
	r      io.Reader
	begin  []byte // the first record, as it was read
	head   *stream.Begin
	frames stream.Framer
	size   int // of what follows the record

	file  *os.File       // for the kernel, nil before open
	w     io.WriteCloser // the other end of the pipe, or nil
	bytes atomic.Uint64
	start int64 // the start position in a regular file
	done  chan struct{}
	err   error // of the reader or the stream, valid after done
}

// newSource returns a source after it has read the first record of the stream,
// which is part of the kernel's input. Counted means that bytes must be counted.
func newSource(ctx context.Context, r io.Reader, counted bool) (*source, error) {
	s := &source{r: r}
	var early []byte // what was read to detect the format
	if a, ok := r.(*again); ok {
		r, early = a.r, a.head
	}
	if absent(r) {
		return nil, fmt.Errorf("the reader: %w", errNil)
	}
	if f, ok := r.(*os.File); ok {
		file, err := transfer.KernelFile(f, false)
		if err != nil {
			return nil, fmt.Errorf("the reader: %w", err)
		}
		if file != nil {
			s.file, s.r, s.start = file, &again{early, file}, transfer.Position(file)-int64(len(early))
		}
	}
	if err := s.readBegin(ctx); err != nil {
		_ = s.closeFile() // nothing was written
		return nil, err
	}
	foreign := s.size > 0 && s.head.BigEndian != hostBigEndian()
	if s.file != nil && (foreign || counted && !seekable(s.file)) {
		// The bytes that the kernel reads from a pipe cannot be counted.
		s.r = r
		if err := s.closeFile(); err != nil {
			return nil, err
		}
	}
	if err := s.translate(ctx); err != nil {
		_ = s.closeFile() // nothing was written
		return nil, err
	}
	return s, nil
}

// seekable reports whether the file has a position.
func seekable(f *os.File) bool {
	_, err := f.Seek(0, io.SeekCurrent)
	return err == nil
}

// closeFile closes the descriptor, and stops the rewriting of the stream.
func (s *source) closeFile() error {
	if f, ok := s.r.(*foreignReader); ok {
		defer f.stop()
	}
	if s.file == nil {
		return nil
	}
	file := s.file
	s.file = nil
	return file.Close()
}

// readBegin reads the first record.
func (s *source) readBegin(ctx context.Context) error {
	b, err := transfer.ReadFull(ctx, s.r, stream.HeaderSize)
	switch {
	case err == io.EOF:
		return fmt.Errorf("%w: %d bytes of %d of the first record", ErrTruncated, len(b), stream.HeaderSize)
	case err != nil && ctx.Err() != nil:
		return err
	case err != nil:
		return fmt.Errorf("the reader: %w", err)
	}
	rec, size, err := s.frames.Next(b)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStream, err)
	}
	begin, ok := rec.(*stream.Begin)
	if !ok || begin.Compound {
		return fmt.Errorf("%w: a replication stream, not a single one", ErrStream)
	}
	head := *begin
	s.begin, s.head, s.size = b, &head, size
	s.bytes.Store(stream.HeaderSize)
	return nil
}

// open opens the descriptor for the kernel, and begins to fill it.
func (s *source) open() (fd int32, err error) {
	if s.file == nil {
		file, w, err := transfer.FeedPipe()
		if err != nil {
			return -1, err
		}
		s.file, s.w = file, w
	}
	fd = transfer.FD(s.file)
	if s.w != nil {
		transfer.Grow(fd)
		s.done = make(chan struct{})
		go s.pump()
	}
	return fd, nil
}

// pump passes the kernel exactly the bytes of the stream. It stops early if the
// reader fails, or the kernel has closed its end.
func (s *source) pump() {
	defer close(s.done)
	defer s.w.Close()
	b := make([]byte, transfer.BufferSize)
	for size := s.size; ; {
		header, err := s.move(b, size)
		if err != nil {
			s.err = err
			return
		}
		rec, next, err := s.frames.Next(header)
		if err != nil {
			s.err = fmt.Errorf("%w: %w", ErrStream, err)
			return
		}
		if _, ok := rec.(*stream.End); ok {
			return
		}
		size = next
	}
}

// errUnwanted stops a pump when the kernel has stopped reading. The reason is the
// kernel's error.
var errUnwanted = errors.New("the kernel has stopped reading")

// move passes on a payload and the following header, which it returns.
func (s *source) move(b []byte, payload int) (header []byte, err error) {
	for left := payload + stream.HeaderSize; left > 0; {
		n := left
		if n > len(b) {
			n = min(len(b), left-stream.HeaderSize) // the header is not split
		}
		got, rerr := transfer.Fill(s.r, b[:n])
		// The bytes before an error are useful, too, for a resumable receive.
		if _, err := s.w.Write(b[:got]); err != nil {
			return nil, errUnwanted
		}
		s.bytes.Add(uint64(got))
		switch {
		case rerr == io.EOF:
			return nil, ErrTruncated
		case rerr != nil:
			return nil, fmt.Errorf("the reader: %w", rerr)
		}
		left -= n
		header = b[n-min(n, stream.HeaderSize) : n]
	}
	return header, nil
}

// verify reads the stream to its end and checks it, if the kernel does not read
// it, or only its first records if most is not zero. It returns the list after
// the first record, or nil.
func (s *source) verify(ctx context.Context, most int) (list *nvlist.List, err error) {
	r, w := io.Pipe()
	s.w, s.done = w, make(chan struct{})
	go s.pump()
	stop := context.AfterFunc(ctx, func() { r.CloseWithError(ctx.Err()) })
	defer stop()
	records := stream.NewReader(io.MultiReader(bytes.NewReader(s.begin), r), nil)
	for n := 0; err == nil && (most == 0 || n < most); n++ {
		var rec stream.Record
		rec, err = records.Next()
		if begin, ok := rec.(*stream.Begin); ok && err == nil {
			list, err = begin.List()
		}
	}
	r.Close() // ends a Write
	rerr := s.finish()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case rerr != nil:
		return nil, rerr
	case errors.Is(err, stream.ErrTruncated):
		return nil, ErrTruncated
	case err != nil && err != io.EOF:
		return nil, fmt.Errorf("%w: %w", ErrStream, err)
	}
	return list, nil
}

// read returns how many bytes of the stream have been read.
func (s *source) read() uint64 {
	if s.done == nil && s.file != nil && seekable(s.file) {
		return uint64(max(0, transfer.Position(s.file)-s.start))
	}
	return s.bytes.Load()
}

// finish closes the source after the kernel has returned, and returns the error
// of the reader or the stream.
func (s *source) finish() error {
	if s.done == nil {
		s.bytes.Store(s.read())
		return s.closeFile()
	}
	err := s.closeFile() // ends a Write
	unblock, ok := s.r.(interface{ SetReadDeadline(time.Time) error })
	transfer.AwaitDone(s.done, func(t time.Time) bool { return ok && unblock.SetReadDeadline(t) == nil })
	select {
	case <-s.done:
		if errors.Is(s.err, errUnwanted) {
			return err
		}
		return errors.Join(s.err, err)
	default:
		return err
	}
}

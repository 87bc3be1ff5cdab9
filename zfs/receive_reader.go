package zfs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/purezfs/purezfs/zfs/internal/transfer"
	"github.com/purezfs/purezfs/zfs/stream"
)

// treeReader splits a replication stream into its streams. It reads no more of
// its source than it needs.
type treeReader struct {
	ctx    context.Context
	r      io.Reader
	header []byte
	size   int           // of the payload after the header
	outer  stream.Framer // between two streams
	inner  stream.Framer // after the header
	plain  bool          // a single stream
	begun  bool
}

// open reads the list at the beginning, and checks its checksums. For a single
// stream it returns the first record.
func (p *treeReader) open() (*stream.Begin, error) {
	rec, err := p.record(&p.outer)
	if err != nil {
		return nil, err
	}
	head := *rec.(*stream.Begin) // a Framer accepts nothing else at first
	if p.plain = !head.Compound; p.plain {
		return &head, nil
	}
	whole := bytes.NewBuffer(p.header)
	if err := p.copy(whole, p.size); err != nil {
		return nil, err
	}
	head.Payload = bytes.Clone(whole.Bytes()[stream.HeaderSize:])
	if rec, err = p.record(&p.outer); err != nil {
		return nil, err
	}
	if _, ok := rec.(*stream.End); !ok {
		return nil, fmt.Errorf("%w: no end record after the list of the replication stream", ErrStream)
	}
	whole.Write(p.header)
	for checked := stream.NewReader(whole, nil); ; {
		if rec, err = checked.Next(); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrStream, err)
		}
		if _, ok := rec.(*stream.End); ok {
			return &head, nil
		}
	}
}

// record reads a header.
func (p *treeReader) record(frames *stream.Framer) (stream.Record, error) {
	if err := p.readHeader(); err != nil {
		return nil, err
	}
	rec, size, err := frames.Next(p.header)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStream, err)
	}
	p.size = size
	return rec, nil
}

func (p *treeReader) readHeader() (err error) {
	p.header, err = p.read(stream.HeaderSize)
	return err
}

// read reads that number of bytes.
func (p *treeReader) read(n int) ([]byte, error) {
	b, err := transfer.ReadFull(p.ctx, p.r, n)
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, ErrTruncated
	case err != nil && p.ctx.Err() != nil:
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("the reader: %w", err)
	}
	return b, nil
}

// copy copies bytes in pieces, so that a large length alone needs no memory.
func (p *treeReader) copy(w io.Writer, n int) error {
	for n > 0 {
		b, err := p.read(min(n, transfer.BufferSize))
		if err != nil {
			return err
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
		n -= len(b)
	}
	return nil
}

// next returns the record that starts the next stream, or io.EOF after the last
// one.
func (p *treeReader) next() (*stream.Begin, error) {
	var rec stream.Record
	var err error
	switch first := !p.begun; {
	case p.plain && !first:
		return nil, io.EOF
	case p.plain:
		rec, p.size, err = p.inner.Next(p.header)
	default:
		// The streams themselves are not passed to it.
		p.inner = p.outer
		rec, err = p.record(&p.inner)
	}
	p.begun = true
	if err != nil {
		return nil, err
	}
	b, ok := rec.(*stream.Begin)
	if !ok {
		return nil, io.EOF // only the end can follow here
	}
	begin := *b
	return &begin, nil
}

// stream returns a reader of the current stream, and of what follows it.
func (p *treeReader) stream() io.Reader { return &again{p.header, p.r} }

// again is a reader of bytes that were already read, and of what follows.
type again struct {
	head []byte
	r    io.Reader
}

func (a *again) Read(b []byte) (int, error) {
	if len(a.head) == 0 {
		return a.r.Read(b)
	}
	n := copy(b, a.head)
	a.head = a.head[n:]
	return n, nil
}

// SetReadDeadline interrupts a Read, if the source supports it.
func (a *again) SetReadDeadline(t time.Time) error {
	if r, ok := a.r.(interface{ SetReadDeadline(time.Time) error }); ok {
		return r.SetReadDeadline(t)
	}
	return errors.ErrUnsupported
}

// skip reads the rest of the current stream.
func (p *treeReader) skip() error {
	for {
		if err := p.copy(io.Discard, p.size); err != nil {
			return err
		}
		rec, err := p.record(&p.inner)
		if err != nil {
			return err
		}
		if _, ok := rec.(*stream.End); ok {
			return nil
		}
	}
}

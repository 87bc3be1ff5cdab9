package stream

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Writer makes a stream of records. It is for one goroutine at a time.
//
// The sums are computed, and what a record has beside its fields is kept, so
// records that were read and not altered come out byte for byte as they were.
type Writer struct {
	dst       io.Writer
	buf       [recordSize]byte
	coder     coder
	err       error
	offset    int64
	count     int64
	where     order
	bigEndian bool
	sum       Sum
}

// NewWriter makes a Writer to dst. It writes each record and each payload at
// once and buffers nothing.
func NewWriter(dst io.Writer) *Writer { return &Writer{dst: dst} }

// Offset returns how many bytes were written.
func (w *Writer) Offset() int64 { return w.offset }

// WriteRecord writes a record and its payload, whose length must be what
// PayloadSize says. It alters neither. Fields that are sums are ignored.
//
// A record that must not stand there, or contradicts itself, is a *SyntaxError
// and nothing of it is written; the next call may write another one. After an
// error of the destination, all calls return the same one.
func (w *Writer) WriteRecord(rec Record) error {
	if w.err != nil {
		return w.err
	}
	to, err := w.check(rec)
	if err != nil {
		return &SyntaxError{Offset: w.offset, Record: w.count, Err: err}
	}
	if begin, ok := rec.(*Begin); ok {
		if w.count == 0 {
			w.bigEndian = begin.BigEndian
		}
		w.sum = Sum{}
	}
	w.encode(rec)
	if err := w.put(w.buf[:]); err != nil {
		return err
	}
	payload := rec.head().Payload
	w.sum.Update(payload, w.bigEndian)
	if len(payload) > 0 {
		if err := w.put(payload); err != nil {
			return err
		}
	}
	if _, ok := rec.(*End); ok {
		w.sum = Sum{}
	}
	w.where = to
	w.count++
	return nil
}

// check says where a record leads to, or what is wrong with it.
func (w *Writer) check(rec Record) (order, error) {
	to := w.where.next(rec)
	size := uint64(len(rec.head().Payload))
	if to == badOrder {
		return to, fmt.Errorf("%w: %v", ErrOrder, rec.Type())
	}
	if size != rec.PayloadSize() || size > rec.limit() || size%4 != 0 {
		return to, fmt.Errorf("%w: %d bytes after %v, its fields say %d", ErrLength, size, rec.Type(), rec.PayloadSize())
	}
	if begin, ok := rec.(*Begin); ok {
		if len(begin.ToName) >= nameSize || strings.IndexByte(begin.ToName, 0) >= 0 {
			return to, ErrName
		}
		if begin.Features > featureBits {
			return to, fmt.Errorf("%w: features %#x", ErrHeader, uint64(begin.Features))
		}
	}
	return to, nil
}

// encode puts the record into the buffer and goes on with the sum.
func (w *Writer) encode(rec Record) {
	h, typ := rec.head(), uint32(rec.Type())
	clear(w.buf[:])
	copy(w.buf[:], h.raw)
	c := &w.coder
	*c = coder{b: w.buf[:], bigEndian: w.bigEndian, write: true}
	length := uint32(len(h.Payload))
	_, isBegin := rec.(*Begin)
	if h.raw != nil && !isBegin && len(h.Payload) == h.size {
		length = h.length
	}
	summed := w.summed(h)
	c.u32(0, &typ)
	c.u32(4, &length)
	rec.layout(c)
	if _, ok := rec.(*End); ok {
		c.sum(8, &w.sum)
	}
	w.sum.Update(w.buf[:sumOffset], w.bigEndian)
	if !isBegin && summed {
		c.sum(sumOffset, &w.sum)
	}
	w.sum.Update(w.buf[sumOffset:], w.bigEndian)
}

// summed reports whether the record gets a sum at its end. One that was read
// without stays so. The two ends of a compound stream that belong to no part
// have none, as programs that make them write them.
func (w *Writer) summed(h *Head) bool {
	if h.raw != nil {
		var none [sumSize]byte
		return !bytes.Equal(h.raw[sumOffset:], none[:])
	}
	return w.where != inList && w.where != between
}

// put writes to the destination.
func (w *Writer) put(b []byte) error {
	n, err := w.dst.Write(b)
	w.offset += int64(max(0, n))
	if err == nil && n != len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		w.err = fmt.Errorf("stream: writing at byte %d: %w", w.offset, err)
	}
	return w.err
}

// Close reports whether the stream is complete: if an End is missing, the error
// matches ErrTruncated. It does not close the destination.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	if w.where != atStart || w.count == 0 {
		return &SyntaxError{Offset: w.offset, Record: w.count, Err: ErrTruncated}
	}
	return nil
}

package stream

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Writer writes the records of a stream. It must not be used concurrently.
//
// It computes the sums, and writes the bytes of a record that are not in its
// fields as they were read. So records that were read and not altered are
// written byte for byte.
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

// NewWriter returns a Writer to dst. It writes each record and each payload
// immediately and does not buffer.
func NewWriter(dst io.Writer) *Writer { return &Writer{dst: dst} }

// Offset returns how many bytes were written.
func (w *Writer) Offset() int64 { return w.offset }

// WriteRecord writes a record and its payload, whose length must be
// PayloadSize. It does not modify them. Fields that are sums are ignored.
//
// If a record is not allowed here, or contradicts itself, WriteRecord returns a
// *SyntaxError and writes nothing; the next call may write another record.
// After an error of the destination, all calls return the same error.
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

// check returns the position after a record, or what is wrong with the record.
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

// encode encodes the record into the buffer and updates the sum.
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

// summed reports whether the record gets a sum at its end. A record that was
// read without a sum is written without one. The two Ends of a compound stream
// that do not belong to a part have no sum, as in the streams of zfs send.
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

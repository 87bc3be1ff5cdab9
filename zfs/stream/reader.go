package stream

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ReaderOptions are the options of a Reader. Nil means the zero value. They are
// only read.
type ReaderOptions struct {
	// SkipChecksum disables the check of the checksums, to inspect a damaged
	// stream or to repair its sums by writing it again.
	SkipChecksum bool
}

// Reader reads the records of a stream. It must not be used concurrently.
//
// It reads ahead, up to 256 KiB beyond the end of a stream. Consecutive streams
// in one input are read as one sequence of records.
type Reader struct {
	src  io.Reader
	opts ReaderOptions

	// buf[pos:end] are the bytes that were read but not yet used; base is the
	// offset of buf[0] in the stream.
	buf      []byte
	pos, end int
	base     int64
	srcErr   error

	err       error
	count     int64
	where     order
	bigEndian bool
	sum       Sum
	coder     coder // a field, because a value passed through an interface is allocated
	records   records
}

// records holds one record of each type, so that Next does not allocate.
type records struct {
	begin         Begin
	object        Object
	freeObjects   FreeObjects
	write         Write
	free          Free
	end           End
	writeByRef    WriteByRef
	spill         Spill
	writeEmbedded WriteEmbedded
	objectRange   ObjectRange
	redact        Redact
}

// pick returns the record for a type, or nil for an unknown type.
func (r *records) pick(t Type) Record {
	switch t {
	case TypeBegin:
		return &r.begin
	case TypeObject:
		return &r.object
	case TypeFreeObjects:
		return &r.freeObjects
	case TypeWrite:
		return &r.write
	case TypeFree:
		return &r.free
	case TypeEnd:
		return &r.end
	case TypeWriteByRef:
		return &r.writeByRef
	case TypeSpill:
		return &r.spill
	case TypeWriteEmbedded:
		return &r.writeEmbedded
	case TypeObjectRange:
		return &r.objectRange
	case TypeRedact:
		return &r.redact
	}
	return nil
}

// bufferSize is the size of a read from the source. It fits into the
// second-level cache of a processor with the rest of the data in use.
const bufferSize = 256 << 10

// NewReader returns a Reader of src. Nil opts mean the defaults.
func NewReader(src io.Reader, opts *ReaderOptions) *Reader {
	r := &Reader{src: src, buf: make([]byte, bufferSize)}
	if opts != nil {
		r.opts = *opts
	}
	return r
}

// Offset returns the length in bytes of the records read so far.
func (r *Reader) Offset() int64 { return r.base + int64(r.pos) }

// Next returns the next record. The record and its payload are valid until the
// next call, and the caller may alter them. At the end of the input, after a
// complete stream, it returns io.EOF.
//
// A malformed stream is a *SyntaxError, which matches ErrSyntax and one of the
// reasons. An error of the source is wrapped. After an error, all calls return
// the same error.
func (r *Reader) Next() (Record, error) {
	if r.err != nil {
		return nil, r.err
	}
	rec, err := r.next()
	if err != nil {
		r.err = err
		return nil, err
	}
	r.count++
	return rec, nil
}

func (r *Reader) next() (Record, error) {
	if err := r.fill(recordSize); err != nil {
		if errors.Is(err, io.EOF) && r.pos == r.end && r.where == atStart && r.count > 0 {
			return nil, io.EOF
		}
		return nil, r.short(err)
	}
	raw := r.buf[r.pos : r.pos+recordSize]
	rec, err := r.decode(raw)
	if err != nil {
		return nil, err
	}
	size, err := r.size(rec, raw)
	if err != nil {
		return nil, err
	}
	if err := r.fill(recordSize + size); err != nil {
		return nil, r.short(err)
	}
	raw = r.buf[r.pos : r.pos+recordSize]
	payload := r.buf[r.pos+recordSize : r.pos+recordSize+size : r.pos+recordSize+size]
	if err := r.verify(rec, raw, payload); err != nil {
		return nil, err
	}
	h := rec.head()
	*h = Head{Offset: r.Offset(), raw: raw, size: size}
	c := coder{b: raw, bigEndian: r.bigEndian}
	c.u32(4, &h.length)
	if size > 0 {
		h.Payload = payload
	}
	if begin, ok := rec.(*Begin); ok && size > 0 {
		if _, err := begin.List(); err != nil {
			return nil, r.fail(recordSize, err)
		}
	}
	if _, ok := rec.(*End); ok {
		r.sum = Sum{}
	}
	r.pos += recordSize + size
	return rec, nil
}

// decode reads the fields and checks that the record is allowed here.
func (r *Reader) decode(raw []byte) (Record, error) {
	if r.where == atStart && r.count == 0 {
		r.bigEndian = binary.BigEndian.Uint64(raw[8:]) == magic
	}
	c := &r.coder
	*c = coder{b: raw, bigEndian: r.bigEndian}
	var typ uint32
	c.u32(0, &typ)
	if Type(typ) == TypeBegin || r.count == 0 {
		if err := r.checkBegin(c, Type(typ)); err != nil {
			return nil, err
		}
	}
	rec := r.records.pick(Type(typ))
	if rec == nil {
		return nil, r.fail(0, fmt.Errorf("%w %d", ErrType, typ))
	}
	rec.layout(c)
	to := r.where.next(rec)
	if to == badOrder {
		return nil, r.fail(0, fmt.Errorf("%w: %v", ErrOrder, Type(typ)))
	}
	r.where = to
	return rec, nil
}

// checkBegin checks the fields of a Begin that are not in its struct.
func (r *Reader) checkBegin(c *coder, typ Type) error {
	var m, version uint64
	c.u64(8, &m)
	c.u64(16, &version)
	kind := version & 3
	switch {
	case typ != TypeBegin, m != magic:
		return r.fail(8, ErrMagic)
	case kind != kindPlain && kind != kindCompound:
		return r.fail(16, ErrHeader)
	}
	for _, b := range c.b[nameOffset : nameOffset+nameSize] {
		if b == 0 {
			return nil
		}
	}
	return r.fail(nameOffset, ErrName)
}

// size returns the length of the payload. The length field before the record is
// used for a Begin only: older senders set it to 0 in other records, and kernels
// ignore it.
func (r *Reader) size(rec Record, raw []byte) (int, error) {
	size := rec.PayloadSize()
	if rec.Type() == TypeBegin {
		c := coder{b: raw, bigEndian: r.bigEndian}
		var n uint32
		c.u32(4, &n)
		size = uint64(n)
	}
	if size > rec.limit() || size%4 != 0 {
		return 0, r.fail(0, fmt.Errorf("%w: %d bytes after %v", ErrLength, size, rec.Type()))
	}
	return int(size), nil
}

// verify checks the sums in the record and adds the record to the sum.
func (r *Reader) verify(rec Record, raw, payload []byte) error {
	if r.opts.SkipChecksum {
		return nil
	}
	switch rec := rec.(type) {
	case *Begin:
		r.sum = Sum{}
	case *End:
		if rec.Checksum != r.sum {
			return r.fail(8, ErrChecksum)
		}
	}
	r.sum.Update(raw[:sumOffset], r.bigEndian)
	if rec.Type() != TypeBegin {
		c := coder{b: raw, bigEndian: r.bigEndian}
		var stored Sum
		c.sum(sumOffset, &stored)
		if !stored.IsZero() && stored != r.sum {
			return r.fail(0, ErrChecksum)
		}
	}
	r.sum.Update(raw[sumOffset:], r.bigEndian)
	r.sum.Update(payload, r.bigEndian)
	return nil
}

// fail returns the error for the byte at a distance from the current record.
func (r *Reader) fail(distance int, reason error) error {
	return &SyntaxError{Offset: r.Offset() + int64(distance), Record: r.count, Err: reason}
}

// short returns the error for an incomplete record.
func (r *Reader) short(err error) error {
	if errors.Is(err, io.EOF) {
		return r.fail(r.end-r.pos, ErrTruncated)
	}
	return fmt.Errorf("stream: reading at byte %d: %w", r.base+int64(r.end), err)
}

// fill reads until n unused bytes are in the buffer.
func (r *Reader) fill(n int) error {
	for empty := 0; r.end-r.pos < n; {
		if r.srcErr != nil {
			return r.srcErr
		}
		r.room(n)
		got, err := r.src.Read(r.buf[r.end:])
		if got < 0 || got > len(r.buf)-r.end {
			return errors.New("invalid count from Read")
		}
		r.end += got
		r.srcErr = err
		if got > 0 || err != nil {
			empty = 0
			continue
		}
		if empty++; empty == maxEmptyReads {
			return io.ErrNoProgress
		}
	}
	return nil
}

// maxEmptyReads is how many consecutive reads of a source may return nothing.
const maxEmptyReads = 100

// room makes free space after the bytes in the buffer. The buffer grows only
// when it is full of one record, so a forged length does not enlarge it.
func (r *Reader) room(n int) {
	if r.pos > 0 && (r.pos == r.end || r.pos+n > len(r.buf)) {
		copy(r.buf, r.buf[r.pos:r.end])
		r.base += int64(r.pos)
		r.end -= r.pos
		r.pos = 0
	}
	if r.end == len(r.buf) {
		grown := make([]byte, 2*len(r.buf))
		copy(grown, r.buf[:r.end])
		r.buf = grown
	}
}

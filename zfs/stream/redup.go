package stream

import (
	"fmt"
	"io"
)

// blockRef identifies a block that was sent.
type blockRef struct{ guid, object, offset uint64 }

// Redup copies a stream, plain or compound, and replaces each reference to an
// earlier block by that block, as zstream redup does. Every release can receive
// the copy. Streams that are not deduplicated are copied unchanged.
//
// The source, of size bytes, is read twice, and a block is read again for each
// reference to it. Memory is used for one entry for each referenced block.
//
// A malformed stream is a *SyntaxError, as from Reader.Next; a reference to a
// missing block matches ErrReference.
func Redup(dst io.Writer, src io.ReaderAt, size int64) error {
	wanted, err := references(io.NewSectionReader(src, 0, size))
	if err != nil {
		return err
	}
	d := &reduper{src: src, at: wanted, out: NewWriter(dst)}
	r := NewReader(io.NewSectionReader(src, 0, size), nil)
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return d.out.Close()
		}
		if err == nil {
			err = d.copy(rec)
		}
		if err != nil {
			return err
		}
	}
}

// references collects the referenced blocks.
func references(src io.Reader) (map[blockRef]int64, error) {
	wanted := make(map[blockRef]int64)
	for r := NewReader(src, nil); ; {
		rec, err := r.Next()
		switch ref, ok := rec.(*WriteByRef); {
		case err == io.EOF:
			return wanted, nil
		case err != nil:
			return nil, err
		case ok:
			wanted[blockRef{ref.RefGUID, ref.RefObject, ref.RefOffset}] = -1
		}
	}
}

// reduper is the state of copying one stream.
type reduper struct {
	src       io.ReaderAt
	at        map[blockRef]int64 // offsets of referenced blocks, -1 if not yet seen
	bigEndian bool
	out       *Writer
}

// copy copies one record.
func (d *reduper) copy(rec Record) error {
	switch rec := rec.(type) {
	case *Begin:
		rec.Features &^= FeatureDedup | FeatureDedupProps
		d.bigEndian = rec.BigEndian
	case *Write:
		ref := blockRef{rec.ToGUID, rec.Object, rec.Offset}
		if _, ok := d.at[ref]; ok {
			d.at[ref] = rec.Head.Offset
		}
	case *WriteByRef:
		block, err := d.block(rec)
		if err != nil {
			return err
		}
		return d.out.WriteRecord(block)
	}
	return d.out.WriteRecord(rec)
}

// block reads the block that a record refers to, and returns the record that
// replaces it.
func (d *reduper) block(ref *WriteByRef) (*Write, error) {
	at := d.at[blockRef{ref.RefGUID, ref.RefObject, ref.RefOffset}]
	wrong := func(err error) error {
		return &SyntaxError{Offset: ref.Head.Offset, Record: d.out.count, Err: err}
	}
	if at < 0 {
		return nil, wrong(ErrReference)
	}
	var raw [recordSize]byte
	if _, err := d.src.ReadAt(raw[:], at); err != nil {
		return nil, fmt.Errorf("stream: reading at byte %d: %w", at, err)
	}
	c := coder{b: raw[:], bigEndian: d.bigEndian}
	var typ uint32
	block := &Write{}
	c.u32(0, &typ)
	block.layout(&c)
	size := block.PayloadSize()
	if Type(typ) != TypeWrite || block.ToGUID != ref.RefGUID || size > block.limit() || block.LogicalSize != ref.Length {
		return nil, wrong(ErrReference)
	}
	block.Payload = make([]byte, size)
	if _, err := d.src.ReadAt(block.Payload, at+recordSize); err != nil {
		return nil, fmt.Errorf("stream: reading at byte %d: %w", at, err)
	}
	block.ToGUID, block.Object, block.Offset = ref.ToGUID, ref.Object, ref.Offset
	return block, nil
}

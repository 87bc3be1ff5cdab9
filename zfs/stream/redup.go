package stream

import (
	"fmt"
	"io"
)

// blockRef names a block that was sent.
type blockRef struct{ guid, object, offset uint64 }

// Redup copies a stream, plain or compound, and replaces each reference to an
// earlier block by that block, as zstream redup does. The copy is no longer
// deduplicated: every release receives it. Other streams come out as they are.
//
// The source, of size bytes, is read twice, and the blocks once more where they
// are referred to. Memory is used for the blocks that are referred to, one entry
// each.
//
// A malformed stream is a *SyntaxError, as from Reader.Next; one that refers to
// what it does not have matches ErrReference.
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

// references collects the blocks that are referred to.
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

// reduper is the copying of one stream.
type reduper struct {
	src       io.ReaderAt
	at        map[blockRef]int64 // where the blocks that are referred to start, -1 before
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

// block reads the block that a record refers to, and puts it in its place.
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

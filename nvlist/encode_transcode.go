package nvlist

import "encoding/binary"

// transcode packs, as XDR, the pairs of the list at node n of a little-endian
// tape that has not been changed. It does what tapePairs does without making
// pairs and lists of what can go straight from one encoding to the other: that
// is how answers of the kernel become what streams and disks hold.
func (e *encoder) transcode(t *tape, n uint32, depth int) error {
	if depth > MaxDepth {
		return ErrLimit
	}
	var p Pair
	end := t.nodes[n].next
	for n++; n < end; n = t.nodes[n].next {
		b := t.buf[t.nodes[n].off:]
		kind := u64(b[8:], formLittle)
		switch kind {
		case 1 | uint64(TypeUint64)<<32, 1 | uint64(TypeInt64)<<32:
			e.transcodeNumber(b)
			continue
		case 1 | uint64(TypeList)<<32:
			m := mark{len(e.b), e.slack}
			e.transcodeHead(b, kind, listHeadLen)
			flags := u32(t.buf[t.nodes[n+1].off+4:], formLittle)
			put64(e.b[len(e.b)-listHeadLen:], formXDR, uint64(flags))
			if err := e.transcode(t, n+1, depth+1); err != nil {
				return inside(t.name(n), err)
			}
			clear(e.grow(xdrTerminator))
			e.end(m)
			continue
		}
		t.load(n, &p)
		if err := e.pair(&p, depth); err != nil {
			return inside(p.name, err)
		}
	}
	return nil
}

// transcodeNumber packs the number of 64 bits whose native pair b starts with.
func (e *encoder) transcodeNumber(b string) {
	start := len(e.b)
	e.transcodeHead(b, u64(b[8:], formLittle), 8)
	size := u32(b, formLittle)
	put64(e.b[len(e.b)-8:], formXDR, u64(b[size-8:], formLittle))
	put32(e.b[start:], formXDR, uint32(len(e.b)-start))
}

// transcodeHead packs a pair but its size and its value, for which it leaves
// room at the end.
func (e *encoder) transcodeHead(b string, kind uint64, value int) {
	n := int(u16(b[4:], formLittle)) - 1
	padded := align4(n)
	dst := e.grow(xdrHead + padded + 8 + value)
	head := (*[xdrHead]byte)(dst)
	binary.BigEndian.PutUint64(head[4:], uint64(u32(b, formLittle))<<32|uint64(n))
	copyName(dst[xdrHead:xdrHead+padded], b[nativeHead:nativeHead+n])
	binary.BigEndian.PutUint64(dst[xdrHead+padded:], kind)
}

// copyName stores a name and as many zeros as fill dst.
func copyName(dst []byte, name string) {
	if n := len(dst); n >= 4 {
		clear(dst[n-4:])
	}
	copy(dst, name)
}

package nvlist

import "encoding/binary"

// nativeLen returns how long the value is in the native encoding, without
// padding and without the pairs of lists.
func (p *Pair) nativeLen() int64 {
	info := p.typ.info()
	n := int64(p.nelem)
	switch info.class {
	case classScalar, classArray:
		return n * int64(info.width)
	case classString:
		return int64(len(p.data)) + 1
	case classStrings:
		return n*slotLen + p.stringBytes()
	case classList:
		return listImageLen
	case classLists:
		return n * (slotLen + listImageLen)
	}
	return 0
}

// stringBytes returns how long the strings of an array are with their NULs.
func (p *Pair) stringBytes() int64 {
	if p.form != formXDR {
		return int64(len(p.data))
	}
	var s string
	total := int64(p.nelem)
	rest := p.data
	for range p.nelem {
		s, rest = cutText(rest, p.form)
		total += int64(len(s))
	}
	return total
}

// nativeSize returns the size of the pair in the native encoding, without the
// pairs of lists. XDR states this size too.
func (p *Pair) nativeSize() int64 {
	return align8(int64(nativeHead+len(p.name)+1)) + align8(p.nativeLen())
}

// nativeList packs the pairs of l, which lies depth lists deep, and the
// terminator.
func (e *encoder) nativeList(l *List, depth int) error {
	if l == nil || l.tape != nil {
		if err := e.pairs(l, depth); err != nil {
			return err
		}
		e.u32(0)
		return nil
	}
	for i := range l.pairs {
		p := &l.pairs[i]
		if p.bad {
			return inside(p.name, p.check())
		}
		switch {
		case p.typ == TypeUint64:
			put64(e.nativeHead(p), e.form, p.num)
			continue
		case p.typ == TypeList && depth < MaxDepth:
			// The shortest way down, as most lists of a kernel are nested.
			image := (*[listImageLen]byte)(e.nativeHead(p))
			clear(image[:])
			put32(image[4:8], e.form, p.kid.Flags())
			if err := e.nativeList(p.kid, depth+1); err != nil {
				return inside(p.name, err)
			}
			continue
		}
		e.nativePair(p)
		if err := e.lists(p, depth); err != nil {
			return inside(p.name, err)
		}
	}
	e.u32(0)
	return nil
}

// nativePair packs a pair without the lists that it holds.
func (e *encoder) nativePair(p *Pair) {
	b := e.nativeHead(p)
	if len(b) == 0 {
		return
	}
	if p.typ == TypeUint64 && e.form == formLittle {
		binary.LittleEndian.PutUint64(b, p.num)
		return
	}
	// The last word is cleared first, so that the padding is zero.
	binary.LittleEndian.PutUint64(b[len(b)-8:], 0)
	e.nativeValue(b, p)
}

// nativeHead packs all of a pair but its value, for which it returns the room.
func (e *encoder) nativeHead(p *Pair) []byte {
	size := int(p.size)
	if size > cap(e.b)-len(e.b) {
		e.room(size)
	}
	b := e.b[len(e.b) : len(e.b)+size]
	e.b = e.b[:len(e.b)+size]
	n := len(p.name)
	// Constant bounds spare the processor most of the checks.
	head := (*[nativeMin]byte)(b)
	if e.form == formLittle {
		binary.LittleEndian.PutUint64(head[:8], uint64(size)|uint64(n+1)<<32)
		binary.LittleEndian.PutUint64(head[8:16], uint64(p.nelem)|uint64(p.typ)<<32)
	} else {
		binary.BigEndian.PutUint64(head[:8], uint64(size)<<32|uint64(n+1)<<16)
		binary.BigEndian.PutUint64(head[8:16], uint64(p.nelem)<<32|uint64(p.typ))
	}
	val := align8(nativeHead + n + 1)
	switch {
	case n < 8:
		binary.LittleEndian.PutUint64(head[16:], shortWord(p.name))
	case n < 16:
		word := (*[16]byte)(b[nativeHead:])
		binary.LittleEndian.PutUint64(word[8:], 0) // the padding
		binary.LittleEndian.PutUint64(word[:8], u64(p.name, formLittle))
		binary.LittleEndian.PutUint64(b[nativeHead+n-8:], u64(p.name[n-8:], formLittle))
	default:
		binary.LittleEndian.PutUint64(b[val-8:val], 0)
		copy(b[nativeHead:val], p.name)
	}
	return b[val:]
}

// shortWord returns the up to seven bytes of s as a little-endian number.
func shortWord(s string) uint64 {
	n := uint(len(s))
	switch {
	case n >= 4:
		return uint64(u32(s, formLittle)) | uint64(u32(s[n-4:], formLittle))<<(8*(n-4))
	case n >= 2:
		return uint64(u16(s, formLittle)) | uint64(u16(s[n-2:], formLittle))<<(8*(n-2))
	case n == 1:
		return uint64(s[0])
	}
	return 0
}

// nativeValue fills b, whose last word is zero, with the value.
func (e *encoder) nativeValue(b []byte, p *Pair) {
	switch info := p.typ.info(); info.class {
	case classScalar:
		putNumber(b, e.form, int(info.width), p.num)
	case classList:
		binary.LittleEndian.PutUint64(b, 0)
		binary.LittleEndian.PutUint64(b[8:], 0)
		put32(b[4:], e.form, p.kid.Flags())
	case classString:
		copy(b, p.data)
	case classArray:
		if p.form == e.form {
			copy(b, p.data)
			return
		}
		putNumbers(b, e.form, p)
	case classStrings:
		clear(b[:p.nelem*slotLen])
		putStrings(b[p.nelem*slotLen:], p)
	case classLists:
		clear(b)
		b = b[p.nelem*slotLen:]
		for i, l := range p.AllLists() {
			put32(b[i*listImageLen+4:], e.form, l.Flags())
		}
	}
}

// putStrings stores the elements of an array with their NULs.
func putStrings(b []byte, p *Pair) {
	if p.form != formXDR {
		copy(b, p.data)
		return
	}
	var s string
	rest := p.data
	for range p.nelem {
		s, rest = cutText(rest, p.form)
		n := copy(b, s)
		b[n] = 0
		b = b[n+1:]
	}
}

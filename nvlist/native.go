package nvlist

import "bytes"

// Sizes of the native encoding.
const (
	// nativeHead is the fixed part of a pair, in front of its name.
	nativeHead = 16
	// listImageLen is what a pair holds of each list: version, flags, and two
	// fields that only mean something in memory.
	listImageLen = 24
	// slotLen is the room that arrays of strings and of lists keep for the
	// pointers of the program that unpacks them.
	slotLen = 8
	// maxName is the longest name: its length with the NUL is a signed 16-bit
	// number.
	maxName = 1<<15 - 2
)

// nativePair reads the pair, or the terminator, at the current position.
func (c *Cursor) nativePair() event {
	b := c.buf[c.pos:]
	c.name = noName
	if len(b) < 4 {
		return c.fail(len(c.buf), ErrTruncated)
	}
	size := int(int32(u32(b, c.form)))
	if size == 0 {
		c.pos += 4
		return c.close()
	}
	c.pair = c.pos
	if size < nativeHead {
		return c.fail(c.pos, ErrSize)
	}
	if size > len(b) {
		return c.fail(len(c.buf), ErrTruncated)
	}
	b = b[:size]
	nameSize := int(int16(u16(b[4:], c.form)))
	c.nelem = int(int32(u32(b[8:], c.form)))
	c.typ = Type(u32(b[12:], c.form))
	val := align8(nativeHead + nameSize)
	if nameSize < 1 || val > size {
		return c.fail(c.pos+4, ErrName)
	}
	if indexNUL(b[nativeHead:nativeHead+nameSize]) != nameSize-1 {
		return c.fail(c.pos+nativeHead, ErrName)
	}
	c.name, c.namLen, c.val = c.pos+nativeHead, nameSize-1, c.pos+val
	holds, bad := c.nativeValue(b[val:])
	if bad != nil {
		return c.fail(c.nativeFault(bad), bad)
	}
	c.pos += size
	return c.accept(holds)
}

// nativeFault says which byte of the current pair is to blame for err.
func (c *Cursor) nativeFault(err error) int {
	switch err {
	case ErrCount:
		return c.pair + 8
	case ErrType:
		return c.pair + 12
	case ErrSize:
		return c.pair
	}
	return c.val
}

// nativeValue checks that b is exactly the padded value of the current pair. It
// sets valLen and returns how many lists follow.
func (c *Cursor) nativeValue(b []byte) (holds int, err error) {
	info := c.typ.info()
	switch info.class {
	case classScalar:
		c.valLen = int(info.width)
		if c.nelem != 1 {
			return 0, ErrCount
		}
		if len(b) != 8 {
			return 0, ErrSize
		}
		if c.typ == TypeBooleanValue && u32(b, c.form) > 1 {
			return 0, ErrValue
		}
		return 0, nil
	case classList:
		c.valLen = listImageLen
		if c.nelem != 1 {
			return 0, ErrCount
		}
		if len(b) != listImageLen {
			return 0, ErrSize
		}
		if u32(b, c.form) != 0 {
			return 0, ErrVersion
		}
		return 1, nil
	case classString:
		if c.nelem != 1 {
			return 0, ErrCount
		}
		c.valLen = indexNUL(b)
		if align8(c.valLen+1) != len(b) {
			return 0, ErrSize
		}
		return 0, nil
	}
	return c.nativeArray(b, info)
}

// nativeArray is nativeValue for the types without a fixed size.
func (c *Cursor) nativeArray(b []byte, info *typeInfo) (holds int, err error) {
	if info.class == classNone {
		return 0, ErrType
	}
	// One byte is the least that an element takes, so this also keeps the
	// products below from overflowing.
	if c.nelem < 0 || c.nelem > len(b) {
		return 0, ErrCount
	}
	switch info.class {
	case classArray:
		c.valLen = c.nelem * int(info.width)
		if align8(c.valLen) != len(b) {
			return 0, ErrSize
		}
		if c.typ == TypeBooleanArray {
			return 0, checkWords(b[:c.valLen], c.form, TypeBooleanValue)
		}
		return 0, nil
	case classStrings:
		return 0, c.nativeStrings(b)
	case classLists:
		return c.nativeLists(b)
	}
	c.valLen = 0
	if c.nelem != 0 {
		return 0, ErrCount
	}
	if len(b) != 0 {
		return 0, ErrSize
	}
	return 0, nil
}

// nativeStrings checks an array of strings: slots, then the strings.
func (c *Cursor) nativeStrings(b []byte) error {
	slots := c.nelem * slotLen
	if slots > len(b) {
		return ErrCount
	}
	// The slots hold whatever the packing program left there.
	c.val += slots
	end := slots
	for range c.nelem {
		n := bytes.IndexByte(b[end:], 0)
		if n < 0 {
			return ErrSize
		}
		end += n + 1
	}
	c.valLen = end - slots
	if align8(end) != len(b) {
		return ErrSize
	}
	return nil
}

// nativeLists checks the heads of an array of lists.
func (c *Cursor) nativeLists(b []byte) (holds int, err error) {
	c.valLen = c.nelem * (slotLen + listImageLen)
	if c.valLen != len(b) {
		return 0, ErrSize
	}
	for head := c.nelem * slotLen; head < len(b); head += listImageLen {
		if u32(b[head:], c.form) != 0 {
			return 0, ErrVersion
		}
	}
	return c.nelem, nil
}

// checkWords checks the four-byte words of b, which stand for numbers of type t.
func checkWords(b []byte, f form, t Type) error {
	for ; len(b) >= 4; b = b[4:] {
		if !validWord(t, u32(b, f)) {
			return ErrValue
		}
	}
	return nil
}

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

// nativePair packs a pair without the lists that it holds.
func (e *encoder) nativePair(p *Pair) {
	size := int(p.nativeSize())
	b := e.grow(size)
	put32(b, e.form, uint32(size))
	put16(b[4:], e.form, uint16(len(p.name)+1))
	put16(b[6:], e.form, 0)
	put32(b[8:], e.form, p.nelem)
	put32(b[12:], e.form, uint32(p.typ))
	val := align8(nativeHead + len(p.name) + 1)
	clear(b[nativeHead+copy(b[nativeHead:], p.name) : val])
	e.nativeValue(b[val:], p)
}

// nativeValue fills b with the value and its padding.
func (e *encoder) nativeValue(b []byte, p *Pair) {
	switch info := p.typ.info(); info.class {
	case classScalar:
		clear(b)
		putNumber(b, e.form, int(info.width), p.num)
	case classString:
		clear(b[copy(b, p.data):])
	case classArray:
		clear(b[putNumbers(b, e.form, p):])
	case classStrings:
		clear(b)
		putStrings(b[p.nelem*slotLen:], p)
	case classList:
		clear(b)
		put32(b[4:], e.form, p.kid.Flags())
	case classLists:
		clear(b)
		b = b[p.nelem*slotLen:]
		for i, l := range p.AllLists() {
			put32(b[i*listImageLen+4:], e.form, l.Flags())
		}
	}
}

// putNumbers stores the elements of an array and returns their length.
func putNumbers(b []byte, f form, p *Pair) int {
	width := int(p.typ.info().width)
	if p.form == f || width == 1 && p.form != formXDR && f != formXDR {
		return copy(b, p.data)
	}
	step := elemWidth(f, width)
	for i := range int(p.nelem) {
		putNumber(b[i*step:], f, width, p.elem(i))
	}
	return int(p.nelem) * step
}

// putStrings stores the elements of an array with their NULs in cleared bytes.
func putStrings(b []byte, p *Pair) {
	if p.form != formXDR {
		copy(b, p.data)
		return
	}
	var s string
	rest := p.data
	for range p.nelem {
		s, rest = cutText(rest, p.form)
		b = b[copy(b, s)+1:]
	}
}

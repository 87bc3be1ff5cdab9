package nvlist

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

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

// nativeMin is the smallest pair: a flag whose name has up to seven bytes.
const nativeMin = nativeHead + 8

// read reads the pair at the current position, or the terminator if closes is
// set. Otherwise it goes on behind terminators. This is where decoding spends
// its time, so the most common pairs are dealt with right here.
func (c *Cursor) read(closes bool) event {
	c.entered = 0
	if c.form == formXDR {
		return c.readXDR(closes)
	}
	var b []byte
	var sizes, kind, name uint64
	pos := c.pos
	for {
		b = c.buf[pos:]
		if len(b) < nativeMin {
			c.pos = pos
			if ev := c.nativeShort(b); closes || ev != eventClose && ev != eventSibling {
				return ev
			}
			pos = c.pos
			continue
		}
		// Both byte orders have the order of the fields in common.
		head := (*[nativeMin]byte)(b)
		sizes, kind = binary.LittleEndian.Uint64(head[:8]), binary.LittleEndian.Uint64(head[8:16])
		name = binary.LittleEndian.Uint64(head[16:])
		if c.form != formLittle {
			sizes, kind = swapHead(b)
		}
		if uint32(sizes) != 0 {
			break
		}
		pos += 4
		top := c.depth - 1
		if closes || uint(top) >= uint(len(c.stack)) {
			c.pos = pos
			return c.nativeClose()
		}
		f := &c.stack[top]
		c.name = noName
		f.head += listImageLen
		if f.left--; f.left == 0 {
			c.depth = top
		}
	}
	size, nameSize := int(int32(sizes)), int(uint16(sizes>>32))
	val := align8(nativeHead + nameSize)
	c.pair = pos
	if uint(size) > uint(len(b)) || val > size || nameSize == 0 {
		return c.badSize(size, len(b))
	}
	b = b[:size]
	nul := nativeHead
	z := zeroByte(name)
	for z == 0 && nul < size-15 {
		nul += 8
		name = binary.LittleEndian.Uint64(b[nul:])
		z = zeroByte(name)
	}
	if nul+bits.TrailingZeros64(z)>>3 != nativeHead+nameSize-1 {
		return c.fail(pos+nativeHead, ErrName)
	}
	if closes { // only who builds a tape wants to know
		c.odd |= sizes>>48 | name>>(bits.TrailingZeros64(z)&^7)
	}
	c.name, c.namLen, c.val = pos+nativeHead, nameSize-1, pos+val
	c.nelem, c.typ = int(int32(kind)), Type(kind>>32)
	c.pos = pos + size
	if c.left--; c.left < 0 {
		return c.fail(c.pair, ErrLimit)
	}
	// Most pairs are of these two kinds, so they take the short way.
	if kind == 1|uint64(TypeUint64)<<32 && size-val == 8 {
		c.valLen = 8
		return eventPair
	}
	value := b[val:]
	if kind != 1|uint64(TypeList)<<32 || len(value) != listImageLen || u32(value, formLittle) != 0 {
		return c.nativeValue(value)
	}
	c.valLen = listImageLen
	c.oddImage(value)
	return c.enter()
}

// oddImage notes whether the part of a list's image that only means something
// in memory is not zero.
func (c *Cursor) oddImage(b []byte) {
	c.odd |= binary.LittleEndian.Uint64(b[8:]) | binary.LittleEndian.Uint64(b[16:])
}

// nativeClose ends the list that is being read.
func (c *Cursor) nativeClose() event {
	c.name = noName
	top := c.depth - 1
	if uint(top) >= uint(len(c.stack)) {
		return c.finish()
	}
	f := &c.stack[top]
	f.left--
	if f.left == 0 {
		c.depth = top
		return eventClose
	}
	f.head += listImageLen
	return eventSibling
}

// swapHead is the fixed part of a big-endian pair, as if it were little-endian.
func swapHead(b []byte) (sizes, kind uint64) {
	sizes = uint64(u32(b, formBig)) | uint64(u16(b[4:], formBig))<<32
	sizes |= uint64(u16(b[6:], formBig)) << 48
	return sizes, uint64(u32(b[8:], formBig)) | uint64(u32(b[12:], formBig))<<32
}

// nativeShort reads a terminator that is too close to the end for a pair.
func (c *Cursor) nativeShort(b []byte) event {
	c.name = noName
	switch {
	case c.done && c.err != nil:
		return eventError
	case c.done:
		return eventDone
	}
	if len(b) >= 4 && u32(b, c.form) == 0 {
		c.pos += 4
		return c.nativeClose()
	}
	return c.fail(len(c.buf), ErrTruncated)
}

// badSize says what is wrong with the two sizes of a pair, of which at most
// have bytes are there.
func (c *Cursor) badSize(size, have int) event {
	switch {
	case size < nativeMin:
		return c.fail(c.pair, ErrSize)
	case size > have:
		return c.fail(len(c.buf), ErrTruncated)
	}
	return c.fail(c.pair+4, ErrName)
}

// nativeFault ends the walk at the byte of the current pair that is to blame.
func (c *Cursor) nativeFault(err error) event {
	switch err {
	case ErrCount:
		return c.fail(c.pair+8, err)
	case ErrType:
		return c.fail(c.pair+12, err)
	case ErrSize:
		return c.fail(c.pair, err)
	}
	return c.fail(c.val, err)
}

// nativeValue checks that b is exactly the padded value of the current pair,
// and enters the lists that it holds.
func (c *Cursor) nativeValue(b []byte) event {
	info := c.typ.info()
	if c.nelem != 1 || info.class > classString {
		return c.nativeOther(b, info)
	}
	switch info.class {
	case classScalar:
		c.valLen = int(info.width)
		if len(b) != 8 {
			return c.nativeFault(ErrSize)
		}
		if c.typ == TypeBooleanValue && u32(b, c.form) > 1 {
			return c.nativeFault(ErrValue)
		}
		c.tail(b)
	case classList:
		c.valLen = listImageLen
		if len(b) != listImageLen {
			return c.nativeFault(ErrSize)
		}
		if u32(b, c.form) != 0 {
			return c.nativeFault(ErrVersion)
		}
		c.markUnless(zeros(b[8:]))
		return c.enter()
	case classString:
		c.valLen = indexNUL(b)
		if align8(c.valLen+1) != len(b) {
			return c.nativeFault(ErrSize)
		}
		c.tail(b)
	}
	return eventPair
}

// tail notes whether the bytes behind the value in b are not zero.
func (c *Cursor) tail(b []byte) {
	if c.valLen < len(b) {
		c.odd |= binary.LittleEndian.Uint64(b[len(b)-8:]) & notBelow(c.valLen)
	}
}

// notBelow masks the bytes of a little-endian word from byte n mod 8 on.
func notBelow(n int) uint64 { return ^uint64(0) << (8 * (uint(n) & 7)) }

// markUnless notes that the input is not what this package would write.
func (c *Cursor) markUnless(exact bool) {
	if !exact {
		c.odd = 1
	}
}

// nativeOther is nativeValue for the types without a fixed count, and for
// counts that do not fit.
func (c *Cursor) nativeOther(b []byte, info *typeInfo) event {
	if err := c.nativeArray(b, info); err != nil {
		return c.nativeFault(err)
	}
	if info.class != classLists || c.nelem == 0 {
		return eventPair
	}
	return c.enter()
}

// nativeArray checks the value of a type without a fixed count.
func (c *Cursor) nativeArray(b []byte, info *typeInfo) error {
	if info.class == classNone {
		return ErrType
	}
	// One byte is the least that an element takes, so this also keeps the
	// products below from overflowing.
	if c.nelem < 0 || c.nelem > len(b) {
		return ErrCount
	}
	switch info.class {
	case classArray:
		c.valLen = c.nelem * int(info.width)
		if align8(c.valLen) != len(b) {
			return ErrSize
		}
		c.tail(b)
		if c.typ == TypeBooleanArray {
			_, err := checkWords(b[:c.valLen], c.form, TypeBooleanValue)
			return err
		}
		return nil
	case classStrings:
		return c.nativeStrings(b)
	case classLists:
		return c.nativeLists(b)
	case classFlag:
		c.valLen = 0
		if c.nelem == 0 && len(b) != 0 {
			return ErrSize
		}
		if c.nelem == 0 {
			return nil
		}
	}
	return ErrCount
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
	c.markUnless(zeros(b[:slots]) && zeros(b[end:]))
	return nil
}

// nativeLists checks the heads of an array of lists.
func (c *Cursor) nativeLists(b []byte) error {
	c.valLen = c.nelem * (slotLen + listImageLen)
	if c.valLen != len(b) {
		return ErrSize
	}
	heads := c.nelem * slotLen
	c.markUnless(zeros(b[:heads]))
	for b = b[heads:]; len(b) > 0; b = b[listImageLen:] {
		if u32(b, c.form) != 0 {
			return ErrVersion
		}
		c.markUnless(zeros(b[8:listImageLen]))
	}
	return nil
}

// checkWords checks the four-byte words of b, which stand for numbers of type
// t, and returns which bits any of them has set.
func checkWords(b []byte, f form, t Type) (set uint32, err error) {
	for ; len(b) >= 4; b = b[4:] {
		w := u32(b, f)
		if !validWord(t, w) {
			return 0, ErrValue
		}
		set |= w
	}
	return set, nil
}

package nvlist

import "math/bits"

// The first words of the values that most pairs have, in little-endian order.
const (
	oneNumber = 1 | uint64(TypeUint64)<<32
	oneString = 1 | uint64(TypeString)<<32
	oneList   = 1 | uint64(TypeList)<<32
)

// nativeQuick reads the next pair of a little-endian list if it is of one of the
// kinds that most are, a 64-bit number, a string or a list, and well-formed. It
// calls nothing, so that all it knows stays in registers. Everything else is
// left to read, which also says what is wrong.
func (c *Cursor) nativeQuick() bool {
	buf, pos := c.buf, c.pos
	var sizes uint64
	for {
		if pos < 0 || pos > len(buf)-nativeMin {
			return false
		}
		sizes = word(buf, pos)
		if uint32(sizes) != 0 {
			break
		}
		top := c.depth - 1
		if uint(top) >= uint(len(c.stack)) {
			return false
		}
		pos += 4
		f := &c.stack[top]
		f.head += listImageLen
		if f.left--; f.left == 0 {
			c.depth = top
		}
		c.pos, c.name = pos, noName
	}
	kind := word(buf, pos+8)
	nameSize := int(uint16(sizes >> 32))
	val, end := pos+align8(nativeHead+nameSize), pos+int(uint32(sizes))
	if end > len(buf) {
		return false
	}
	var z uint64
	at := pos + nativeHead
	for {
		if at < 0 || at > len(buf)-8 {
			return false
		}
		if z = zeroByte(word(buf, at)); z != 0 {
			break
		}
		at += 8
	}
	if at+bits.TrailingZeros64(z)>>3 != pos+nativeHead+nameSize-1 {
		return false
	}
	valLen := end - val
	switch {
	case kind == oneNumber && valLen == 8:
	case kind == oneString && valLen >= 8:
		at = val
		for {
			if at < 0 || at > len(buf)-8 {
				return false
			}
			if z = zeroByte(word(buf, at)); z != 0 {
				break
			}
			at += 8
		}
		if at != end-8 {
			return false
		}
		valLen += bits.TrailingZeros64(z)>>3 - 8
	case kind == oneList && valLen == listImageLen:
		depth := c.depth
		if val < 0 || val > len(buf)-8 || uint32(word(buf, val)) != 0 || uint(depth) >= uint(len(c.stack)) || depth >= c.max {
			return false
		}
		f := &c.stack[depth]
		f.pair, f.left, f.head = int32(pos), 1, int32(val)
		c.depth = depth + 1
		c.entered = 1
	default:
		return false
	}
	c.pair, c.name, c.namLen, c.val, c.valLen = pos, pos+nativeHead, nameSize-1, val, valLen
	c.nelem, c.typ = 1, Type(kind>>32)
	c.pos = end
	return true
}

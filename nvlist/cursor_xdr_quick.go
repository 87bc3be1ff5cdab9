package nvlist

import (
	"encoding/binary"
	"math/bits"
)

// xdrQuickMin is what the quick way looks at besides the name.
const xdrQuickMin = xdrHead + 16

// xdrQuick is nativeQuick for the XDR encoding. It leaves terminators alone if
// closes is set. A text must end where the first NUL is: what follows it begins
// with one in all but the largest lists.
func (c *Cursor) xdrQuick(closes bool) bool {
	buf, pos := c.buf, c.pos
	var sizes uint64
	for {
		if pos < 0 || pos > len(buf)-xdrQuickMin {
			return false
		}
		if sizes = bits.ReverseBytes64(word(buf, pos)); sizes != 0 {
			break
		}
		top := c.depth - 1
		if closes || uint(top) >= uint(len(c.stack)) {
			return false
		}
		f := &c.stack[top]
		pos += xdrTerminator
		if f.left != 1 || int(f.size) != pos-int(f.pair) {
			return false
		}
		c.depth = top
		c.pos, c.name = pos, noName
	}
	name := pos + xdrHead
	n := int(bits.ReverseBytes32(uint32(word(buf, pos+8))))
	if uint(n) > maxName || firstNUL(buf, name) != name+n {
		return false
	}
	val := name + align4(n) + 8
	if val < 12 || val > len(buf)-8 {
		return false
	}
	// The last bytes of the name, the type with the count, and the value.
	rest := (*[20]byte)(buf[val-12 : val+8])
	if badPadding(binary.LittleEndian.Uint32(rest[:4]), n) {
		return false
	}
	kind, first := binary.BigEndian.Uint64(rest[4:12]), binary.BigEndian.Uint64(rest[12:])
	native := int(uint32(sizes)) - align8(nativeHead+n+1)
	end, valLen := val+8, 8
	switch {
	case kind == oneNumber:
		if native != 8 || int(sizes>>32) != end-pos {
			return false
		}
	case kind == oneString:
		val += 4
		valLen = int(first >> 32)
		end = val + align4(valLen)
		if valLen < 0 || firstNUL(buf, val) != val+valLen || end > len(buf) {
			return false
		}
		last := (*[4]byte)(buf[end-4 : end])
		if native != align8(valLen+1) || int(sizes>>32) != end-pos || badPadding(binary.LittleEndian.Uint32(last[:]), valLen) {
			return false
		}
	case kind == oneList && native == listImageLen && first>>32 == 0 && int32(sizes>>32) >= xdrHead:
		depth := c.depth
		if uint(depth) >= uint(len(c.stack)) || depth >= c.max {
			return false
		}
		f := &c.stack[depth]
		f.pair, f.left, f.head = int32(pos), 1, int32(val)
		f.size, f.slack = int32(sizes>>32), int32(c.slack)
		c.depth = depth + 1
		c.entered = 1
		valLen = 0
	default:
		return false
	}
	c.pair, c.name, c.namLen, c.val, c.valLen = pos, name, n, val, valLen
	c.nelem, c.typ = 1, Type(kind>>32)
	c.pos = end
	return true
}

// badPadding reports whether w, the last four bytes of a text of n bytes with its
// padding, holds anything but zeros behind the text.
func badPadding(w uint32, n int) bool { return uint64(w)>>(8*uint((n-1)&3+1)) != 0 }

// firstNUL returns where the first NUL from b[at] on is, or -1. The last bytes of
// b, fewer than eight, are not looked at.
func firstNUL(b []byte, at int) int {
	for ; at >= 0 && at <= len(b)-8; at += 8 {
		if z := zeroByte(word(b, at)); z != 0 {
			return at + bits.TrailingZeros64(z)>>3
		}
	}
	return -1
}

package nvlist

import (
	"bytes"
	"iter"
	"math"
	"time"
)

// Path returns the path of the current pair: the names of the pairs that lead
// to it, joined by slashes, with [i] after a name for element i of an array of
// lists. Names that contain a slash, a bracket, a space or a special character
// are quoted.
func (c *Cursor) Path() string {
	var path string
	for i := range c.Depth() {
		path = joinPath(path, c.frameElem(&c.stack[i]))
	}
	if c.name == noName {
		return path
	}
	return joinPath(path, pathElem(string(c.Name()), noIndex))
}

// frameElem renders the path element of an enclosing pair from its bytes.
func (c *Cursor) frameElem(f *frame) string {
	p := parsePair(c.buf[f.pair:], c.form)
	index := noIndex
	if p.typ == TypeListArray {
		index = max(0, p.nelem-int(f.left))
	}
	return pathElem(string(c.buf[int(f.pair)+p.name:int(f.pair)+p.name+p.nameLen]), index)
}

// Name returns the name of the current pair. It is empty before the first pair.
func (c *Cursor) Name() []byte {
	if c.name == noName {
		return nil
	}
	return c.buf[c.name : c.name+c.namLen : c.name+c.namLen]
}

// Type returns the type of the current pair.
func (c *Cursor) Type() Type { return c.typ }

// Len returns the number of elements of the current pair: 0 for a boolean
// without value, 1 for any other type that is not an array.
func (c *Cursor) Len() int { return c.nelem }

// value returns the packed value of the current pair.
func (c *Cursor) value() []byte {
	return c.buf[c.val : c.val+c.valLen : c.val+c.valLen]
}

// bits returns the number of a scalar pair as Pair keeps it.
func (c *Cursor) bits() uint64 {
	width := int(c.typ.info().width)
	return normal(c.typ, width, number(c.buf[c.val:], c.form, width))
}

// Int returns the number of the current pair if it has an integer type and fits
// in an int64. Otherwise it reports false.
func (c *Cursor) Int() (int64, bool) {
	if !c.typ.integer() {
		return 0, false
	}
	return asInt(c.typ, c.bits())
}

// Uint is Int for numbers that fit in a uint64.
func (c *Cursor) Uint() (uint64, bool) {
	if !c.typ.integer() {
		return 0, false
	}
	return asUint(c.typ, c.bits())
}

// BooleanValue returns the value of a TypeBooleanValue.
func (c *Cursor) BooleanValue() (value, ok bool) {
	if c.typ != TypeBooleanValue {
		return false, false
	}
	return c.bits() != 0, true
}

// Double returns the value of a TypeDouble.
func (c *Cursor) Double() (float64, bool) {
	if c.typ != TypeDouble {
		return 0, false
	}
	return math.Float64frombits(c.bits()), true
}

// Hrtime returns the value of a TypeHrtime.
func (c *Cursor) Hrtime() (time.Duration, bool) {
	if c.typ != TypeHrtime {
		return 0, false
	}
	return time.Duration(c.bits()), true
}

// Bytes returns the value of a TypeString, without its NUL, or the bytes of a
// TypeByteArray. The slice points into the input.
func (c *Cursor) Bytes() ([]byte, bool) {
	if c.typ != TypeString && c.typ != TypeByteArray {
		return nil, false
	}
	return c.value(), true
}

// IntAt returns element i of an array of integers of any type if it fits in an
// int64. It reports false for other types and if i is out of range.
func (c *Cursor) IntAt(i int) (int64, bool) {
	t, bits, ok := c.elem(i)
	if !ok {
		return 0, false
	}
	return asInt(t, bits)
}

// UintAt is IntAt for numbers that fit in a uint64.
func (c *Cursor) UintAt(i int) (uint64, bool) {
	t, bits, ok := c.elem(i)
	if !ok {
		return 0, false
	}
	return asUint(t, bits)
}

// BoolAt returns element i of a TypeBooleanArray.
func (c *Cursor) BoolAt(i int) (value, ok bool) {
	if c.typ != TypeBooleanArray || uint(i) >= uint(c.nelem) {
		return false, false
	}
	return number(c.value()[4*i:], c.form, 4) != 0, true
}

// elem returns element i of an array of integers and its type.
func (c *Cursor) elem(i int) (Type, uint64, bool) {
	info := c.typ.info()
	if info.class != classArray || !info.elem.integer() || uint(i) >= uint(c.nelem) {
		return TypeUnknown, 0, false
	}
	return info.elem, element(c.value(), elemForm(c.form, c.typ), info, i), true
}

// Strings yields the elements of a TypeStringArray, and nothing for any other
// type. The slices point into the input.
func (c *Cursor) Strings() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if c.typ != TypeStringArray {
			return
		}
		rest := c.value()
		for range c.nelem {
			var s []byte
			if s, rest = cutString(rest, c.form); !yield(s) {
				return
			}
		}
	}
}

// cutString splits the first string off the packed elements of an array.
func cutString(b []byte, f form) (s, rest []byte) {
	if f == formXDR {
		n := int(u32(b, f))
		return b[4 : 4+n : 4+n], b[4+align4(n):]
	}
	n := bytes.IndexByte(b, 0)
	return b[:n:n], b[n+1:]
}

// element returns element i of the packed numbers in b, as Pair keeps numbers.
func element[B byteString](b B, f form, info *typeInfo, i int) uint64 {
	width := int(info.width)
	return normal(info.elem, width, number(b[i*elemWidth(f, width):], f, width))
}

// asInt and asUint convert the kept form of an integer of type t.
func asInt(t Type, bits uint64) (int64, bool) {
	return int64(bits), t.signed() || bits <= math.MaxInt64
}

func asUint(t Type, bits uint64) (uint64, bool) {
	return bits, !t.signed() || int64(bits) >= 0
}

// parsedPair is where the parts of a well-formed pair are, relative to its
// first byte.
type parsedPair struct {
	name, nameLen int
	typ           Type
	nelem         int
	val           int
	size          uint32 // in the native encoding
}

// parsePair takes apart a pair that a cursor has accepted.
func parsePair[B byteString](b B, f form) (p parsedPair) {
	if f == formLittle {
		sizes, kind := u64(b, formLittle), u64(b[8:], formLittle)
		n := int(uint16(sizes >> 32))
		p.name, p.nameLen, p.val = nativeHead, n-1, align8(nativeHead+n)
		p.typ, p.nelem, p.size = Type(kind>>32), int(uint32(kind)), uint32(sizes)
		return p
	}
	if f == formBig {
		n := int(u16(b[4:], f))
		p.name, p.nameLen, p.val = nativeHead, n-1, align8(nativeHead+n)
		p.typ, p.nelem, p.size = Type(u32(b[12:], f)), int(u32(b[8:], f)), u32(b, f)
		return p
	}
	n := int(u32(b[8:], f))
	end := xdrHead + align4(n)
	p.name, p.nameLen, p.val = xdrHead, n, end+8
	p.typ, p.nelem, p.size = Type(u32(b[end:], f)), int(u32(b[end+4:], f)), u32(b[4:], f)
	return p
}

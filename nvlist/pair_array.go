package nvlist

import (
	"encoding/binary"
	"strings"
)

// integer are the Go types that numbers in arrays have.
type integer interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// elem returns element i of an array of numbers.
func (p *Pair) elem(i int) uint64 {
	return element(p.data, p.form, p.typ.info(), i)
}

// numbers returns the elements of an array of type t. It reports false if the
// pair is of another type.
func numbers[T integer](p Pair, t Type) ([]T, bool) {
	if p.typ != t {
		return nil, false
	}
	out := make([]T, p.nelem)
	info := p.typ.info()
	if info.width == 8 { // most of what kernels put into arrays
		for i := range out {
			out[i] = T(u64(p.data[8*i:], p.form))
		}
		return out, true
	}
	for i := range out {
		out[i] = T(element(p.data, p.form, info, i))
	}
	return out, true
}

// array is Value for arrays of numbers.
func (p Pair) array() any {
	switch p.typ {
	case TypeByteArray, TypeUint8Array:
		v, _ := numbers[uint8](p, p.typ)
		return v
	case TypeBooleanArray:
		v, _ := p.BooleanArray()
		return v
	case TypeInt8Array:
		v, _ := numbers[int8](p, p.typ)
		return v
	case TypeInt16Array:
		v, _ := numbers[int16](p, p.typ)
		return v
	case TypeUint16Array:
		v, _ := numbers[uint16](p, p.typ)
		return v
	case TypeInt32Array:
		v, _ := numbers[int32](p, p.typ)
		return v
	case TypeUint32Array:
		v, _ := numbers[uint32](p, p.typ)
		return v
	case TypeInt64Array:
		v, _ := numbers[int64](p, p.typ)
		return v
	}
	v, _ := numbers[uint64](p, p.typ)
	return v
}

// BooleanArray returns the value of a TypeBooleanArray.
func (p Pair) BooleanArray() ([]bool, bool) {
	if p.typ != TypeBooleanArray {
		return nil, false
	}
	out := make([]bool, p.nelem)
	for i := range out {
		out[i] = p.elem(i) != 0
	}
	return out, true
}

// ByteArray returns the value of a TypeByteArray.
func (p Pair) ByteArray() ([]byte, bool) { return numbers[byte](p, TypeByteArray) }

// Int8Array returns the value of a TypeInt8Array.
func (p Pair) Int8Array() ([]int8, bool) { return numbers[int8](p, TypeInt8Array) }

// Uint8Array returns the value of a TypeUint8Array.
func (p Pair) Uint8Array() ([]uint8, bool) { return numbers[uint8](p, TypeUint8Array) }

// Int16Array returns the value of a TypeInt16Array.
func (p Pair) Int16Array() ([]int16, bool) { return numbers[int16](p, TypeInt16Array) }

// Uint16Array returns the value of a TypeUint16Array.
func (p Pair) Uint16Array() ([]uint16, bool) { return numbers[uint16](p, TypeUint16Array) }

// Int32Array returns the value of a TypeInt32Array.
func (p Pair) Int32Array() ([]int32, bool) { return numbers[int32](p, TypeInt32Array) }

// Uint32Array returns the value of a TypeUint32Array.
func (p Pair) Uint32Array() ([]uint32, bool) { return numbers[uint32](p, TypeUint32Array) }

// Int64Array returns the value of a TypeInt64Array.
func (p Pair) Int64Array() ([]int64, bool) { return numbers[int64](p, TypeInt64Array) }

// Uint64Array returns the value of a TypeUint64Array.
func (p Pair) Uint64Array() ([]uint64, bool) { return numbers[uint64](p, TypeUint64Array) }

// StringArray returns the value of a TypeStringArray.
func (p Pair) StringArray() ([]string, bool) {
	if p.typ != TypeStringArray {
		return nil, false
	}
	return p.strings(), true
}

func (p Pair) strings() []string {
	out := make([]string, 0, p.nelem)
	var s string
	for rest := p.data; len(out) < int(p.nelem); out = append(out, s) {
		s, rest = cutText(rest, p.form)
	}
	return out
}

// cutText splits the first string off the packed elements of an array.
func cutText(b string, f form) (s, rest string) {
	if f == formXDR {
		n := int(u32(b, f))
		return b[4 : 4+n], b[4+align4(n):]
	}
	n := strings.IndexByte(b, 0)
	return b[:n], b[n+1:]
}

// packNumbers packs the elements of an array in the little-endian form.
func packNumbers[T integer](v []T, t Type) string {
	width := int(t.info().width)
	b := make([]byte, len(v)*width)
	for i, n := range v {
		putNumber(b[i*width:], formLittle, width, uint64(n))
	}
	return string(b)
}

// equalElements compares the elements of two arrays of one type and length.
func (p *Pair) equalElements(q Pair) bool {
	if p.form == q.form && p.data == q.data {
		return true
	}
	if p.typ == TypeStringArray {
		return p.equalStrings(q)
	}
	for i := range int(p.nelem) {
		if p.elem(i) != q.elem(i) {
			return false
		}
	}
	return true
}

func (p *Pair) equalStrings(q Pair) bool {
	a, b := p.data, q.data
	for range p.nelem {
		var s, t string
		s, a = cutText(a, p.form)
		t, b = cutText(b, q.form)
		if s != t {
			return false
		}
	}
	return true
}

// packStrings packs the elements of an array of strings. Only the XDR form can
// hold a string with a NUL, which is refused later, with a path.
func packStrings(v []string) string {
	var b []byte
	for _, s := range v {
		b = appendXDRString(b, s)
	}
	return string(b)
}

// putNumbers stores the elements of an array in the layout f.
func putNumbers(b []byte, f form, p *Pair) {
	width := int(p.typ.info().width)
	// XDR words are not copied, because they may be sign-extended.
	copied := p.form == f && (f != formXDR || width >= 4)
	bytes := width == 1 && p.form != formXDR && f != formXDR
	switch {
	case copied || bytes:
		copy(b, p.data)
	case width == 8:
		swap64(b, p.data, p.form, f)
	default:
		step := elemWidth(f, width)
		for i := range int(p.nelem) {
			putNumber(b[i*step:], f, width, p.elem(i))
		}
	}
}

// swap64 stores 64-bit numbers, most of what kernels put into arrays.
func swap64(dst []byte, src string, from, to form) {
	if from == to || from != formLittle && to != formLittle {
		copy(dst, src)
		return
	}
	n := min(len(src), len(dst)) &^ 7
	for i := 0; i < n; i += 8 {
		word := (*[8]byte)(dst[i:n])
		binary.BigEndian.PutUint64(word[:], u64(src[i:n], formLittle))
	}
}

package nvlist

// elemWidth returns how many bytes a number that is width bytes wide natively
// occupies in form f.
func elemWidth(f form, width int) int {
	if f == formXDR && width < 4 {
		return 4
	}
	return width
}

// elemForm returns the layout of an array's elements in form f. Bytes stay bytes
// even in XDR.
func elemForm(f form, t Type) form {
	if t == TypeByteArray {
		return formLittle
	}
	return f
}

// number reads the number of the given native width at the start of b. The
// bits above its width are those of the wire: XDR may sign-extend.
func number[B byteString](b B, f form, width int) uint64 {
	switch elemWidth(f, width) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(u16(b, f))
	case 4:
		return uint64(u32(b, f))
	}
	return u64(b, f)
}

// putNumber stores a number of the given native width at the start of b. Small
// numbers are zero-extended for XDR, because that is all the kernel accepts.
func putNumber(b []byte, f form, width int, v uint64) {
	switch {
	case width == 8:
		put64(b, f, v)
	case width == 4 || f == formXDR:
		put32(b, f, uint32(v&(1<<(8*uint(width))-1)))
	case width == 2:
		put16(b, f, uint16(v))
	default:
		b[0] = byte(v)
	}
}

// validWord reports whether an XDR word, or a native boolean, may stand for a
// number of type t. Libraries sign-extend the small signed types and those of
// one byte, the kernel zero-extends: both are accepted.
func validWord(t Type, w uint32) bool {
	switch t {
	case TypeBooleanValue:
		return w <= 1
	case TypeByte, TypeInt8, TypeUint8:
		return w <= 0xff || w >= 0xffffff80
	case TypeInt16:
		return w <= 0xffff || w >= 0xffff8000
	case TypeUint16:
		return w <= 0xffff
	}
	return true
}

// signed tells the types whose numbers can be negative.
func (t Type) signed() bool {
	switch t {
	case TypeInt8, TypeInt16, TypeInt32, TypeInt64, TypeHrtime:
		return true
	}
	return false
}

// integer tells the types that the width-tolerant getters accept.
func (t Type) integer() bool {
	return t.info().class == classScalar && t != TypeBooleanValue && t != TypeDouble
}

// normal brings the bits of a number into the form that Pair keeps: signed
// types sign-extended, all others zero-extended.
func normal(t Type, width int, bits uint64) uint64 {
	shift := 64 - 8*uint(width)
	if t.signed() {
		return uint64(int64(bits<<shift) >> shift)
	}
	return bits << shift >> shift
}

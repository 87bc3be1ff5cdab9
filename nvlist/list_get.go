package nvlist

import "time"

// The getters of this file return the value of the first pair with the given
// name. They report false if there is none or if it is of another type.

// scalarOf returns a number of exactly type t.
func scalarOf[T integer](l *List, name string, t Type) (T, bool) {
	p, ok := l.Lookup(name)
	if !ok || p.typ != t {
		return 0, false
	}
	return T(p.num), true
}

// Boolean reports whether the list has a TypeBoolean, the flag without a value,
// with the given name.
func (l *List) Boolean(name string) bool {
	p, _ := l.Lookup(name)
	return p.typ == TypeBoolean
}

// BooleanValue returns the value of a TypeBooleanValue.
func (l *List) BooleanValue(name string) (value, ok bool) {
	p, _ := l.Lookup(name)
	return p.BooleanValue()
}

// Byte returns the value of a TypeByte.
func (l *List) Byte(name string) (byte, bool) { return scalarOf[byte](l, name, TypeByte) }

// Int8 returns the value of a TypeInt8.
func (l *List) Int8(name string) (int8, bool) { return scalarOf[int8](l, name, TypeInt8) }

// Uint8 returns the value of a TypeUint8.
func (l *List) Uint8(name string) (uint8, bool) { return scalarOf[uint8](l, name, TypeUint8) }

// Int16 returns the value of a TypeInt16.
func (l *List) Int16(name string) (int16, bool) { return scalarOf[int16](l, name, TypeInt16) }

// Uint16 returns the value of a TypeUint16.
func (l *List) Uint16(name string) (uint16, bool) { return scalarOf[uint16](l, name, TypeUint16) }

// Int32 returns the value of a TypeInt32.
func (l *List) Int32(name string) (int32, bool) { return scalarOf[int32](l, name, TypeInt32) }

// Uint32 returns the value of a TypeUint32.
func (l *List) Uint32(name string) (uint32, bool) { return scalarOf[uint32](l, name, TypeUint32) }

// Int64 returns the value of a TypeInt64.
func (l *List) Int64(name string) (int64, bool) { return scalarOf[int64](l, name, TypeInt64) }

// Uint64 returns the value of a TypeUint64.
func (l *List) Uint64(name string) (uint64, bool) { return scalarOf[uint64](l, name, TypeUint64) }

// Int returns a number of any integer type if it fits an int64.
func (l *List) Int(name string) (int64, bool) {
	p, _ := l.Lookup(name)
	return p.Int()
}

// Uint returns a number of any integer type if it fits a uint64.
func (l *List) Uint(name string) (uint64, bool) {
	p, _ := l.Lookup(name)
	return p.Uint()
}

// Double returns the value of a TypeDouble.
func (l *List) Double(name string) (float64, bool) {
	p, _ := l.Lookup(name)
	return p.Double()
}

// Hrtime returns the value of a TypeHrtime.
func (l *List) Hrtime(name string) (time.Duration, bool) {
	p, _ := l.Lookup(name)
	return p.Hrtime()
}

// Text returns the value of a TypeString. The text form of the whole list is
// what Dump writes and what package fmt prints for it.
func (l *List) Text(name string) (string, bool) {
	p, _ := l.Lookup(name)
	return p.Text()
}

// List returns the value of a TypeList. It is not a copy: changing it changes l.
func (l *List) List(name string) (*List, bool) {
	p, _ := l.Lookup(name)
	return p.List()
}

// Lists returns the elements of a TypeListArray. The slice is the caller's, the
// lists are not copies.
func (l *List) Lists(name string) ([]*List, bool) {
	p, _ := l.Lookup(name)
	return p.Lists()
}

// StringArray returns the value of a TypeStringArray.
func (l *List) StringArray(name string) ([]string, bool) {
	p, _ := l.Lookup(name)
	return p.StringArray()
}

// BooleanArray returns the value of a TypeBooleanArray.
func (l *List) BooleanArray(name string) ([]bool, bool) {
	p, _ := l.Lookup(name)
	return p.BooleanArray()
}

// ByteArray returns the value of a TypeByteArray.
func (l *List) ByteArray(name string) ([]byte, bool) {
	p, _ := l.Lookup(name)
	return p.ByteArray()
}

// Int8Array returns the value of a TypeInt8Array.
func (l *List) Int8Array(name string) ([]int8, bool) {
	p, _ := l.Lookup(name)
	return p.Int8Array()
}

// Uint8Array returns the value of a TypeUint8Array.
func (l *List) Uint8Array(name string) ([]uint8, bool) {
	p, _ := l.Lookup(name)
	return p.Uint8Array()
}

// Int16Array returns the value of a TypeInt16Array.
func (l *List) Int16Array(name string) ([]int16, bool) {
	p, _ := l.Lookup(name)
	return p.Int16Array()
}

// Uint16Array returns the value of a TypeUint16Array.
func (l *List) Uint16Array(name string) ([]uint16, bool) {
	p, _ := l.Lookup(name)
	return p.Uint16Array()
}

// Int32Array returns the value of a TypeInt32Array.
func (l *List) Int32Array(name string) ([]int32, bool) {
	p, _ := l.Lookup(name)
	return p.Int32Array()
}

// Uint32Array returns the value of a TypeUint32Array.
func (l *List) Uint32Array(name string) ([]uint32, bool) {
	p, _ := l.Lookup(name)
	return p.Uint32Array()
}

// Int64Array returns the value of a TypeInt64Array.
func (l *List) Int64Array(name string) ([]int64, bool) {
	p, _ := l.Lookup(name)
	return p.Int64Array()
}

// Uint64Array returns the value of a TypeUint64Array.
func (l *List) Uint64Array(name string) ([]uint64, bool) {
	p, _ := l.Lookup(name)
	return p.Uint64Array()
}

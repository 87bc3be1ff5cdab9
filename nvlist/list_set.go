package nvlist

import (
	"math"
	"time"
)

// The setters of this file replace the pair with the given name where it
// stands, whatever its type was, or append a new one. Slices and their elements
// are copied, lists are not. A name or a string with a NUL, and a name longer
// than 32,766 bytes, are only found when the list is packed.

// setNumber sets a number of type t.
func setNumber[T integer](l *List, name string, t Type, v T) {
	l.set(Pair{name: name, typ: t, nelem: 1, num: uint64(v)})
}

// setNumbers sets an array of type t.
func setNumbers[T integer](l *List, name string, t Type, v []T) {
	l.set(Pair{name: name, typ: t, nelem: uint32(len(v)), data: packNumbers(v, t)})
}

// SetPair sets a pair, for example one of another list, under its own name. It
// does nothing for the zero Pair. Lists are shared with the pair's origin.
func (l *List) SetPair(p Pair) {
	if p.typ != TypeUnknown {
		l.set(p)
	}
}

// SetBoolean sets a TypeBoolean: a flag that has no value and is either there
// or not.
func (l *List) SetBoolean(name string) { l.set(Pair{name: name, typ: TypeBoolean}) }

// SetBooleanValue sets a TypeBooleanValue.
func (l *List) SetBooleanValue(name string, v bool) {
	l.set(Pair{name: name, typ: TypeBooleanValue, nelem: 1, num: boolBits(v)})
}

// boolBits returns the number that stands for a bool.
func boolBits(v bool) uint64 {
	if v {
		return 1
	}
	return 0
}

// SetByte sets a TypeByte.
func (l *List) SetByte(name string, v byte) { setNumber(l, name, TypeByte, v) }

// SetInt8 sets a TypeInt8.
func (l *List) SetInt8(name string, v int8) { setNumber(l, name, TypeInt8, v) }

// SetUint8 sets a TypeUint8.
func (l *List) SetUint8(name string, v uint8) { setNumber(l, name, TypeUint8, v) }

// SetInt16 sets a TypeInt16.
func (l *List) SetInt16(name string, v int16) { setNumber(l, name, TypeInt16, v) }

// SetUint16 sets a TypeUint16.
func (l *List) SetUint16(name string, v uint16) { setNumber(l, name, TypeUint16, v) }

// SetInt32 sets a TypeInt32.
func (l *List) SetInt32(name string, v int32) { setNumber(l, name, TypeInt32, v) }

// SetUint32 sets a TypeUint32.
func (l *List) SetUint32(name string, v uint32) { setNumber(l, name, TypeUint32, v) }

// SetInt64 sets a TypeInt64.
func (l *List) SetInt64(name string, v int64) { setNumber(l, name, TypeInt64, v) }

// SetUint64 sets a TypeUint64.
func (l *List) SetUint64(name string, v uint64) { setNumber(l, name, TypeUint64, v) }

// SetDouble sets a TypeDouble. The kernel refuses lists that hold one.
func (l *List) SetDouble(name string, v float64) {
	l.set(Pair{name: name, typ: TypeDouble, nelem: 1, num: math.Float64bits(v)})
}

// SetHrtime sets a TypeHrtime, which counts nanoseconds.
func (l *List) SetHrtime(name string, v time.Duration) {
	setNumber(l, name, TypeHrtime, int64(v))
}

// SetString sets a TypeString.
func (l *List) SetString(name, v string) {
	l.set(Pair{name: name, typ: TypeString, nelem: 1, data: v})
}

// SetList sets a TypeList. The list is not copied; nil stands for an empty one.
// A list must not be put into itself.
func (l *List) SetList(name string, v *List) {
	if v == nil {
		v = new(List)
	}
	l.set(Pair{name: name, typ: TypeList, nelem: 1, kid: v})
}

// SetLists sets a TypeListArray. The slice is copied, the lists are not.
func (l *List) SetLists(name string, v []*List) {
	kids := &List{pairs: make([]Pair, 0, len(v))}
	for _, e := range v {
		if e == nil {
			e = new(List)
		}
		kids.pairs = append(kids.pairs, Pair{typ: TypeList, nelem: 1, kid: e})
	}
	l.set(Pair{name: name, typ: TypeListArray, nelem: uint32(len(v)), kid: kids})
}

// SetStringArray sets a TypeStringArray.
func (l *List) SetStringArray(name string, v []string) {
	data := packStrings(v)
	l.set(Pair{name: name, typ: TypeStringArray, nelem: uint32(len(v)), form: formXDR, data: data})
}

// SetBooleanArray sets a TypeBooleanArray.
func (l *List) SetBooleanArray(name string, v []bool) {
	words := make([]uint32, len(v))
	for i, b := range v {
		words[i] = uint32(boolBits(b))
	}
	setNumbers(l, name, TypeBooleanArray, words)
}

// SetByteArray sets a TypeByteArray.
func (l *List) SetByteArray(name string, v []byte) { setNumbers(l, name, TypeByteArray, v) }

// SetInt8Array sets a TypeInt8Array.
func (l *List) SetInt8Array(name string, v []int8) { setNumbers(l, name, TypeInt8Array, v) }

// SetUint8Array sets a TypeUint8Array.
func (l *List) SetUint8Array(name string, v []uint8) { setNumbers(l, name, TypeUint8Array, v) }

// SetInt16Array sets a TypeInt16Array.
func (l *List) SetInt16Array(name string, v []int16) { setNumbers(l, name, TypeInt16Array, v) }

// SetUint16Array sets a TypeUint16Array.
func (l *List) SetUint16Array(name string, v []uint16) { setNumbers(l, name, TypeUint16Array, v) }

// SetInt32Array sets a TypeInt32Array.
func (l *List) SetInt32Array(name string, v []int32) { setNumbers(l, name, TypeInt32Array, v) }

// SetUint32Array sets a TypeUint32Array.
func (l *List) SetUint32Array(name string, v []uint32) { setNumbers(l, name, TypeUint32Array, v) }

// SetInt64Array sets a TypeInt64Array.
func (l *List) SetInt64Array(name string, v []int64) { setNumbers(l, name, TypeInt64Array, v) }

// SetUint64Array sets a TypeUint64Array.
func (l *List) SetUint64Array(name string, v []uint64) { setNumbers(l, name, TypeUint64Array, v) }

package nvlist

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// randomList returns a list with pairs of all types, nested up to depth deep.
func randomList(r *rand.Rand, depth int) *List {
	l := new(List)
	for range r.IntN(9) {
		randomPair(r, l, depth)
	}
	return l
}

// randomName returns a name of any length modulo eight, sometimes a long one.
func randomName(r *rand.Rand) string {
	if r.IntN(50) == 0 {
		return strings.Repeat("n", r.IntN(300))
	}
	return fmt.Sprintf("%.*s", 1+r.IntN(20), fmt.Sprintf("%d:org.example/é@%d", r.IntN(1000), r.Uint64()))
}

// randomBits returns a number that is often an extreme.
func randomBits(r *rand.Rand) uint64 {
	switch r.IntN(4) {
	case 0:
		return uint64(r.IntN(3)) - 1
	case 1:
		return uint64(1) << r.IntN(64)
	case 2:
		return uint64(1)<<r.IntN(64) - 1
	}
	return r.Uint64()
}

// randomSlice returns up to nine numbers.
func randomSlice[T integer](r *rand.Rand) []T {
	out := make([]T, r.IntN(10))
	for i := range out {
		out[i] = T(randomBits(r))
	}
	return out
}

// randomText returns a string of bytes that are not NUL.
func randomText(r *rand.Rand) string {
	b := make([]byte, r.IntN(20))
	for i := range b {
		b[i] = byte(1 + r.IntN(255))
	}
	return string(b)
}

// randomPair sets a pair of any type.
func randomPair(r *rand.Rand, l *List, depth int) {
	name := randomName(r)
	bits := randomBits(r)
	switch t := TypeBoolean + Type(r.IntN(int(maxType))); t.info().class {
	case classFlag:
		l.SetBoolean(name)
	case classScalar:
		randomScalar(l, name, t, bits)
	case classString:
		l.SetString(name, randomText(r))
	case classStrings:
		v := make([]string, r.IntN(5))
		for i := range v {
			v[i] = randomText(r)
		}
		l.SetStringArray(name, v)
	case classArray:
		randomArray(r, l, name, t)
	case classList:
		if depth > 0 {
			l.SetList(name, randomList(r, depth-1))
		}
	case classLists:
		v := make([]*List, r.IntN(4))
		for i := range v {
			if depth > 0 {
				v[i] = randomList(r, depth-1)
			}
		}
		l.SetLists(name, v)
	}
}

// randomScalar sets a number of type t.
func randomScalar(l *List, name string, t Type, bits uint64) {
	switch t {
	case TypeBooleanValue:
		l.SetBooleanValue(name, bits&1 != 0)
	case TypeByte:
		l.SetByte(name, byte(bits))
	case TypeInt8:
		l.SetInt8(name, int8(bits))
	case TypeUint8:
		l.SetUint8(name, uint8(bits))
	case TypeInt16:
		l.SetInt16(name, int16(bits))
	case TypeUint16:
		l.SetUint16(name, uint16(bits))
	case TypeInt32:
		l.SetInt32(name, int32(bits))
	case TypeUint32:
		l.SetUint32(name, uint32(bits))
	case TypeInt64:
		l.SetInt64(name, int64(bits))
	case TypeUint64:
		l.SetUint64(name, bits)
	case TypeHrtime:
		l.SetHrtime(name, time.Duration(bits))
	case TypeDouble:
		l.SetDouble(name, math.Float64frombits(bits))
	}
}

// randomArray sets an array of type t.
func randomArray(r *rand.Rand, l *List, name string, t Type) {
	switch t {
	case TypeBooleanArray:
		v := make([]bool, r.IntN(5))
		for i := range v {
			v[i] = r.IntN(2) == 0
		}
		l.SetBooleanArray(name, v)
	case TypeByteArray:
		l.SetByteArray(name, randomSlice[byte](r))
	case TypeInt8Array:
		l.SetInt8Array(name, randomSlice[int8](r))
	case TypeUint8Array:
		l.SetUint8Array(name, randomSlice[uint8](r))
	case TypeInt16Array:
		l.SetInt16Array(name, randomSlice[int16](r))
	case TypeUint16Array:
		l.SetUint16Array(name, randomSlice[uint16](r))
	case TypeInt32Array:
		l.SetInt32Array(name, randomSlice[int32](r))
	case TypeUint32Array:
		l.SetUint32Array(name, randomSlice[uint32](r))
	case TypeInt64Array:
		l.SetInt64Array(name, randomSlice[int64](r))
	case TypeUint64Array:
		l.SetUint64Array(name, randomSlice[uint64](r))
	}
}

package nvlist

import (
	"iter"
	"math"
	"strings"
	"time"
)

// Pair is a name with a typed value. It is immutable, except for the lists that
// it may hold. The zero Pair has TypeUnknown.
//
// The accessors report false if the pair has another type. The caller may modify
// the slices that they return.
type Pair struct {
	name string
	// data holds a string, or the packed elements of an array laid out as form
	// says. Packed elements cannot be changed and are cheap to encode.
	data string
	// num holds a number of any type: sign-extended if the type has a sign,
	// zero-extended otherwise, the bits of a double, 0 or 1 for a bool.
	num uint64
	// kid is the value of a TypeList. For a TypeListArray it is a list whose
	// pairs are the elements and have no name.
	kid   *List
	typ   Type
	nelem uint32
	// size is how much the pair takes in the native encoding, without the
	// pairs of lists. XDR states it too.
	size uint32
	form form
	// bad is set if the pair cannot be packed; check then says why.
	bad bool
}

// Name returns the name.
func (p Pair) Name() string { return p.name }

// Type returns the type.
func (p Pair) Type() Type { return p.typ }

// Len returns the number of elements: 0 for a boolean without value, 1 for any
// other type that is not an array.
func (p Pair) Len() int { return int(p.nelem) }

// Value returns the value as the Go type that is documented for the constant of
// its type, or nil for a boolean without value.
func (p Pair) Value() any {
	switch p.typ.info().class {
	case classScalar:
		return p.scalar()
	case classString:
		return p.data
	case classArray:
		return p.array()
	case classStrings:
		return p.strings()
	case classList:
		return p.kid
	case classLists:
		return p.lists()
	}
	return nil
}

// scalar is Value for numbers.
func (p Pair) scalar() any {
	switch p.typ {
	case TypeBooleanValue:
		return p.num != 0
	case TypeByte, TypeUint8:
		return uint8(p.num)
	case TypeInt8:
		return int8(p.num)
	case TypeInt16:
		return int16(p.num)
	case TypeUint16:
		return uint16(p.num)
	case TypeInt32:
		return int32(p.num)
	case TypeUint32:
		return uint32(p.num)
	case TypeInt64:
		return int64(p.num)
	case TypeHrtime:
		return time.Duration(p.num)
	case TypeDouble:
		return math.Float64frombits(p.num)
	}
	return p.num
}

// Int returns a number of any integer type if it fits in an int64.
func (p Pair) Int() (int64, bool) {
	if !p.typ.integer() {
		return 0, false
	}
	return asInt(p.typ, p.num)
}

// Uint returns a number of any integer type if it fits in a uint64.
func (p Pair) Uint() (uint64, bool) {
	if !p.typ.integer() {
		return 0, false
	}
	return asUint(p.typ, p.num)
}

// BooleanValue returns the value of a TypeBooleanValue.
func (p Pair) BooleanValue() (value, ok bool) {
	return p.num != 0 && p.typ == TypeBooleanValue, p.typ == TypeBooleanValue
}

// Double returns the value of a TypeDouble.
func (p Pair) Double() (float64, bool) {
	if p.typ != TypeDouble {
		return 0, false
	}
	return math.Float64frombits(p.num), true
}

// Hrtime returns the value of a TypeHrtime.
func (p Pair) Hrtime() (time.Duration, bool) {
	if p.typ != TypeHrtime {
		return 0, false
	}
	return time.Duration(p.num), true
}

// Text returns the value of a TypeString.
func (p Pair) Text() (string, bool) {
	if p.typ != TypeString {
		return "", false
	}
	return p.data, true
}

// List returns the value of a TypeList. It is not a copy: changing it changes
// the list that the pair belongs to.
func (p Pair) List() (*List, bool) {
	if p.typ != TypeList {
		return nil, false
	}
	return p.kid, true
}

// Lists returns the elements of a TypeListArray. The caller may modify the
// slice; the lists are not copies.
func (p Pair) Lists() ([]*List, bool) {
	if p.typ != TypeListArray {
		return nil, false
	}
	return p.lists(), true
}

// AllLists yields the elements of a TypeListArray with their indexes, and
// nothing for any other type. It does not allocate.
func (p Pair) AllLists() iter.Seq2[int, *List] {
	return func(yield func(int, *List) bool) {
		if p.typ != TypeListArray {
			return
		}
		var e Pair
		i := 0
		for it := p.kid.iter(); it.next(&e); i++ {
			if !yield(i, e.kid) {
				return
			}
		}
	}
}

func (p Pair) lists() []*List {
	out := make([]*List, 0, p.nelem)
	for _, l := range p.AllLists() {
		out = append(out, l)
	}
	return out
}

// Equal reports whether both pairs have the same name, type and value,
// regardless of the encoding that they were decoded from.
func (p Pair) Equal(q Pair) bool {
	if p.name != q.name || p.typ != q.typ || p.nelem != q.nelem || p.num != q.num {
		return false
	}
	switch p.typ.info().class {
	case classString:
		return p.data == q.data
	case classArray, classStrings:
		return p.equalElements(q)
	}
	return p.kid.Equal(q.kid)
}

// seal works out what packing needs to know, once for each pair.
func (p *Pair) seal() {
	p.bad = p.check() != nil
	p.size = uint32(p.nativeSize())
}

// check finds what no packed list can hold.
func (p *Pair) check() error {
	if !validName(p.name) {
		return ErrName
	}
	switch p.typ.info().class {
	case classString:
		if strings.IndexByte(p.data, 0) >= 0 {
			return ErrValue
		}
	case classStrings:
		if err := p.checkStrings(); err != nil {
			return err
		}
	}
	if p.nativeSize() > MaxBytes {
		return ErrLimit
	}
	return nil
}

// checkStrings is check for an array of strings.
func (p *Pair) checkStrings() error {
	if p.form != formXDR {
		return nil // a NUL would have ended the element
	}
	var s string
	rest := p.data
	for range p.nelem {
		if s, rest = cutText(rest, p.form); strings.IndexByte(s, 0) >= 0 {
			return ErrValue
		}
	}
	return nil
}

// validName reports whether a name can be packed.
func validName(name string) bool {
	return len(name) <= maxName && strings.IndexByte(name, 0) < 0
}

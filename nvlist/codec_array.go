package nvlist

import "reflect"

// numbersCodec maps slices and arrays of numbers and of bools.
type numbersCodec struct{ typ Type }

func (numbersCodec) empty(v reflect.Value) bool { return v.Len() == 0 }

func (c numbersCodec) encode(e *encoder, name string, v reflect.Value) error {
	width := int(c.typ.info().width)
	if int64(v.Len()) > MaxBytes/int64(width) {
		return ErrLimit
	}
	b, f := e.elements(e.fresh(name, c.typ, v.Len()))
	if s, ok := slicePointer[uint64](v); ok {
		putWords(b, f, *s)
		return nil
	}
	step := elemWidth(f, width)
	for i := range v.Len() {
		putNumber(b[i*step:], f, width, elemBits(v.Index(i)))
	}
	return nil
}

// slicePointer returns the slice that v is, without a copy, if v is exactly a
// []T and can be addressed.
func slicePointer[T any](v reflect.Value) (*[]T, bool) {
	if !v.CanAddr() || !v.CanInterface() {
		return nil, false
	}
	s, ok := v.Addr().Interface().(*[]T)
	return s, ok
}

// elemBits returns the bits of a number.
func elemBits(v reflect.Value) uint64 {
	switch {
	case v.Kind() == reflect.Bool:
		return boolBits(v.Bool())
	case v.CanInt():
		return uint64(v.Int())
	}
	return v.Uint()
}

func (c numbersCodec) decode(d *decoder, v reflect.Value) error {
	info := d.typ.info()
	isBool := c.typ == TypeBooleanArray
	if info.class != classArray || isBool != (d.typ == TypeBooleanArray) {
		return d.mismatch(v)
	}
	if err := d.resize(v, d.nelem); err != nil {
		return err
	}
	if s, ok := slicePointer[uint64](v); ok && d.typ == TypeUint64Array {
		getWords(*s, d.value(), d.form)
		return nil
	}
	for i := range d.nelem {
		if err := d.element(v.Index(i), info, i); err != nil {
			return err
		}
	}
	return nil
}

// element stores element i of the current array in v.
func (d *decoder) element(v reflect.Value, info *typeInfo, i int) error {
	bits := element(d.value(), elemForm(d.form, d.typ), info, i)
	switch {
	case v.Kind() == reflect.Bool:
		v.SetBool(bits != 0)
	case v.CanInt():
		n, ok := asInt(info.elem, bits)
		if !ok || v.OverflowInt(n) {
			return d.outOfRange(v)
		}
		v.SetInt(n)
	default:
		n, ok := asUint(info.elem, bits)
		if !ok || v.OverflowUint(n) {
			return d.outOfRange(v)
		}
		v.SetUint(n)
	}
	return nil
}

// resize makes room for n elements. A slice that is large enough is used again.
// What is left of an array is cleared.
func (d *decoder) resize(v reflect.Value, n int) error {
	if v.Kind() == reflect.Array {
		if n > v.Len() {
			return d.outOfRange(v)
		}
		for i := n; i < v.Len(); i++ {
			v.Index(i).SetZero()
		}
		return nil
	}
	if v.IsNil() || v.Cap() < n {
		v.Set(reflect.MakeSlice(v.Type(), n, n))
	}
	v.SetLen(n)
	return nil
}

// stringsCodec maps slices and arrays of strings.
type stringsCodec struct{}

func (stringsCodec) empty(v reflect.Value) bool { return v.Len() == 0 }

func (stringsCodec) encode(e *encoder, name string, v reflect.Value) error {
	b := e.spare[:0]
	for i := range v.Len() {
		b = appendXDRString(b, v.Index(i).String())
	}
	e.spare = b
	p := e.fresh(name, TypeStringArray, v.Len())
	p.data, p.form = string(b), formXDR
	return e.checked(p)
}

func (stringsCodec) decode(d *decoder, v reflect.Value) error {
	if d.typ != TypeStringArray {
		return d.mismatch(v)
	}
	if err := d.resize(v, d.nelem); err != nil {
		return err
	}
	i := 0
	for s := range d.Strings() {
		if e := v.Index(i); e.String() != string(s) {
			e.SetString(d.text(s))
		}
		i++
	}
	return nil
}

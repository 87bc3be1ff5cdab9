package nvlist

import (
	"math"
	"reflect"
)

// scalarEmpty is empty for the codecs of simple values.
type scalarEmpty struct{}

func (scalarEmpty) empty(v reflect.Value) bool { return v.IsZero() }

// flagCodec maps a bool to the presence of a TypeBoolean.
type flagCodec struct{ scalarEmpty }

func (flagCodec) encode(e *encoder, name string, v reflect.Value) error {
	if v.Bool() {
		e.end(e.begin(e.fresh(name, TypeBoolean, 0)))
	}
	return nil
}

func (flagCodec) decode(d *decoder, v reflect.Value) error {
	if d.typ != TypeBoolean {
		return d.mismatch(v)
	}
	v.SetBool(true)
	return nil
}

// boolCodec maps a bool to a TypeBooleanValue.
type boolCodec struct{ scalarEmpty }

func (boolCodec) encode(e *encoder, name string, v reflect.Value) error {
	e.number(name, TypeBooleanValue, boolBits(v.Bool()))
	return nil
}

func (boolCodec) decode(d *decoder, v reflect.Value) error {
	b, ok := d.BooleanValue()
	if !ok {
		return d.mismatch(v)
	}
	v.SetBool(b)
	return nil
}

// intCodec maps a signed integer.
type intCodec struct{ typ Type }

func (intCodec) empty(v reflect.Value) bool { return v.Int() == 0 }

func (c intCodec) encode(e *encoder, name string, v reflect.Value) error {
	e.number(name, c.typ, uint64(v.Int()))
	return nil
}

func (c intCodec) decode(d *decoder, v reflect.Value) error {
	if !d.typ.integer() {
		return d.mismatch(v)
	}
	n, ok := d.Int()
	if !ok || v.OverflowInt(n) {
		return d.outOfRange(v)
	}
	v.SetInt(n)
	return nil
}

// uintCodec maps an unsigned integer.
type uintCodec struct{ typ Type }

func (uintCodec) empty(v reflect.Value) bool { return v.Uint() == 0 }

func (c uintCodec) encode(e *encoder, name string, v reflect.Value) error {
	e.number(name, c.typ, v.Uint())
	return nil
}

func (c uintCodec) decode(d *decoder, v reflect.Value) error {
	if !d.typ.integer() {
		return d.mismatch(v)
	}
	n, ok := d.Uint()
	if !ok || v.OverflowUint(n) {
		return d.outOfRange(v)
	}
	v.SetUint(n)
	return nil
}

// doubleCodec maps a float64.
type doubleCodec struct{ scalarEmpty }

func (doubleCodec) encode(e *encoder, name string, v reflect.Value) error {
	e.number(name, TypeDouble, math.Float64bits(v.Float()))
	return nil
}

func (doubleCodec) decode(d *decoder, v reflect.Value) error {
	f, ok := d.Double()
	if !ok {
		return d.mismatch(v)
	}
	v.SetFloat(f)
	return nil
}

// stringCodec maps a string.
type stringCodec struct{}

func (stringCodec) empty(v reflect.Value) bool { return v.Len() == 0 }

func (stringCodec) encode(e *encoder, name string, v reflect.Value) error {
	p := e.fresh(name, TypeString, 1)
	p.data = v.String()
	return e.checked(p)
}

func (stringCodec) decode(d *decoder, v reflect.Value) error {
	if d.typ != TypeString {
		return d.mismatch(v)
	}
	// Who decodes again and again into one value mostly finds it unchanged.
	if b := d.value(); v.String() != string(b) {
		v.SetString(d.text(b))
	}
	return nil
}

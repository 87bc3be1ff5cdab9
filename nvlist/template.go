package nvlist

import (
	"math"
	"reflect"
)

// template is a pair packed in advance, of which only the value is missing. It
// exists for numbers and for structs, which most fields of most lists are.
type template struct {
	// packed is the pair by form, with zero as the value. For a struct it ends
	// in front of the first pair inside.
	packed [formXDR + 1]string
	// number is set for numbers, whose native width is then given.
	number bool
	width  int
	// inner is the codec of a struct.
	inner *structCodec
}

// makeTemplate returns the template for a pair, which is empty for types that
// have none.
func makeTemplate(name string, c codec) template {
	var t template
	var typ Type
	switch c := c.(type) {
	case uintCodec:
		typ = c.typ
	case intCodec:
		typ = c.typ
	case boolCodec:
		typ = TypeBooleanValue
	case doubleCodec:
		typ = TypeDouble
	case *structCodec:
		t.inner = c
	default:
		return t
	}
	t.number, t.width = typ != TypeUnknown, int(typ.info().width)
	for f := range t.packed {
		e := encoder{form: form(f)}
		if t.number {
			e.number(name, typ, 0)
		} else {
			e.begin(e.fresh(name, TypeList, 1))
			if e.form == formXDR {
				e.head(UniqueName)
			}
		}
		t.packed[f] = string(e.b)
	}
	return t
}

// encode packs a field.
func (f *structField) encode(e *encoder, v reflect.Value) error {
	t := &f.template
	switch {
	case t.number:
		e.b = append(e.b, t.packed[e.form]...)
		size := 8
		if e.form == formXDR {
			size = elemWidth(formXDR, t.width)
		}
		putNumber(e.b[len(e.b)-size:], e.form, t.width, scalarBits(v))
		return nil
	case t.inner == nil:
		return f.codec.encode(e, f.name, v)
	}
	m := mark{len(e.b), e.slack}
	e.b = append(e.b, t.packed[e.form]...)
	if e.depth++; e.depth > MaxDepth {
		return ErrLimit
	}
	if err := t.inner.pairs(e, v); err != nil {
		return err
	}
	e.terminate()
	e.depth--
	e.end(m)
	return nil
}

// scalarBits returns the bits of a number.
func scalarBits(v reflect.Value) uint64 {
	switch v.Kind() {
	case reflect.Uint64, reflect.Uint32, reflect.Uint16, reflect.Uint8, reflect.Uint:
		return v.Uint()
	case reflect.Bool:
		return boolBits(v.Bool())
	case reflect.Float64:
		return math.Float64bits(v.Float())
	}
	return uint64(v.Int())
}

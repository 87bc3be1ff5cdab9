package nvlist

import (
	"encoding/binary"
	"math"
	"reflect"
	"strings"
)

// template is a pair packed in advance, of which only the value is missing. It
// exists for numbers and for structs, which most fields of most lists are.
type template struct {
	// packed is the pair by form, with zero as the value. For a struct it ends
	// in front of the first pair inside.
	packed [forms]string
	// number is set for numbers, whose native width is then given.
	number bool
	width  int
	// wide is set for numbers of 64 bits whose field has as many.
	wide bool
	// text is set for strings.
	text bool
	// inner is the codec of a struct.
	inner *structCodec
	// lead is set if a wide number is the first field of inner.
	lead bool
	// patterns recognise the pair by form.
	patterns [forms]pattern
	nameLen  int
}

// makeTemplate returns the template for a field, which is empty for types that
// have none.
func makeTemplate(f *structField) template {
	t := template{nameLen: len(f.name)}
	typ := TypeUnknown
	switch c := f.codec.(type) {
	case uintCodec:
		typ = c.typ
	case intCodec:
		typ = c.typ
	case boolCodec:
		typ = TypeBooleanValue
	case doubleCodec:
		typ = TypeDouble
	case stringCodec:
		typ, t.text = TypeString, true
	case numbersCodec:
		typ = c.typ
	case *structCodec:
		typ, t.inner = TypeList, c
		t.lead = c.rest == nil && len(c.fields) > 0 && c.fields[0].template.wide
	default:
		return t
	}
	t.number, t.width = typ.info().class == classScalar, int(typ.info().width)
	t.wide = t.number && (f.kind == reflect.Uint64 || f.kind == reflect.Int64)
	for i := range t.packed {
		e := encoder{form: form(i)}
		switch {
		case t.number:
			e.number(f.name, typ, 0)
		case t.inner != nil:
			e.begin(e.fresh(f.name, typ, 1))
			if e.form == formXDR {
				e.head(UniqueName)
			}
		case e.form != formXDR:
			// Of what varies in length there is the head. XDR states the length
			// more than once, so that a head would save nothing.
			b := e.nativeHead(e.fresh(f.name, typ, 1))
			e.b = e.b[:len(e.b)-len(b)]
		}
		t.packed[i] = string(e.b)
		t.patterns[i] = t.pattern(form(i))
	}
	return t
}

// pattern returns the pattern of the pair in one form.
func (t *template) pattern(f form) pattern {
	p := pattern{want: t.packed[f], name: nativeHead}
	if f == formXDR {
		p.name = xdrHead
	}
	switch {
	case t.wide:
		p.want = p.want[:len(p.want)-8]
	case t.text && f != formXDR:
		p.skip, p.want = 4, p.want[4:]
	case t.inner == nil:
		p.want = ""
	case f == formXDR:
		p.skip, p.want = 4, p.want[4:]
	}
	return p
}

// set stores the bits of a wide number.
func (t *template) set(v reflect.Value, bits uint64) {
	if v.Kind() == reflect.Uint64 {
		v.SetUint(bits)
		return
	}
	v.SetInt(int64(bits))
}

// encode packs a field.
func (f *structField) encode(e *encoder, at *boundField) error {
	t := &f.template
	switch {
	case t.number:
		e.b = append(e.b, t.packed[e.form]...)
		size := 8
		if e.form == formXDR {
			size = elemWidth(formXDR, t.width)
		}
		putNumber(e.b[len(e.b)-size:], e.form, t.width, scalarBits(at.value))
		return nil
	case t.inner == nil:
		return f.encodeOther(e, at)
	}
	m := mark{len(e.b), e.slack}
	e.b = append(e.b, t.packed[e.form]...)
	if e.depth++; e.depth > MaxDepth {
		return ErrLimit
	}
	if err := t.inner.pack(e, at.value, at.inner); err != nil {
		return err
	}
	e.leave()
	e.end(m)
	return nil
}

// encodeOther packs a field that is neither a number nor a struct.
func (f *structField) encodeOther(e *encoder, at *boundField) error {
	native := e.form != formXDR
	switch {
	case native && at.numbers != nil && len(*at.numbers) <= maxQuick:
		putWords(e.value(f, len(*at.numbers), 8*len(*at.numbers)), e.form, *at.numbers)
		return nil
	case native && at.text != nil && len(*at.text) <= maxQuick:
		if strings.IndexByte(*at.text, 0) >= 0 {
			return ErrValue
		}
		b := e.value(f, 1, align8(len(*at.text)+1))
		binary.LittleEndian.PutUint64(b[len(b)-8:], 0)
		copy(b, *at.text)
		return nil
	}
	if c, ok := f.codec.(listsCodec); ok && at.bound {
		return c.pack(e, f.name, at.value, at.elems)
	}
	return f.codec.encode(e, f.name, at.value)
}

// maxQuick is up to which length values take the short way, so that no size
// can overflow.
const maxQuick = 1 << 20

// value packs the head of a native pair with so many elements, and returns the
// room for the value.
func (e *encoder) value(f *structField, nelem, size int) []byte {
	start := len(e.b)
	e.b = append(e.b, f.template.packed[e.form]...)
	put32(e.b[start:], e.form, uint32(len(e.b)-start+size))
	put32(e.b[start+8:], e.form, uint32(nelem))
	return e.grow(size)
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

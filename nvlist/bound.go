package nvlist

import "reflect"

// bound is a struct whose fields have been looked up. Reflection takes as long
// to find a field as decoding it does, so a value that is decoded into, or
// packed, again and again is bound to its codec once.
type bound struct {
	codec  *structCodec
	fields []boundField
}

// boundField is one field of a bound struct. All of it is zero for a field
// behind an embedded pointer, which may point elsewhere the next time.
type boundField struct {
	bound bool
	value reflect.Value
	// These point to the field if it is of exactly that type.
	number  *uint64
	text    *string
	numbers *[]uint64
	// run points to the fields of the run that this one begins, if all are bound.
	run []*uint64
	// inner is bound if the field is a struct, elems if it is a slice of them.
	inner *bound
	elems *boundElems
}

func (b *bound) pairs(e *encoder, v reflect.Value) error { return b.codec.pack(e, v, b) }

func (b *bound) read(d *decoder, v reflect.Value) error { return b.codec.fill(d, v, b, 0) }

// leaf returns where the number of a recognised pair belongs, or nil.
func (b *boundField) leaf(got shape) *uint64 {
	if got == shapeLone && b.inner != nil {
		return b.inner.fields[0].number
	}
	return b.number
}

// bind looks up the fields of v, which can be addressed.
func (s *structCodec) bind(v reflect.Value) *bound {
	b := &bound{codec: s, fields: make([]boundField, len(s.fields))}
	for i := range s.fields {
		if fv, ok := s.fields[i].direct(v); ok {
			b.fields[i] = s.fields[i].bind(fv)
		}
	}
	for i := range s.fields {
		if r := s.fields[i].run; r != nil {
			b.fields[i].run = r.bind(b.fields[i:])
		}
	}
	return b
}

func (f *structField) bind(v reflect.Value) boundField {
	b := boundField{bound: true, value: v}
	switch p := v.Addr().Interface().(type) {
	case *uint64:
		b.number = p
	case *string:
		b.text = p
	case *[]uint64:
		b.numbers = p
	}
	if _, ok := f.codec.(listsCodec); ok {
		b.elems = new(boundElems)
	}
	if f.template.inner != nil {
		b.inner = f.template.inner.bind(v)
	}
	return b
}

// direct returns the field of v. It reports false behind an embedded pointer.
func (f *structField) direct(v reflect.Value) (reflect.Value, bool) {
	for i, n := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			return v, false
		}
		v = v.Field(n)
	}
	return v, v.CanInterface()
}

// binder remembers the last value that was worked on, and binds it when it
// comes a second time, so that values used once do not pay for it.
type binder struct {
	target any // a pointer to a struct
	bound  *bound
}

// of returns the bound form of v, which target points to, or c.
func (b *binder) of(c listLike, target any, v reflect.Value) listBody {
	s, ok := c.(*structCodec)
	switch {
	case !ok:
		return c
	case b.target != target:
		b.target, b.bound = target, nil
		return c
	case b.bound == nil:
		b.bound = s.bind(v)
	}
	return b.bound
}

// boundElems are the first elements of a slice of structs. They are bound again
// when they have moved.
type boundElems struct {
	at    []uintptr
	bound []*bound
}

// maxBoundElems bounds the memory that long slices cost.
const maxBoundElems = 64

// of returns the bound form of element i, which is v, or nil.
func (b *boundElems) of(s *structCodec, i int, v reflect.Value) *bound {
	if b == nil || i >= maxBoundElems || !v.CanAddr() {
		return nil
	}
	for len(b.at) <= i {
		b.at, b.bound = append(b.at, 0), append(b.bound, nil)
	}
	// What is bound is alive, so that nothing else can be where it is.
	if at := v.Addr().Pointer(); b.at[i] != at {
		b.at[i], b.bound[i] = at, s.bind(v)
	}
	return b.bound[i]
}

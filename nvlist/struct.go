package nvlist

import (
	"fmt"
	"reflect"
	"strings"
)

// structCodec maps a struct to a list: one pair for each field, in their order.
type structCodec struct {
	fields []structField
	table  nameTable
	// rest takes the pairs that no field does; nil if there is no such field.
	rest *structField
	// indirect is set if fields lie behind an embedded pointer.
	indirect bool
}

// structField is one field of a struct, or of a struct embedded in it.
type structField struct {
	name      string
	index     []int
	codec     codec
	kind      reflect.Kind
	omitEmpty bool
	// clash is set if another field of this name is as near to the surface.
	clash bool
	// template packs the pair faster, for the most common types.
	template template
}

// structCodec returns the codec of a struct.
func (c *compiler) structCodec(t reflect.Type) (codec, error) {
	if s := c.structs[t]; s != nil {
		return s, nil
	}
	s := new(structCodec)
	c.structs[t] = s
	if err := c.addFields(s, t, nil); err != nil {
		return nil, err
	}
	for i := range s.fields {
		if s.fields[i].clash {
			return nil, fmt.Errorf("%w: %q in %v", ErrDuplicate, s.fields[i].name, t)
		}
	}
	for i := range s.fields {
		f := &s.fields[i]
		f.template = makeTemplate(f)
	}
	s.table.build(s.fields)
	return s, nil
}

// addFields adds the fields of t, which is reached by the given index.
func (c *compiler) addFields(s *structCodec, t reflect.Type, index []int) error {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("nvlist")
		at := append(append([]int(nil), index...), i)
		if f.Anonymous && !tagged {
			if inner, ok := embeddedStruct(f); ok {
				s.indirect = s.indirect || f.Type.Kind() == reflect.Pointer
				if err := c.addFields(s, inner, at); err != nil {
					return err
				}
				continue
			}
		}
		if !f.IsExported() || tag == "-" {
			continue
		}
		if err := c.addField(s, f, tag, at); err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	return nil
}

// embeddedStruct returns the struct whose fields an embedded field contributes.
// An unexported pointer cannot be filled, so its fields are not seen.
func embeddedStruct(f reflect.StructField) (reflect.Type, bool) {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		if !f.IsExported() {
			return nil, false
		}
		t = t.Elem()
	}
	return t, t.Kind() == reflect.Struct
}

// addField adds one field.
func (c *compiler) addField(s *structCodec, f reflect.StructField, tag string, index []int) error {
	name, opts, err := parseTag(f, tag)
	if err != nil {
		return err
	}
	field := structField{name: name, index: index, kind: f.Type.Kind(), omitEmpty: opts.omitEmpty}
	if opts.rest {
		if s.rest != nil {
			return fmt.Errorf("%w: second field for the rest", ErrGoType)
		}
		return c.addRest(s, f.Type, &field)
	}
	if field.codec, err = c.codec(f.Type, opts); err != nil {
		return err
	}
	s.add(field)
	return nil
}

// add adds a field. As in Go, what is nearer to the surface hides what is
// deeper.
func (s *structCodec) add(field structField) {
	for i := range s.fields {
		old := &s.fields[i]
		if old.name != field.name {
			continue
		}
		switch {
		case len(old.index) > len(field.index):
			*old = field
		case len(old.index) == len(field.index):
			old.clash = true
		}
		return
	}
	s.fields = append(s.fields, field)
}

// addRest adds the field that takes the rest: a *List or a map.
func (c *compiler) addRest(s *structCodec, t reflect.Type, field *structField) error {
	var err error
	if field.codec, err = c.codec(t, fieldOptions{}); err != nil {
		return err
	}
	if _, isMap := field.codec.(*mapCodec); !isMap && field.codec != codec(listCodec{}) {
		return errGoType(t, "cannot take the rest")
	}
	s.rest = field
	return nil
}

// parseTag splits a tag into the name and the options.
func parseTag(f reflect.StructField, tag string) (name string, opts fieldOptions, err error) {
	name, list, _ := strings.Cut(tag, ",")
	if name == "" {
		name = f.Name
	}
	if !validName(name) {
		return "", opts, ErrName
	}
	for list != "" {
		var o string
		o, list, _ = strings.Cut(list, ",")
		switch o {
		case "omitempty":
			opts.omitEmpty = true
		case "flag":
			opts.flag = true
		case "byte":
			opts.byteType = true
		case "rest":
			opts.rest = true
		default:
			return "", opts, fmt.Errorf("%w: tag option %q", ErrGoType, o)
		}
	}
	return name, opts, nil
}

func (*structCodec) empty(v reflect.Value) bool { return v.IsZero() }

func (s *structCodec) encode(e *encoder, name string, v reflect.Value) error {
	return encodeList(s, e, name, v)
}

func (s *structCodec) decode(d *decoder, v reflect.Value) error { return decodeList(s, d, v) }

func (s *structCodec) pairs(e *encoder, v reflect.Value) error { return s.pack(e, v, nil) }

// pack packs the fields of v, which are bound or not.
func (s *structCodec) pack(e *encoder, v reflect.Value, b *bound) error {
	var found boundField
	for i := range s.fields {
		f := &s.fields[i]
		at := &found
		if b != nil {
			at = &b.fields[i]
		}
		if at.number != nil && !f.omitEmpty {
			e.b = append(e.b, f.template.packed[e.form]...)
			put64(e.b[len(e.b)-8:], e.form, *at.number)
			continue
		}
		if at == &found || !at.bound {
			var ok bool
			at = &found
			if at.value, ok = f.of(v); !ok {
				continue
			}
		}
		if f.omitEmpty && f.codec.empty(at.value) {
			continue
		}
		if err := f.encode(e, at); err != nil {
			return inside(f.name, err)
		}
	}
	if s.rest == nil {
		return nil
	}
	return s.packRest(e, v)
}

// packRest packs what the field for the rest holds.
func (s *structCodec) packRest(e *encoder, v reflect.Value) error {
	fv, ok := s.rest.of(v)
	if !ok || s.rest.codec.empty(fv) {
		return nil
	}
	if m, ok := s.rest.codec.(*mapCodec); ok {
		return m.pairs(e, fv)
	}
	return e.pairs(fv.Interface().(*List), e.depth)
}

// of returns the field of v. It reports false behind a nil embedded pointer.
func (f *structField) of(v reflect.Value) (reflect.Value, bool) {
	if len(f.index) == 1 {
		return v.Field(f.index[0]), true
	}
	for i, n := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return v, false
			}
			v = v.Elem()
		}
		v = v.Field(n)
	}
	return v, true
}

// alloc is of for writing: it makes the embedded structs on the way.
func (f *structField) alloc(v reflect.Value) reflect.Value {
	if len(f.index) == 1 {
		return v.Field(f.index[0])
	}
	for i, n := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(n)
	}
	return v
}

func (s *structCodec) read(d *decoder, v reflect.Value) error { return s.fill(d, v, nil, 0) }

// replace is read for a value of which nothing is to be left, but for the
// memory of its slices.
func (s *structCodec) replace(d *decoder, v reflect.Value, b *bound) error {
	outer := d.replaces
	d.replaces = true
	err := s.fill(d, v, b, 0)
	d.replaces = outer
	return err
}

// zeroOthers clears the fields that no pair was for.
func (s *structCodec) zeroOthers(v reflect.Value, seen *fieldSet) {
	for i := range s.fields {
		if fv, ok := s.fields[i].of(v); ok && !seen.has(i) {
			fv.SetZero()
		}
	}
}

// fill stores the list that the decoder has entered in v, whose fields are
// bound or not, and of which the first ones may have been read.
func (s *structCodec) fill(d *decoder, v reflect.Value, b *bound, next int) error {
	var seen fieldSet
	var found boundField
	seen.few[0] = 1<<next - 1
	if s.rest != nil {
		// The rest is what is in this list, not in one read before.
		s.rest.alloc(v).SetZero()
	}
	for {
		got, i := shapeOther, next
		if next < len(s.fields) {
			got = d.expect(&s.fields[next].template)
		} else {
			got = d.expectEnd()
		}
		if got == shapeEnd {
			if d.replaces {
				s.zeroOthers(v, &seen)
			}
			return nil
		}
		if got == shapeError {
			return d.err
		}
		if got == shapeOther {
			if more, err := d.nextPair(); !more {
				if d.replaces && err == nil {
					s.zeroOthers(v, &seen)
				}
				return err
			}
			if i = s.find(d.Name(), next); i < 0 {
				if err := s.readRest(d, v); err != nil {
					return err
				}
				continue
			}
		}
		if seen.add(i) {
			return d.problem(ErrDuplicate)
		}
		if got == shapeLone {
			d.name = noName // its end has been read as well
		}
		next = i + 1
		if b != nil && (got == shapeNumber || got == shapeLone && !d.replaces) {
			if p := b.fields[i].leaf(got); p != nil {
				*p = u64(d.buf[d.val:], d.form)
				continue
			}
		}
		f := &s.fields[i]
		at := &found
		if b != nil && b.fields[i].bound {
			at = &b.fields[i]
		} else {
			at.value = f.alloc(v)
		}
		if d.replaces && !f.reusable() {
			at.value.SetZero()
		}
		if err := f.decode(d, at, got); err != nil {
			return err
		}
	}
}

// decode stores a pair in a field. It has been recognised, or is the decoder's
// current one.
func (f *structField) decode(d *decoder, at *boundField, got shape) error {
	switch {
	case got == shapeNumber:
		f.template.set(at.value, u64(d.buf[d.val:], d.form))
		return nil
	case got == shapeList:
		return f.template.inner.fill(d, at.value, at.inner, 0)
	case got == shapeLead || got == shapeLone:
		return f.decodeLead(d, at, got)
	case at.bound && d.typ == TypeListArray:
		if c, ok := f.codec.(listsCodec); ok {
			return c.fill(d, at.value, &at.elems)
		}
	case at.text != nil && d.typ == TypeString:
		// Who decodes again and again into one value mostly finds it unchanged.
		if b := d.value(); *at.text != string(b) {
			*at.text = d.text(b)
		}
		return nil
	case at.numbers != nil && d.typ == TypeUint64Array && *at.numbers != nil && d.nelem <= cap(*at.numbers):
		*at.numbers = (*at.numbers)[:d.nelem]
		getWords(*at.numbers, d.value(), d.form)
		return nil
	}
	return f.codec.decode(d, at.value)
}

// find returns the field for a name, or -1. Lists mostly come in the order of
// the struct, so the field behind the last one is tried first.
func (s *structCodec) find(name []byte, next int) int {
	if next < len(s.fields) && s.fields[next].name == string(name) {
		return next
	}
	return s.table.find(s.fields, name)
}

// readRest deals with a pair that no field takes.
func (s *structCodec) readRest(d *decoder, v reflect.Value) error {
	if s.rest == nil {
		if d.unknown {
			return d.problem(ErrUnknown)
		}
		d.Skip()
		return d.err
	}
	name := string(d.Name())
	fv := s.rest.alloc(v)
	if m, ok := s.rest.codec.(*mapCodec); ok {
		return m.readOne(d, fv, name)
	}
	p, err := d.take()
	if err != nil {
		return err
	}
	if fv.IsNil() {
		fv.Set(reflect.ValueOf(new(List)))
	}
	l := fv.Interface().(*List)
	if l.Has(name) {
		return d.problem(ErrDuplicate)
	}
	l.SetPair(p)
	return nil
}

// decodeLead stores a list of which the first number has been recognised.
func (f *structField) decodeLead(d *decoder, at *boundField, got shape) error {
	s := f.template.inner
	bits := u64(d.buf[d.val:], d.form)
	if at.inner != nil && at.inner.fields[0].number != nil {
		*at.inner.fields[0].number = bits
	} else {
		s.fields[0].template.set(s.fields[0].alloc(at.value), bits)
	}
	if got == shapeLead {
		return s.fill(d, at.value, at.inner, 1)
	}
	if d.replaces && len(s.fields) > 1 {
		s.zeroOthers(at.value, &fieldSet{few: [2]uint64{1}})
	}
	return nil
}

// reusable reports whether decoding into the field leaves nothing of what it
// held, and changes nothing that others may hold.
func (f *structField) reusable() bool {
	switch c := f.codec.(type) {
	case *structCodec:
		return !c.indirect
	case listsCodec, numbersCodec, stringCodec, uintCodec, intCodec, boolCodec, flagCodec, doubleCodec:
		return true
	}
	return false
}

// fieldSet remembers which fields have been filled.
type fieldSet struct {
	few  [2]uint64
	many map[int]struct{}
}

// add adds field i and reports whether it was there before.
func (s *fieldSet) add(i int) (dup bool) {
	if i < 64*len(s.few) {
		word, bit := &s.few[i/64], uint64(1)<<(i%64)
		dup = *word&bit != 0
		*word |= bit
		return dup
	}
	if _, dup = s.many[i]; dup {
		return true
	}
	if s.many == nil {
		s.many = make(map[int]struct{})
	}
	s.many[i] = struct{}{}
	return false
}

// has reports whether field i is in the set.
func (s *fieldSet) has(i int) bool {
	if i < 64*len(s.few) {
		return s.few[i/64]&(1<<(i%64)) != 0
	}
	_, ok := s.many[i]
	return ok
}

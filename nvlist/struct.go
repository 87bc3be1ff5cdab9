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
}

// structField is one field of a struct, or of a struct embedded in it.
type structField struct {
	name      string
	index     []int
	codec     codec
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
		f.template = makeTemplate(f.name, f.codec)
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
	field := structField{name: name, index: index, omitEmpty: opts.omitEmpty}
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

func (s *structCodec) pairs(e *encoder, v reflect.Value) error {
	for i := range s.fields {
		f := &s.fields[i]
		fv, ok := f.of(v)
		if !ok || f.omitEmpty && f.codec.empty(fv) {
			continue
		}
		if err := f.encode(e, fv); err != nil {
			return inside(f.name, err)
		}
	}
	if s.rest == nil {
		return nil
	}
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

func (s *structCodec) read(d *decoder, v reflect.Value) error {
	var seen fieldSet
	next := 0
	if s.rest != nil {
		// The rest is what is in this list, not in one read before.
		s.rest.alloc(v).SetZero()
	}
	for {
		if more, err := d.nextPair(); !more {
			return err
		}
		i := s.find(d.Name(), next)
		if i < 0 {
			if err := s.readRest(d, v); err != nil {
				return err
			}
			continue
		}
		if seen.add(i) {
			return d.problem(ErrDuplicate)
		}
		next = i + 1
		f := &s.fields[i]
		fv := f.alloc(v)
		if f.template.number && d.typ == TypeUint64 && fv.Kind() == reflect.Uint64 {
			fv.SetUint(u64(d.buf[d.val:], d.form))
			continue
		}
		if err := f.codec.decode(d, fv); err != nil {
			return err
		}
	}
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

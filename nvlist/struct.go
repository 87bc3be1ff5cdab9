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
	// run packs several fields at once, this one the first.
	run *run
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
	s.makeRuns()
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
	for i := 0; i < len(s.fields); i++ {
		f := &s.fields[i]
		at := &found
		if b != nil {
			at = &b.fields[i]
		}
		if len(at.run) > 0 {
			e.run(f.run, at.run)
			i += len(at.run) - 1
			continue
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

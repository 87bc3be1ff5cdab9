package nvlist

import "reflect"

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

// finish deals with the fields that no pair was for.
func (s *structCodec) finish(d *decoder, v reflect.Value, seen *fieldSet) error {
	if d.replaces {
		s.zeroOthers(v, seen)
	}
	return nil
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
		if next == len(s.fields) {
			got = d.expectEnd()
		} else if !seen.has(next) {
			got = d.expect(&s.fields[next].template)
		}
		switch got {
		case shapeEnd:
			return s.finish(d, v, &seen)
		case shapeError:
			return d.err
		case shapeLone:
			d.name = noName // its end has been read as well
		case shapeOther:
			more, err := d.nextPair()
			if err != nil {
				return err
			}
			if !more {
				return s.finish(d, v, &seen)
			}
			if i = s.find(d.Name(), next); i < 0 {
				if err := s.readRest(d, v); err != nil {
					return err
				}
				continue
			}
			if seen.has(i) {
				return d.problem(ErrDuplicate)
			}
		}
		seen.add(i)
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
			return c.fill(d, at.value, at.elems)
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

// add adds field i.
func (s *fieldSet) add(i int) {
	if i < 64*len(s.few) {
		s.few[i/64] |= 1 << (i % 64)
		return
	}
	if s.many == nil {
		s.many = make(map[int]struct{})
	}
	s.many[i] = struct{}{}
}

// has reports whether field i is in the set.
func (s *fieldSet) has(i int) bool {
	if i < 64*len(s.few) {
		return s.few[i/64]&(1<<(i%64)) != 0
	}
	_, ok := s.many[i]
	return ok
}

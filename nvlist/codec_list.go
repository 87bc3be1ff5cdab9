package nvlist

import (
	"maps"
	"reflect"
	"slices"
)

// listLike is a codec whose values are whole lists, so that slices of them are
// arrays of lists.
type listLike interface {
	codec
	listBody
}

// listBody is what a Go value has to do with the pairs of a list.
type listBody interface {
	// pairs packs what the list holds, without its head.
	pairs(e *encoder, v reflect.Value) error
	// read stores the list that the decoder has entered in v, and consumes its
	// end.
	read(d *decoder, v reflect.Value) error
}

// encodeList packs v as a TypeList.
func encodeList(c listLike, e *encoder, name string, v reflect.Value) error {
	m := e.begin(e.fresh(name, TypeList, 1))
	if err := e.nested(c, v); err != nil {
		return err
	}
	e.end(m)
	return nil
}

// decodeList stores a TypeList in v.
func decodeList(c listLike, d *decoder, v reflect.Value) error {
	if d.typ != TypeList {
		return d.mismatch(v)
	}
	return c.read(d, v)
}

// listsCodec maps slices and arrays of lists.
type listsCodec struct{ inner listLike }

func (listsCodec) empty(v reflect.Value) bool { return v.Len() == 0 }

func (c listsCodec) encode(e *encoder, name string, v reflect.Value) error {
	return c.pack(e, name, v, nil)
}

// pack packs the elements of v, which are bound or not.
func (c listsCodec) pack(e *encoder, name string, v reflect.Value, elems *boundElems) error {
	if int64(v.Len()) > MaxBytes/(slotLen+listImageLen) {
		return ErrLimit
	}
	m := e.begin(e.fresh(name, TypeListArray, v.Len()))
	for i := range v.Len() {
		body := listBody(c.inner)
		if s, ok := c.inner.(*structCodec); ok {
			if b := elems.of(s, i, v.Index(i)); b != nil {
				body = b
			}
		}
		if err := e.nested(body, v.Index(i)); err != nil {
			return atIndex(i, err)
		}
	}
	e.end(m)
	return nil
}

func (c listsCodec) decode(d *decoder, v reflect.Value) error { return c.fill(d, v, nil) }

// fill stores the elements in v, which are bound or not.
func (c listsCodec) fill(d *decoder, v reflect.Value, elems *boundElems) error {
	if d.typ != TypeListArray {
		return d.mismatch(v)
	}
	n := d.nelem
	inner, again := c.inner.(*structCodec)
	again = again && !inner.indirect
	switch {
	case v.Kind() == reflect.Array:
		if err := d.resize(v, n); err != nil {
			return err
		}
	case v.IsNil():
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	default:
		v.SetLen(0)
	}
	for i := range n {
		if v.Kind() == reflect.Slice {
			extend(v, i+1)
		}
		e := v.Index(i)
		if again {
			if err := inner.replace(d, e, elems.of(inner, i, e)); err != nil {
				return err
			}
			continue
		}
		e.SetZero()
		if err := c.inner.read(d, e); err != nil {
			return err
		}
	}
	return nil
}

// extend makes a slice one element longer. A count that was not checked against
// the elements must not make anything large, so this is done one by one.
func extend(v reflect.Value, n int) {
	if n > v.Cap() {
		v.Grow(1)
	}
	v.SetLen(n)
}

// mapCodec maps a map to a list: one pair for each key, in the order of keys.
type mapCodec struct{ inner codec }

func (*mapCodec) empty(v reflect.Value) bool { return v.Len() == 0 }

func (c *mapCodec) encode(e *encoder, name string, v reflect.Value) error {
	return encodeList(c, e, name, v)
}

func (c *mapCodec) decode(d *decoder, v reflect.Value) error { return decodeList(c, d, v) }

func (c *mapCodec) pairs(e *encoder, v reflect.Value) error {
	values := make(map[string]reflect.Value, v.Len())
	for it := v.MapRange(); it.Next(); {
		values[it.Key().String()] = it.Value()
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !validName(name) {
			return inside(name, ErrName)
		}
		if err := c.inner.encode(e, name, values[name]); err != nil {
			return inside(name, err)
		}
	}
	return nil
}

func (c *mapCodec) read(d *decoder, v reflect.Value) error {
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	// What was there before is replaced, but no name may come twice.
	fresh := reflect.MakeMap(v.Type())
	for {
		more, err := d.nextPair()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if err := c.readOne(d, fresh, string(d.Name())); err != nil {
			return err
		}
	}
	for it := fresh.MapRange(); it.Next(); {
		v.SetMapIndex(it.Key(), it.Value())
	}
	return nil
}

// readOne stores the current pair in v under a name that must be new to it.
func (c *mapCodec) readOne(d *decoder, v reflect.Value, name string) error {
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	key := reflect.ValueOf(name).Convert(v.Type().Key())
	if v.MapIndex(key).IsValid() {
		return d.problem(ErrDuplicate)
	}
	elem := reflect.New(v.Type().Elem()).Elem()
	if err := c.inner.decode(d, elem); err != nil {
		return err
	}
	v.SetMapIndex(key, elem)
	return nil
}

// listCodec maps a *List to itself. A nil one is left out.
type listCodec struct{}

func (listCodec) empty(v reflect.Value) bool { return v.IsNil() || v.Interface().(*List).Len() == 0 }

func (listCodec) encode(e *encoder, name string, v reflect.Value) error {
	if v.IsNil() {
		return nil
	}
	p := e.fresh(name, TypeList, 1)
	p.kid = v.Interface().(*List)
	return e.shared(p)
}

func (listCodec) decode(d *decoder, v reflect.Value) error {
	if d.typ != TypeList {
		return d.mismatch(v)
	}
	p, err := d.take()
	if err != nil {
		return err
	}
	v.Set(reflect.ValueOf(p.kid))
	return nil
}

// listSliceCodec maps a []*List to an array of lists.
type listSliceCodec struct{}

func (listSliceCodec) empty(v reflect.Value) bool { return v.Len() == 0 }

func (listSliceCodec) encode(e *encoder, name string, v reflect.Value) error {
	var l List
	l.SetLists(name, v.Interface().([]*List))
	return e.shared(&l.pairs[0])
}

func (listSliceCodec) decode(d *decoder, v reflect.Value) error {
	if d.typ != TypeListArray {
		return d.mismatch(v)
	}
	p, err := d.take()
	if err != nil {
		return err
	}
	v.Set(reflect.ValueOf(p.lists()))
	return nil
}

// pointerCodec maps a pointer to what it points to. A nil one is left out, or
// is an empty list in an array of lists.
type pointerCodec struct{ inner codec }

func (pointerCodec) empty(v reflect.Value) bool { return v.IsNil() }

func (c pointerCodec) encode(e *encoder, name string, v reflect.Value) error {
	if v.IsNil() {
		return nil
	}
	return c.inner.encode(e, name, v.Elem())
}

func (c pointerCodec) decode(d *decoder, v reflect.Value) error {
	if v.IsNil() {
		v.Set(reflect.New(v.Type().Elem()))
	}
	return c.inner.decode(d, v.Elem())
}

func (c pointerCodec) pairs(e *encoder, v reflect.Value) error {
	if v.IsNil() {
		return nil
	}
	return c.inner.(listLike).pairs(e, v.Elem())
}

func (c pointerCodec) read(d *decoder, v reflect.Value) error {
	if v.IsNil() {
		v.Set(reflect.New(v.Type().Elem()))
	}
	return c.inner.(listLike).read(d, v.Elem())
}

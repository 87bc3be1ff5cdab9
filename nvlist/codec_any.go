package nvlist

import (
	"fmt"
	"reflect"
)

// Flag is what an interface holds for a TypeBoolean, which has no value.
type Flag struct{}

// anyCodec maps an empty interface by what it holds.
type anyCodec struct{}

func (anyCodec) empty(v reflect.Value) bool { return v.IsNil() }

func (anyCodec) encode(e *encoder, name string, v reflect.Value) error {
	if v.IsNil() {
		return nil
	}
	return e.dynamic(name, v.Elem())
}

// dynamic packs a value whose type is only known now.
func (e *encoder) dynamic(name string, v reflect.Value) error {
	switch x := v.Interface().(type) {
	case Flag:
		e.end(e.begin(e.fresh(name, TypeBoolean, 0)))
		return nil
	case Pair:
		x.name = name
		return e.shared(&x)
	}
	m, err := mappingOf(v.Type())
	if err != nil {
		return err
	}
	return m.codec.encode(e, name, v)
}

func (anyCodec) decode(d *decoder, v reflect.Value) error {
	p, err := d.take()
	if err != nil {
		return err
	}
	value := p.Value()
	if p.typ == TypeBoolean {
		value = Flag{}
	}
	v.Set(reflect.ValueOf(value))
	return nil
}

// customCodec maps a type with methods of its own. Inner does what there is no
// method for, and is nil if that is impossible.
type customCodec struct {
	marshal, unmarshal bool
	inner              codec
}

func (c customCodec) empty(v reflect.Value) bool {
	if c.inner == nil {
		return v.IsZero()
	}
	return c.inner.empty(v)
}

func (c customCodec) encode(e *encoder, name string, v reflect.Value) error {
	if !c.marshal {
		if c.inner == nil {
			return errGoType(v.Type(), "cannot be packed")
		}
		return c.inner.encode(e, name, v)
	}
	m, ok := v.Interface().(Marshaler)
	if !ok {
		// The method is on the pointer.
		if !v.CanAddr() {
			c := reflect.New(v.Type()).Elem()
			c.Set(v)
			v = c
		}
		m = v.Addr().Interface().(Marshaler)
	}
	x, err := m.MarshalNvlist()
	if err != nil || x == nil {
		return err
	}
	if reflect.TypeOf(x) == v.Type() {
		return fmt.Errorf("%w: %v marshals as itself", ErrGoType, v.Type())
	}
	return e.dynamic(name, reflect.ValueOf(x))
}

func (c customCodec) decode(d *decoder, v reflect.Value) error {
	if !c.unmarshal {
		if c.inner == nil {
			return d.mismatch(v)
		}
		return c.inner.decode(d, v)
	}
	at := d.here()
	p, err := d.take()
	if err != nil {
		return err
	}
	if err := v.Addr().Interface().(Unmarshaler).UnmarshalNvlist(p); err != nil {
		at.Err = err
		return at
	}
	return nil
}

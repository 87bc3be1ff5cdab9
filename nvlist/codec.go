package nvlist

import (
	"fmt"
	"reflect"
	"time"
)

// codec carries values of one Go type over to pairs and back. Codecs do not
// change after they were made, so any number of goroutines may use one.
type codec interface {
	// encode packs v as a pair called name.
	encode(e *encoder, name string, v reflect.Value) error
	// decode stores the decoder's current pair in v, which is settable. It must
	// consume the lists that the pair holds.
	decode(d *decoder, v reflect.Value) error
	// empty reports whether omitempty leaves v out.
	empty(v reflect.Value) bool
}

// Marshaler is implemented by types that choose their own packed form.
type Marshaler interface {
	// MarshalNvlist returns the value to pack instead of the receiver: any
	// value that Marshal accepts as a field, a Pair whose name is ignored, or
	// nil for no pair at all.
	MarshalNvlist() (any, error)
}

// Unmarshaler is implemented by types that read their own packed form.
type Unmarshaler interface {
	// UnmarshalNvlist stores a pair in the receiver. It may keep the pair.
	UnmarshalNvlist(p Pair) error
}

// fieldOptions are the options of a field's tag.
type fieldOptions struct {
	omitEmpty bool
	flag      bool
	byteType  bool
	rest      bool
}

// compiler makes codecs for types and the types that they consist of.
type compiler struct {
	// structs holds what has been started, because types may contain
	// themselves.
	structs map[reflect.Type]*structCodec
}

// errGoType says which type cannot be mapped.
func errGoType(t reflect.Type, why string) error {
	return fmt.Errorf("%w: %v %s", ErrGoType, t, why)
}

// codec returns the codec for t.
func (c *compiler) codec(t reflect.Type, opts fieldOptions) (codec, error) {
	switch t {
	case reflect.TypeFor[*List]():
		return listCodec{}, nil
	case reflect.TypeFor[[]*List]():
		return listSliceCodec{}, nil
	case reflect.TypeFor[time.Duration]():
		return intCodec{TypeHrtime}, nil
	case reflect.TypeFor[List](), reflect.TypeFor[Pair]():
		return nil, errGoType(t, "is not a value of its own")
	}
	if custom, ok := c.custom(t, opts); ok {
		return custom, nil
	}
	return c.plain(t, opts)
}

// custom returns the codec of a type with methods of its own.
func (c *compiler) custom(t reflect.Type, opts fieldOptions) (codec, bool) {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		return nil, false // pointerCodec looks at what it points to
	}
	out := customCodec{
		marshal:   reflect.PointerTo(t).Implements(reflect.TypeFor[Marshaler]()),
		unmarshal: reflect.PointerTo(t).Implements(reflect.TypeFor[Unmarshaler]()),
	}
	if !out.marshal && !out.unmarshal {
		return nil, false
	}
	// The half without a method follows the type's kind, if that has a form.
	out.inner, _ = c.plain(t, opts)
	return out, true
}

// plain returns the codec that the kind of t asks for.
func (c *compiler) plain(t reflect.Type, opts fieldOptions) (codec, error) {
	if opts.flag {
		if t.Kind() != reflect.Bool && t.Kind() != reflect.Pointer {
			return nil, errGoType(t, "cannot be a flag")
		}
		if t.Kind() == reflect.Bool {
			return flagCodec{}, nil
		}
	}
	switch t.Kind() {
	case reflect.Bool:
		return boolCodec{}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return intCodec{intType(t)}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return uintCodec{uintType(t, opts)}, nil
	case reflect.Float64:
		return doubleCodec{}, nil
	case reflect.String:
		return stringCodec{}, nil
	case reflect.Struct:
		return c.structCodec(t)
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return anyCodec{}, nil
		}
	}
	return c.composite(t, opts)
}

// composite returns the codec of a type that consists of others.
func (c *compiler) composite(t reflect.Type, opts fieldOptions) (codec, error) {
	switch t.Kind() {
	case reflect.Pointer:
		inner, err := c.codec(t.Elem(), opts)
		if err != nil {
			return nil, err
		}
		return pointerCodec{inner}, nil
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return nil, errGoType(t, "needs keys that are strings")
		}
		inner, err := c.codec(t.Elem(), fieldOptions{})
		if err != nil {
			return nil, err
		}
		return &mapCodec{inner}, nil
	case reflect.Slice, reflect.Array:
		return c.sequence(t, opts)
	}
	return nil, errGoType(t, "has no packed form")
}

// sequence returns the codec of a slice or an array.
func (c *compiler) sequence(t reflect.Type, opts fieldOptions) (codec, error) {
	elem := t.Elem()
	inner, err := c.codec(elem, fieldOptions{})
	if err != nil {
		return nil, err
	}
	switch of := inner.(type) {
	case boolCodec:
		return numbersCodec{TypeBooleanArray}, nil
	case intCodec:
		if of.typ != TypeHrtime {
			return numbersCodec{arrayType(of.typ)}, nil
		}
	case uintCodec:
		return numbersCodec{arrayType(uintType(elem, opts))}, nil
	case stringCodec:
		return stringsCodec{}, nil
	case *structCodec, *mapCodec:
		return listsCodec{inner.(listLike)}, nil
	case pointerCodec:
		if _, ok := of.inner.(*structCodec); ok {
			return listsCodec{of}, nil
		}
	}
	return nil, errGoType(t, "has no packed form")
}

// intType and uintType return the type of the wire for a kind of integer.
func intType(t reflect.Type) Type {
	switch t.Kind() {
	case reflect.Int8:
		return TypeInt8
	case reflect.Int16:
		return TypeInt16
	case reflect.Int32:
		return TypeInt32
	}
	return TypeInt64
}

func uintType(t reflect.Type, opts fieldOptions) Type {
	switch t.Kind() {
	case reflect.Uint8:
		if opts.byteType {
			return TypeByte
		}
		return TypeUint8
	case reflect.Uint16:
		return TypeUint16
	case reflect.Uint32:
		return TypeUint32
	}
	return TypeUint64
}

// arrayType returns the type of the arrays whose elements have type t.
func arrayType(t Type) Type {
	for a := TypeBoolean; a <= maxType; a++ {
		if info := a.info(); info.class == classArray && info.elem == t {
			return a
		}
	}
	return TypeUnknown
}

package nvlist

import (
	"reflect"
	"sync"
)

// mapping is the codec of a type together with the memory that using it needs.
type mapping struct {
	codec    codec
	decoders sync.Pool
	encoders sync.Pool
}

// mappings remembers what has been found out about Go types, by reflect.Type.
// That is the same whoever asks and is never changed, so sharing it does not
// couple anyone; without it every call would look at every field's tag again.
var mappings sync.Map

// mappingOf returns the mapping of a type.
func mappingOf(t reflect.Type) (*mapping, error) {
	if m, ok := mappings.Load(t); ok {
		return m.(*mapping), nil
	}
	c := compiler{structs: make(map[reflect.Type]*structCodec)}
	codec, err := c.codec(t, fieldOptions{})
	if err != nil {
		return nil, &ValueError{Offset: -1, Err: err}
	}
	m, _ := mappings.LoadOrStore(t, &mapping{codec: codec})
	return m.(*mapping), nil
}

// listLike returns the codec of a type that stands for a whole list.
func (m *mapping) listLike(t reflect.Type) (listLike, error) {
	inner := m.codec
	for {
		p, ok := inner.(pointerCodec)
		if !ok {
			break
		}
		inner = p.inner
	}
	if _, ok := inner.(listLike); !ok {
		return nil, &ValueError{Offset: -1, Err: errGoType(t, "is not a list")}
	}
	return m.codec.(listLike), nil
}

package nvlist

import "reflect"

// Marshal packs a Go value. The value must be a struct, a map with keys that
// are strings, a *List, or a pointer to one of these.
//
// A field or an element becomes a pair according to its type:
//
//	bool                     boolean_value; with the option flag: boolean
//	int8 ... int64           int8 ... int64; int is int64
//	uint8 ... uint64         uint8 ... uint64; uint is uint64
//	float64                  double
//	time.Duration            hrtime
//	string                   string
//	slices and arrays of     arrays of these; []byte is a uint8_array, with
//	the above                the option byte a byte_array
//	struct, map, *List       nvlist
//	slices of these          nvlist_array
//	interface                what it holds; Flag is a boolean
//	Marshaler                what its method returns
//
// Nil pointers, interfaces and *Lists are left out. Fields have tags as in
//
//	Size uint64 `nvlist:"size,omitempty"`
//
// where a missing name means the field's, the name "-" leaves the field out,
// and the options are
//
//	omitempty  leave out zero numbers, empty strings, slices and maps
//	flag       a bool that is a boolean without value, there or not
//	byte       uint8 means byte, and so for arrays
//	rest       a map or *List that holds the pairs without a field
//
// The fields of an embedded struct are treated as those of the outer one.
//
// Errors are *ValueErrors with a path: ErrGoType for types without a packed
// form, ErrName and ErrValue for names and strings that cannot be packed,
// ErrLimit for too deep a value.
func Marshal(v any, enc Encoding) ([]byte, error) {
	return AppendMarshal(nil, v, HostHeader(enc))
}

// AppendMarshal is Marshal for the host that h describes. It appends to dst,
// and allocates nothing if that is large enough, v is a pointer to a struct and
// there are no maps, interfaces and arrays of strings in it.
func AppendMarshal(dst []byte, v any, h Header) ([]byte, error) {
	if l, ok := v.(*List); ok {
		return l.AppendAs(dst, h)
	}
	rv := reflect.ValueOf(v)
	for rv.Kind() == reflect.Pointer && !rv.IsNil() {
		rv = rv.Elem()
	}
	if !rv.IsValid() || rv.Kind() == reflect.Pointer {
		return dst, &ValueError{Offset: -1, Err: ErrGoType}
	}
	m, err := mappingOf(rv.Type())
	if err != nil {
		return dst, err
	}
	c, err := m.listLike(rv.Type())
	if err != nil {
		return dst, err
	}
	e, _ := m.encoders.Get().(*encoder)
	if e == nil {
		e = new(encoder)
	}
	body := listBody(c)
	if reflect.TypeOf(v).Kind() == reflect.Pointer && reflect.TypeOf(v).Elem() == rv.Type() {
		body = e.binder.of(c, v, rv)
	}
	b, err := e.top(dst, body, rv, h)
	*e = encoder{spare: e.spare, binder: e.binder}
	m.encoders.Put(e)
	if err != nil {
		return dst, err
	}
	return b, nil
}

// MarshalList returns the list that Marshal would pack.
func MarshalList(v any) (*List, error) {
	b, err := AppendMarshal(nil, v, HostHeader(Native))
	if err != nil {
		return nil, err
	}
	return Decode(b, nil)
}

// top packs a whole list.
func (e *encoder) top(dst []byte, body listBody, v reflect.Value, h Header) ([]byte, error) {
	e.b, e.form = h.append(dst), h.form()
	e.head(UniqueName)
	if err := body.pairs(e, v); err != nil {
		return nil, valueError(err)
	}
	e.terminate()
	clear(e.grow(e.slack))
	return e.b, nil
}

// nested packs v as a list inside the pair that was packed last.
func (e *encoder) nested(body listBody, v reflect.Value) error {
	if e.depth++; e.depth > MaxDepth {
		return ErrLimit
	}
	if e.form == formXDR {
		e.head(UniqueName)
	}
	if err := body.pairs(e, v); err != nil {
		return err
	}
	e.leave()
	return nil
}

// leave ends the list.
func (e *encoder) leave() {
	e.terminate()
	e.depth--
}

// fresh returns the encoder's spare pair, with a name, a type and a count. Names
// have been checked by who asks.
func (e *encoder) fresh(name string, t Type, nelem int) *Pair {
	p := &e.pairBuf
	p.name, p.data, p.num, p.kid = name, "", 0, nil
	p.typ, p.nelem, p.form, p.bad = t, uint32(nelem), formLittle, false
	p.size = uint32(p.nativeSize())
	return p
}

// number packs a scalar.
func (e *encoder) number(name string, t Type, bits uint64) {
	p := &e.pairBuf
	p.name, p.data, p.num, p.kid = name, "", bits, nil
	p.typ, p.nelem, p.form, p.bad = t, 1, formLittle, false
	p.size = uint32(align8(nativeHead+len(name)+1) + 8)
	e.end(e.begin(p))
}

// checked packs a pair that holds no list, unless it cannot be packed.
func (e *encoder) checked(p *Pair) error {
	if err := p.check(); err != nil {
		return err
	}
	p.size = uint32(p.nativeSize())
	e.end(e.begin(p))
	return nil
}

// shared packs a pair of a List.
func (e *encoder) shared(p *Pair) error {
	p.seal()
	return e.pair(p, e.depth)
}

// elements packs all of an array but its elements. It returns the room for
// these, which is longer if there is padding, and their layout.
func (e *encoder) elements(p *Pair) ([]byte, form) {
	if e.form != formXDR {
		b := e.nativeHead(p)
		if len(b) > 0 {
			clear(b[len(b)-8:])
		}
		return b, e.form
	}
	m := mark{len(e.b), e.slack}
	e.xdrHead(p)
	var b []byte
	switch n := int(p.nelem); {
	case p.typ == TypeByteArray:
		b = e.grow(align4(n))
		clear(b[n:])
	case n == 0:
		e.slack += 4
	default:
		e.u32(p.nelem)
		b = e.grow(n * elemWidth(formXDR, int(p.typ.info().width)))
	}
	e.end(m)
	return b, elemForm(formXDR, p.typ)
}

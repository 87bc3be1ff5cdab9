package nvlist

import (
	"fmt"
	"reflect"
)

// Unmarshal unpacks a list into what v points to: a struct, a map with keys
// that are strings, or a *List. How pairs and Go types correspond is said at
// Marshal. In this direction
//
//   - a number of any integer type fits an integer field, and an array of any
//     integer type fits a slice of integers, if every value does;
//   - fields without a pair stay as they are, and pairs without a field are
//     skipped, unless a field takes the rest;
//   - slices and strings are not allocated again if they already hold what is
//     needed, so decoding into the same value again is cheap;
//   - an interface gets what Pair.Value returns, and Flag for a boolean.
//
// Errors are *SyntaxErrors for malformed lists and *ValueErrors, with the
// offset and the path of the pair: ErrMismatch for a pair of another type than
// its field, ErrRange for a value that is too large for it, ErrDuplicate for a
// name that comes twice. After an error v may be filled in part.
func Unmarshal(b []byte, v any, opts *DecodeOptions) error {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Pointer || rv.IsNil() {
		return &ValueError{Offset: -1, Err: fmt.Errorf("%w: not a pointer", ErrGoType)}
	}
	rv = rv.Elem()
	if rv.Type() == reflect.TypeFor[*List]() {
		l, err := Decode(b, opts)
		if err == nil {
			rv.Set(reflect.ValueOf(l))
		}
		return err
	}
	m, err := mappingOf(rv.Type())
	if err != nil {
		return err
	}
	c, err := m.listLike(rv.Type())
	if err != nil {
		return err
	}
	d, _ := m.decoders.Get().(*decoder)
	if d == nil {
		d = new(decoder)
	}
	err = d.top(b, d.binder.of(c, v, rv), rv, opts)
	d.buf, d.err = nil, nil
	m.decoders.Put(d)
	return err
}

// Into stores the list in what v points to, as Unmarshal does.
func (l *List) Into(v any) error {
	b, err := l.AppendNative(nil)
	if err != nil {
		return err
	}
	return Unmarshal(b, v, nil)
}

// decoder unpacks lists into Go values.
type decoder struct {
	Cursor
	binder  binder
	unknown bool // whether pairs without a field are errors
	// replaces is set while values are read of which nothing may be left.
	replaces bool
	// recent holds strings that have been made, because the same ones come
	// again and again: the names of datasets that properties are inherited
	// from, for example.
	recent [8]string
}

// top unpacks a whole list.
func (d *decoder) top(b []byte, body listBody, v reflect.Value, opts *DecodeOptions) error {
	d.unknown, d.replaces = opts.orDefault().RejectUnknown, false
	if err := d.Reset(b, opts); err != nil {
		return err
	}
	return body.read(d, v)
}

// nextPair moves to the next pair of the list being read. It reports false at
// the end of the list, which it consumes.
func (d *decoder) nextPair() (bool, error) {
	switch d.read(true) {
	case eventPair:
		return true, nil
	case eventError:
		return false, d.err
	}
	return false, nil
}

// maxRecent is the longest string that is worth remembering.
const maxRecent = 64

// text returns b as a string.
func (d *decoder) text(b []byte) string {
	if len(b) == 0 || len(b) > maxRecent {
		return string(b)
	}
	r := &d.recent[(len(b)+int(b[len(b)-1]))%len(d.recent)]
	if *r != string(b) {
		*r = string(b)
	}
	return *r
}

// take makes a pair of the current one that does not refer to the input, and
// consumes the lists that it holds.
func (d *decoder) take() (Pair, error) {
	t := tapeBuilder{open: noNode, base: d.pair}
	t.addPair(&d.Cursor)
	if err := t.run(&d.Cursor); err != nil {
		return Pair{}, err
	}
	own := new(tape)
	t.finish(&d.Cursor, own)
	return own.pairAt(0), nil
}

// here returns an error for the current pair that still needs its reason.
func (d *decoder) here() *ValueError {
	return &ValueError{Offset: int64(d.pair), Path: d.Path()}
}

// problem returns err with the place of the current pair.
func (d *decoder) problem(err error) error {
	e := d.here()
	e.Err = err
	return e
}

// mismatch says that v is no place for the current pair.
func (d *decoder) mismatch(v reflect.Value) error {
	return d.problem(fmt.Errorf("%w: %v into %v", ErrMismatch, d.typ, v.Type()))
}

// outOfRange says that v has no room for the current pair.
func (d *decoder) outOfRange(v reflect.Value) error {
	return d.problem(fmt.Errorf("%w: %v into %v", ErrRange, d.typ, v.Type()))
}

package nvlist

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"
)

// JSONOptions are the options of AppendJSON. Nil means the zero value.
type JSONOptions struct {
	// Indent is written at the start of every line once for each level.
	// Empty means that everything is on one line.
	Indent string
	// Redact reports whether to hide the values of pairs with a given name. A
	// list with hidden values cannot be unmarshaled.
	Redact func(name string) bool
}

// MarshalJSON returns the typed JSON form of l, which UnmarshalJSON reads into
// an equal list. See AppendJSON.
func (l *List) MarshalJSON() ([]byte, error) { return l.AppendJSON(nil, nil) }

// AppendJSON appends the typed JSON form of l to dst. A list is an object with
// a member for each pair, in order, and each value is an object with a single
// member, the name of the type:
//
//	{"guid": {"uint64": "9223372036854775808"}, "size": {"uint64": 4096},
//	 "props": {"nvlist": {"ro": {"boolean_value": true}}},
//	 "defer": {"boolean": null}, "key": {"uint8_array": [1, 2]}}
//
// Integers beyond ±2^53 are strings, because many programs read JSON numbers as
// doubles. The doubles NaN and ±Inf are strings too; a NaN may include its bits
// as in "NaN:7ff8000000000001". A byte_array is base64. Text that is not UTF-8
// is an object, {"base64": "/w=="}.
//
// A list that an object cannot hold, because of its flags, a duplicate name or
// a name that is not UTF-8, is an array: its flags, then the pairs as arrays of
// name and value. AppendJSON fails with ErrLimit if lists are nested too deep.
func (l *List) AppendJSON(dst []byte, opts *JSONOptions) ([]byte, error) {
	e := jsonEncoder{b: dst}
	if opts != nil {
		e.opts = *opts
	}
	if err := e.list(l, 0); err != nil {
		return dst, valueError(err)
	}
	if e.opts.Indent == "" {
		return e.b, nil
	}
	var out bytes.Buffer
	if err := json.Indent(&out, e.b[len(dst):], "", e.opts.Indent); err != nil {
		return dst, err
	}
	return append(dst, out.Bytes()...), nil
}

// jsonEncoder writes lists as JSON.
type jsonEncoder struct {
	b    []byte
	opts JSONOptions
}

// list writes a list that lies depth lists deep.
func (e *jsonEncoder) list(l *List, depth int) error {
	if depth > MaxDepth {
		return ErrLimit
	}
	if !l.fitsObject() {
		return e.listArray(l, depth)
	}
	e.b = append(e.b, '{')
	var p Pair
	first := true
	for it := l.iter(); it.next(&p); first = false {
		e.comma(first)
		e.text(p.name)
		e.b = append(e.b, ':')
		if err := e.value(&p, depth); err != nil {
			return inside(p.name, err)
		}
	}
	e.b = append(e.b, '}')
	return nil
}

// listArray writes a list that does not fit an object.
func (e *jsonEncoder) listArray(l *List, depth int) error {
	e.b = append(e.b, '[')
	e.b = strconv.AppendUint(e.b, uint64(l.Flags()), 10)
	var p Pair
	for it := l.iter(); it.next(&p); {
		e.b = append(e.b, ",["...)
		e.text(p.name)
		e.b = append(e.b, ',')
		if err := e.value(&p, depth); err != nil {
			return inside(p.name, err)
		}
		e.b = append(e.b, ']')
	}
	e.b = append(e.b, ']')
	return nil
}

// fitsObject reports whether the list can be written as an object.
func (l *List) fitsObject() bool {
	if l.Flags() != UniqueName {
		return false
	}
	seen := make(map[string]struct{}, l.Len())
	for p := range l.All() {
		if _, dup := seen[p.name]; dup || !utf8.ValidString(p.name) {
			return false
		}
		seen[p.name] = struct{}{}
	}
	return true
}

// comma separates members and elements.
func (e *jsonEncoder) comma(first bool) {
	if !first {
		e.b = append(e.b, ',')
	}
}

// value writes the object that says type and value.
func (e *jsonEncoder) value(p *Pair, depth int) error {
	e.b = append(e.b, '{', '"')
	e.b = append(e.b, p.typ.String()...)
	e.b = append(e.b, '"', ':')
	if e.opts.Redact != nil && e.opts.Redact(p.name) {
		e.text(Redacted)
	} else if err := e.content(p, depth); err != nil {
		return err
	}
	e.b = append(e.b, '}')
	return nil
}

// content writes the value alone.
func (e *jsonEncoder) content(p *Pair, depth int) error {
	switch p.typ.info().class {
	case classFlag:
		e.b = append(e.b, "null"...)
	case classScalar:
		e.number(p.typ, p.num)
	case classString:
		e.text(p.data)
	case classList:
		return e.list(p.kid, depth+1)
	default:
		return e.array(p, depth)
	}
	return nil
}

// array writes the elements of an array.
func (e *jsonEncoder) array(p *Pair, depth int) error {
	if p.typ == TypeByteArray {
		e.base64(p.data)
		return nil
	}
	e.b = append(e.b, '[')
	switch p.typ.info().class {
	case classArray:
		for i := range p.Len() {
			e.comma(i == 0)
			e.number(p.typ.info().elem, p.elem(i))
		}
	case classStrings:
		for i, s := range p.strings() {
			e.comma(i == 0)
			e.text(s)
		}
	case classLists:
		for i, l := range p.AllLists() {
			e.comma(i == 0)
			if err := e.list(l, depth+1); err != nil {
				return atIndex(i, err)
			}
		}
	}
	e.b = append(e.b, ']')
	return nil
}

// maxSafe is the largest integer up to which doubles hold all integers.
const maxSafe = 1 << 53

// number writes a number of type t.
func (e *jsonEncoder) number(t Type, bits uint64) {
	switch n := int64(bits); {
	case t == TypeBooleanValue:
		e.b = strconv.AppendBool(e.b, bits != 0)
	case t == TypeDouble:
		e.double(math.Float64frombits(bits))
	case t.signed() && n >= -maxSafe && n <= maxSafe:
		e.b = strconv.AppendInt(e.b, n, 10)
	case t.signed():
		e.quoted(strconv.FormatInt(n, 10))
	case bits <= maxSafe:
		e.b = strconv.AppendUint(e.b, bits, 10)
	default:
		e.quoted(strconv.FormatUint(bits, 10))
	}
}

// nanPrefix precedes the bits of a NaN that is not the usual one.
const nanPrefix = "NaN:"

// double writes a double so that its bits survive.
func (e *jsonEncoder) double(f float64) {
	bits := math.Float64bits(f)
	switch {
	case bits == math.Float64bits(math.NaN()):
		e.quoted("NaN")
	case math.IsNaN(f):
		e.quoted(nanPrefix + strconv.FormatUint(bits, 16))
	case math.IsInf(f, 0):
		e.quoted(strconv.FormatFloat(f, 'g', -1, 64))
	default:
		e.b = strconv.AppendFloat(e.b, f, 'g', -1, 64)
	}
}

// quoted writes text that needs no escapes.
func (e *jsonEncoder) quoted(s string) {
	e.b = append(e.b, '"')
	e.b = append(e.b, s...)
	e.b = append(e.b, '"')
}

// text writes a string, or an object if it is not UTF-8.
func (e *jsonEncoder) text(s string) {
	if !utf8.ValidString(s) {
		e.b = append(e.b, `{"base64":`...)
		e.base64(s)
		e.b = append(e.b, '}')
		return
	}
	// A string that is UTF-8 always has a JSON form.
	b, _ := json.Marshal(s)
	e.b = append(e.b, b...)
}

// base64 writes bytes.
func (e *jsonEncoder) base64(s string) {
	e.b = append(e.b, '"')
	e.b = base64.StdEncoding.AppendEncode(e.b, []byte(s))
	e.b = append(e.b, '"')
}

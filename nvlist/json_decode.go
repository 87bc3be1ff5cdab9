package nvlist

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// ErrJSON means that JSON text is not the typed form of a list.
var ErrJSON = errors.New("not the JSON form of a list")

// UnmarshalJSON replaces l by the list in typed JSON form in b. Any integer may
// be a string, and an integer member may be a number of any size. Errors are
// *ValueErrors with the offset and the path of the error, and match ErrJSON,
// ErrLimit, or the error of packing the list.
func (l *List) UnmarshalJSON(b []byte) error {
	if !json.Valid(b) {
		// The scanner's own error knows the offset.
		err := json.Unmarshal(b, new(json.RawMessage))
		return &ValueError{Offset: jsonOffset(err), Err: fmt.Errorf("%w: %w", ErrJSON, err)}
	}
	d := jsonDecoder{dec: json.NewDecoder(bytes.NewReader(b))}
	d.dec.UseNumber()
	out := new(List)
	if err := d.list(out, 0); err != nil {
		e := valueError(err)
		e.Offset = d.dec.InputOffset()
		return e
	}
	l.thaw()
	l.pairs, l.flags = out.pairs, out.flags
	l.index.Store(nil)
	return nil
}

// jsonOffset returns where a syntax error was found.
func jsonOffset(err error) int64 {
	var s *json.SyntaxError
	if errors.As(err, &s) {
		return s.Offset
	}
	return 0
}

// jsonDecoder reads lists from JSON that is known to be valid.
type jsonDecoder struct{ dec *json.Decoder }

// token returns the next token.
func (d *jsonDecoder) token() (json.Token, error) {
	t, err := d.dec.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJSON, err)
	}
	return t, nil
}

// expect consumes a delimiter.
func (d *jsonDecoder) expect(want json.Delim) error {
	t, err := d.token()
	if err == nil && t != want {
		err = fmt.Errorf("%w: want %v, found %v", ErrJSON, want, t)
	}
	return err
}

// list reads a list that lies depth lists deep.
func (d *jsonDecoder) list(l *List, depth int) error {
	if depth > MaxDepth {
		return ErrLimit
	}
	t, err := d.token()
	switch {
	case err != nil:
		return err
	case t == json.Delim('['):
		return d.listArray(l, depth)
	case t != json.Delim('{'):
		return fmt.Errorf("%w: want an object, found %v", ErrJSON, t)
	}
	seen := make(map[string]struct{})
	for d.dec.More() {
		name, err := d.text()
		if err != nil {
			return err
		}
		if _, dup := seen[name]; dup {
			return inside(name, ErrDuplicate)
		}
		seen[name] = struct{}{}
		if err := d.pair(l, name, depth); err != nil {
			return inside(name, err)
		}
	}
	return d.expect('}')
}

// listArray reads a list that did not fit an object.
func (d *jsonDecoder) listArray(l *List, depth int) error {
	flags, err := d.bits(TypeUint32)
	if err != nil {
		return err
	}
	l.flags = uint32(flags) ^ UniqueName
	for d.dec.More() {
		if err := d.expect('['); err != nil {
			return err
		}
		name, err := d.text()
		if err != nil {
			return err
		}
		if err := d.pair(l, name, depth); err != nil {
			return inside(name, err)
		}
		if err := d.expect(']'); err != nil {
			return err
		}
	}
	return d.expect(']')
}

// pair reads the object that says type and value, and appends the pair.
func (d *jsonDecoder) pair(l *List, name string, depth int) error {
	if err := d.expect('{'); err != nil {
		return err
	}
	key, err := d.token()
	if err != nil {
		return err
	}
	typ, ok := ParseType(fmt.Sprint(key))
	if !ok {
		return fmt.Errorf("%w: no type is called %v", ErrJSON, key)
	}
	// A list of its own, so that a name that is there twice stays.
	var one List
	if err := d.content(&one, name, typ, depth); err != nil {
		return err
	}
	p := one.pairs[0]
	if err := p.check(); err != nil {
		return err
	}
	l.pairs = append(l.pairs, p)
	return d.expect('}')
}

// content reads a value of type t and sets it.
func (d *jsonDecoder) content(l *List, name string, t Type, depth int) error {
	switch t.info().class {
	case classFlag:
		v, err := d.token()
		if err == nil && v != nil {
			err = fmt.Errorf("%w: a boolean has no value", ErrJSON)
		}
		l.SetBoolean(name)
		return err
	case classScalar:
		bits, err := d.bits(t)
		l.set(Pair{name: name, typ: t, nelem: 1, num: bits})
		return err
	case classString:
		s, err := d.text()
		l.SetString(name, s)
		return err
	case classList:
		inner := new(List)
		l.SetList(name, inner)
		return d.list(inner, depth+1)
	}
	return d.array(l, name, t, depth)
}

// array reads an array of type t and sets it.
func (d *jsonDecoder) array(l *List, name string, t Type, depth int) error {
	if t == TypeByteArray {
		b, err := d.base64()
		l.SetByteArray(name, b)
		return err
	}
	if err := d.expect('['); err != nil {
		return err
	}
	switch t.info().class {
	case classStrings:
		v, err := readAll(d, d.text)
		l.SetStringArray(name, v)
		return err
	case classLists:
		v, err := readAll(d, func() (*List, error) {
			inner := new(List)
			return inner, d.list(inner, depth+1)
		})
		l.SetLists(name, v)
		return err
	}
	elem := t.info().elem
	v, err := readAll(d, func() (uint64, error) { return d.bits(elem) })
	setNumbers(l, name, t, v)
	return err
}

// readAll reads the elements of an array and its end.
func readAll[T any](d *jsonDecoder, read func() (T, error)) ([]T, error) {
	var out []T
	for i := 0; d.dec.More(); i++ {
		v, err := read()
		if err != nil {
			return nil, atIndex(i, err)
		}
		out = append(out, v)
	}
	return out, d.expect(']')
}

// bits reads a number of type t in the form that Pair keeps.
func (d *jsonDecoder) bits(t Type) (uint64, error) {
	tok, err := d.token()
	if err != nil {
		return 0, err
	}
	if b, ok := tok.(bool); ok && t == TypeBooleanValue {
		return boolBits(b), nil
	}
	var s string
	switch v := tok.(type) {
	case json.Number:
		s = v.String()
	case string:
		s = v
	}
	bits, err := parseNumber(s, t)
	if err != nil {
		return 0, fmt.Errorf("%w: %v is not a value of type %v", ErrJSON, tok, t)
	}
	return bits, nil
}

// parseNumber parses the text of a number of type t.
func parseNumber(s string, t Type) (uint64, error) {
	width := 8 * int(t.info().width)
	switch {
	case t == TypeBooleanValue:
		return 0, strconv.ErrSyntax
	case t == TypeDouble:
		return parseDouble(s)
	case t.signed():
		n, err := strconv.ParseInt(s, 10, width)
		return uint64(n), err
	}
	return strconv.ParseUint(s, 10, width)
}

// parseDouble is the inverse of what double writes.
func parseDouble(s string) (uint64, error) {
	if s == "NaN" {
		return math.Float64bits(math.NaN()), nil
	}
	if rest, ok := strings.CutPrefix(s, nanPrefix); ok {
		bits, err := strconv.ParseUint(rest, 16, 64)
		if err == nil && !math.IsNaN(math.Float64frombits(bits)) {
			err = strconv.ErrRange
		}
		return bits, err
	}
	f, err := strconv.ParseFloat(s, 64)
	return math.Float64bits(f), err
}

// text reads a string, or the object that stands for one.
func (d *jsonDecoder) text() (string, error) {
	t, err := d.token()
	if err != nil {
		return "", err
	}
	if s, ok := t.(string); ok {
		return s, nil
	}
	if t != json.Delim('{') {
		return "", fmt.Errorf("%w: want text, found %v", ErrJSON, t)
	}
	if t, err = d.token(); err == nil && t != "base64" {
		err = fmt.Errorf("%w: want base64, found %v", ErrJSON, t)
	}
	if err != nil {
		return "", err
	}
	b, err := d.base64()
	if err != nil {
		return "", err
	}
	return string(b), d.expect('}')
}

// base64 reads bytes.
func (d *jsonDecoder) base64() ([]byte, error) {
	t, err := d.token()
	if err != nil {
		return nil, err
	}
	s, ok := t.(string)
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if !ok || err != nil {
		return nil, fmt.Errorf("%w: %v is not base64", ErrJSON, t)
	}
	return b, nil
}

package text

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// keyPrefix marks the name of a member that is base64.
const keyPrefix = "base64:"

// MarshalJSON returns the JSON form of v as json.Marshal does, with three
// differences. Text that is not UTF-8 becomes the object {"base64": "/w=="}, as
// in the JSON form of package nvlist. Names of members that are not UTF-8, or
// begin with "base64:", become "base64:" and the base64 of the name. Characters
// that a terminal could interpret are escaped, but those of HTML are not.
//
// The tag options omitempty and omitzero are supported, the option string is
// not.
func MarshalJSON(v any) ([]byte, error) {
	var e jsonEncoder
	if err := e.value(reflect.ValueOf(v)); err != nil {
		return nil, err
	}
	return e.b, nil
}

// jsonEncoder writes values as JSON.
type jsonEncoder struct{ b []byte }

func (e *jsonEncoder) value(v reflect.Value) error {
	if !v.IsValid() {
		e.b = append(e.b, "null"...)
		return nil
	}
	if done, err := e.marshaler(v); done {
		return err
	}
	switch v.Kind() {
	case reflect.String:
		e.text(v.String())
	case reflect.Interface, reflect.Pointer:
		return e.value(v.Elem()) // not valid if it is nil
	case reflect.Struct:
		return e.object(v)
	case reflect.Map:
		return e.mapping(v)
	case reflect.Array, reflect.Slice:
		if v.Kind() == reflect.Slice && (v.IsNil() || v.Type().Elem().Kind() == reflect.Uint8) {
			return e.std(v.Interface())
		}
		return e.list('[', ']', v.Len(), func(i int) error { return e.value(v.Index(i)) })
	default:
		return e.std(v.Interface())
	}
	return nil
}

// std writes values without text.
func (e *jsonEncoder) std(v any) error {
	b, err := json.Marshal(v)
	e.b = append(e.b, b...)
	return err
}

// marshaler writes a value with its own MarshalJSON or MarshalText, if any.
func (e *jsonEncoder) marshaler(v reflect.Value) (done bool, err error) {
	if v.CanAddr() && v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface {
		v = v.Addr()
	}
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		return false, nil
	}
	switch m := v.Interface().(type) {
	case json.Marshaler:
		b, err := m.MarshalJSON()
		if err != nil {
			return true, err
		}
		out := bytes.NewBuffer(e.b)
		err = json.Compact(out, b)
		e.b = out.Bytes()
		return true, err
	case encoding.TextMarshaler:
		b, err := m.MarshalText()
		e.text(string(b))
		return true, err
	}
	return false, nil
}

// list writes n parts between two brackets.
func (e *jsonEncoder) list(begin, end byte, n int, part func(i int) error) error {
	e.b = append(e.b, begin)
	for i := range n {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		if err := part(i); err != nil {
			return err
		}
	}
	e.b = append(e.b, end)
	return nil
}

// member is one of an object.
type member struct {
	name  string
	value reflect.Value
}

func (e *jsonEncoder) members(all []member) error {
	return e.list('{', '}', len(all), func(i int) error {
		e.quoted(all[i].name)
		e.b = append(e.b, ':')
		return e.value(all[i].value)
	})
}

func (e *jsonEncoder) object(v reflect.Value) error { return e.members(fields(nil, v)) }

// fields appends the fields that are written, with those of embedded structures.
func fields(all []member, v reflect.Value) []member {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		tag, tagged := f.Tag.Lookup("json")
		name, opts, _ := strings.Cut(tag, ",")
		switch {
		case tag == "-":
		case f.Anonymous && !tagged && f.Type.Kind() == reflect.Struct:
			all = fields(all, v.Field(i))
		case !f.IsExported(), omitted(v.Field(i), opts):
		default:
			all = append(all, member{cmp.Or(name, f.Name), v.Field(i)})
		}
	}
	return all
}

// omitted reports whether a field is omitted because of its options.
func omitted(v reflect.Value, opts string) bool {
	for opt := range strings.SplitSeq(opts, ",") {
		switch opt {
		case "omitzero":
			if z, ok := v.Interface().(interface{ IsZero() bool }); ok && z.IsZero() || v.IsZero() {
				return true
			}
		case "omitempty":
			switch v.Kind() {
			case reflect.Array, reflect.Slice, reflect.Map, reflect.String:
				return v.Len() == 0
			case reflect.Struct:
			default:
				return v.IsZero()
			}
		}
	}
	return false
}

// mapping writes a map, in the order of its keys.
func (e *jsonEncoder) mapping(v reflect.Value) error {
	if v.IsNil() {
		e.b = append(e.b, "null"...)
		return nil
	}
	var all []member
	for _, key := range v.MapKeys() {
		name, err := keyName(key)
		if err != nil {
			return err
		}
		all = append(all, member{name, v.MapIndex(key)})
	}
	slices.SortFunc(all, func(a, b member) int { return strings.Compare(a.name, b.name) })
	return e.members(all)
}

// keyName returns the name of the member for a map's key.
func keyName(key reflect.Value) (string, error) {
	if key.Kind() == reflect.String {
		return JSONKey(key.String()), nil
	}
	if m, ok := key.Interface().(encoding.TextMarshaler); ok {
		b, err := m.MarshalText()
		return string(b), err
	}
	if key.CanInt() || key.CanUint() {
		return fmt.Sprint(key.Interface()), nil
	}
	return "", fmt.Errorf("a map with keys of type %v has no JSON form", key.Type())
}

// JSONKey returns the name of a member for the bytes of s, as MarshalJSON writes
// it. Different strings have different names.
func JSONKey(s string) string {
	if utf8.ValidString(s) && !strings.HasPrefix(s, keyPrefix) {
		return s
	}
	return keyPrefix + base64.StdEncoding.EncodeToString([]byte(s))
}

// text writes a string, or an object if it is not UTF-8.
func (e *jsonEncoder) text(s string) {
	if utf8.ValidString(s) {
		e.quoted(s)
		return
	}
	e.b = append(e.b, `{"base64":"`...)
	e.b = base64.StdEncoding.AppendEncode(e.b, []byte(s))
	e.b = append(e.b, `"}`...)
}

// quoted writes a string that is UTF-8.
func (e *jsonEncoder) quoted(s string) {
	e.b = append(e.b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			e.b = append(e.b, '\\', byte(r))
		case r == '\n':
			e.b = append(e.b, `\n`...)
		case r == '\t':
			e.b = append(e.b, `\t`...)
		case unicode.IsPrint(r):
			e.b = utf8.AppendRune(e.b, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			e.unit(high)
			e.unit(low)
		default:
			e.unit(r)
		}
	}
	e.b = append(e.b, '"')
}

// unit escapes one unit of UTF-16.
func (e *jsonEncoder) unit(r rune) {
	e.b = append(e.b, `\u`...)
	hex := strconv.FormatUint(0x10000+uint64(r), 16)
	e.b = append(e.b, hex[1:]...)
}

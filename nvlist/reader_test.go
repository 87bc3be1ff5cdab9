package nvlist

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readerMethods are the methods that read a value, each with the types that it
// accepts.
func readerMethods() map[string]struct {
	read  func(r *Reader, name string) any
	types []Type
} {
	integers := []Type{TypeByte, TypeInt8, TypeUint8, TypeInt16, TypeUint16, TypeInt32, TypeUint32, TypeInt64, TypeUint64, TypeHrtime}
	return map[string]struct {
		read  func(r *Reader, name string) any
		types []Type
	}{
		"Uint":         {func(r *Reader, name string) any { return r.Uint(name) }, integers},
		"Int":          {func(r *Reader, name string) any { return r.Int(name) }, integers},
		"Text":         {func(r *Reader, name string) any { return r.Text(name) }, []Type{TypeString}},
		"Boolean":      {func(r *Reader, name string) any { return r.Boolean(name) }, []Type{TypeBoolean}},
		"BooleanValue": {func(r *Reader, name string) any { return r.BooleanValue(name) }, []Type{TypeBooleanValue}},
		"List":         {func(r *Reader, name string) any { return r.List(name) }, []Type{TypeList}},
		"Lists":        {func(r *Reader, name string) any { return r.Lists(name) }, []Type{TypeListArray}},
		"Uint64Array":  {func(r *Reader, name string) any { return r.Uint64Array(name) }, []Type{TypeUint64Array}},
	}
}

// TestReaderTypes reads a pair of every type with every method, from a built list
// and from a decoded one in either encoding.
func TestReaderTypes(t *testing.T) {
	built := new(List)
	for _, sg := range setGets() {
		sg.set(built, sg.typ.String())
	}
	lists := map[string]*List{"built": built}
	for _, h := range headers() {
		lists[h.Encoding.String()+orderName(h)] = mustDecode(t, mustPack(t, built, h))
	}
	for what, l := range lists {
		for method, m := range readerMethods() {
			accepted := make(map[Type]bool)
			for _, typ := range m.types {
				accepted[typ] = true
			}
			zero := m.read(new(List).Reader(), "absent")
			for p := range l.All() {
				r := l.Reader()
				got := m.read(r, p.Name())
				if fits(method, p) && accepted[p.Type()] {
					if r.Err() != nil || !r.Has(p.Name()) {
						t.Errorf("%s: %s of %v: %v", what, method, p.Type(), r.Err())
					}
					continue
				}
				var e *ValueError
				if !errors.Is(r.Err(), ErrMismatch) || !errors.As(r.Err(), &e) || e.Path != pathElem(p.Name(), noIndex) {
					t.Errorf("%s: %s of %v: error %v, want a mismatch", what, method, p.Type(), r.Err())
				}
				if diff := cmp.Diff(zero, got, equalLists()); diff != "" {
					t.Errorf("%s: %s of %v is not zero:\n%s", what, method, p.Type(), diff)
				}
			}
		}
	}
}

// orderName names the byte order of a header.
func orderName(h Header) string {
	if h.BigEndian {
		return " big"
	}
	return " little"
}

// fits reports whether a number fits what the method returns.
func fits(method string, p Pair) bool {
	var ok bool
	switch method {
	case "Uint":
		_, ok = p.Uint()
	case "Int":
		_, ok = p.Int()
	default:
		ok = true
	}
	return ok
}

// TestReaderAbsent tells what is absent from a zero, also in a nil list.
func TestReaderAbsent(t *testing.T) {
	zero := listOf(func(l *List) { l.SetUint64("n", 0); l.SetString("s", "") })
	for _, l := range []*List{nil, {}, zero} {
		r := l.Reader()
		if n, s := r.Uint("n"), r.Text("s"); n != 0 || s != "" || r.Err() != nil {
			t.Errorf("%v: read %d %q, error %v", l, n, s, r.Err())
		}
		if r.Has("n") != (l == zero) {
			t.Errorf("%v: Has is %v", l, r.Has("n"))
		}
		if r.List("l") != nil || r.Lists("a") != nil || r.Uint64Array("u") != nil || r.Boolean("b") {
			t.Errorf("%v: something absent was read", l)
		}
	}
}

// TestReaderKeepsTheFirst keeps the first mismatch, and reads on.
func TestReaderKeepsTheFirst(t *testing.T) {
	l := listOf(func(l *List) {
		l.SetInt8("negative", -1)
		l.SetUint64("large", math.MaxUint64)
		l.SetString("text", "x")
	})
	r := l.Reader()
	if r.Uint("negative") != 0 || r.Int("large") != 0 || r.Text("text") != "x" {
		t.Error("a number that does not fit was read")
	}
	if want := "nvlist: unexpected type int8 in negative"; r.Err() == nil || r.Err().Error() != want {
		t.Errorf("error %v, want %s", r.Err(), want)
	}
	first := new(List)
	first.SetFlags(0)
	first.pairs = append(duplicates(1).pairs, listOf(func(l *List) { l.SetString("a", "second") }).pairs...)
	r = first.Reader()
	if r.Uint("a"); r.Err() != nil {
		t.Errorf("of two pairs the second was read: %v", r.Err())
	}
	if testing.AllocsPerRun(100, func() { r := l.Reader(); r.Text("text"); r.Uint("absent") }) != 0 {
		t.Error("reading allocates")
	}
}

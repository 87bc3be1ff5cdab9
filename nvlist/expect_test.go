package nvlist

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// expected has every shape that is recognised at once.
type expected struct {
	Number uint64        `nvlist:"number"`
	Signed int64         `nvlist:"a_signed_number"`
	Time   time.Duration `nvlist:"time"`
	Lone   struct {
		Value uint64 `nvlist:"value"`
	} `nvlist:"lone"`
	Lead struct {
		Value  uint64 `nvlist:"value"`
		Source string `nvlist:"source,omitempty"`
	} `nvlist:"lead"`
	Short struct {
		Value  uint64 `nvlist:"value"`
		Source string `nvlist:"source,omitempty"`
	} `nvlist:"short"`
	Plain struct {
		Text  string   `nvlist:"text"`
		Words []uint64 `nvlist:"words"`
		Flag  bool     `nvlist:"flag,flag"`
	} `nvlist:"a_plain_list_in_it"`
	Lists []struct {
		ID   uint64 `nvlist:"id"`
		Path string `nvlist:"path"`
		Deep struct {
			Value uint64 `nvlist:"value"`
		} `nvlist:"deep"`
	} `nvlist:"lists"`
	Text string `nvlist:"text"`
	Last uint64 `nvlist:"last"`
}

func sampleExpected() *expected {
	e := &expected{Number: 1, Signed: -2, Time: 3, Text: "text", Last: 1 << 63}
	e.Lone.Value, e.Lead.Value, e.Short.Value = 4, 5, 6
	e.Lead.Source = "tank/home"
	e.Plain.Text, e.Plain.Words, e.Plain.Flag = "more text", []uint64{7, 8, 9, 10, 11}, true
	e.Lists = append(e.Lists, expected{}.Lists...)
	e.Lists = slices.Grow(e.Lists, 2)[:2]
	e.Lists[0].ID, e.Lists[0].Path, e.Lists[0].Deep.Value = 12, "/dev/a", 13
	e.Lists[1].ID, e.Lists[1].Path = 14, ""
	return e
}

// backwards is a type with the same fields in the opposite order, so that
// nothing is recognised and every pair is taken apart.
func backwards(t reflect.Type) reflect.Type {
	switch t.Kind() {
	case reflect.Struct:
		var fields []reflect.StructField
		for i := range t.NumField() {
			f := t.Field(t.NumField() - 1 - i)
			f.Type, f.Offset, f.Index = backwards(f.Type), 0, nil
			fields = append(fields, f)
		}
		// Of a field alone there is no other order: one that never comes stands
		// in front of it.
		fields = append([]reflect.StructField{{Name: "Never", Type: reflect.TypeFor[uint64](), Tag: `nvlist:"never,omitempty"`}}, fields...)
		return reflect.StructOf(fields)
	case reflect.Slice:
		return reflect.SliceOf(backwards(t.Elem()))
	}
	return t
}

// place is where and why decoding failed.
func place(err error) string {
	var s *SyntaxError
	var v *ValueError
	switch {
	case errors.As(err, &s):
		return fmt.Sprint(s.Offset, s.Path, s.Err)
	case errors.As(err, &v):
		for _, reason := range []error{ErrMismatch, ErrRange, ErrDuplicate, ErrUnknown} {
			if errors.Is(err, reason) {
				return fmt.Sprint(v.Offset, v.Path, reason)
			}
		}
	}
	return errorText(err)
}

// What is recognised at once is read as what is taken apart, and what is wrong
// is found at the same place, whichever byte is changed.
func TestExpectAgreesWithTakingApart(t *testing.T) {
	slow := backwards(reflect.TypeFor[expected]())
	for _, h := range headers() {
		packed, err := AppendMarshal(nil, sampleExpected(), h)
		if err != nil {
			t.Fatal(err)
		}
		var reused expected
		check := func(b []byte, what string) {
			opposite := reflect.New(slow).Interface()
			var fresh expected
			want := Unmarshal(b, opposite, nil)
			got := Unmarshal(b, &fresh, nil)
			again := Unmarshal(b, &reused, nil)
			if place(got) != place(want) || place(again) != place(want) {
				t.Fatalf("%+v, %s: error %v, and %v the second time, want %v", h, what, got, again, want)
			}
			if want != nil {
				return
			}
			compare(t, fmt.Sprintf("%+v, %s", h, what), &fresh, opposite)
		}
		check(packed, "unchanged")
		for i := range packed {
			check(packed[:i], fmt.Sprintf("the first %d bytes", i))
			for _, flip := range []byte{0x01, 0x80, 0xff, packed[i]} {
				changed := slices.Clone(packed)
				changed[i] ^= flip
				check(changed, fmt.Sprintf("byte %d ^ %#x", i, flip))
			}
		}
	}
}

// compare fails the test if two structs do not hold the same list.
func compare(t *testing.T, what string, a, b any) {
	t.Helper()
	la, errA := MarshalList(a)
	lb, errB := MarshalList(b)
	if errA != nil || errB != nil {
		t.Fatalf("%s: %v, %v", what, errA, errB)
	}
	if diff := Diff(lb, la); diff != nil {
		t.Fatalf("%s: %v", what, diff)
	}
}

// The limits count what is recognised as well.
func TestExpectKeepsLimits(t *testing.T) {
	v := sampleExpected()
	for _, h := range headers() {
		packed, err := AppendMarshal(nil, v, h)
		if err != nil {
			t.Fatal(err)
		}
		for _, lim := range []Limits{{Pairs: 1}, {Pairs: 2}, {Pairs: 3}, {Pairs: 4}, {Pairs: 5}, {Pairs: 6}, {Pairs: 30}, {Depth: 1}, {Depth: 2}} {
			opposite := reflect.New(backwards(reflect.TypeFor[expected]())).Interface()
			want := Unmarshal(packed, opposite, &DecodeOptions{Limits: lim})
			got := Unmarshal(packed, new(expected), &DecodeOptions{Limits: lim})
			if place(got) != place(want) {
				t.Errorf("%+v, %+v: error %v, want %v", h, lim, got, want)
			}
		}
	}
}

// A list that comes twice is an error where it begins, not inside.
func TestExpectDuplicateList(t *testing.T) {
	type value struct {
		Value uint64 `nvlist:"value"`
	}
	type pair struct {
		A value `nvlist:"a"`
		B value `nvlist:"b"`
	}
	inner := listOf(func(l *List) { l.SetUint64("value", 1) })
	l := new(List)
	l.SetFlags(0)
	for _, name := range []string{"b", "a", "b"} {
		one := listOf(func(l *List) { l.SetList(name, inner) })
		l.pairs = append(l.pairs, one.pairs[0])
	}
	for _, h := range headers() {
		err := Unmarshal(mustPack(t, l, h), new(pair), nil)
		var v *ValueError
		if !errors.As(err, &v) || !errors.Is(err, ErrDuplicate) || v.Path != "b" {
			t.Errorf("%+v: error %v, want a duplicate b", h, err)
		}
	}
}

// A name that comes twice is an error, recognised or not.
func TestExpectDuplicate(t *testing.T) {
	type pair struct {
		A uint64 `nvlist:"a"`
		B uint64 `nvlist:"b"`
	}
	for _, names := range [][]string{{"a", "a"}, {"a", "b", "a"}, {"b", "a", "b"}} {
		l := new(List)
		l.SetFlags(0)
		for _, name := range names {
			l.pairs = append(l.pairs, numberPair(name))
		}
		err := l.Into(new(pair))
		if !errors.Is(err, ErrDuplicate) {
			t.Errorf("%v: error %v", names, err)
		}
	}
}

func numberPair(name string) Pair {
	l := new(List)
	l.SetUint64(name, 1)
	return l.pairs[0]
}

func TestWords(t *testing.T) {
	for n := range 40 {
		want := make([]uint64, n)
		for i := range want {
			want[i] = uint64(i+1) * 0x0102030405060708
		}
		for _, f := range []form{formLittle, formBig, formXDR} {
			b := make([]byte, 8*n)
			putWords(b, f, want)
			got := make([]uint64, n)
			getWords(got, b, f)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%d words (-want +got):\n%s", n, diff)
			}
			if n > 0 && u64(b[8*n-8:], f) != want[n-1] {
				t.Errorf("%d words: the last one is %#x", n, u64(b[8*n-8:], f))
			}
		}
	}
}

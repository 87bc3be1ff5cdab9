package prop

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestValue(t *testing.T) {
	numbers, texts := []uint64{1, 2}, []string{"tank/a", "tank/b"}
	for _, tt := range []struct {
		name   string
		value  Value
		kind   ValueKind
		number uint64
		text   string
		list   int // elements of either list
	}{
		{"absent", Value{}, ValueAbsent, 0, "", 0},
		{"zero", Uint64(0), ValueNumber, 0, "0", 0},
		{"highest", Uint64(1<<64 - 1), ValueNumber, 1<<64 - 1, "18446744073709551615", 0},
		{"text", String("on"), ValueString, 0, "on", 0},
		{"empty text", String(""), ValueString, 0, "", 0},
		{"numbers", Uint64s(numbers), ValueNumbers, 0, "1,2", 2},
		{"no numbers", Uint64s(nil), ValueNumbers, 0, "", 0},
		{"texts", Strings(texts), ValueStrings, 0, "tank/a,tank/b", 2},
		{"no texts", Strings(nil), ValueStrings, 0, "", 0},
	} {
		v := tt.value
		if v.Kind() != tt.kind || v.Uint64() != tt.number || v.String() != tt.text ||
			len(v.Uint64s())+len(v.Strings()) != tt.list || v.IsZero() != (tt.kind == ValueAbsent) {
			t.Errorf("%s: %v, %d, %q, %v, %v", tt.name, v.Kind(), v.Uint64(), v.String(), v.Uint64s(), v.Strings())
		}
	}
	v, w := Uint64s(numbers), Strings(texts)
	v.Uint64s()[0], w.Strings()[0], numbers[0], texts[0] = 9, "x", 9, "x"
	if v.String() != "1,2" || w.String() != "tank/a,tank/b" {
		t.Errorf("values share memory with their callers: %v, %v", v, w)
	}
}

func TestValueEqual(t *testing.T) {
	values := []Value{
		{}, Uint64(0), Uint64(1), String(""), String("1"),
		Uint64s(nil), Uint64s([]uint64{1}), Strings(nil), Strings([]string{"1"}),
	}
	for i, a := range values {
		for j, b := range values {
			if a.Equal(b) != (i == j) || cmp.Equal(a, b) != (i == j) {
				t.Errorf("%v %q and %v %q: equal is %t", a.Kind(), a, b.Kind(), b, a.Equal(b))
			}
		}
	}
}

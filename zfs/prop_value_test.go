package zfs

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
		{"zero", Uint64Value(0), ValueNumber, 0, "0", 0},
		{"highest", Uint64Value(1<<64 - 1), ValueNumber, 1<<64 - 1, "18446744073709551615", 0},
		{"text", StringValue("on"), ValueString, 0, "on", 0},
		{"empty text", StringValue(""), ValueString, 0, "", 0},
		{"numbers", Uint64sValue(numbers), ValueNumbers, 0, "1,2", 2},
		{"no numbers", Uint64sValue(nil), ValueNumbers, 0, "", 0},
		{"texts", StringsValue(texts), ValueStrings, 0, "tank/a,tank/b", 2},
		{"no texts", StringsValue(nil), ValueStrings, 0, "", 0},
	} {
		v := tt.value
		if v.Kind() != tt.kind || v.Uint64() != tt.number || v.String() != tt.text ||
			len(v.Uint64s())+len(v.Strings()) != tt.list || v.IsZero() != (tt.kind == ValueAbsent) {
			t.Errorf("%s: %v, %d, %q, %v, %v", tt.name, v.Kind(), v.Uint64(), v.String(), v.Uint64s(), v.Strings())
		}
	}
	v, w := Uint64sValue(numbers), StringsValue(texts)
	v.Uint64s()[0], w.Strings()[0], numbers[0], texts[0] = 9, "x", 9, "x"
	if v.String() != "1,2" || w.String() != "tank/a,tank/b" {
		t.Errorf("values share memory with their callers: %v, %v", v, w)
	}
}

func TestValueEqual(t *testing.T) {
	values := []Value{
		{}, Uint64Value(0), Uint64Value(1), StringValue(""), StringValue("1"),
		Uint64sValue(nil), Uint64sValue([]uint64{1}), StringsValue(nil), StringsValue([]string{"1"}),
	}
	for i, a := range values {
		for j, b := range values {
			if a.Equal(b) != (i == j) || cmp.Equal(a, b) != (i == j) {
				t.Errorf("%v %q and %v %q: equal is %t", a.Kind(), a, b.Kind(), b, a.Equal(b))
			}
		}
	}
}

package nvlist

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mustJSON returns the typed JSON form of l.
func mustJSON(tb testing.TB, l *List) string {
	tb.Helper()
	b, err := l.AppendJSON(nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

func TestJSON(t *testing.T) {
	tests := []struct {
		name  string
		build func(*List)
		want  string
	}{
		{"empty", func(*List) {}, `{}`},
		{"flag and value", func(l *List) {
			l.SetBoolean("f")
			l.SetBooleanValue("v", false)
		}, `{"f":{"boolean":null},"v":{"boolean_value":false}}`},
		{"large integers", func(l *List) {
			l.SetUint64("safe", 1<<53)
			l.SetUint64("large", math.MaxUint64)
			l.SetInt64("low", math.MinInt64)
			l.SetInt64Array("a", []int64{-1 << 53, -1<<53 - 1})
		}, `{"safe":{"uint64":9007199254740992},"large":{"uint64":"18446744073709551615"},` +
			`"low":{"int64":"-9223372036854775808"},"a":{"int64_array":[-9007199254740992,"-9007199254740993"]}}`},
		{"doubles", func(l *List) {
			l.SetDouble("pi", math.Pi)
			l.SetDouble("zero", math.Copysign(0, -1))
			l.SetDouble("inf", math.Inf(-1))
			l.SetDouble("nan", math.NaN())
			l.SetDouble("odd", math.Float64frombits(0xfff0000000000001))
		}, `{"pi":{"double":3.141592653589793},"zero":{"double":-0},"inf":{"double":"-Inf"},` +
			`"nan":{"double":"NaN"},"odd":{"double":"NaN:fff0000000000001"}}`},
		{"bytes", func(l *List) {
			l.SetByteArray("b", []byte{255, 0})
			l.SetUint8Array("u", []byte{255, 0})
			l.SetString("s", "\xff\n")
		}, `{"b":{"byte_array":"/wA="},"u":{"uint8_array":[255,0]},"s":{"string":{"base64":"/wo="}}}`},
		{"lists", func(l *List) {
			l.SetList("l", listOf(func(l *List) { l.SetString("<", "\"") }))
			l.SetLists("a", []*List{nil, listOf(func(l *List) { l.SetHrtime("h", 5) })})
			l.SetStringArray("s", []string{"", "x"})
		}, `{"l":{"nvlist":{"\u003c":{"string":"\""}}},"a":{"nvlist_array":[{},{"h":{"hrtime":5}}]},` +
			`"s":{"string_array":["","x"]}}`},
		{"flags", func(l *List) {
			l.SetFlags(0)
			l.SetBoolean("b")
		}, `[0,["b",{"boolean":null}]]`},
		{"name that is not UTF-8", func(l *List) {
			l.SetUint8("\xff", 1)
		}, `[1,[{"base64":"/w=="},{"uint8":1}]]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := listOf(tt.build)
			got := mustJSON(t, l)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("JSON (-want +got):\n%s", diff)
			}
			if !json.Valid([]byte(got)) {
				t.Error("not valid JSON")
			}
			back := new(List)
			if err := back.UnmarshalJSON([]byte(got)); err != nil || !back.Equal(l) {
				t.Errorf("read back: %v\n%v", err, back)
			}
		})
	}
}

// TestJSONGolden takes everything that libnvpair packed to JSON and back.
func TestJSONGolden(t *testing.T) {
	cases := append(goldenCases(), goldenCase{name: "not_unique"})
	for _, tt := range cases {
		l := mustDecode(t, mustGolden(t, tt.name, Native))
		b, err := l.AppendJSON([]byte("kept"), &JSONOptions{Indent: "\t"})
		if err != nil {
			t.Fatal(err)
		}
		text, ok := strings.CutPrefix(string(b), "kept")
		back := new(List)
		back.SetBoolean("replaced")
		if err := back.UnmarshalJSON([]byte(text)); err != nil || !ok || !back.Equal(l) {
			t.Errorf("%s: %v\n%s", tt.name, err, text)
		}
	}
}

func TestJSONErrors(t *testing.T) {
	deep := strings.Repeat(`{"a":{"nvlist":`, MaxDepth+1) + `{}` + strings.Repeat(`}}`, MaxDepth+1)
	tests := []struct {
		name, input, path string
		want              error
	}{
		{"nothing", ``, "", ErrJSON},
		{"syntax", `{"a":`, "", ErrJSON},
		{"trailing", `{} {}`, "", ErrJSON},
		{"number", `5`, "", ErrJSON},
		{"untyped", `{"a":5}`, "a", ErrJSON},
		{"no type", `{"a":{}}`, "a", ErrJSON},
		{"unknown type", `{"a":{"float":5}}`, "a", ErrJSON},
		{"two types", `{"a":{"int8":5,"int16":5}}`, "a", ErrJSON},
		{"too large", `{"a":{"int8":128}}`, "a", ErrJSON},
		{"negative", `{"a":{"uint8":-1}}`, "a", ErrJSON},
		{"fraction", `{"a":{"uint64":1.5}}`, "a", ErrJSON},
		{"exponent", `{"a":{"uint64":1e3}}`, "a", ErrJSON},
		{"bool as number", `{"a":{"boolean_value":1}}`, "a", ErrJSON},
		{"number as bool", `{"a":{"uint8":true}}`, "a", ErrJSON},
		{"flag with value", `{"a":{"boolean":true}}`, "a", ErrJSON},
		{"string", `{"a":{"string":5}}`, "a", ErrJSON},
		{"string in an array", `{"a":{"string_array":["x",5]}}`, "a[1]", ErrJSON},
		{"array", `{"a":{"uint8_array":5}}`, "a", ErrJSON},
		{"element", `{"a":{"uint8_array":[1,256]}}`, "a[1]", ErrJSON},
		{"base64", `{"a":{"byte_array":"?"}}`, "a", ErrJSON},
		{"base64 key", `{"a":{"string":{"hex":"00"}}}`, "a", ErrJSON},
		{"base64 text", `{"a":{"string":{"base64":5}}}`, "a", ErrJSON},
		{"nan bits", `{"a":{"double":"NaN:3ff0000000000000"}}`, "a", ErrJSON},
		{"list", `{"a":{"nvlist":5}}`, "a", ErrJSON},
		{"element list", `{"a":{"nvlist_array":[{},{"b":5}]}}`, "a[1]/b", ErrJSON},
		{"flags", `["x"]`, "", ErrJSON},
		{"pair of a list", `[1,5]`, "", ErrJSON},
		{"pair name", `[1,[5]]`, "", ErrJSON},
		{"pair value", `[1,["a",5]]`, "a", ErrJSON},
		{"pair length", `[1,["a",{"boolean":null},5]]`, "", ErrJSON},
		{"name twice", `{"a":{"boolean":null},"a":{"boolean":null}}`, "a", ErrDuplicate},
		{"NUL in a name", `{"a\u0000b":{"boolean":null}}`, `"a\x00b"`, ErrName},
		{"NUL in a string", `{"a":{"string":"\u0000"}}`, "a", ErrValue},
		{"deep", deep, strings.TrimSuffix(strings.Repeat("a/", MaxDepth+1), "/"), ErrLimit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := listOf(func(l *List) { l.SetBoolean("kept") })
			err := l.UnmarshalJSON([]byte(tt.input))
			var e *ValueError
			if !errors.Is(err, tt.want) || !errors.As(err, &e) || e.Path != tt.path {
				t.Errorf("got %v, want %v in %q", err, tt.want, tt.path)
			}
			if !l.Boolean("kept") {
				t.Error("the list was changed")
			}
		})
	}
}

func TestJSONRedacted(t *testing.T) {
	l := listOf(func(l *List) {
		l.SetUint8Array("wkeydata", []byte{1})
		l.SetList("hidden_args", listOf(func(l *List) { l.SetString("k", "secret") }))
		l.SetUint8("open", 2)
	})
	b, err := l.AppendJSON(nil, &JSONOptions{Redact: RedactNames("wkeydata", "hidden_args")})
	want := `{"wkeydata":{"uint8_array":"(redacted)"},"hidden_args":{"nvlist":"(redacted)"},"open":{"uint8":2}}`
	if err != nil || string(b) != want {
		t.Errorf("got %s, %v", b, err)
	}
	if err := new(List).UnmarshalJSON(b); !errors.Is(err, ErrJSON) {
		t.Errorf("reading it back: got %v", err)
	}
}

// TestJSONCycle packs a list that holds itself.
func TestJSONCycle(t *testing.T) {
	l := new(List)
	l.SetLists("self", []*List{l})
	if _, err := l.MarshalJSON(); !errors.Is(err, ErrLimit) {
		t.Errorf("got %v, want ErrLimit", err)
	}
}

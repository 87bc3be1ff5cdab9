package text

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"testing/quick"
	"time"
)

type inner struct {
	A string
	B int `json:"b,omitempty"`
}

type kind uint8

func (k kind) MarshalText() ([]byte, error) { return []byte("kind " + string('a'+rune(k%26))), nil }

// sample has every sort of field that documents have.
type sample struct {
	inner
	Text     string `json:"text"`
	Omitted  string `json:"omitted,omitempty"`
	Bool     bool
	Float    float64
	I        int64
	U        uint64 `json:",omitempty"`
	Bytes    []byte
	Array    [3]byte
	List     []inner `json:"list,omitempty"`
	Strings  []string
	Map      map[string]inner `json:"map,omitempty"`
	ByNumber map[int8]string
	Pointer  *inner    `json:"pointer"`
	Time     time.Time `json:"time,omitzero"`
	Kind     kind      `json:"kind,omitempty"`
	Kinds    map[string]kind
	Any      any             `json:"any"`
	Raw      json.RawMessage `json:"raw,omitempty"`
	hidden   string
	Skipped  string `json:"-"`
}

// TestMarshalJSONAsStd compares with encoding/json what both keep.
func TestMarshalJSONAsStd(t *testing.T) {
	same := func(v sample) bool {
		v.Raw, v.hidden = json.RawMessage(`{"a" : [1, "<"]}`), "x"
		got, err := MarshalJSON(v)
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var a, b any
		if err := json.Unmarshal(got, &a); err != nil {
			t.Fatalf("%v: %s", err, got)
		}
		if err := json.Unmarshal(want, &b); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(a, b) {
			t.Errorf("got  %s\nwant %s", got, want)
			return false
		}
		return true
	}
	same(sample{})
	same(sample{Text: "a\x00\x1f\x7f\u0085\u202e\u2028\U000e0001 \"\\<>\n\t", Time: time.Unix(1, 0), Any: map[string]any{"x": []any{nil, 1.5, "é"}},
		U: math.MaxUint64, Bytes: []byte{}, Strings: []string{}, Pointer: &inner{A: "p"}, List: []inner{{}}})
	fill := func(f func(text string, n int64, u uint64, x float64, list []string, by map[int8]string, k kind)) {
		_ = quick.Check(func(text string, n int64, u uint64, x float64, list []string, by map[int8]string, k kind) bool {
			f(text, n, u, x, list, by, k)
			return true
		}, nil)
	}
	fill(func(text string, n int64, u uint64, x float64, list []string, by map[int8]string, k kind) {
		same(sample{inner: inner{A: text}, Text: text, Omitted: text, I: n, U: u, Float: x, Strings: list, ByNumber: by, Kind: k,
			Map: map[string]inner{text: {B: int(n)}}, Kinds: map[string]kind{"k": k}, Any: list, Bytes: []byte(text)})
	})
}

// TestMarshalJSONKeepsBytes takes strings to JSON and back, and shows that no two
// become one.
func TestMarshalJSONKeepsBytes(t *testing.T) {
	for _, tt := range []struct {
		v    any
		want string
	}{
		{"k\xff", `{"base64":"a/8="}`},
		{"k\xfe", `{"base64":"a/4="}`},
		{"k\ufffd", `"k` + "\ufffd" + `"`},
		{[]string{"\xff", "a"}, `[{"base64":"/w=="},"a"]`},
		{map[string]string{"\xff": "\xfe", "base64:/w==": "x", "a": "b"}, `{"a":"b","base64:/w==":{"base64":"/g=="},"base64:YmFzZTY0Oi93PT0=":"x"}`},
		{inner{A: "\xff"}, `{"A":{"base64":"/w=="}}`},
		{&struct{ P *inner }{&inner{A: "\xff"}}, `{"P":{"A":{"base64":"/w=="}}}`},
		{"\x1b[31m\u009b\u202e", `"\u001b[31m\u009b\u202e"`},
		{nil, `null`},
	} {
		got, err := MarshalJSON(tt.v)
		if err != nil || string(got) != tt.want {
			t.Errorf("%q: got %s, %v, want %s", tt.v, got, err, tt.want)
		}
	}
	for _, v := range []any{make(chan int), map[float64]string{1: ""}, math.NaN()} {
		if _, err := MarshalJSON(v); err == nil {
			t.Errorf("%T has a JSON form", v)
		}
	}
}

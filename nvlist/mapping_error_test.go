package nvlist

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestMarshalErrors(t *testing.T) {
	type self struct{ S []self }
	deep := self{}
	for range MaxDepth + 1 {
		deep = self{[]self{deep}}
	}
	var nilPtr *inner
	tests := []struct {
		name string
		v    any
		path string
		want error
	}{
		{"nil", nil, "", ErrGoType},
		{"nil pointer", nilPtr, "", ErrGoType},
		{"number", 5, "", ErrGoType},
		{"channel", struct{ C chan int }{}, "", ErrGoType},
		{"float32", struct{ F float32 }{}, "", ErrGoType},
		{"floats", struct{ F []float64 }{}, "", ErrGoType},
		{"durations", struct{ D []time.Duration }{}, "", ErrGoType},
		{"slices of slices", struct{ S [][]int }{}, "", ErrGoType},
		{"slice of channels", struct{ S []chan int }{}, "", ErrGoType},
		{"pointers to numbers", struct{ S []*int }{}, "", ErrGoType},
		{"pointer to channel", struct{ S *chan int }{}, "", ErrGoType},
		{"list value", struct{ L List }{}, "", ErrGoType},
		{"map key", struct{ M map[int]int }{}, "", ErrGoType},
		{"map value", struct{ M map[string]chan int }{}, "", ErrGoType},
		{"interface with methods", struct{ E error }{}, "", ErrGoType},
		{"flag", struct {
			F string `nvlist:",flag"`
		}{}, "", ErrGoType},
		{"option", struct {
			F string `nvlist:",omitzero"`
		}{}, "", ErrGoType},
		{"tag name", struct {
			F string "nvlist:\"a\\x00b\""
		}{}, "", ErrName},
		{"name twice", struct {
			A int `nvlist:"x"`
			B int `nvlist:"x"`
		}{}, "", ErrDuplicate},
		{"rest of the wrong type", struct {
			A int `nvlist:",rest"`
		}{}, "", ErrGoType},
		{"rest of no type", struct {
			A chan int `nvlist:",rest"`
		}{}, "", ErrGoType},
		{"two rests", struct {
			A *List `nvlist:",rest"`
			B *List `nvlist:",rest"`
		}{}, "", ErrGoType},
		{"embedded", struct{ Embedded }{}, "", ErrGoType},
		{"string", struct{ A []inner2 }{[]inner2{{}, {"\x00"}}}, "A[1]/S", ErrValue},
		{"strings", struct{ A []string }{[]string{"", "\x00"}}, "A", ErrValue},
		{"key", map[string]any{"in": map[string]int{"a\x00": 1}}, `in/"a\x00"`, ErrName},
		{"value of an interface", map[string]any{"c": make(chan int)}, "c", ErrGoType},
		{"bad list", map[string]*List{"l": listOf(func(l *List) { l.SetBoolean("\x00") })}, `l/"\x00"`, ErrName},
		{"deep", deep, strings.TrimSuffix(strings.Repeat("S[0]/", MaxDepth+1), "/"), ErrLimit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, enc := range []Encoding{Native, XDR} {
				b, err := AppendMarshal([]byte("kept"), tt.v, little(enc))
				var e *ValueError
				if !errors.Is(err, tt.want) || !errors.As(err, &e) || e.Path != tt.path || e.Offset != -1 {
					t.Errorf("%v: got %v, want %v in %q", enc, err, tt.want, tt.path)
				}
				if string(b) != "kept" {
					t.Errorf("%v: got %q", enc, b)
				}
			}
			if _, err := MarshalList(tt.v); err == nil {
				t.Error("no error for a list")
			}
		})
	}
}

type inner2 struct{ S string }

type Embedded struct{ C chan int }

func TestUnmarshalErrors(t *testing.T) {
	everythingList, err := MarshalList(sampleEverything())
	if err != nil {
		t.Fatal(err)
	}
	// No field takes a string array or a flag, except for those meant for it.
	for p := range everythingList.All() {
		for _, wrong := range []func(l *List, name string){
			func(l *List, n string) { l.SetStringArray(n, []string{"x"}) },
			func(l *List, n string) { l.SetBoolean(n) },
			func(l *List, n string) { l.SetDouble(n, 1) },
		} {
			l := new(List)
			wrong(l, p.Name())
			q, _ := l.Lookup(p.Name())
			if q.Type() == p.Type() || p.Name() == "any" || p.Name() == "anyflag" {
				continue
			}
			err := l.Into(new(everything))
			var e *ValueError
			if !errors.Is(err, ErrMismatch) || !errors.As(err, &e) || e.Path != p.Name() || e.Offset != 12 {
				t.Errorf("%v into %v: got %v", q.Type(), p.Name(), err)
			}
		}
	}
	tests := []struct {
		name  string
		build func(*List)
		path  string
		want  error
	}{
		{"int8", func(l *List) { l.SetInt16("i8", 128) }, "i8", ErrRange},
		{"int64", func(l *List) { l.SetUint64("i64", 1<<63) }, "i64", ErrRange},
		{"uint8", func(l *List) { l.SetUint16("u8", 256) }, "u8", ErrRange},
		{"uint64", func(l *List) { l.SetInt8("u64", -1) }, "u64", ErrRange},
		{"signed element", func(l *List) { l.SetInt16Array("i8s", []int16{0, 128}) }, "i8s", ErrRange},
		{"element", func(l *List) { l.SetInt16Array("u64s", []int16{0, -1}) }, "u64s", ErrRange},
		{"long array", func(l *List) { l.SetUint16Array("u16s", make([]uint16, 4)) }, "u16s", ErrRange},
		{"bools", func(l *List) { l.SetUint8Array("bools", nil) }, "bools", ErrMismatch},
		{"numbers", func(l *List) { l.SetBooleanArray("u8s", nil) }, "u8s", ErrMismatch},
		{"nested", func(l *List) {
			l.SetLists("inners", []*List{nil, listOf(func(l *List) { l.SetString("id", "") })})
		}, "inners[1]/id", ErrMismatch},
		{"twice", func(l *List) {
			l.SetUint8("u8", 0)
			l.pairs = append(l.pairs, l.pairs[0])
		}, "u8", ErrDuplicate},
		{"twice in a map", func(l *List) { l.SetList("map", duplicates(2)) }, "map/a", ErrDuplicate},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, h := range headers() {
				err := Unmarshal(mustPack(t, listOf(tt.build), h), new(everything), nil)
				var e *ValueError
				if !errors.Is(err, tt.want) || !errors.As(err, &e) || e.Path != tt.path || e.Offset < 12 {
					t.Errorf("%v: got %v, want %v in %q", h, err, tt.want, tt.path)
				}
			}
		})
	}
	empty := mustPack(t, nil, little(Native))
	for _, v := range []any{nil, everything{}, (*everything)(nil), new(int), new(*int), new(chan int)} {
		if err := Unmarshal(empty, v, nil); !errors.Is(err, ErrGoType) {
			t.Errorf("into %T: got %v", v, err)
		}
	}
	if err := listOf(func(l *List) { l.SetString("\x00", "") }).Into(new(everything)); !errors.Is(err, ErrName) {
		t.Errorf("list that cannot be packed: got %v", err)
	}
}

package nvlist

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// everything has a field of every kind.
type everything struct {
	Flag     bool           `nvlist:"flag,flag"`
	Bool     bool           `nvlist:"bool"`
	Int      int            `nvlist:"int"`
	I8       int8           `nvlist:"i8"`
	I16      int16          `nvlist:"i16"`
	I32      int32          `nvlist:"i32"`
	I64      int64          `nvlist:"i64"`
	Uint     uint           `nvlist:"uint"`
	U8       uint8          `nvlist:"u8"`
	Byte     uint8          `nvlist:"byte,byte"`
	U16      uint16         `nvlist:"u16"`
	U32      uint32         `nvlist:"u32"`
	U64      uint64         `nvlist:"u64"`
	Double   float64        `nvlist:"double"`
	Time     time.Duration  `nvlist:"time"`
	Text     string         `nvlist:"text"`
	Bools    []bool         `nvlist:"bools"`
	I8s      []int8         `nvlist:"i8s"`
	I64s     []int          `nvlist:"i64s"`
	U8s      []byte         `nvlist:"u8s"`
	Bytes    []byte         `nvlist:"bytes,byte"`
	U16s     [3]uint16      `nvlist:"u16s"`
	U64s     []uint64       `nvlist:"u64s"`
	Texts    []string       `nvlist:"texts"`
	List     *List          `nvlist:"list"`
	Lists    []*List        `nvlist:"lists"`
	Inner    inner          `nvlist:"inner"`
	Pointer  *inner         `nvlist:"pointer"`
	Inners   []inner        `nvlist:"inners"`
	Pointers []*inner       `nvlist:"pointers"`
	Map      map[string]int `nvlist:"map"`
	Any      any            `nvlist:"any"`
	AnyFlag  any            `nvlist:"anyflag"`
	Number   *uint32        `nvlist:"number"`
	Named    named          `nvlist:"named"`
	NoTag    string
	Hidden   string `nvlist:"-"`
	private  string
}

type named []uint64

type inner struct {
	ID   uint64 `nvlist:"id"`
	Self *inner `nvlist:"self,omitempty"`
}

func sampleEverything() *everything {
	n := uint32(7)
	return &everything{
		Flag: true, Bool: true, Int: -1, I8: -8, I16: -16, I32: -32, I64: math.MinInt64,
		Uint: 1, U8: 8, Byte: 9, U16: 16, U32: 32, U64: math.MaxUint64, Double: 0.5, Time: time.Minute, Text: "x",
		Bools: []bool{true, false}, I8s: []int8{-1}, I64s: []int{-2}, U8s: []byte{1}, Bytes: []byte{2},
		U16s: [3]uint16{1, 2, 3}, U64s: []uint64{4}, Texts: []string{"", "b"},
		List: listOf(func(l *List) { l.SetUint8("a", 1) }), Lists: []*List{new(List)},
		Inner: inner{ID: 1, Self: &inner{ID: 2}}, Pointer: &inner{ID: 3}, Inners: []inner{{ID: 4}, {}},
		Pointers: []*inner{{ID: 5}}, Map: map[string]int{"b": 2, "a": 1}, Any: []uint16{5}, AnyFlag: Flag{},
		Number: &n, Named: named{6}, NoTag: "y",
	}
}

func TestMapping(t *testing.T) {
	want := sampleEverything()
	want.Hidden, want.private = "not packed", "not packed"
	expect := sampleEverything()
	for _, h := range headers() {
		b, err := AppendMarshal(nil, want, h)
		if err != nil {
			t.Fatal(err)
		}
		// Packing the list it gives must give the same bytes.
		if diff := cmp.Diff(mustPack(t, mustDecode(t, b).Clone(), h), b); diff != "" {
			t.Fatalf("%v: not as a list packs it (-want +got):\n%s", h, diff)
		}
		var got everything
		for range 2 { // the second time into used memory
			if err := Unmarshal(b, &got, &DecodeOptions{RejectUnknown: true}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(expect, &got, equalLists(), cmp.AllowUnexported(everything{})); diff != "" {
				t.Errorf("%v (-want +got):\n%s", h, diff)
			}
		}
	}
}

func TestMappingTypes(t *testing.T) {
	l, err := MarshalList(sampleEverything())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Type{
		"flag": TypeBoolean, "bool": TypeBooleanValue, "int": TypeInt64, "i8": TypeInt8, "i16": TypeInt16,
		"i32": TypeInt32, "i64": TypeInt64, "uint": TypeUint64, "u8": TypeUint8, "byte": TypeByte, "u16": TypeUint16,
		"u32": TypeUint32, "u64": TypeUint64, "double": TypeDouble, "time": TypeHrtime, "text": TypeString,
		"bools": TypeBooleanArray, "i8s": TypeInt8Array, "i64s": TypeInt64Array, "u8s": TypeUint8Array,
		"bytes": TypeByteArray, "u16s": TypeUint16Array, "u64s": TypeUint64Array, "texts": TypeStringArray,
		"list": TypeList, "lists": TypeListArray, "inner": TypeList, "pointer": TypeList, "inners": TypeListArray,
		"pointers": TypeListArray, "map": TypeList, "any": TypeUint16Array, "anyflag": TypeBoolean,
		"number": TypeUint32, "named": TypeUint64Array, "NoTag": TypeString,
	}
	got := make(map[string]Type)
	for p := range l.All() {
		got[p.Name()] = p.Type()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
	var back everything
	if err := l.Into(&back); err != nil || back.Text != "x" {
		t.Errorf("into: %v, %q", err, back.Text)
	}
	m, _ := l.List("map")
	if diff := cmp.Diff([]string{"a", "b"}, names(m)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestOmitEmpty(t *testing.T) {
	type omit struct {
		Flag   bool           `nvlist:"flag,flag,omitempty"`
		Bool   bool           `nvlist:",omitempty"`
		Int    int            `nvlist:",omitempty"`
		Uint   uint           `nvlist:",omitempty"`
		Double float64        `nvlist:",omitempty"`
		Text   string         `nvlist:",omitempty"`
		Nums   []int          `nvlist:",omitempty"`
		Texts  []string       `nvlist:",omitempty"`
		Map    map[string]int `nvlist:",omitempty"`
		Struct inner          `nvlist:",omitempty"`
		Lists  []inner        `nvlist:",omitempty"`
		Any    any            `nvlist:",omitempty"`
		List   *List          `nvlist:",omitempty"`
		LP     []*List        `nvlist:",omitempty"`
		Custom level          `nvlist:",omitempty"`
	}
	l, err := MarshalList(&omit{List: new(List)})
	if err != nil || l.Len() != 0 {
		t.Errorf("got %v, %v", l, err)
	}
	// Without omitempty only nil pointers, interfaces and lists are left out.
	if l, err = MarshalList(&everything{}); err != nil || l.Has("list") || l.Has("any") || l.Has("pointer") || l.Has("flag") {
		t.Errorf("got %v, %v", l, err)
	}
	if v, ok := l.Uint64Array("u64s"); !ok || len(v) != 0 || !l.Has("map") || !l.Has("inners") {
		t.Errorf("got %v", l)
	}
}

// base and extra are embedded.
type base struct {
	Name  string `nvlist:"name"`
	Depth int    `nvlist:"depth"`
}
type Extra struct {
	Size  uint64 `nvlist:"size"`
	Depth int    `nvlist:"depth"`
}

func TestEmbedded(t *testing.T) {
	type outer struct {
		base
		*Extra
		Depth int    `nvlist:"depth"`
		Tag   *Extra `nvlist:"tag"`
	}
	for _, want := range []*outer{
		{base: base{Name: "n"}, Extra: &Extra{Size: 5}, Depth: 1, Tag: &Extra{Size: 6}},
		{base: base{Name: "n"}, Depth: 1},
	} {
		b, err := Marshal(want, XDR)
		if err != nil {
			t.Fatal(err)
		}
		if l := mustDecode(t, b); l.Has("Extra") || l.Has("size") != (want.Extra != nil) {
			t.Errorf("got %v", l)
		}
		var got outer
		if err := Unmarshal(b, &got, nil); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, &got, cmp.AllowUnexported(outer{})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestRest(t *testing.T) {
	l := listOf(func(l *List) {
		l.SetUint64("id", 1)
		l.SetList("x", listOf(func(l *List) { l.SetUint64("id", 666) }))
		l.SetUint64("y", 2)
	})
	type rest struct {
		ID   uint64 `nvlist:"id"`
		Rest *List  `nvlist:",rest"`
	}
	type restMap struct {
		ID   uint64         `nvlist:"id"`
		Rest map[string]any `nvlist:",rest"`
	}
	for _, h := range headers() {
		b := mustPack(t, l, h)
		var r rest
		var m restMap
		for range 2 { // the rest of the first time must not stay
			if err := Unmarshal(b, &r, nil); err != nil {
				t.Fatal(err)
			}
			if err := Unmarshal(b, &m, nil); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]string{"x", "y"}, names(r.Rest)); diff != "" || r.ID != 1 {
			t.Errorf("%v: id %d (-want +got):\n%s", h, r.ID, diff)
		}
		for _, v := range []any{&r, &m} {
			again, err := AppendMarshal(nil, v, h)
			if diff := cmp.Diff(b, again); diff != "" || err != nil {
				t.Errorf("%v, %T: %v (-want +got):\n%s", h, v, err, diff)
			}
		}
	}
	var none restMap
	if b, err := Marshal(none, Native); err != nil || mustDecode(t, b).Len() != 1 {
		t.Errorf("without a rest: %v", err)
	}
}

// TestUnknownSkipped is about lists that nobody asked for: what is in them must
// not be taken for what is outside, at any depth, in both encodings.
func TestUnknownSkipped(t *testing.T) {
	evil := listOf(func(l *List) {
		l.SetUint64("Z", 666)
		l.SetList("In", listOf(func(l *List) { l.SetUint64("Z", 667) }))
	})
	l := listOf(func(l *List) {
		l.SetList("unknown", evil)
		l.SetLists("unknowns", []*List{evil, nil, evil})
		l.SetUint64("Z", 7)
		l.SetList("In", listOf(func(l *List) {
			l.SetList("unknown", evil)
			l.SetUint64("Z", 8)
		}))
	})
	type target struct {
		Z  uint64
		In struct{ Z uint64 }
	}
	for _, h := range headers() {
		var got target
		if err := Unmarshal(mustPack(t, l, h), &got, nil); err != nil || got.Z != 7 || got.In.Z != 8 {
			t.Errorf("%v: %+v, %v", h, got, err)
		}
		err := Unmarshal(mustPack(t, l, h), &got, &DecodeOptions{RejectUnknown: true})
		var e *ValueError
		if !errors.Is(err, ErrUnknown) || !errors.As(err, &e) || e.Path != "unknown" {
			t.Errorf("%v: got %v", h, err)
		}
	}
}

// level is an enumeration that is packed by name.
type level int

func (v level) MarshalNvlist() (any, error) {
	switch v {
	case 1:
		return "one", nil
	case 2:
		return level2{}, nil
	case 3:
		return v, nil
	case 4:
		return nil, errLevel
	case 5:
		p, _ := listOf(func(l *List) { l.SetHrtime("other", 5) }).Lookup("other")
		return p, nil
	}
	return nil, nil
}

func (v *level) UnmarshalNvlist(p Pair) error {
	switch s, _ := p.Text(); s {
	case "one":
		*v = 1
	default:
		return errLevel
	}
	return nil
}

type level2 struct{ X uint8 }

var errLevel = errors.New("no such level")

// pointerLevel has its method on the pointer, and no other.
type pointerLevel struct{ N uint8 }

func (v *pointerLevel) MarshalNvlist() (any, error) { return v.N, nil }

// writeOnly can only be read.
type readOnly func()

func (v *readOnly) UnmarshalNvlist(Pair) error { *v = func() {}; return nil }

func TestMarshaler(t *testing.T) {
	type holder struct {
		L level        `nvlist:"l"`
		P *level       `nvlist:"p"`
		Q pointerLevel `nvlist:"q"`
		M map[string]pointerLevel
	}
	one := level(1)
	want := holder{L: 1, P: &one, Q: pointerLevel{3}, M: map[string]pointerLevel{"a": {4}}}
	l, err := MarshalList(want)
	if err != nil {
		t.Fatal(err)
	}
	if s, _ := l.Text("l"); s != "one" {
		t.Errorf("got %v", l)
	}
	if n, _ := l.Uint8("q"); n != 3 {
		t.Errorf("got %v", l)
	}
	l.Delete("q")
	l.Delete("M")
	var got holder
	if err := l.Into(&got); err != nil || got.L != 1 || *got.P != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	for v, want := range map[level]error{0: nil, 2: nil, 3: ErrGoType, 4: errLevel, 5: nil} {
		if _, err := MarshalList(struct{ L level }{v}); !errors.Is(err, want) {
			t.Errorf("level %d: %v, want %v", v, err, want)
		}
	}
	bad := listOf(func(l *List) {
		l.SetList("in", listOf(func(l *List) { l.SetString("l", "two") }))
	})
	var e *ValueError
	var nested struct {
		In holder `nvlist:"in"`
	}
	if err := bad.Into(&nested); !errors.Is(err, errLevel) || !errors.As(err, &e) || e.Path != "in/l" || e.Offset <= 0 {
		t.Errorf("got %v", err)
	}
	ro := struct{ F readOnly }{}
	if err := listOf(func(l *List) { l.SetBoolean("F") }).Into(&ro); err != nil || ro.F == nil {
		t.Errorf("read-only: %v", err)
	}
	if _, err := Marshal(ro, Native); !errors.Is(err, ErrGoType) {
		t.Errorf("read-only: got %v", err)
	}
	var omit struct {
		F readOnly `nvlist:",omitempty"`
	}
	if l, err := MarshalList(omit); err != nil || l.Len() != 0 {
		t.Errorf("omitted: %v, %v", l, err)
	}
}

func TestUnmarshalTop(t *testing.T) {
	l := sampleStats()
	b := mustPack(t, l, little(XDR))
	var list *List
	if err := Unmarshal(b, &list, nil); err != nil || !list.Equal(l) {
		t.Errorf("list: %v", err)
	}
	m := map[string]sampleProp{"kept": {Value: 1}}
	if err := Unmarshal(b, &m, nil); err != nil || len(m) != l.Len()+1 || m["quota"].Source != "tank/home" {
		t.Errorf("map: %v, %d entries", err, len(m))
	}
	var nothing map[string]sampleProp
	if err := Unmarshal(b, &nothing, nil); err != nil || len(nothing) != l.Len() {
		t.Errorf("nil map: %v, %d entries", err, len(nothing))
	}
	var p *inner
	if err := Unmarshal(mustPack(t, listOf(func(l *List) { l.SetInt8("id", 5) }), little(Native)), &p, nil); err != nil || p.ID != 5 {
		t.Errorf("nil pointer: %v", err)
	}
	again, err := Marshal(list, XDR)
	if err != nil || string(again) != string(mustPack(t, l, HostHeader(XDR))) {
		t.Errorf("marshal a list: %v", err)
	}
}

// TestManyFields has more fields than fit the quick check for duplicates.
func TestManyFields(t *testing.T) {
	var s fieldSet
	for _, i := range []int{0, 63, 64, 127, 128, 1000} {
		if s.has(i) {
			t.Errorf("field %d is in the set before it was added", i)
		}
		if s.add(i); !s.has(i) || s.has(i+1) {
			t.Errorf("field %d is not remembered, or its neighbour is", i)
		}
	}
}

// TestNameTable looks up names that differ in single places.
func TestNameTable(t *testing.T) {
	var fields []structField
	for _, n := range []string{"", "a", "b", "ab", "abc", "abd", "abcd", "abcdefg", "abcdefgh", "abcdefghi", "abcdefgxi", "abcdefghabcdefgh"} {
		fields = append(fields, structField{name: n})
	}
	var table nameTable
	table.build(fields)
	for i, f := range fields {
		if got := table.find(fields, []byte(f.name)); got != i {
			t.Errorf("%q is field %d, want %d", f.name, got, i)
		}
		if got := table.find(fields, []byte(f.name+"?")); got != -1 {
			t.Errorf("%q? is field %d", f.name, got)
		}
	}
}

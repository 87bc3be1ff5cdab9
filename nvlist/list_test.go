package nvlist

import (
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// setGet says how one type is set and got.
type setGet struct {
	typ   Type
	set   func(l *List, name string)
	get   func(l *List, name string) (any, bool)
	value any
}

// getter makes the getters of all types look the same.
func getter[T any](get func(*List, string) (T, bool)) func(*List, string) (any, bool) {
	return func(l *List, name string) (any, bool) {
		v, ok := get(l, name)
		return v, ok
	}
}

func setGets() []setGet {
	sub := listOf(func(l *List) { l.SetBoolean("x") })
	return []setGet{
		{TypeBooleanValue, func(l *List, n string) { l.SetBooleanValue(n, true) }, getter((*List).BooleanValue), true},
		{TypeByte, func(l *List, n string) { l.SetByte(n, 200) }, getter((*List).Byte), byte(200)},
		{TypeInt8, func(l *List, n string) { l.SetInt8(n, -8) }, getter((*List).Int8), int8(-8)},
		{TypeUint8, func(l *List, n string) { l.SetUint8(n, 200) }, getter((*List).Uint8), uint8(200)},
		{TypeInt16, func(l *List, n string) { l.SetInt16(n, -16) }, getter((*List).Int16), int16(-16)},
		{TypeUint16, func(l *List, n string) { l.SetUint16(n, 40000) }, getter((*List).Uint16), uint16(40000)},
		{TypeInt32, func(l *List, n string) { l.SetInt32(n, -32) }, getter((*List).Int32), int32(-32)},
		{TypeUint32, func(l *List, n string) { l.SetUint32(n, 1<<31) }, getter((*List).Uint32), uint32(1 << 31)},
		{TypeInt64, func(l *List, n string) { l.SetInt64(n, -64) }, getter((*List).Int64), int64(-64)},
		{TypeUint64, func(l *List, n string) { l.SetUint64(n, 1<<63) }, getter((*List).Uint64), uint64(1 << 63)},
		{TypeDouble, func(l *List, n string) { l.SetDouble(n, 1.5) }, getter((*List).Double), 1.5},
		{TypeHrtime, func(l *List, n string) { l.SetHrtime(n, -time.Second) }, getter((*List).Hrtime), -time.Second},
		{TypeString, func(l *List, n string) { l.SetString(n, "s") }, getter((*List).Text), "s"},
		{TypeList, func(l *List, n string) { l.SetList(n, sub) }, getter((*List).List), sub},
		{TypeListArray, func(l *List, n string) { l.SetLists(n, []*List{sub, sub}) }, getter((*List).Lists), []*List{sub, sub}},
		{TypeStringArray, func(l *List, n string) { l.SetStringArray(n, []string{"a", ""}) }, getter((*List).StringArray), []string{"a", ""}},
		{TypeBooleanArray, func(l *List, n string) { l.SetBooleanArray(n, []bool{true, false}) }, getter((*List).BooleanArray), []bool{true, false}},
		{TypeByteArray, func(l *List, n string) { l.SetByteArray(n, []byte{1, 255}) }, getter((*List).ByteArray), []byte{1, 255}},
		{TypeInt8Array, func(l *List, n string) { l.SetInt8Array(n, []int8{-1}) }, getter((*List).Int8Array), []int8{-1}},
		{TypeUint8Array, func(l *List, n string) { l.SetUint8Array(n, []uint8{255}) }, getter((*List).Uint8Array), []uint8{255}},
		{TypeInt16Array, func(l *List, n string) { l.SetInt16Array(n, []int16{-2}) }, getter((*List).Int16Array), []int16{-2}},
		{TypeUint16Array, func(l *List, n string) { l.SetUint16Array(n, []uint16{65535}) }, getter((*List).Uint16Array), []uint16{65535}},
		{TypeInt32Array, func(l *List, n string) { l.SetInt32Array(n, []int32{-3}) }, getter((*List).Int32Array), []int32{-3}},
		{TypeUint32Array, func(l *List, n string) { l.SetUint32Array(n, []uint32{1 << 31}) }, getter((*List).Uint32Array), []uint32{1 << 31}},
		{TypeInt64Array, func(l *List, n string) { l.SetInt64Array(n, []int64{-4}) }, getter((*List).Int64Array), []int64{-4}},
		{TypeUint64Array, func(l *List, n string) { l.SetUint64Array(n, []uint64{1 << 63}) }, getter((*List).Uint64Array), []uint64{1 << 63}},
	}
}

// everyForm returns l as it was built and as each way of packing gives it back.
func everyForm(tb testing.TB, l *List) map[string]*List {
	tb.Helper()
	return map[string]*List{
		"built":      l,
		"native":     mustDecode(tb, mustPack(tb, l, little(Native))),
		"big-endian": mustDecode(tb, mustPack(tb, l, Header{Native, true})),
		"xdr":        mustDecode(tb, mustPack(tb, l, little(XDR))),
		"clone":      mustDecode(tb, mustPack(tb, l, little(XDR))).Clone(),
	}
}

// equalLists lets cmp compare the lists inside values.
func equalLists() cmp.Option { return cmp.Comparer(func(a, b *List) bool { return a.Equal(b) }) }

func TestGetters(t *testing.T) {
	built := new(List)
	for _, sg := range setGets() {
		sg.set(built, sg.typ.String())
	}
	for form, l := range everyForm(t, built) {
		for _, sg := range setGets() {
			got, ok := sg.get(l, sg.typ.String())
			if diff := cmp.Diff(sg.value, got, equalLists()); !ok || diff != "" {
				t.Errorf("%s, %v: ok %v (-want +got):\n%s", form, sg.typ, ok, diff)
			}
			p, ok := l.Lookup(sg.typ.String())
			if !ok || p.Type() != sg.typ || p.Name() != sg.typ.String() {
				t.Errorf("%s, %v: pair %q of type %v", form, sg.typ, p.Name(), p.Type())
			}
			if diff := cmp.Diff(sg.value, p.Value(), equalLists()); diff != "" {
				t.Errorf("%s, %v: value (-want +got):\n%s", form, sg.typ, diff)
			}
			if _, ok := sg.get(l, "absent"); ok {
				t.Errorf("%s, %v: found what is not there", form, sg.typ)
			}
			if _, ok := sg.get(nil, "x"); ok {
				t.Errorf("%v: found something in nil", sg.typ)
			}
			for _, other := range setGets() {
				if other.typ == sg.typ {
					continue
				}
				if _, ok := sg.get(l, other.typ.String()); ok {
					t.Errorf("%s: the getter of %v accepts %v", form, sg.typ, other.typ)
				}
			}
		}
	}
}

func TestBoolean(t *testing.T) {
	built := new(List)
	built.SetBoolean("flag")
	built.SetBooleanValue("value", true)
	for form, l := range everyForm(t, built) {
		if !l.Boolean("flag") || l.Boolean("value") || l.Boolean("absent") {
			t.Errorf("%s: flag %v, value %v, absent %v", form, l.Boolean("flag"), l.Boolean("value"), l.Boolean("absent"))
		}
		if _, ok := l.BooleanValue("flag"); ok {
			t.Errorf("%s: a flag has no value", form)
		}
		if p, _ := l.Lookup("flag"); p.Value() != nil || p.Len() != 0 {
			t.Errorf("%s: flag is %v with %d elements", form, p.Value(), p.Len())
		}
	}
}

func TestWidthTolerant(t *testing.T) {
	built := new(List)
	for _, sg := range setGets() {
		sg.set(built, sg.typ.String())
	}
	tests := []struct {
		typ    Type
		signed any
		plain  any
	}{
		{TypeByte, int64(200), uint64(200)},
		{TypeInt8, int64(-8), nil},
		{TypeInt64, int64(-64), nil},
		{TypeUint16, int64(40000), uint64(40000)},
		{TypeUint64, nil, uint64(1 << 63)},
		{TypeHrtime, int64(-time.Second), nil},
		{TypeDouble, nil, nil},
		{TypeBooleanValue, nil, nil},
		{TypeString, nil, nil},
		{TypeUint8Array, nil, nil},
	}
	for form, l := range everyForm(t, built) {
		for _, tt := range tests {
			n, ok := l.Int(tt.typ.String())
			if ok != (tt.signed != nil) || ok && n != tt.signed {
				t.Errorf("%s, %v: Int is %d, %v", form, tt.typ, n, ok)
			}
			u, ok := l.Uint(tt.typ.String())
			if ok != (tt.plain != nil) || ok && u != tt.plain {
				t.Errorf("%s, %v: Uint is %d, %v", form, tt.typ, u, ok)
			}
		}
	}
}

// names returns the names of a list in order.
func names(l *List) []string {
	var out []string
	for p := range l.All() {
		out = append(out, p.Name())
	}
	return out
}

func TestOrder(t *testing.T) {
	built := listOf(func(l *List) {
		for i := range 5 {
			l.SetInt32(fmt.Sprint(i), int32(i))
		}
	})
	for form, l := range everyForm(t, built) {
		l.SetString("3", "replaced in place")
		l.SetBoolean("5")
		if !l.Delete("1") || l.Delete("1") {
			t.Errorf("%s: deleting tells something else", form)
		}
		if diff := cmp.Diff([]string{"0", "2", "3", "4", "5"}, names(l)); diff != "" {
			t.Errorf("%s: names (-want +got):\n%s", form, diff)
		}
		if s, ok := l.Text("3"); !ok || s != "replaced in place" || l.Len() != 5 {
			t.Errorf("%s: got %q, %v, %d pairs", form, s, ok, l.Len())
		}
	}
	for range built.All() {
		break // an early end must not yield again
	}
}

// TestIndex works on lists that are long enough for an index.
func TestIndex(t *testing.T) {
	const n = 5 * linearMax
	built := listOf(func(l *List) {
		for i := range n {
			l.SetInt32(fmt.Sprint(i), int32(i))
		}
	})
	for form, l := range everyForm(t, built) {
		for i := range n {
			if v, ok := l.Int32(fmt.Sprint(i)); !ok || int(v) != i {
				t.Fatalf("%s: pair %d is %d, %v", form, i, v, ok)
			}
		}
		if l.Has("absent") {
			t.Errorf("%s: found what is not there", form)
		}
		l.SetInt32("new", 1)
		l.SetInt32("2", -2)
		l.Delete("0")
		if v, _ := l.Int32("2"); v != -2 || !l.Has("new") || l.Has("0") || !l.Has(fmt.Sprint(n-1)) || l.Len() != n {
			t.Errorf("%s: after changes: %v", form, names(l))
		}
	}
}

// TestDuplicates keeps names that occur twice until the list is changed.
func TestDuplicates(t *testing.T) {
	packed := mustPack(t, duplicates(3), little(Native))
	l := mustDecode(t, packed)
	if v, _ := l.Uint8("a"); l.Len() != 6 || v != 0 {
		t.Fatalf("got %d pairs, the first is %d", l.Len(), v)
	}
	l.SetUint8("a", 9)
	if diff := cmp.Diff([]string{"a", "b", "b", "b"}, names(l)); diff != "" {
		t.Errorf("after a change (-want +got):\n%s", diff)
	}
	l.Delete("b")
	if diff := cmp.Diff([]string{"a"}, names(l)); diff != "" {
		t.Errorf("after deleting (-want +got):\n%s", diff)
	}
}

// duplicates returns a list with two names, each n times, which no setter makes.
func duplicates(n int) *List {
	l := new(List)
	for i := range n {
		for _, name := range []string{"a", "b"} {
			p := Pair{name: name, typ: TypeUint8, nelem: 1, num: uint64(i)}
			p.seal()
			l.pairs = append(l.pairs, p)
		}
	}
	return l
}

// TestShared changes lists through the lists that hold them.
func TestShared(t *testing.T) {
	built := listOf(func(l *List) {
		l.SetList("l", listOf(func(l *List) { l.SetUint8("x", 1) }))
		l.SetLists("a", []*List{nil, listOf(func(l *List) { l.SetUint8("x", 2) })})
	})
	for form, l := range everyForm(t, built) {
		clone := l.Clone()
		inner, _ := l.List("l")
		inner.SetUint8("y", 3)
		elems, _ := l.Lists("a")
		elems[0].SetUint8("z", 4)
		for _, enc := range []Encoding{Native, XDR} {
			again := mustDecode(t, mustPack(t, l, little(enc)))
			inner, _ := again.List("l")
			elems, _ := again.Lists("a")
			if !inner.Has("y") || !elems[0].Has("z") || !elems[1].Has("x") {
				t.Errorf("%s, %v: changes are lost:\n%v", form, enc, again)
			}
		}
		if kept, _ := clone.List("l"); kept.Has("y") {
			t.Errorf("%s: the clone changed too", form)
		}
		same, _ := l.List("l")
		if same != inner {
			t.Errorf("%s: asking twice gives two lists", form)
		}
	}
}

func TestNil(t *testing.T) {
	var l *List
	if l.Len() != 0 || l.Has("x") || l.Delete("x") || l.Flags() != UniqueName || !l.Equal(new(List)) {
		t.Error("nil is not like an empty list")
	}
	for range l.All() {
		t.Error("nil yields a pair")
	}
	for _, enc := range []Encoding{Native, XDR} {
		if diff := cmp.Diff(mustPack(t, new(List), little(enc)), mustPack(t, l, little(enc))); diff != "" {
			t.Errorf("%v (-empty +nil):\n%s", enc, diff)
		}
	}
	if c := l.Clone(); c == nil || c.Len() != 0 {
		t.Errorf("clone of nil: %v", c)
	}
	if got := fmt.Sprint(l); got != "" {
		t.Errorf("nil prints %q", got)
	}
}

func TestFlags(t *testing.T) {
	for _, flags := range []uint32{0, UniqueName, UniqueNameType, 7} {
		built := listOf(func(l *List) {
			l.SetFlags(flags)
			l.SetList("l", listOf(func(l *List) { l.SetFlags(flags) }))
			l.SetLists("a", []*List{listOf(func(l *List) { l.SetFlags(flags) })})
		})
		for form, l := range everyForm(t, built) {
			inner, _ := l.List("l")
			elems, _ := l.Lists("a")
			if l.Flags() != flags || inner.Flags() != flags || elems[0].Flags() != flags {
				t.Errorf("%s: flags %d are %d, %d, %d", form, flags, l.Flags(), inner.Flags(), elems[0].Flags())
			}
		}
	}
}

// TestPairs moves pairs between lists.
func TestPairs(t *testing.T) {
	from := mustDecode(t, mustPack(t, listOf(goldenNested), little(XDR)))
	to := new(List)
	for p := range from.All() {
		to.SetPair(p)
	}
	to.SetPair(Pair{})
	if !to.Equal(from) {
		t.Errorf("moved:\n%vfrom:\n%v", to, from)
	}
	if (Pair{}).Value() != nil {
		t.Error("the zero pair has a value")
	}
}

// TestUnequal looks at pairs that differ in one thing only.
func TestUnequal(t *testing.T) {
	lists := []*List{new(List)}
	for _, sg := range setGets() {
		l := new(List)
		sg.set(l, "x")
		lists = append(lists, l)
	}
	for _, build := range []func(*List){
		func(l *List) { l.SetBoolean("x") },
		func(l *List) { l.SetBoolean("y") },
		func(l *List) { l.SetBooleanValue("x", false) },
		func(l *List) { l.SetString("x", "t") },
		func(l *List) { l.SetStringArray("x", []string{"a", "b"}) },
		func(l *List) { l.SetUint64Array("x", []uint64{1}) },
		func(l *List) { l.SetUint8Array("x", []uint8{1}) },
		func(l *List) { l.SetList("x", nil) },
		func(l *List) { l.SetLists("x", []*List{nil, nil}) },
		func(l *List) { l.SetFlags(0) },
	} {
		lists = append(lists, listOf(build))
	}
	for i, a := range lists {
		for j, b := range lists {
			for _, enc := range []Encoding{Native, XDR} {
				if got := a.Equal(mustDecode(t, mustPack(t, b, little(enc)))); got != (i == j) {
					t.Errorf("%v: equal is %v:\n%v%v", enc, got, a, b)
				}
			}
		}
	}
}

// TestReaders reads a list from several goroutines, for the race detector.
func TestReaders(t *testing.T) {
	l := mustDecode(t, mustPack(t, samplePool(30), little(Native)))
	want := l.Clone()
	root, _ := want.List("vdev_tree")
	wantDisks, _ := root.Lists("children")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			root, _ := l.List("vdev_tree")
			disks, _ := root.Lists("children")
			for i, d := range disks {
				if !d.Equal(wantDisks[i]) {
					t.Errorf("disk %d differs", i)
				}
			}
			features, _ := l.List("feature_stats")
			if v, ok := features.Uint64("org.openzfs:feature_39"); !ok || v != 39 {
				t.Errorf("feature is %d, %v", v, ok)
			}
		})
	}
	wg.Wait()
}

// TestNoAlias changes input and output after decoding.
func TestNoAlias(t *testing.T) {
	packed := mustPack(t, listOf(goldenArrays), little(Native))
	l := mustDecode(t, packed)
	want := l.Clone()
	clear(packed)
	for p := range l.All() {
		reflect.ValueOf(p.Value()).Index(0).SetZero()
	}
	if !l.Equal(want) {
		t.Errorf("the list changed:\n%v", l)
	}
}

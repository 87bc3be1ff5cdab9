package nvlist

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// walk renders what a cursor sees: depth, path and value of every pair.
func walk(tb testing.TB, packed []byte) []string {
	tb.Helper()
	var c Cursor
	if err := c.Reset(packed, nil); err != nil {
		tb.Fatal(err)
	}
	var out []string
	for c.Next() {
		out = append(out, fmt.Sprintf("%d %s %v%s", c.Depth(), c.Path(), c.Type(), cursorText(&c)))
	}
	if c.Err() != nil {
		tb.Fatal(c.Err())
	}
	if c.Offset() != int64(len(packed)) {
		tb.Errorf("stopped at %d of %d bytes", c.Offset(), len(packed))
	}
	return out
}

// cursorText renders the value of the current pair with every accessor that
// claims to know it.
func cursorText(c *Cursor) string {
	var s string
	add := func(what string, v any, ok bool) {
		if ok {
			s += fmt.Sprintf(" %s=%v", what, v)
		}
	}
	i, ok := c.Int()
	add("int", i, ok)
	u, ok := c.Uint()
	add("uint", u, ok)
	b, ok := c.BooleanValue()
	add("bool", b, ok)
	d, ok := c.Double()
	add("double", d, ok)
	h, ok := c.Hrtime()
	add("hrtime", h, ok)
	text, ok := c.Bytes()
	add("bytes", fmt.Sprintf("%q", text), ok)
	for i := range c.Len() {
		n, ok := c.IntAt(i)
		add("int", n, ok)
		u, ok := c.UintAt(i)
		add("uint", u, ok)
		b, ok := c.BoolAt(i)
		add("bool", b, ok)
	}
	for e := range c.Strings() {
		s += fmt.Sprintf(" %q", e)
	}
	return s
}

func TestCursorWalk(t *testing.T) {
	l := listOf(func(l *List) {
		l.SetBoolean("flag")
		l.SetBooleanValue("on", true)
		l.SetInt8("i8", -1)
		l.SetUint64("u64", math.MaxUint64)
		l.SetHrtime("hr", time.Second)
		l.SetDouble("d", 0.5)
		l.SetString("tank/a", "text")
		l.SetByteArray("ba", []byte("by"))
		l.SetInt16Array("i16s", []int16{-1, 2})
		l.SetBooleanArray("bools", []bool{true, false})
		l.SetStringArray("strings", []string{"a", "", "b"})
		l.SetList("l", listOf(func(l *List) {
			l.SetLists("a", []*List{nil, listOf(func(l *List) { l.SetUint8("x", 1) }), nil})
			l.SetList("empty", nil)
			l.SetLists("none", nil)
		}))
		l.SetBoolean("last")
	})
	want := []string{
		"0 flag boolean",
		"0 on boolean_value bool=true",
		"0 i8 int8 int=-1",
		"0 u64 uint64 uint=18446744073709551615",
		"0 hr hrtime int=1000000000 uint=1000000000 hrtime=1s",
		"0 d double double=0.5",
		`0 "tank/a" string bytes="text"`,
		`0 ba byte_array bytes="by" int=98 uint=98 int=121 uint=121`,
		"0 i16s int16_array int=-1 int=2 uint=2",
		"0 bools boolean_array bool=true bool=false",
		`0 strings string_array "a" "" "b"`,
		"0 l nvlist",
		"1 l/a nvlist_array",
		"2 l/a[1]/x uint8 int=1 uint=1",
		"1 l/empty nvlist",
		"1 l/none nvlist_array",
		"0 last boolean",
	}
	for _, h := range []Header{{Native, false}, {Native, true}, {XDR, false}, {XDR, true}} {
		if diff := cmp.Diff(want, walk(t, mustPack(t, l, h))); diff != "" {
			t.Errorf("%v (-want +got):\n%s", h, diff)
		}
	}
}

func TestCursorSkip(t *testing.T) {
	l := listOf(goldenNested)
	for _, enc := range []Encoding{Native, XDR} {
		var c Cursor
		if err := c.Reset(mustPack(t, l, little(enc)), nil); err != nil {
			t.Fatal(err)
		}
		c.Skip() // nothing to skip yet
		var got []string
		for c.Next() {
			got = append(got, string(c.Name()))
			c.Skip()
			c.Skip() // twice is once
		}
		if diff := cmp.Diff([]string{"vdev_tree", "trees", "last"}, got); diff != "" || c.Err() != nil {
			t.Errorf("%v: %v (-want +got):\n%s", enc, c.Err(), diff)
		}
		if c.Next() {
			t.Errorf("%v: a pair behind the end", enc)
		}
	}
}

// TestCursorEarlyEnd leaves the loop over strings before its end.
func TestCursorEarlyEnd(t *testing.T) {
	l := listOf(func(l *List) { l.SetStringArray("s", []string{"a", "b"}) })
	var c Cursor
	if err := c.Reset(mustPack(t, l, little(Native)), nil); err != nil || !c.Next() {
		t.Fatal(err)
	}
	for s := range c.Strings() {
		if string(s) != "a" {
			t.Errorf("got %q", s)
		}
		break
	}
	for _, i := range []int{-1, 2} {
		if _, ok := c.IntAt(i); ok {
			t.Errorf("element %d exists", i)
		}
		if _, ok := c.BoolAt(i); ok {
			t.Errorf("bool %d exists", i)
		}
	}
}

func TestCursorZero(t *testing.T) {
	var c Cursor
	if c.Next() || c.Err() == nil && c.Name() != nil || c.Path() != "" || c.Offset() != 0 {
		t.Errorf("a zero cursor has something: %q %v", c.Name(), c.Err())
	}
}

// TestAllocations holds the promises about memory in the steady state.
func TestAllocations(t *testing.T) {
	l := sampleStats()
	native, xdr := mustPack(t, l, little(Native)), mustPack(t, l, little(XDR))
	decoded := mustDecode(t, native)
	dst := make([]byte, 0, 64<<10)
	var c Cursor
	must := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	tests := []struct {
		name string
		max  float64
		f    func()
	}{
		{"walk native", 0, func() { must(c.Reset(native, nil)); drain(&c) }},
		{"walk XDR", 0, func() { must(c.Reset(xdr, nil)); drain(&c) }},
		{"decode native", 5, func() { _, err := Decode(native, nil); must(err) }},
		{"decode XDR", 5, func() { _, err := Decode(xdr, nil); must(err) }},
		{"pack native", 0, func() { _, err := l.AppendNative(dst); must(err) }},
		{"pack XDR", 0, func() { _, err := l.AppendXDR(dst); must(err) }},
		{"pack decoded native", 0, func() { _, err := decoded.AppendNative(dst); must(err) }},
		{"pack decoded XDR", 0, func() { _, err := decoded.AppendXDR(dst); must(err) }},
		{"get", 0, func() { used, _ := decoded.List("used"); used.Uint64("value") }},
	}
	for _, tt := range tests {
		if got := testing.AllocsPerRun(100, tt.f); got > tt.max {
			t.Errorf("%s: %v allocations, want at most %v", tt.name, got, tt.max)
		}
	}
}

// drain walks to the end.
func drain(c *Cursor) {
	for c.Next() {
	}
}

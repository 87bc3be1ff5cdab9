package nvlist

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAppendErrors(t *testing.T) {
	cycle := new(List)
	cycle.SetList("self", cycle)
	tests := []struct {
		name, path string
		list       *List
		want       error
	}{
		{"NUL in a name", `"a\x00"`, listOf(func(l *List) { l.SetBoolean("a\x00") }), ErrName},
		{"long name", strings.Repeat("n", maxName+1), listOf(func(l *List) { l.SetBoolean(strings.Repeat("n", maxName+1)) }), ErrName},
		{"NUL in a string", "s", listOf(func(l *List) { l.SetString("s", "a\x00") }), ErrValue},
		{"NUL in an array", "s", listOf(func(l *List) { l.SetStringArray("s", []string{"", "\x00"}) }), ErrValue},
		{"in a list", "l/s", listOf(func(l *List) {
			l.SetList("l", listOf(func(l *List) { l.SetString("s", "\x00") }))
		}), ErrValue},
		{"in an array of lists", "l[1]/s", listOf(func(l *List) {
			l.SetLists("l", []*List{nil, listOf(func(l *List) { l.SetString("s", "\x00") })})
		}), ErrValue},
		{"cycle", strings.TrimSuffix(strings.Repeat("self/", MaxDepth+1), "/"), cycle, ErrLimit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, h := range headers() {
				b, err := tt.list.AppendAs([]byte("kept"), h)
				var e *ValueError
				if !errors.Is(err, tt.want) || !errors.As(err, &e) || e.Path != tt.path || e.Offset != -1 {
					t.Errorf("%v: got %v, want %v in %q", h, err, tt.want, tt.path)
				}
				if string(b) != "kept" {
					t.Errorf("%v: got %q", h, b)
				}
			}
		})
	}
	longest := listOf(func(l *List) { l.SetBoolean(strings.Repeat("n", maxName)) })
	for _, h := range headers() {
		if got := mustDecode(t, mustPack(t, longest, h)); !got.Equal(longest) {
			t.Errorf("%v: the longest name is lost", h)
		}
	}
}

// TestAppendThawed packs a decoded list of which an inner list was changed, so
// that neither the old bytes nor the old pairs may be used.
func TestAppendThawed(t *testing.T) {
	for _, h := range headers() {
		l := mustDecode(t, mustPack(t, listOf(goldenNested), h))
		tree, _ := l.List("vdev_tree")
		children, _ := tree.Lists("children")
		children[0].SetUint64("id", 77)
		children[1].SetBooleanArray("empty", nil)
		want := l.Clone()
		if diff := cmp.Diff(mustPack(t, want, h), mustPack(t, l, h)); diff != "" {
			t.Errorf("%v (-clone +changed):\n%s", h, diff)
		}
	}
}

// TestAppendOdd packs lists that were packed in an unusual way: what is copied
// must not be what only a lenient reader accepts.
func TestAppendOdd(t *testing.T) {
	built := listOf(func(l *List) {
		l.SetUint8("x", 1)
		l.SetString("s", "abc")
		l.SetList("l", listOf(func(l *List) { l.SetUint8Array("a", []byte{1, 2, 3}) }))
		l.SetLists("ls", []*List{nil})
		l.SetStringArray("ss", []string{"a"})
	})
	for _, h := range headers() {
		clean := mustPack(t, built, h)
		odd := 0
		for i := 12; i < len(clean); i++ {
			b := append([]byte(nil), clean...)
			b[i] ^= 0x80
			l, err := Decode(b, nil)
			if err != nil {
				continue
			}
			if diff := cmp.Diff(mustPack(t, l.Clone(), h), mustPack(t, l, h)); diff != "" {
				t.Fatalf("%v, byte %d (-clone +decoded):\n%s", h, i, diff)
			}
			if string(mustPack(t, l, h)) == string(clean) {
				odd++
			}
		}
		if odd == 0 && h.Encoding == Native {
			t.Errorf("%v: no unusual list was accepted", h)
		}
	}
}

func TestTypes(t *testing.T) {
	for typ := TypeBoolean; typ <= maxType; typ++ {
		if got, ok := ParseType(typ.String()); !ok || got != typ || !typ.Valid() {
			t.Errorf("%v: parsed as %v, %v", typ, got, ok)
		}
		if array := strings.HasSuffix(typ.String(), "_array"); array != typ.IsArray() {
			t.Errorf("%v: array is %v", typ, typ.IsArray())
		}
	}
	for typ, want := range map[Type]string{TypeUnknown: "unknown", -1: "type(-1)", 28: "type(28)", TypeList: "nvlist"} {
		if got := typ.String(); got != want {
			t.Errorf("%d is %q, want %q", typ, got, want)
		}
	}
	if _, ok := ParseType("unknown"); ok {
		t.Error("unknown is a type")
	}
	if Native.String() != "native" || XDR.String() != "xdr" || Encoding(9).String() != "unknown" {
		t.Error("encodings have other names")
	}
}

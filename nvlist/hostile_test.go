package nvlist

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
)

// consumers are the two ways to read packed bytes.
func consumers() map[string]func(b []byte, opts *DecodeOptions) error {
	return map[string]func(b []byte, opts *DecodeOptions) error{
		"cursor": func(b []byte, opts *DecodeOptions) error {
			var c Cursor
			if err := c.Reset(b, opts); err != nil {
				return err
			}
			drain(&c)
			return c.Err()
		},
		"list": func(b []byte, opts *DecodeOptions) error {
			_, err := Decode(b, opts)
			return err
		},
	}
}

// patch returns b with the word at off replaced.
func patch(b []byte, off int, h Header, v uint32) []byte {
	out := append([]byte(nil), b...)
	put32(out[off:], h.form(), v)
	return out
}

// headers are all that a list can be packed for.
func headers() []Header {
	return []Header{{Native, false}, {Native, true}, {XDR, false}, {XDR, true}}
}

// hostileList has every type, nested lists, and no value that looks like a
// length.
func hostileList() *List {
	return listOf(func(l *List) {
		for _, sg := range setGets() {
			sg.set(l, sg.typ.String())
		}
		l.SetBoolean("flag")
		l.SetList("in", listOf(goldenNested))
	})
}

// TestTruncated cuts a list behind every byte.
func TestTruncated(t *testing.T) {
	for _, h := range headers() {
		b := mustPack(t, hostileList(), h)
		for n := range len(b) {
			for name, read := range consumers() {
				if err := read(b[:n], nil); !errors.Is(err, ErrSyntax) || !errors.Is(err, ErrTruncated) {
					t.Fatalf("%v, %s: %d of %d bytes: got %v", h, name, n, len(b), err)
				}
			}
		}
		if err := consumers()["list"](append(b, 1), nil); !errors.Is(err, ErrTrailing) {
			t.Errorf("%v: a byte more: got %v", h, err)
		}
	}
}

// TestExtremes replaces every word by every extreme: the readers must agree on
// whether that is a list, must not panic and must not allocate much.
func TestExtremes(t *testing.T) {
	extremes := []uint32{0, 1, 7, 8, 0xff, 0x7fff, 0x8000, 0xffff, 1 << 16, 1 << 28, math.MaxInt32, 1 << 31, 3 << 30, math.MaxUint32}
	for _, h := range headers() {
		b := mustPack(t, hostileList(), h)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		tried := 0
		for off := 4; off+4 <= len(b); off += 4 {
			for _, v := range extremes {
				bad := patch(b, off, h, v)
				errs := make(map[string]error)
				for name, read := range consumers() {
					errs[name] = read(bad, nil)
				}
				tried += len(errs)
				if fmt.Sprint(errs["cursor"]) != fmt.Sprint(errs["list"]) {
					t.Fatalf("%v, byte %d = %#x: cursor says %v, list says %v", h, off, v, errs["cursor"], errs["list"])
				}
			}
		}
		runtime.ReadMemStats(&after)
		if per := (after.TotalAlloc - before.TotalAlloc) / uint64(tried); per > uint64(20*len(b)) {
			t.Errorf("%v: %d bytes allocated for each of %d", h, per, len(b))
		}
	}
}

// TestDeep nests lists far deeper than anyone accepts.
func TestDeep(t *testing.T) {
	const depth = 10000
	native := HostHeader(Native).append(nil)
	native = append(native, make([]byte, 8)...)
	binary.NativeEndian.PutUint32(native[8:], UniqueName)
	var e encoder
	e.form = HostHeader(Native).form()
	pair := Pair{name: "x", typ: TypeList, nelem: 1}
	pair.seal()
	e.nativePair(&pair)
	for range depth {
		native = append(native, e.b...)
	}
	native = append(native, make([]byte, 4*(depth+1))...)
	for name, read := range consumers() {
		err := read(native, nil)
		var s *SyntaxError
		if !errors.Is(err, ErrLimit) || errors.Is(err, ErrSyntax) || !errors.As(err, &s) {
			t.Fatalf("%s: got %v", name, err)
		}
		if want := strings.Repeat("x/", MaxDepth) + "x"; s.Path != want {
			t.Errorf("%s: path is %q", name, s.Path)
		}
	}
	deep := new(List)
	for range MaxDepth + 1 {
		deep = listOf(func(l *List) { l.SetList("x", deep) })
	}
	for _, enc := range []Encoding{Native, XDR} {
		if _, err := deep.Append(nil, enc); !errors.Is(err, ErrLimit) {
			t.Errorf("%v: packing: got %v", enc, err)
		}
	}
	inner, _ := deep.List("x")
	if _, err := Decode(mustPack(t, inner, little(XDR)), nil); err != nil {
		t.Errorf("the deepest list allowed: %v", err)
	}
}

func TestLimits(t *testing.T) {
	l := listOf(goldenNested) // 15 pairs and elements that are lists, 2 deep
	tests := []struct {
		name   string
		limits Limits
		ok     bool
	}{
		{"defaults", Limits{}, true},
		{"negative", Limits{-1, -1, -1}, true},
		{"beyond the top", Limits{math.MaxInt, math.MaxInt, math.MaxInt}, true},
		{"depth", Limits{Depth: 2}, true},
		{"too little depth", Limits{Depth: 1}, false},
		{"too few pairs", Limits{Pairs: 5}, false},
		{"too few bytes", Limits{Bytes: 100}, false},
	}
	for _, tt := range tests {
		for _, h := range headers() {
			for name, read := range consumers() {
				err := read(mustPack(t, l, h), &DecodeOptions{Limits: tt.limits})
				if tt.ok != (err == nil) || err != nil && !errors.Is(err, ErrLimit) {
					t.Errorf("%s, %v, %s: got %v", tt.name, h, name, err)
				}
			}
		}
	}
}

func TestTrailing(t *testing.T) {
	for _, h := range headers() {
		b := mustPack(t, sampleStats(), h)
		slack := append(append([]byte(nil), b...), make([]byte, 100)...)
		if _, err := Decode(slack, nil); !errors.Is(err, ErrTrailing) {
			t.Errorf("%v: got %v, want ErrTrailing", h, err)
		}
		for _, opts := range []*DecodeOptions{{AllowTrailing: true}, {AllowTrailing: true, Limits: Limits{Bytes: len(b)}}} {
			if _, err := Decode(slack, opts); err != nil {
				t.Errorf("%v: %v", h, err)
			}
		}
		if _, n, err := DecodePrefix(slack, nil); err != nil || n != len(b) {
			t.Errorf("%v: prefix of %d bytes, %v, want %d", h, n, err, len(b))
		}
		if _, err := Decode(slack, &DecodeOptions{Limits: Limits{Bytes: len(b)}}); !errors.Is(err, ErrTrailing) {
			t.Errorf("%v: limited: got %v", h, err)
		}
	}
}

func TestRejectDuplicates(t *testing.T) {
	opts := &DecodeOptions{RejectDuplicates: true}
	for _, h := range headers() {
		l := listOf(func(l *List) {
			l.SetBoolean("first")
			l.SetLists("in", []*List{nil, duplicates(2)})
		})
		var s *SyntaxError
		if _, err := Decode(mustPack(t, l, h), opts); !errors.Is(err, ErrDuplicate) || !errors.As(err, &s) || s.Path != "in[1]/a" {
			t.Errorf("%v: got %v", h, err)
		}
		byType := duplicates(1)
		byType.pairs = append(byType.pairs, listOf(func(l *List) { l.SetString("a", "") }).pairs...)
		for flags, ok := range map[uint32]bool{0: true, UniqueName: false, UniqueNameType: true, 3: false} {
			byType.SetFlags(flags)
			if _, err := Decode(mustPack(t, byType, h), opts); ok != (err == nil) {
				t.Errorf("%v, flags %d: got %v", h, flags, err)
			}
		}
	}
}

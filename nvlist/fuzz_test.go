package nvlist

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// addSeeds seeds a fuzzer with the golden files and with the tables of the
// tests, in every form.
func addSeeds(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join(goldenDir, "*.bin"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no golden files: %v", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, v := range vectors() {
		for _, h := range headers() {
			f.Add(mustPack(f, listOf(v.build), h))
		}
	}
	f.Add(mustPack(f, sampleStats(), Header{Native, true}))
}

// FuzzDecode feeds arbitrary bytes to all readers. None may panic, hang or
// allocate more than a small multiple of the input, and they must agree.
func FuzzDecode(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		l, err := Decode(b, nil)
		runtime.ReadMemStats(&after)
		// The base covers what the fuzzer's own goroutines allocate meanwhile.
		if used := after.TotalAlloc - before.TotalAlloc; used > uint64(64*len(b)+1<<20) {
			t.Errorf("%d bytes allocated for %d", used, len(b))
		}
		var c Cursor
		walkErr := c.Reset(b, nil)
		if walkErr == nil {
			drain(&c)
			walkErr = c.Err()
		}
		if diff := cmp.Diff(errorText(err), errorText(walkErr)); diff != "" {
			t.Fatalf("list and cursor disagree (-list +cursor):\n%s", diff)
		}
		if err != nil {
			var s *SyntaxError
			if !errors.As(err, &s) || s.Offset < 0 || s.Offset > int64(len(b)) {
				t.Fatalf("%v: not a syntax error inside %d bytes", err, len(b))
			}
			return
		}
		sameValues(t, b, l)
	})
}

// errorText returns the text of an error, or nothing.
func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// sameValues checks that Cursor and List see the same values.
func sameValues(t *testing.T, b []byte, l *List) {
	t.Helper()
	var want []Pair
	flatten(&want, l)
	var d Cursor
	if err := d.Reset(b, nil); err != nil {
		t.Fatal(err)
	}
	i := 0
	for ; d.Next(); i++ {
		p := want[i]
		if string(d.Name()) != p.name || d.Type() != p.typ || d.Len() != p.Len() {
			t.Fatalf("pair %d: cursor sees %q %v[%d], list %q %v[%d]", i, d.Name(), d.Type(), d.Len(), p.name, p.typ, p.Len())
		}
		got, ok := d.Uint()
		listed, listOK := p.Uint()
		text, isText := d.Bytes()
		if got != listed || ok != listOK || isText && p.typ == TypeString && string(text) != p.data {
			t.Fatalf("pair %d: cursor sees %d %q, list %d %q", i, got, text, listed, p.data)
		}
		for j := range d.Len() {
			n, ok := d.UintAt(j)
			if ok && n != p.elem(j) {
				t.Fatalf("pair %d, element %d: cursor sees %d, list %d", i, j, n, p.elem(j))
			}
		}
	}
	if i != len(want) {
		t.Fatalf("cursor sees %d pairs, list %d", i, len(want))
	}
}

// flatten appends the pairs of l and of the lists in it, as a cursor sees them.
func flatten(out *[]Pair, l *List) {
	for p := range l.All() {
		*out = append(*out, p)
		if p.typ == TypeList {
			flatten(out, p.kid)
		}
		for _, e := range p.AllLists() {
			flatten(out, e)
		}
	}
}

// FuzzRoundTrip packs what it could unpack, in every form: the values must be
// the same, packing twice must give the same bytes, and packing what was
// canonical must give the input.
func FuzzRoundTrip(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := Decode(b, nil)
		if err != nil {
			return
		}
		built := l.Clone() // does not read from the bytes any more
		h, _ := ParseHeader(b)
		own := mustPack(t, l, h)
		if l.tape.exact && !bytes.Equal(own, padded(b, len(own))) {
			t.Fatalf("said to be canonical, but packs differently:\n%s", cmp.Diff(b, own))
		}
		for _, h := range headers() {
			packed := mustPack(t, l, h)
			if diff := cmp.Diff(mustPack(t, built, h), packed); diff != "" {
				t.Fatalf("%v: a clone packs differently (-clone +list):\n%s", h, diff)
			}
			again := mustDecode(t, packed)
			if !again.Equal(l) || !again.Equal(built) {
				t.Fatalf("%v: got\n%vwant\n%v", h, again, l)
			}
			if !again.tape.exact {
				t.Fatalf("%v: what was packed is not canonical", h)
			}
		}
	})
}

// padded returns b with as many zeros as make it n bytes long.
func padded(b []byte, n int) []byte {
	return append(bytes.Clone(b), make([]byte, max(0, n-len(b)))...)
}

// FuzzJSON takes lists to JSON and back without a loss, and feeds the bytes to
// the JSON reader too.
func FuzzJSON(f *testing.F) {
	addSeeds(f)
	for _, tt := range goldenCases() {
		f.Add([]byte(mustJSON(f, listOf(tt.build))))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := Decode(b, nil)
		if err != nil {
			l = new(List)
			if l.UnmarshalJSON(b) != nil {
				return
			}
		}
		back := new(List)
		text := mustJSON(t, l)
		if err := back.UnmarshalJSON([]byte(text)); err != nil || !back.Equal(l) {
			t.Fatalf("%v: %s\ngot\n%vwant\n%v", err, text, back, l)
		}
		if diff := Diff(l, back); diff != nil && !l.hasDuplicates() {
			t.Fatalf("differences: %v", diff)
		}
	})
}

// hasDuplicates reports whether a name occurs twice anywhere.
func (l *List) hasDuplicates() bool {
	seen := make(map[string]bool)
	for p := range l.All() {
		if seen[p.name] || p.kid.hasDuplicates() {
			return true
		}
		// The lists of an array have no names and count on their own.
		for _, e := range p.AllLists() {
			if e.hasDuplicates() {
				return true
			}
		}
		seen[p.name] = true
	}
	return false
}

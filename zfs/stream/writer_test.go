package stream

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// rewrite reads a stream and writes it again.
func rewrite(b []byte, opts *ReaderOptions) ([]byte, error) {
	var out bytes.Buffer
	r, w := NewReader(bytes.NewReader(b), opts), NewWriter(&out)
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return out.Bytes(), w.Close()
		}
		if err != nil {
			return nil, err
		}
		if err := w.WriteRecord(rec); err != nil {
			return nil, err
		}
	}
}

// What is read and written again has not changed by a byte.
func TestWriterIdentical(t *testing.T) {
	streams := map[string][]byte{
		"sample": mustStream(t, sampleRecords(false)...), "big-endian sample": mustStream(t, sampleRecords(true)...),
		"compound sample": sampleCompound(t),
	}
	for _, name := range goldenNames() {
		streams[name] = mustGolden(t, name)
	}
	for name, b := range streams {
		t.Run(name, func(t *testing.T) {
			got, err := rewrite(b, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, b) {
				t.Error("the bytes differ")
			}
		})
	}
}

// What no field holds is kept: filler, the length of older senders, what stands
// behind the name, a sum that is not there.
func TestWriterKeepsRest(t *testing.T) {
	b := mustStream(t, &Begin{ToName: "p@s"}, &Write{Head: Head{Payload: filled(64)}, LogicalSize: 64}, &End{})
	b[70] = 'x'                     // behind the name
	b[23] |= 0xc0                   // reserved bits of the version
	clear(b[312+4 : 312+8])         // length of the Write
	b[312+51] = 7                   // filler of the Write
	b[312+200] = 8                  // no field
	clear(b[312+sumOffset : 2*312]) // sum of the Write
	clear(b[len(b)-sumSize:])
	// The sum in the End is that of other bytes now.
	fixed, err := rewrite(b, &ReaderOptions{SkipChecksum: true})
	if err != nil {
		t.Fatal(err)
	}
	copy(b[2*312+64+8:], fixed[2*312+64+8:][:sumSize])
	if !bytes.Equal(b, fixed) {
		t.Error("more than the sum in the End differs")
	}
	again, err := rewrite(fixed, nil)
	if err != nil || !bytes.Equal(again, fixed) {
		t.Errorf("once more: %v", err)
	}
}

// A filter that alters a stream leaves a valid one.
func TestWriterFilter(t *testing.T) {
	var out bytes.Buffer
	r, w := NewReader(bytes.NewReader(mustGolden(t, "2.4/compound")), nil), NewWriter(&out)
	for {
		rec, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch rec := rec.(type) {
		case *Begin:
			rec.ToName = "other/" + rec.ToName
		case *Write:
			rec.Payload = append(bytes.Clone(rec.Payload), make([]byte, 512)...)
			rec.LogicalSize += 512
		case *Free:
			continue
		}
		if err := w.WriteRecord(rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Summarize(NewReader(&out, nil))
	if err != nil {
		t.Fatal(err)
	}
	if s.Types[TypeFree].Records != 0 || s.Types[TypeWrite].Payload != 75776+512*18 || s.Parts[0].ToName != "other/t/p@1" {
		t.Errorf("summary %+v", s)
	}
}

func TestWriterRefuses(t *testing.T) {
	begin := &Begin{ToName: "p@s"}
	tests := []struct {
		name   string
		before []Record
		rec    Record
		reason error
	}{
		{"no begin", nil, &Free{}, ErrOrder},
		{"two begins", []Record{begin}, begin, ErrOrder},
		{"after the end", []Record{begin, &End{}}, &End{}, ErrOrder},
		{"free after a list", []Record{&Begin{Compound: true}}, &Free{}, ErrOrder},
		{"list within a compound", []Record{&Begin{Compound: true}, &End{}}, &Begin{Compound: true}, ErrOrder},
		{"payload missing", []Record{begin}, &Write{LogicalSize: 512}, ErrLength},
		{"payload of a record without", []Record{begin}, &Free{Head: Head{Payload: filled(8)}}, ErrLength},
		{"payload too long", []Record{begin}, &WriteEmbedded{Head: Head{Payload: filled(120)}, PhysicalSize: 120}, ErrLength},
		{"payload of 3 bytes", nil, &Begin{Head: Head{Payload: filled(3)}}, ErrLength},
		{"long name", nil, &Begin{ToName: string(bytes.Repeat([]byte{'a'}, 256))}, ErrName},
		{"name with a NUL", nil, &Begin{ToName: "a\x00b"}, ErrName},
		{"features beyond", nil, &Begin{Features: 1 << 56}, ErrHeader},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			w := NewWriter(&out)
			for _, rec := range tt.before {
				if err := w.WriteRecord(rec); err != nil {
					t.Fatal(err)
				}
			}
			n := out.Len()
			wantSyntax(t, w.WriteRecord(tt.rec), tt.reason, int64(n))
			if out.Len() != n {
				t.Errorf("%d bytes were written", out.Len()-n)
			}
		})
	}
}

func TestWriterClose(t *testing.T) {
	w := NewWriter(io.Discard)
	wantSyntax(t, w.Close(), ErrTruncated, 0)
	if err := w.WriteRecord(&Begin{}); err != nil {
		t.Fatal(err)
	}
	wantSyntax(t, w.Close(), ErrTruncated, recordSize)
	if err := w.WriteRecord(&End{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// fullWriter takes some bytes and then no more.
type fullWriter struct {
	room int
	err  error
}

func (f *fullWriter) Write(p []byte) (int, error) {
	n := min(f.room, len(p))
	f.room -= n
	if n < len(p) {
		return n, f.err
	}
	return n, nil
}

func TestWriterDestination(t *testing.T) {
	full := errors.New("full")
	tests := []struct {
		name string
		room int
		err  error
		want error
	}{
		{"in a record", 400, full, full},
		{"in a payload", 312 + 320, full, full},
		{"without saying so", 400, nil, io.ErrShortWrite},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := NewWriter(&fullWriter{tt.room, tt.err})
			var err error
			for _, rec := range []Record{&Begin{}, &Write{Head: Head{Payload: filled(64)}, LogicalSize: 64}, &End{}} {
				err = w.WriteRecord(rec)
			}
			if !errors.Is(err, tt.want) || !errors.Is(w.Close(), tt.want) {
				t.Errorf("error %v, then %v", err, w.Close())
			}
			if w.Offset() != int64(tt.room) {
				t.Errorf("offset %d, want %d", w.Offset(), tt.room)
			}
		})
	}
}

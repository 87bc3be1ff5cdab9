package stream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// Each record of every type comes back as it was written, in both byte orders
// and however the bytes arrive.
func TestReaderTypes(t *testing.T) {
	readers := []struct {
		name string
		wrap func(io.Reader) io.Reader
	}{
		{"whole", func(r io.Reader) io.Reader { return r }},
		{"in bytes", func(r io.Reader) io.Reader { return &slowReader{src: r} }},
		{"with the error", iotest.DataErrReader},
		{"halves", iotest.HalfReader},
	}
	for _, bigEndian := range []bool{false, true} {
		want := sampleRecords(bigEndian)
		b := mustStream(t, want...)
		for _, tt := range readers {
			t.Run(tt.name, func(t *testing.T) {
				r := NewReader(tt.wrap(bytes.NewReader(b)), nil)
				for _, w := range want {
					got, err := r.Next()
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(w, got, compareRecords()); diff != "" {
						t.Errorf("record (-want +got):\n%s", diff)
					}
				}
				for range 2 {
					if rec, err := r.Next(); err != io.EOF {
						t.Errorf("at the end: %v, %v", rec, err)
					}
				}
				if r.Offset() != int64(len(b)) {
					t.Errorf("offset %d of %d", r.Offset(), len(b))
				}
			})
		}
	}
}

// The layout on the wire, as a fixed text of the format's first bytes.
func TestReaderLayout(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		b := order.AppendUint32(nil, 0) // BEGIN
		b = order.AppendUint32(b, 0)
		b = order.AppendUint64(b, 0x2F5bacbac)
		b = order.AppendUint64(b, 1<<22<<2|1)
		b = order.AppendUint64(b, 99)
		b = order.AppendUint32(b, 3)
		b = order.AppendUint32(b, 4)
		b = order.AppendUint64(b, 5)
		b = order.AppendUint64(b, 6)
		b = append(b, "p@s"...)
		b = append(b, make([]byte, recordSize-len(b))...)
		rec, err := NewReader(bytes.NewReader(b), nil).Next()
		if err != nil {
			t.Fatal(err)
		}
		want := &Begin{
			BigEndian: order.String() == "BigEndian", Features: FeatureCompressed, Created: 99, ObjsetType: 3, Flags: 4,
			ToGUID: 5, FromGUID: 6, ToName: "p@s",
		}
		if diff := cmp.Diff(want, rec, compareRecords()); diff != "" {
			t.Errorf("%v (-want +got):\n%s", order, diff)
		}
	}
}

// patched returns a copy with other bytes at an offset.
func patched(b []byte, at int, with ...byte) []byte {
	b = bytes.Clone(b)
	copy(b[at:], with)
	return b
}

func TestReaderMalformed(t *testing.T) {
	plain := mustStream(t, &Begin{ToName: "p@s"}, &Free{Object: 1}, &End{})
	block := mustStream(t, &Begin{ToName: "p@s"}, &Write{Head: Head{Payload: filled(64)}, LogicalSize: 64}, &End{})
	listed := mustStream(t, sampleRecords(false)[0], &End{})
	compound := sampleCompound(t)
	tests := []struct {
		name   string
		in     []byte
		reason error
		offset int64
	}{
		{"nothing", nil, ErrTruncated, 0},
		{"a few bytes", plain[:100], ErrTruncated, 100},
		{"no stream", filled(recordSize), ErrMagic, 8},
		{"no magic", patched(plain, 8, 1), ErrMagic, 8},
		{"not a Begin", plain[312:], ErrMagic, 8},
		{"kind 3", patched(plain, 16, 3), ErrHeader, 16},
		{"kind 0", patched(plain, 16, 0), ErrHeader, 16},
		{"name without end", patched(plain, 56, bytes.Repeat([]byte{'a'}, 256)...), ErrName, 56},
		{"unknown type", patched(plain, 312, 11), ErrType, 312},
		{"huge type", patched(plain, 312, 255, 255, 255, 255), ErrType, 312},
		{"begin within", append(bytes.Clone(plain[:312]), plain...), ErrOrder, 312},
		{"end after end", append(bytes.Clone(plain), plain[624:]...), ErrOrder, 936},
		{"zeros after end", append(bytes.Clone(plain), make([]byte, 312)...), ErrMagic, 944},
		{"free after compound list", append(bytes.Clone(compound[:312+len(sampleList())]), plain[312:]...), ErrOrder, int64(312 + len(sampleList()))},
		{"compound without end", compound[:len(compound)-312], ErrTruncated, int64(len(compound) - 312)},
		{"altered field", patched(plain, 320, 9), ErrChecksum, 312},
		{"altered sum", patched(plain, 600, 9), ErrChecksum, 312},
		{"altered sum of the end", patched(plain, 632, 99), ErrChecksum, 632},
		{"altered payload", patched(block, 630, 99), ErrChecksum, 312 + 312 + 64 + 8},
		{"altered begin", patched(plain, 24, 9), ErrChecksum, 312},
		{"block too long", patched(block, 344, 1, 0, 0, 1), ErrLength, 312},
		{"block of 63 bytes", patched(block, 344, 63), ErrLength, 312},
		{"block of 2^64-1 bytes", patched(block, 344, 255, 255, 255, 255, 255, 255, 255, 255), ErrLength, 312},
		{"list too long", patched(listed, 4, 0, 0, 0, 5), ErrLength, 0},
		{"list malformed", patched(listed, 312, 9), ErrList, 312},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := NewReader(bytes.NewReader(tt.in), nil)
			_, err := Summarize(r)
			wantSyntax(t, err, tt.reason, tt.offset)
			if _, again := r.Next(); again != err {
				t.Errorf("then %v, want the same error", again)
			}
		})
	}
}

// Without checksums, altered bytes are read; what cannot be read still is an
// error.
func TestReaderSkipChecksum(t *testing.T) {
	b := patched(mustStream(t, sampleRecords(false)...), 700, 99)
	if _, err := Summarize(NewReader(bytes.NewReader(b), nil)); !errors.Is(err, ErrChecksum) {
		t.Errorf("with checksums: %v", err)
	}
	opts := &ReaderOptions{SkipChecksum: true}
	if _, err := Summarize(NewReader(bytes.NewReader(b), opts)); err != nil {
		t.Errorf("without: %v", err)
	}
	if _, err := Summarize(NewReader(bytes.NewReader(b[:900]), opts)); !errors.Is(err, ErrTruncated) {
		t.Errorf("truncated: %v", err)
	}
}

// A record without a sum is taken, as receivers do.
func TestReaderWithoutSums(t *testing.T) {
	b := mustStream(t, &Begin{ToName: "p@s"}, &End{})
	clear(b[len(b)-sumSize:])
	if _, err := Summarize(NewReader(bytes.NewReader(b), nil)); err != nil {
		t.Error(err)
	}
}

// Streams one after the other are read as one sequence.
func TestReaderConcatenated(t *testing.T) {
	b := append(mustStream(t, sampleRecords(false)...), sampleCompound(t)...)
	s, err := Summarize(NewReader(bytes.NewReader(b), nil))
	if err != nil {
		t.Fatal(err)
	}
	if s.PartCount != 3 || !s.Compound || s.Bytes != int64(len(b)) {
		t.Errorf("summary %+v", s)
	}
}

// brokenReader fails in its own way after some bytes.
type brokenReader struct {
	src io.Reader
	end func() (int, error)
}

func (b *brokenReader) Read(p []byte) (int, error) {
	if n, err := b.src.Read(p); n > 0 || err != io.EOF {
		return n, err
	}
	return b.end()
}

func TestReaderSource(t *testing.T) {
	own := errors.New("the cable is out")
	tests := []struct {
		name string
		end  func() (int, error)
		want error
	}{
		{"an error", func() (int, error) { return 0, own }, own},
		{"nothing for ever", func() (int, error) { return 0, nil }, io.ErrNoProgress},
	}
	b := mustStream(t, sampleRecords(false)...)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, n := range []int{0, 312, 700, len(b)} {
				_, err := Summarize(NewReader(&brokenReader{bytes.NewReader(b[:n]), tt.end}, nil))
				if !errors.Is(err, tt.want) || errors.Is(err, ErrSyntax) {
					t.Errorf("after %d bytes: %v", n, err)
				}
			}
		})
	}
	if _, err := NewReader(&brokenReader{bytes.NewReader(nil), func() (int, error) { return -1, nil }}, nil).Next(); err == nil {
		t.Error("a negative count is taken")
	}
}

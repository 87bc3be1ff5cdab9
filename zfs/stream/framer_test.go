package stream

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A Framer finds the records of a stream where a Reader does, in both byte
// orders.
func TestFramer(t *testing.T) {
	for _, bigEndian := range []bool{false, true} {
		var b bytes.Buffer
		w := NewWriter(&b)
		for _, rec := range sampleRecords(bigEndian) {
			if err := w.WriteRecord(rec); err != nil {
				t.Fatal(err)
			}
		}
		raw := b.Bytes()
		var want, got []Type
		var wantSizes, gotSizes []int
		for r := NewReader(bytes.NewReader(raw), nil); ; {
			rec, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			want, wantSizes = append(want, rec.Type()), append(wantSizes, rec.head().size)
		}
		var f Framer
		for len(raw) > 0 {
			rec, size, err := f.Next(raw[:HeaderSize])
			if err != nil {
				t.Fatal(err)
			}
			got, gotSizes = append(got, rec.Type()), append(gotSizes, size)
			raw = raw[HeaderSize+size:]
		}
		if diff := cmp.Diff(want, got) + cmp.Diff(wantSizes, gotSizes); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
	}
}

func TestFramerRefuses(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	if err := w.WriteRecord(&Begin{ObjsetType: 2, ToName: "a@b"}); err != nil {
		t.Fatal(err)
	}
	begin := b.Bytes()
	unknown := make([]byte, HeaderSize)
	unknown[0] = 99
	long := make([]byte, HeaderSize)
	long[0], long[103] = byte(TypeWrite), 1 // a payload of 2^56 bytes
	long[50] = 2                            // which is compressed
	for _, tc := range []struct {
		name    string
		headers [][]byte
		want    error
		offset  int64
	}{
		{"short", [][]byte{begin[:100]}, ErrTruncated, 100},
		{"no stream", [][]byte{make([]byte, HeaderSize)}, ErrMagic, 8},
		{"unknown type", [][]byte{begin, unknown}, ErrType, HeaderSize},
		{"too long", [][]byte{begin, long}, ErrLength, HeaderSize},
		{"twice a begin", [][]byte{begin, begin}, ErrOrder, HeaderSize},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var f Framer
			var err error
			for _, h := range tc.headers {
				_, _, err = f.Next(h)
			}
			wantSyntax(t, err, tc.want, tc.offset)
		})
	}
}

package stream

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// addStreams adds what the tests read as seeds, large ones cut short.
func addStreams(f *testing.F) {
	f.Helper()
	f.Add(mustStream(f, sampleRecords(false)...))
	f.Add(mustStream(f, sampleRecords(true)...))
	f.Add(sampleCompound(f))
	for _, name := range goldenNames() {
		b := mustGolden(f, name)
		f.Add(b[:min(len(b), 2048)])
	}
}

// However the bytes arrive, the same is read, and every fault is a typed error
// within the input.
func FuzzReader(f *testing.F) {
	addStreams(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, skip := range []bool{false, true} {
			opts := &ReaderOptions{SkipChecksum: skip}
			whole, err := Summarize(NewReader(bytes.NewReader(b), opts))
			slow, slowErr := Summarize(NewReader(&slowReader{src: bytes.NewReader(b)}, opts))
			if diff := cmp.Diff(whole, slow, cmp.AllowUnexported(Summary{})); diff != "" {
				t.Fatalf("in pieces (-want +got):\n%s", diff)
			}
			if (err == nil) != (slowErr == nil) || err != nil && err.Error() != slowErr.Error() {
				t.Fatalf("whole: %v, in pieces: %v", err, slowErr)
			}
			var syntax *SyntaxError
			if err != nil && (!errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > int64(len(b))) {
				t.Fatalf("error %v for %d bytes", err, len(b))
			}
		}
	})
}

// A stream that is valid is written as it was read. One that is valid but for
// its sums becomes a valid one.
func FuzzRoundTrip(f *testing.F) {
	addStreams(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := rewrite(b, nil); err == nil && !bytes.Equal(got, b) {
			t.Fatal("the bytes differ")
		}
		repaired, err := rewrite(b, &ReaderOptions{SkipChecksum: true})
		if err != nil {
			return
		}
		if _, err := Summarize(NewReader(bytes.NewReader(repaired), nil)); err != nil {
			t.Fatalf("after repair: %v", err)
		}
		if len(repaired) != len(b) {
			t.Fatalf("%d bytes became %d", len(b), len(repaired))
		}
	})
}

// A token that is taken says the same after it is made anew.
func FuzzToken(f *testing.F) {
	f.Add(mustGoldenToken(f, "2.4"))
	for _, tt := range tokenCases() {
		text, err := tt.token.Text()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		token, err := ParseToken(text)
		if err != nil {
			if !errors.Is(err, ErrToken) {
				t.Fatalf("error %v", err)
			}
			return
		}
		made, err := token.Text()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseToken(made)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(token, again); diff != "" {
			t.Fatalf("anew (-want +got):\n%s", diff)
		}
	})
}

// BenchmarkReader reads and verifies blocks of 128 KiB from memory.
func BenchmarkReader(b *testing.B) {
	payload := filled(128 << 10)
	records := []Record{&Begin{ToName: "p@s"}}
	for range 256 {
		records = append(records, &Write{Head: Head{Payload: payload}, LogicalSize: uint64(len(payload))})
	}
	data := mustStream(b, append(records, &End{})...)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(bytes.NewReader(data), nil)
		for {
			if _, err := r.Next(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// Whatever list stands in front of a compound stream, what is taken out of it
// can be put into one again.
func FuzzTree(f *testing.F) {
	for _, release := range goldenReleases() {
		f.Add(mustBegin(f, release+"/package").Payload)
		f.Add(mustBegin(f, release+"/properties").Payload)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		begin := &Begin{Head: Head{Payload: b}, Compound: true}
		p, err := begin.Tree()
		if err != nil {
			if !errors.Is(err, ErrList) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if p == nil {
			t.Fatal("no tree and no error")
		}
		made, err := p.Begin("p@s", 0)
		if err != nil {
			t.Fatal(err)
		}
		again, err := made.Tree()
		if err != nil {
			t.Fatal(err)
		}
		if len(again.Datasets) > len(p.Datasets) {
			t.Fatalf("%d datasets have become %d", len(p.Datasets), len(again.Datasets))
		}
	})
}

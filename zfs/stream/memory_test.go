package stream

import (
	"bytes"
	"io"
	"runtime"
	"testing"
)

// loop is a stream without end: a Begin, then the same bytes again and again.
type loop struct {
	head, again []byte
	pos         int
}

func (l *loop) Read(p []byte) (int, error) {
	if len(l.head) > 0 {
		n := copy(p, l.head)
		l.head = l.head[n:]
		return n, nil
	}
	n := copy(p, l.again[l.pos:])
	l.pos = (l.pos + n) % len(l.again)
	return n, nil
}

// mustLoop makes an endless stream of a record of every type but the ends.
func mustLoop(t testing.TB, opts *ReaderOptions) *Reader {
	t.Helper()
	records := sampleRecords(false)
	b := mustStream(t, records[:len(records)-1]...)
	first := recordSize + len(records[0].head().Payload)
	return NewReader(&loop{head: b[:first], again: b[first:]}, opts)
}

func TestReaderAllocates(t *testing.T) {
	r := mustLoop(t, &ReaderOptions{SkipChecksum: true})
	for range 100 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	got := testing.AllocsPerRun(2000, func() {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	})
	if got != 0 {
		t.Errorf("%v allocations per record", got)
	}
}

func TestWriterAllocates(t *testing.T) {
	w := NewWriter(io.Discard)
	records := sampleRecords(false)
	records = records[:len(records)-1]
	if err := w.WriteRecord(records[0]); err != nil {
		t.Fatal(err)
	}
	got := testing.AllocsPerRun(100, func() {
		for _, rec := range records[1:] {
			if err := w.WriteRecord(rec); err != nil {
				t.Fatal(err)
			}
		}
	})
	if got != 0 {
		t.Errorf("%v allocations for all types", got)
	}
}

// A length of 64 MiB with nothing behind it makes the reader ask for memory no
// more than for a short one.
func TestReaderHostileLength(t *testing.T) {
	b := mustStream(t, &Begin{ToName: "p@s"})
	b = patched(b, 4, 0, 0, 0, 4)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Summarize(NewReader(bytes.NewReader(b), nil))
	runtime.ReadMemStats(&after)
	wantSyntax(t, err, ErrTruncated, recordSize)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 4*bufferSize {
		t.Errorf("%d bytes were allocated", grown)
	}
}

// The largest block passes, and the buffer stays in proportion.
func TestReaderLargestBlock(t *testing.T) {
	payload := make([]byte, maxBlock)
	b := mustStream(t, &Begin{ToName: "p@s"}, &Write{Head: Head{Payload: payload}, LogicalSize: maxBlock}, &End{})
	r := NewReader(bytes.NewReader(b), nil)
	if _, err := Summarize(r); err != nil {
		t.Fatal(err)
	}
	if len(r.buf) > 4*maxBlock {
		t.Errorf("the buffer has %d bytes", len(r.buf))
	}
}

package vm

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

func TestFrameRoundTrip(t *testing.T) {
	tests := []struct {
		name   string
		text   string
		frames int
	}{
		{"empty", "", 1},
		{"one byte", "x", 1},
		{"all bytes", "\x00\r\n\x04\xff", 1},
		{"largest", strings.Repeat("a", frameMax), 1},
		{"split", strings.Repeat("b", 2*frameMax+1), 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			w := &frameWriter{w: &b}
			if err := w.send(frameStdout, []byte(tt.text)); err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			frames := 0
			for r := iotest.HalfReader(&b); ; frames++ {
				kind, p, err := readFrame(r, nil)
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil || kind != frameStdout {
					t.Fatalf("kind %q, error %v", kind, err)
				}
				got.Write(p)
			}
			if got.String() != tt.text || frames != tt.frames {
				t.Errorf("got %d bytes in %d frames, want %d in %d", got.Len(), frames, len(tt.text), tt.frames)
			}
		})
	}
}

func TestReadFrameErrors(t *testing.T) {
	tests := []struct{ name, in string }{
		{"cut in the head", "O\x00\x00"},
		{"cut in the payload", "O\x00\x00\x00\x05abc"},
		{"too long", "O\xff\xff\xff\xffabc"},
		{"one too long", "O\x00\x01\x00\x01" + strings.Repeat("a", frameMax+1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := readFrame(strings.NewReader(tt.in), nil)
			if !errors.Is(err, errFrame) || errors.Is(err, io.EOF) {
				t.Errorf("got %v, want a malformed frame", err)
			}
		})
	}
}

func TestFramesDoNotMix(t *testing.T) {
	var b bytes.Buffer
	w := &frameWriter{w: &b}
	var wg sync.WaitGroup
	for _, kind := range []byte{frameStdout, frameStderr} {
		wg.Go(func() {
			for range 100 {
				if _, err := w.stream(kind).Write(bytes.Repeat([]byte{kind}, 50)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for range 200 {
		kind, p, err := readFrame(&b, nil)
		if err != nil || string(p) != strings.Repeat(string(kind), 50) {
			t.Fatalf("kind %q holds %q, error %v", kind, p, err)
		}
	}
}

package cpio

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestArchive(t *testing.T) {
	var b bytes.Buffer
	a := New(&b)
	a.AddBytes("/a/b/one", 0o644, []byte("1"))
	a.AddDir("/a/b", 0o700)
	a.AddSymlink("../x", "a/link")
	a.Add("/a/./b/../four", 0o755, strings.NewReader("4444 and more"), 4)
	a.AddBytes("/empty", 0o600, nil)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"40755 a ", "40755 a/b ", "100644 a/b/one 1", "120777 a/link ../x",
		"100755 a/four 4444", "100600 empty ",
	}
	lines, err := Lines(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if !a.Has("a/b/one") || a.Has("a/b/two") {
		t.Error("has is wrong about its own entries")
	}
}

func TestArchiveIsReproducible(t *testing.T) {
	build := func() string {
		var b bytes.Buffer
		a := New(&b)
		a.AddBytes("/x/y", 0o644, []byte("z"))
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	first, second := build(), build()
	if first != second {
		t.Error("two archives of the same files differ")
	}
}

func TestArchiveErrors(t *testing.T) {
	full := errors.New("full")
	tests := []struct {
		name string
		run  func(*Archive)
		w    io.Writer
		want error
	}{
		{"short file", func(a *Archive) { a.Add("f", 0o644, strings.NewReader("12"), 3) }, io.Discard, io.ErrUnexpectedEOF},
		{"full disk", func(a *Archive) { a.AddBytes("f", 0o644, []byte("x")) }, writerFunc(func([]byte) (int, error) { return 0, full }), full},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := New(tt.w)
			tt.run(a)
			if err := a.Close(); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	t.Run("too large", func(t *testing.T) {
		a := New(io.Discard)
		a.Add("f", 0o644, strings.NewReader(""), 5<<30)
		if err := a.Close(); err == nil || !strings.Contains(err.Error(), "do not fit in a cpio entry") {
			t.Errorf("got %v", err)
		}
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

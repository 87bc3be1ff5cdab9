package vm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// listCPIO reads an archive back as lines "mode name data", without the trailer.
func listCPIO(t *testing.T, data []byte) []string {
	t.Helper()
	var lines []string
	for pos := 0; ; {
		if pos+110 > len(data) || string(data[pos:pos+6]) != "070701" {
			t.Fatalf("no header at %d", pos)
		}
		field := func(i int) int {
			n, err := strconv.ParseUint(string(data[pos+6+8*i:pos+14+8*i]), 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
		size, nameSize, mode := field(6), field(11), field(1)
		name := string(data[pos+110 : pos+110+nameSize-1])
		start := (pos + 110 + nameSize + 3) &^ 3
		if name == "TRAILER!!!" {
			if len(data)%512 != 0 {
				t.Errorf("archive of %d bytes", len(data))
			}
			return lines
		}
		lines = append(lines, fmt.Sprintf("%o %s %s", mode, name, data[start:start+size]))
		pos = (start + size + 3) &^ 3
	}
}

func TestArchive(t *testing.T) {
	var b bytes.Buffer
	a := newArchive(&b)
	a.bytes("/a/b/one", 0o644, []byte("1"))
	a.dir("/a/b", 0o700)
	a.symlink("../x", "a/link")
	a.file("/a/./b/../four", 0o755, strings.NewReader("4444 and more"), 4)
	a.bytes("/empty", 0o600, nil)
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"40755 a ", "40755 a/b ", "100644 a/b/one 1", "120777 a/link ../x",
		"100755 a/four 4444", "100600 empty ",
	}
	if diff := cmp.Diff(want, listCPIO(t, b.Bytes())); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if !a.has("a/b/one") || a.has("a/b/two") {
		t.Error("has is wrong about its own entries")
	}
}

func TestArchiveIsReproducible(t *testing.T) {
	build := func() string {
		var b bytes.Buffer
		a := newArchive(&b)
		a.bytes("/x/y", 0o644, []byte("z"))
		if err := a.close(); err != nil {
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
		run  func(*archive)
		w    io.Writer
		want error
	}{
		{"short file", func(a *archive) { a.file("f", 0o644, strings.NewReader("12"), 3) }, io.Discard, io.ErrUnexpectedEOF},
		{"full disk", func(a *archive) { a.bytes("f", 0o644, []byte("x")) }, writerFunc(func([]byte) (int, error) { return 0, full }), full},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newArchive(tt.w)
			tt.run(a)
			if err := a.close(); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	t.Run("too large", func(t *testing.T) {
		a := newArchive(io.Discard)
		a.file("f", 0o644, strings.NewReader(""), 5<<30)
		if err := a.close(); err == nil || !strings.Contains(err.Error(), "more than a cpio entry") {
			t.Errorf("got %v", err)
		}
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

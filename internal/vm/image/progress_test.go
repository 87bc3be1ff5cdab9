package image

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/purezfs/purezfs/internal/vm/vmtest"
)

func TestProgressLines(t *testing.T) {
	var b bytes.Buffer
	p := &Progress{w: &b}
	stop := p.stage("2.4", "modules", func() string { return "working" })
	stop("done")
	p.Note("2.4", "built")
	if got, want := b.String(), "2.4: modules\n2.4: modules 0s: done\n2.4: built\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestProgressLive(t *testing.T) {
	var b bytes.Buffer
	p := &Progress{w: &b, live: true}
	p.stage("2.4", "pack", func() string { return "" })("done")
	if got, want := b.String(), "\r\x1b[K2.4: pack\r\x1b[K2.4: pack 0s: done\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if line := p.line("2.4", "pack", time.Now(), strings.Repeat("x", 200)); len(line) > 80 {
		t.Errorf("a live line of %d columns", len(line))
	}
}

func TestProgressNil(t *testing.T) {
	var p *Progress
	p.Note("2.4", "nobody listens")
	p.stage("2.4", "pack", nil)("done")
}

func TestNewProgressInAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	NewProgress(f).Note("2.4", "hello")
	if got := vmtest.Read(t, path); got != "2.4: hello\n" {
		t.Errorf("got %q: control characters in a file", got)
	}
}

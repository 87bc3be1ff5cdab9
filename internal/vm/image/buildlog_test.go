package image

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/internal/vm/vmtest"
)

func TestBuildLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l, err := openBuildLog(path)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(l, "Get:1 something\nzvm: install")
	fmt.Fprint(l, "ing compiler\nmore\n")
	if got := l.headline(); got != "installing compiler" {
		t.Errorf("headline %q", got)
	}
	fmt.Fprint(l, "not zvm: a headline\n", strings.Repeat("filler line\n", tailBytes), "last")
	if got := l.headline(); got != "installing compiler" {
		t.Errorf("headline %q after other lines", got)
	}
	tail := l.tail()
	if len(tail) > tailBytes+1 || !strings.HasPrefix(tail, "filler line\n") || !strings.HasSuffix(tail, "\nlast\n") {
		t.Errorf("tail of %d bytes: %.40q", len(tail), tail)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := openBuildLog(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.tail() != "" || !strings.HasPrefix(vmtest.Read(t, path), "Get:1") {
		t.Error("a second opening does not go on with the file")
	}
}

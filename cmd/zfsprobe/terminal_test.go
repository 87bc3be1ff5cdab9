package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
)

// A regular file is not a terminal, and neither is a writer other than a file.
func TestIsTerminal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	if show.IsTerminal(f) || show.IsTerminal(&bytes.Buffer{}) {
		t.Error("what is no terminal is taken for one")
	}
	f.Close()
	if show.IsTerminal(f) {
		t.Error("a closed file is taken for a terminal")
	}
	if master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0); err == nil {
		defer master.Close()
		if !show.IsTerminal(master) {
			t.Error("a terminal is not taken for one")
		}
		a := &app{in: master, out: master}
		var errOut bytes.Buffer
		for _, args := range [][]string{{"send", "tank@s"}, {"receive", "tank/b"}} {
			errOut.Reset()
			if code := a.run(t.Context(), args, &errOut); code != exitFailed || !strings.Contains(errOut.String(), "terminal") {
				t.Errorf("%s at a terminal: exit %d, %s", args[0], code, errOut.String())
			}
		}
	}
}

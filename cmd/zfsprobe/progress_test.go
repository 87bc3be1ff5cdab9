package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBar(t *testing.T) {
	for _, tc := range []struct {
		name  string
		total uint64
		bytes uint64
		done  bool
		want  string
	}{
		{"unknown", 0, 3 << 20, false, "a@s  3M  1.50M/s"},
		{"half", 4 << 20, 2 << 20, false, "a@s  2M  1M/s  [###############---------------]  50%"},
		{"beyond", 1 << 20, 2 << 20, false, "a@s  2M  1M/s  [##############################] 100%"},
		{"less than was expected", 8 << 20, 2 << 20, true, "a@s  2M  1M/s  [##############################] 100%"},
	} {
		b := &bar{what: "a@s", total: tc.total}
		if got := b.line(tc.bytes, tc.done, 2*time.Second); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	var out bytes.Buffer
	b := &bar{w: &out, what: "a@s", start: time.Now()}
	b.show(0, false)
	b.show(0, true)
	if got, want := out.String(), "\ra@s  0B  0B/s\x1b[K\ra@s  0B  0B/s\x1b[K\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A file is no terminal, nor is what is no file.
func TestIsTerminal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	if isTerminal(f) || isTerminal(&bytes.Buffer{}) {
		t.Error("something that is not a terminal is taken for one")
	}
	f.Close()
	if isTerminal(f) {
		t.Error("a closed file is taken for a terminal")
	}
	if master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0); err == nil {
		defer master.Close()
		if !isTerminal(master) {
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

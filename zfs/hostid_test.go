package zfs

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

func TestReadHostID(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	number := func(n uint32) string { return string(binary.NativeEndian.AppendUint32(nil, n)) }
	for name, text := range map[string]string{
		"zero": "0\n", "set": "4711\n", "noise": "x", "path": at("other") + "\n", "file": number(5) + "more", "other": number(6), "short": "abc",
	} {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		parameter, path, file string
		want                  uint64
	}{
		{"set", "path", "file", 4711},
		{"zero", "path", "file", 6},
		{"zero", "none", "file", 5},
		{"noise", "none", "file", 5},
		{"none", "none", "short", 0},
		{"none", "none", "none", 0},
	} {
		if got := readHostID(at(tt.parameter), at(tt.path), at(tt.file)); got != tt.want {
			t.Errorf("%v: %d", tt, got)
		}
	}
}

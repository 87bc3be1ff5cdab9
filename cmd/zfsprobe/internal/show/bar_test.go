package show

import (
	"bytes"
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
		b := &Bar{What: "a@s", Total: tc.total}
		if got := b.line(tc.bytes, tc.done, 2*time.Second); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	var out bytes.Buffer
	b := &Bar{W: &out, What: "a@s", Start: time.Now()}
	b.Show(0, false)
	b.Show(0, true)
	if got, want := out.String(), "\ra@s  0B  0B/s\x1b[K\ra@s  0B  0B/s\x1b[K\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

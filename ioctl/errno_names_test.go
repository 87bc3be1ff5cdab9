package ioctl

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCodeConstants(t *testing.T) {
	want := map[string]uint64{}
	for n := range 4096 {
		c := Code(n)
		short, isZfs := strings.CutPrefix(c.Name(), "ZFS_ERR_")
		if !isZfs {
			var isSystem bool
			if short, isSystem = strings.CutPrefix(c.Name(), "E"); !isSystem {
				continue // a number without a name
			}
		}
		want["Code"+camel(short)] = uint64(n)
	}
	if diff := cmp.Diff(want, mustConsts(t, "errno.go", "Code")); diff != "" {
		t.Errorf("constants derived from the names (-want +got):\n%s", diff)
	}
}

// The kernel counts its own errors up from 1024, without a hole.
func TestZfsCodes(t *testing.T) {
	var previous Release
	for c := CodeCheckpointExists; c <= CodeNoUserNsSupport; c++ {
		if !strings.HasPrefix(c.Name(), "ZFS_ERR_") {
			t.Errorf("code %d is called %q", c, c.Name())
		}
		if c.Since().IsZero() {
			t.Errorf("%s has no release", c)
		}
		if previous.Compare(c.Since()) > 0 {
			t.Errorf("%s came with %s, before the code below it", c, c.Since())
		}
		previous = c.Since()
	}
	if next := CodeNoUserNsSupport + 1; next.Name() != "errno 1054" || next.Text() != "" || !next.Since().IsZero() {
		t.Errorf("code %d has name %q, text %q, release %s", next, next.Name(), next.Text(), next.Since())
	}
}

func TestCodeSince(t *testing.T) {
	tests := map[Code]Release{
		CodeBusy:                     {},
		CodeIocCmdUnavail:            {0, 8, 0},
		CodeUnknownSendStreamFeature: {2, 0, 0},
		CodeExportInProgress:         {2, 0, 0},
		CodeVdevNotsup:               {2, 2, 0},
		CodeAshiftMismatch:           {2, 2, 4},
		CodeStreamLargeMicrozap:      {2, 3, 0},
		CodeTooManySitouts:           {2, 4, 0},
		CodeNoUserNsSupport:          {2, 4, 99},
	}
	for code, want := range tests {
		if got := code.Since(); got != want {
			t.Errorf("%s.Since() = %s, want %s", code, got, want)
		}
	}
}

// Texts stand behind a colon, so they begin and end like a part of a sentence,
// and two codes must not read alike.
func TestCodeTexts(t *testing.T) {
	seen := map[string]Code{}
	for n := range 4096 {
		c := Code(n)
		text := c.Text()
		if text == "" {
			if strings.HasPrefix(c.Name(), "E") || strings.HasPrefix(c.Name(), "ZFS") {
				t.Errorf("%s has no text", c)
			}
			continue
		}
		if other, ok := seen[text]; ok {
			t.Errorf("%s and %s have the same text", other, c)
		}
		seen[text] = c
		if strings.HasSuffix(text, ".") || text[:1] != strings.ToLower(text[:1]) {
			t.Errorf("%s: text %q is not a part of a sentence", c, text)
		}
	}
}

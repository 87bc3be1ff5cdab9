package label

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/nvlist"
)

// A cachefile that was cut short anywhere is malformed, but for one that is
// empty: a kernel leaves that.
func TestCachefileTruncated(t *testing.T) {
	b := mustUnzip(t, "2.4/cachefile")
	for n := range len(b) {
		pools, err := ParseCachefile(b[:n])
		if n == 0 {
			if pools != nil || err != nil {
				t.Errorf("empty: %v, %v", pools, err)
			}
			continue
		}
		if !errors.Is(err, ErrConfig) || !errors.Is(err, nvlist.ErrTruncated) || pools != nil {
			t.Fatalf("cut at %d: %v, %v", n, pools, err)
		}
	}
	if _, err := ParseCachefile(append(b, 0)); !errors.Is(err, nvlist.ErrTrailing) {
		t.Errorf("a byte more: %v", err)
	}
}

func TestCachefileRefuses(t *testing.T) {
	list := func(edit func(l *nvlist.List)) []byte {
		l := &nvlist.List{}
		edit(l)
		b, err := l.AppendXDR(nil)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, tt := range []struct {
		name string
		b    []byte
		says string
	}{
		{"noise", []byte("not a cachefile"), "cachefile: malformed content: nvlist: unknown encoding"},
		{"no pool", list(func(l *nvlist.List) { l.SetString("tank", "x") }), "tank is not a pool"},
		{"empty pool", list(func(l *nvlist.List) { l.SetList("tank", nil) }), "tank: name, GUID or devices"},
		{"bad tree", list(func(l *nvlist.List) {
			c := &nvlist.List{}
			c.SetList("vdev_tree", nil)
			l.SetList("tank", c)
		}), "tank: malformed content: a device without a type"},
	} {
		if _, err := ParseCachefile(tt.b); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: error %v, want one with %q", tt.name, err, tt.says)
		}
	}
}

func TestReadCachefile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache")
	if _, err := ReadCachefile(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if err := os.WriteFile(path, mustUnzip(t, "2.0/cachefile"), 0o600); err != nil {
		t.Fatal(err)
	}
	pools, err := ReadCachefile(path)
	if err != nil || len(pools) != 1 || pools[0].Name != "gold" {
		t.Errorf("%v, %v", pools, err)
	}
}

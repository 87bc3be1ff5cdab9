package zfs_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
)

// letters returns a path for each letter.
func letters(words string) (list []string) {
	for _, word := range strings.Fields(words) {
		if len(word) == 1 {
			word = "/dev/" + word
		}
		list = append(list, word)
	}
	return list
}

func TestParseLayout(t *testing.T) {
	dev := func(names string) []string { return letters(names) }
	for _, tt := range []struct {
		words string
		want  zfs.Layout
	}{
		{"a", zfs.Layout{Vdevs: []zfs.LayoutVdev{{Devices: dev("a")}}}},
		{"a b", zfs.Layout{Vdevs: []zfs.LayoutVdev{{Devices: dev("a")}, {Devices: dev("b")}}}},
		{"mirror a b mirror c d", zfs.Layout{Vdevs: []zfs.LayoutVdev{
			{Kind: zfs.LayoutMirror, Devices: dev("a b")}, {Kind: zfs.LayoutMirror, Devices: dev("c d")},
		}}},
		{"raidz a b raidz1 c d raidz3 e f g h", zfs.Layout{Vdevs: []zfs.LayoutVdev{
			{Kind: zfs.LayoutRaidz, Devices: dev("a b")}, {Kind: zfs.LayoutRaidz, Parity: 1, Devices: dev("c d")},
			{Kind: zfs.LayoutRaidz, Parity: 3, Devices: dev("e f g h")},
		}}},
		{"draid2:3d:7c:1s a b c d e f g", zfs.Layout{Vdevs: []zfs.LayoutVdev{
			{Kind: zfs.LayoutDraid, Parity: 2, Data: 3, Spares: 1, Devices: dev("a b c d e f g")},
		}}},
		{"a log mirror b c special d dedup e spare f g cache h", zfs.Layout{
			Vdevs: []zfs.LayoutVdev{
				{Devices: dev("a")}, {Kind: zfs.LayoutMirror, Class: zfs.ClassLog, Devices: dev("b c")},
				{Class: zfs.ClassSpecial, Devices: dev("d")}, {Class: zfs.ClassDedup, Devices: dev("e")},
			},
			Spares: dev("f g"), Cache: dev("h"),
		}},
		{"a log b c", zfs.Layout{Vdevs: []zfs.LayoutVdev{
			{Devices: dev("a")}, {Class: zfs.ClassLog, Devices: dev("b")}, {Class: zfs.ClassLog, Devices: dev("c")},
		}}},
		{"cache a", zfs.Layout{Cache: dev("a")}},
	} {
		got, err := zfs.ParseLayout(letters(tt.words))
		if err != nil {
			t.Errorf("%s: %v", tt.words, err)
			continue
		}
		if diff := cmp.Diff(&tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.words, diff)
		}
	}
}

func TestParseLayoutRefused(t *testing.T) {
	for _, tt := range []struct{ words, want string }{
		{"", "there is no device"},
		{"mirror a", "mirror-0: it has 1 devices"},
		{"a mirror b", "mirror-1: it has 1 devices"},
		{"mirror", "mirror-0: it has 0 devices"},
		{"raidz2 a b", "raidz2-0: it has 2 devices, want at least 3"},
		{"raidz a", "raidz1-0"},
		{"raidz4 a b c d e", "raidz4: parity is 4"},
		{"raidz0 a b", "raidz0: parity is 0"},
		{"draid a", "draid1-0: it has 1 devices"},
		{"draid:0d a b", "no device for data"},
		{"draid:3d a b c", "draid1-0: it has 3 devices, want at least 4"},
		{"draid:1s a b", "want at least 3"},
		{"draid:5c a b", "5 devices are stated, but 2 follow"},
		{"draid:5x a b", "want draid, the parity"},
		{"draid: a b", "want draid, the parity"},
		{"draid:d a b", "want draid, the parity"},
		{"draid:101s " + strings.Repeat("a ", 200), "at most 100"},
		{"a log", "log: no device follows"},
		{"a log cache b", "log: no device follows"},
		{"a spare", "spare: no device follows"},
		{"a cache log b", "cache: no device follows"},
		{"a log raidz b c", "raidz1-1: a log can only be single devices and mirrors"},
		{"a log draid b c", "a log can only be"},
		{"a a", "/dev/a: the device is given twice"},
		{"a spare a", "spares: /dev/a: the device is given twice"},
		{"mirror a dev/b", "mirror-0: dev/b: the path is not absolute"},
		{"/" + strings.Repeat("x", 5000), "too long"},
		{"/a\x00b", "NUL"},
	} {
		_, err := zfs.ParseLayout(letters(tt.words))
		var e *zfs.LayoutError
		if !errors.Is(err, zfs.ErrInvalidLayout) || !errors.As(err, &e) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.40q: error %v, want %q", tt.words, err, tt.want)
		}
	}
}

func TestLayoutCheck(t *testing.T) {
	one := letters("a")
	var many []string
	for i := range 256 {
		many = append(many, fmt.Sprint("/dev/", i))
	}
	for _, tt := range []struct {
		name, want string
		layout     zfs.Layout
	}{
		{"nothing for data", "no device for data", zfs.Layout{Vdevs: []zfs.LayoutVdev{{Class: zfs.ClassLog, Devices: one}}}},
		{"only spares", "no device for data", zfs.Layout{Spares: one}},
		{"no device", "disk-0: it has 0 devices", zfs.Layout{Vdevs: []zfs.LayoutVdev{{}}}},
		{"ashift", "ashift is 17", zfs.Layout{Vdevs: []zfs.LayoutVdev{{Devices: one, Ashift: 17}}}},
		{"parity of a mirror", "parity is for", zfs.Layout{Vdevs: []zfs.LayoutVdev{{Kind: zfs.LayoutMirror, Parity: 1, Devices: letters("a b")}}}},
		{"spares of a raidz", "for draid", zfs.Layout{Vdevs: []zfs.LayoutVdev{{Kind: zfs.LayoutRaidz, Spares: 1, Devices: letters("a b")}}}},
		{"negative parity", "parity is -1", zfs.Layout{Vdevs: []zfs.LayoutVdev{{Kind: zfs.LayoutRaidz, Parity: -1, Devices: letters("a b")}}}},
		{"negative spares", "negative", zfs.Layout{Vdevs: []zfs.LayoutVdev{{Kind: zfs.LayoutDraid, Spares: -1, Devices: letters("a b c")}}}},
		{"a kind that is none", "unknown kind", zfs.Layout{Vdevs: []zfs.LayoutVdev{{Kind: 9, Devices: one}}}},
		{"too many", "at most 255", zfs.Layout{Vdevs: []zfs.LayoutVdev{{Kind: zfs.LayoutRaidz, Devices: many}}}},
		{"an empty path", "empty", zfs.Layout{Vdevs: []zfs.LayoutVdev{{Devices: []string{""}}}}},
	} {
		err := tt.layout.Check()
		if !errors.Is(err, zfs.ErrInvalidLayout) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
	}
}

// The parser does not panic on any words, and what it accepts can be checked.
func FuzzParseLayout(f *testing.F) {
	for _, words := range []string{"a", "mirror a b log c", "draid2:4d:11c:2s a b", "draid:: a", "raidz", "spare cache log", "draid1-0-0 a"} {
		f.Add(words)
	}
	f.Fuzz(func(t *testing.T, words string) {
		l, err := zfs.ParseLayout(strings.Fields(words))
		if (l == nil) == (err == nil) {
			t.Fatalf("layout %v and error %v", l, err)
		}
		if err != nil && !errors.Is(err, zfs.ErrInvalidLayout) {
			t.Fatalf("error %v", err)
		}
		if err == nil && l.Check() != nil && slices.ContainsFunc(l.Vdevs, func(v zfs.LayoutVdev) bool { return v.Class == zfs.ClassNormal }) {
			t.Fatalf("what was parsed is not a layout: %v", l.Check())
		}
	})
}

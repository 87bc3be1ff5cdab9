package zfs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
)

// levels is a name of n components.
func levels(n int) string { return "p" + strings.Repeat("/a", n-1) }

// sized is a name of n bytes in two components.
func sized(n int) string { return "tank/" + strings.Repeat("x", n-len("tank/")) }

func TestParseName(t *testing.T) {
	tests := []struct {
		name, in string
		want     zfs.Name
		parent   string
		depth    int
	}{
		{"pool", "tank", zfs.Name{Pool: "tank", Dataset: "tank"}, "", 0},
		{"one letter", "p", zfs.Name{Pool: "p", Dataset: "p"}, "", 0},
		{"child", "tank/a", zfs.Name{Pool: "tank", Dataset: "tank/a"}, "tank", 1},
		{"grandchild", "tank/a/b", zfs.Name{Pool: "tank", Dataset: "tank/a/b"}, "tank/a", 2},
		{"snapshot", "tank/a@s", zfs.Name{Pool: "tank", Dataset: "tank/a", Snapshot: "s"}, "tank/a", 1},
		{"snapshot of the root", "tank@s", zfs.Name{Pool: "tank", Dataset: "tank", Snapshot: "s"}, "tank", 0},
		{"bookmark", "tank/a#m", zfs.Name{Pool: "tank", Dataset: "tank/a", Bookmark: "m"}, "tank/a", 1},
		{"every character", "Tank-_.: 9/0-_.: z@-_.: 9", zfs.Name{Pool: "Tank-_.: 9", Dataset: "Tank-_.: 9/0-_.: z", Snapshot: "-_.: 9"},
			"Tank-_.: 9/0-_.: z", 1},
		{"partial receive", "tank/a/%recv", zfs.Name{Pool: "tank", Dataset: "tank/a/%recv"}, "tank/a", 2},
		{"reserved word below the pool", "tank/mirror", zfs.Name{Pool: "tank", Dataset: "tank/mirror"}, "tank", 1},
		{"begins like a reserved word", "mirror2", zfs.Name{Pool: "mirror2", Dataset: "mirror2"}, "", 0},
		{"three dots", "tank/...", zfs.Name{Pool: "tank", Dataset: "tank/..."}, "tank", 1},
		{"deepest", levels(zfs.MaxNesting), zfs.Name{Pool: "p", Dataset: levels(zfs.MaxNesting)},
			levels(zfs.MaxNesting - 1), zfs.MaxNesting - 1},
		{"longest", sized(zfs.MaxNameLen), zfs.Name{Pool: "tank", Dataset: sized(zfs.MaxNameLen)}, "tank", 1},
		{"longest pool", strings.Repeat("p", 239), zfs.Name{Pool: strings.Repeat("p", 239), Dataset: strings.Repeat("p", 239)}, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := zfs.ParseName(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ParseName (-want +got):\n%s", diff)
			}
			if got.String() != tt.in {
				t.Errorf("String() = %q, want %q", got.String(), tt.in)
			}
			if got.Parent() != tt.parent {
				t.Errorf("Parent() = %q, want %q", got.Parent(), tt.parent)
			}
			if got.Depth() != tt.depth {
				t.Errorf("Depth() = %d, want %d", got.Depth(), tt.depth)
			}
			if err := ioctl.CheckName(ioctl.TargetEntity, tt.in); err != nil {
				t.Errorf("package ioctl refuses it: %v", err)
			}
		})
	}
}

func TestParseNameErrors(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", "empty"},
		{"slash alone", "/", "empty"},
		{"leading slash", "/tank", "empty"},
		{"trailing slash", "tank/", "empty"},
		{"double slash", "tank//a", "empty"},
		{"empty snapshot", "tank@", "empty"},
		{"empty bookmark", "tank#", "empty"},
		{"snapshot of nothing", "@s", "empty"},
		{"two snapshots", "tank@a@b", `'@'`},
		{"snapshot of a bookmark", "tank#a@b", `'@'`},
		{"bookmark of a snapshot", "tank@a#b", `'#'`},
		{"slash in a snapshot", "tank@a/b", `'/'`},
		{"dot", "tank/.", `"."`},
		{"dots", "tank/../a", `".."`},
		{"snapshot is dots", "tank@..", `".."`},
		{"NUL", "tank/a\x00b", `'\x00'`},
		{"NUL in a snapshot", "tank@\x00", `'\x00'`},
		{"control character", "tank/\n", `'\n'`},
		{"internal", "tank/$MOS", `'$'`},
		{"star", "tank/*", `'*'`},
		{"not ASCII", "tank/ä", "not allowed"},
		{"invalid UTF-8", "tank/\xff", "not allowed"},
		{"pool begins with a digit", "9tank", "start with a letter"},
		{"pool begins with a dash", "-tank/a", "start with a letter"},
		{"percent in a pool", "ta%nk", "pool"},
		{"mirror", "mirror", "reserved"},
		{"raidz with a child", "raidz/a", "reserved"},
		{"too long", sized(zfs.MaxNameLen + 1), "256 bytes"},
		{"too long with its snapshot", sized(250) + "@12345", "256 bytes"},
		{"pool too long", strings.Repeat("p", 240), "240 bytes"},
		{"endless", strings.Repeat("x/", 1<<16), "bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := zfs.ParseName(tt.in)
			if !errors.Is(err, zfs.ErrInvalidName) {
				t.Fatalf("ParseName(%.40q) = %v, %v, want ErrInvalidName", tt.in, got, err)
			}
			if got != (zfs.Name{}) {
				t.Errorf("a name was returned with the error: %v", got)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
			if len(err.Error()) > 600 {
				t.Errorf("the message has %d bytes", len(err.Error()))
			}
		})
	}
}

package zfs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/prop"
)

func TestParseMounts(t *testing.T) {
	const table = `proc /proc proc rw,nosuid 0 0
tank /tank zfs rw,xattr,noacl 0 0
tank/with\040blank /mnt/a\040b\011c zfs ro,noatime 0 0
tank /again zfs ro 0 0
tank/cut /cut zfs

# no line at all
tank/last@s /last/.zfs/snapshot/s zfs ro 0 0`
	got := parseMounts(strings.NewReader(table)).entries
	want := map[string]mountEntry{
		"tank":            {"/tank", "rw,xattr,noacl"},
		"tank/with blank": {"/mnt/a b\tc", "ro,noatime"},
		"tank/last@s":     {"/last/.zfs/snapshot/s", "ro"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(mountEntry{})); diff != "" {
		t.Errorf("mounts (-want +got):\n%s", diff)
	}
}

// One long line must not hide those that follow.
func TestParseMountsLongLine(t *testing.T) {
	table := "overlay / overlay lowerdir=" + strings.Repeat("/layer:", 20_000) + " 0 0\ntank /tank zfs rw 0 0\n"
	if got := parseMounts(strings.NewReader(table)).entries; got["tank"].path != "/tank" {
		t.Errorf("mounts behind a long line: %v", got)
	}
}

func TestUnescapeMount(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"nothing", "/tank/a", "/tank/a"},
		{"blank", `a\040b`, "a b"},
		{"backslash", `a\134b`, `a\b`},
		{"several", `\040\011\012`, " \t\n"},
		{"highest", `\377`, "\xff"},
		{"too high", `\400`, `\400`},
		{"not octal", `\09x`, `\09x`},
		{"cut", `a\04`, `a\04`},
		{"alone at the end", `a\`, `a\`},
		{"escape of an escape", `\134040`, `\040`},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := unescapeMount(tt.in); got != tt.want {
				t.Errorf("unescapeMount(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestMountTableOverlay(t *testing.T) {
	table := parseMounts(strings.NewReader("tank /tank zfs ro,noatime,xattr 0 0\n"))
	local := prop.Source{Kind: prop.SourceLocal}
	temporary := prop.Source{Kind: prop.SourceTemporary}
	tests := []struct {
		name, dataset string
		prop          prop.Prop
		in, want      uint64
		src           prop.Source
	}{
		{"option turns on", "tank", prop.Readonly, 0, 1, temporary},
		{"option turns off", "tank", prop.Atime, 1, 0, temporary},
		{"option agrees", "tank", prop.Readonly, 1, 1, local},
		{"no option for it", "tank", prop.Compression, 15, 15, local},
		{"option that is absent", "tank", prop.Exec, 1, 1, local},
		{"not mounted", "tank/a", prop.Readonly, 0, 0, local},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, src := table.overlay(tt.dataset, tt.prop, prop.Uint64(tt.in), local)
			if v.Uint64() != tt.want || src != tt.src {
				t.Errorf("overlay = %v from %v, want %d from %v", v, src, tt.want, tt.src)
			}
		})
	}
}

func TestMountOverrides(t *testing.T) {
	for property, want := range map[prop.Prop]bool{prop.Atime: true, prop.Readonly: true, prop.Used: false, "a:b": false} {
		if got := MountOverrides(property); got != want {
			t.Errorf("MountOverrides(%s) = %t", property, got)
		}
	}
}

// The system's own table is read without an error, whatever it holds.
func TestReadMounts(t *testing.T) {
	if readMounts() == nil {
		t.Error("no table")
	}
}

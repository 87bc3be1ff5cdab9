package prop

import (
	"math"
	"testing"

	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
)

func TestFormat(t *testing.T) {
	num, text := Uint64, String
	for _, tt := range []struct {
		prop  Prop
		value Value
		rel   ioctl.Release
		want  string
	}{
		{Used, num(0), v244, "0"},
		{Used, num(math.MaxUint64), v244, "18446744073709551615"},
		{Used, Value{}, v244, "-"},
		{Creation, num(1700000000), v244, "1700000000"},
		{GUID, num(12345678901234567890), v244, "12345678901234567890"},
		{CompressRatio, num(100), v244, "1.00"},
		{CompressRatio, num(105), oldestRelease, "1.05"},
		{RefCompressRatio, num(12345), v244, "123.45"},
		{RefCompressRatio, num(0), v244, "0.00"},
		{Mounted, num(1), v244, "yes"},
		{Mounted, num(0), v244, "no"},
		{Mounted, text("no"), v244, "no"},
		{DeferDestroy, num(1), v244, "on"},
		{Type, num(2), v244, "filesystem"},
		{Type, num(3), v244, "volume"},
		{Type, text("bookmark"), v244, "bookmark"},
		{Type, num(0), v244, "-"},
		{Quota, num(0), v244, "0"},
		{FilesystemLimit, num(math.MaxUint64), oldestRelease, "18446744073709551615"},
		{SnapshotCount, num(math.MaxUint64), v2111, "18446744073709551615"},
		{FilesystemLimit, num(math.MaxUint64), release.V2_2, "none"},
		{SnapshotLimit, num(math.MaxUint64), ioctl.Release{}, "none"},
		{FilesystemCount, num(7), v244, "7"},
		{SnapshotsChanged, num(0), v244, "-"},
		{SnapshotsChanged, num(1700000000), v244, "1700000000"},
		{RedactSnaps, Uint64s(nil), v244, "none"},
		{RedactSnaps, Uint64s([]uint64{5, 7}), v244, "5,7"},
		{Clones, Strings(nil), v244, "-"},
		{Clones, Strings([]string{"tank/b", "tank/a"}), v244, "tank/b,tank/a"},
		{Origin, text("tank/a@x"), v244, "tank/a@x"},
		{Xattr, num(2), v2111, "sa"},
		{Xattr, num(2), v239, "on"},
		{Xattr, num(2), v244, "sa"},
		{Compression, num(13200), v244, "zstd-fast"},
		{Compression, num(99), v244, "99"},
		{Checksum, num(14), oldestRelease, "14"},
		{Checksum, text("sha256"), v244, "sha256"},
		{Version, num(5), v244, "5"},
		{DnodeSize, num(1024), v244, "1k"},
		{KeyLocation, text("prompt"), v244, "prompt"},
		{Context, text(""), v244, ""},
		{"com.example:x", text("-"), v244, "-"},
		{"com.example:x", text(""), v244, ""},
		{"newer_than_us", num(3), v244, "3"},
		{"newer_than_us", Value{}, v244, "-"},
	} {
		if got := Format(tt.prop, tt.value, tt.rel); got != tt.want {
			t.Errorf("Format(%s, %v %q, %v) = %q, want %q", tt.prop, tt.value.Kind(), tt.value, tt.rel, got, tt.want)
		}
	}
}

// TestPrintedValue tells the rows that zfs get all leaves out from those that
// happen to say "-".
func TestPrintedValue(t *testing.T) {
	for _, tt := range []struct {
		prop  Prop
		value Value
		want  bool
	}{
		{Used, Value{}, false},
		{Used, Uint64(0), true},
		{Clones, Strings(nil), false},
		{RedactSnaps, Uint64s(nil), true},
		{SnapshotsChanged, Uint64(0), false},
		{Compression, Uint64(0), false},
		{Version, Uint64(6), false},
		{"com.example:x", String("-"), true},
	} {
		if _, ok := Shown(tt.prop, tt.value, v244); ok != tt.want {
			t.Errorf("%s, %v %q: printed is %t, want %t", tt.prop, tt.value.Kind(), tt.value, ok, tt.want)
		}
	}
}

func TestMountpointPath(t *testing.T) {
	for _, tt := range []struct {
		dataset, value, setOn, altroot, want string
	}{
		{"tank", "/", "", "", "/tank"},
		{"tank/a/b", "/", "", "-", "/tank/a/b"},
		{"tank/a", "/", "", "/mnt", "/mnt/tank/a"},
		{"tank/a", "/", "", "/", "/tank/a"},
		{"tank/a", "/srv", "tank/a", "", "/srv"},
		{"tank/a", "/srv", "tank/a", "/mnt", "/mnt/srv"},
		{"tank/a/b/c", "/srv", "tank/a", "", "/srv/b/c"},
		{"tank/a/b", "/srv", "tank/a", "/mnt", "/mnt/srv/b"},
		{"tank/a", "/", "tank/a", "", "/"},
		{"tank/a", "/", "tank/a", "/mnt", "/mnt"},
		{"tank/a", "/", "tank/a", "/", "/"},
		{"tank/a/b", "/", "tank/a", "", "/b"},
		{"tank/a/b", "/", "tank/a", "/mnt", "/mnt/b"},
		{"tank/a/b", "legacy", "tank/a", "/mnt", "legacy"},
		{"tank/a", "none", "tank/a", "", "none"},
	} {
		if got := MountpointPath(tt.dataset, tt.value, tt.setOn, tt.altroot); got != tt.want {
			t.Errorf("MountpointPath(%q, %q, %q, %q) = %q, want %q", tt.dataset, tt.value, tt.setOn, tt.altroot, got, tt.want)
		}
	}
}

func TestMountOverride(t *testing.T) {
	for _, tt := range []struct {
		prop    Prop
		value   uint64
		options string
		want    uint64
		changed bool
	}{
		{Readonly, 0, "rw,xattr,noacl", 0, false},
		{Readonly, 0, "ro,xattr,noacl", 1, true},
		{Readonly, 1, "rw,xattr,noacl", 0, true},
		{Readonly, 1, "", 1, false},
		{Atime, 1, "rw,noatime", 0, true},
		{Atime, 1, "rw,norelatime", 1, false},
		{Relatime, 0, "rw,relatime", 1, true},
		{Exec, 1, "rw,nosuid,nodev,noexec", 0, true},
		{SetUID, 1, "rw,nosuid,nodev,noexec", 0, true},
		{Devices, 1, "rw,nosuid,nodev,noexec", 0, true},
		{Devices, 0, "rw,dev=1", 1, true},
		{NBMand, 0, "rw,mand", 1, true},
		{Xattr, 2, "rw,xattr", 2, false},
		{Xattr, 0, "rw,xattr", 1, true},
		{Xattr, 2, "rw,noxattr", 0, true},
		{Overlay, 1, "ro,noatime", 1, false},
		{Readonly, 0, "romance,prose", 0, false},
	} {
		got, changed := MountOverride(tt.prop, Uint64(tt.value), tt.options)
		if got.Uint64() != tt.want || changed != tt.changed {
			t.Errorf("MountOverride(%s, %d, %q) = %v, %t, want %d, %t", tt.prop, tt.value, tt.options, got, changed, tt.want, tt.changed)
		}
	}
}

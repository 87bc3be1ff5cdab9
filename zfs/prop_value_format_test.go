package zfs

import (
	"math"
	"testing"

	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
)

func TestFormatProp(t *testing.T) {
	num, text := Uint64Value, StringValue
	for _, tt := range []struct {
		prop  Prop
		value Value
		rel   ioctl.Release
		want  string
	}{
		{PropUsed, num(0), v244, "0"},
		{PropUsed, num(math.MaxUint64), v244, "18446744073709551615"},
		{PropUsed, Value{}, v244, "-"},
		{PropCreation, num(1700000000), v244, "1700000000"},
		{PropGUID, num(12345678901234567890), v244, "12345678901234567890"},
		{PropCompressRatio, num(100), v244, "1.00"},
		{PropCompressRatio, num(105), oldestRelease, "1.05"},
		{PropRefCompressRatio, num(12345), v244, "123.45"},
		{PropRefCompressRatio, num(0), v244, "0.00"},
		{PropMounted, num(1), v244, "yes"},
		{PropMounted, num(0), v244, "no"},
		{PropMounted, text("no"), v244, "no"},
		{PropDeferDestroy, num(1), v244, "on"},
		{PropType, num(2), v244, "filesystem"},
		{PropType, num(3), v244, "volume"},
		{PropType, text("bookmark"), v244, "bookmark"},
		{PropType, num(0), v244, "-"},
		{PropQuota, num(0), v244, "0"},
		{PropFilesystemLimit, num(math.MaxUint64), oldestRelease, "18446744073709551615"},
		{PropSnapshotCount, num(math.MaxUint64), v2111, "18446744073709551615"},
		{PropFilesystemLimit, num(math.MaxUint64), release.V2_2, "none"},
		{PropSnapshotLimit, num(math.MaxUint64), ioctl.Release{}, "none"},
		{PropFilesystemCount, num(7), v244, "7"},
		{PropSnapshotsChanged, num(0), v244, "-"},
		{PropSnapshotsChanged, num(1700000000), v244, "1700000000"},
		{PropRedactSnaps, Uint64sValue(nil), v244, "none"},
		{PropRedactSnaps, Uint64sValue([]uint64{5, 7}), v244, "5,7"},
		{PropClones, StringsValue(nil), v244, "-"},
		{PropClones, StringsValue([]string{"tank/b", "tank/a"}), v244, "tank/b,tank/a"},
		{PropOrigin, text("tank/a@x"), v244, "tank/a@x"},
		{PropXattr, num(2), v2111, "sa"},
		{PropXattr, num(2), v239, "on"},
		{PropXattr, num(2), v244, "sa"},
		{PropCompression, num(13200), v244, "zstd-fast"},
		{PropCompression, num(99), v244, "99"},
		{PropChecksum, num(14), oldestRelease, "14"},
		{PropChecksum, text("sha256"), v244, "sha256"},
		{PropVersion, num(5), v244, "5"},
		{PropDnodeSize, num(1024), v244, "1k"},
		{PropKeyLocation, text("prompt"), v244, "prompt"},
		{PropContext, text(""), v244, ""},
		{"com.example:x", text("-"), v244, "-"},
		{"com.example:x", text(""), v244, ""},
		{"newer_than_us", num(3), v244, "3"},
		{"newer_than_us", Value{}, v244, "-"},
	} {
		if got := FormatProp(tt.prop, tt.value, tt.rel); got != tt.want {
			t.Errorf("FormatProp(%s, %v %q, %v) = %q, want %q", tt.prop, tt.value.Kind(), tt.value, tt.rel, got, tt.want)
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
		{PropUsed, Value{}, false},
		{PropUsed, Uint64Value(0), true},
		{PropClones, StringsValue(nil), false},
		{PropRedactSnaps, Uint64sValue(nil), true},
		{PropSnapshotsChanged, Uint64Value(0), false},
		{PropCompression, Uint64Value(0), false},
		{PropVersion, Uint64Value(6), false},
		{"com.example:x", StringValue("-"), true},
	} {
		if _, ok := printedValue(tt.prop, tt.value, v244); ok != tt.want {
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
		{PropReadonly, 0, "rw,xattr,noacl", 0, false},
		{PropReadonly, 0, "ro,xattr,noacl", 1, true},
		{PropReadonly, 1, "rw,xattr,noacl", 0, true},
		{PropReadonly, 1, "", 1, false},
		{PropAtime, 1, "rw,noatime", 0, true},
		{PropAtime, 1, "rw,norelatime", 1, false},
		{PropRelatime, 0, "rw,relatime", 1, true},
		{PropExec, 1, "rw,nosuid,nodev,noexec", 0, true},
		{PropSetUID, 1, "rw,nosuid,nodev,noexec", 0, true},
		{PropDevices, 1, "rw,nosuid,nodev,noexec", 0, true},
		{PropDevices, 0, "rw,dev=1", 1, true},
		{PropNBMand, 0, "rw,mand", 1, true},
		{PropXattr, 2, "rw,xattr", 2, false},
		{PropXattr, 0, "rw,xattr", 1, true},
		{PropXattr, 2, "rw,noxattr", 0, true},
		{PropOverlay, 1, "ro,noatime", 1, false},
		{PropReadonly, 0, "romance,prose", 0, false},
	} {
		got, changed := MountOverride(tt.prop, Uint64Value(tt.value), tt.options)
		if got.Uint64() != tt.want || changed != tt.changed {
			t.Errorf("MountOverride(%s, %d, %q) = %v, %t, want %d, %t", tt.prop, tt.value, tt.options, got, changed, tt.want, tt.changed)
		}
	}
}

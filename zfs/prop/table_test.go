package prop

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
)

// releases are the releases that the table tells apart, oldest first, and the
// newest one under two names.
func releases() []ioctl.Release {
	return []ioctl.Release{
		oldestRelease, release.V2_1_3, release.V2_1_7, v2111, release.V2_2, release.V2_2_4, release.V2_3, v239, release.V2_4, v244, {},
	}
}

// TestPropTable holds each row to rules that no release has broken.
func TestPropTable(t *testing.T) {
	count := 0
	for info := range All() {
		count++
		if err := info.Name.Check(); err != nil || info.Name.IsUser() {
			t.Errorf("%s: name is not a native one: %v", info.Name, err)
		}
		if info.Types == 0 || info.Types&^TypeAll != 0 {
			t.Errorf("%s: types %v", info.Name, info.Types)
		}
		if (info.Kind == KindIndex) != (len(info.values) > 0) {
			t.Errorf("%s: a %v with %d values", info.Name, info.Kind, len(info.values))
		}
		if info.Kind != KindNumber && info.Unit != UnitNone || info.Kind == KindNumber && info.Unit == UnitNone {
			t.Errorf("%s: a %v in unit %v", info.Name, info.Kind, info.Unit)
		}
		if info.Settable() && info.Attr == AttrReadOnly || info.LocalIfUnsourced() && info.From != FromStats {
			t.Errorf("%s: %v, from %v", info.Name, info.Attr, info.From)
		}
		_, filled := info.DefaultFor(v244, info.Types)
		if info.From != FromStats && filled {
			t.Errorf("%s: a default for what is never absent from the list", info.Name)
		}
	}
	if count != 108 {
		t.Errorf("%d native properties, want 108", count)
	}
}

// TestPropValues reads every value of every release both ways.
func TestPropValues(t *testing.T) {
	for _, rel := range releases() {
		for info := range All() {
			first := map[uint64]string{}
			for _, v := range info.Values(rel) {
				if n, ok := info.ValueNumber(v.Name, rel); !ok || n != v.Number {
					t.Errorf("%v: %s=%s: number %d, %t, want %d", rel, info.Name, v.Name, n, ok, v.Number)
				}
				if _, seen := first[v.Number]; !seen {
					first[v.Number] = v.Name
				}
				if name, ok := info.ValueName(v.Number, rel); !ok || name != first[v.Number] {
					t.Errorf("%v: %s %d: name %q, %t, want %q", rel, info.Name, v.Number, name, ok, first[v.Number])
				}
			}
			if _, ok := info.ValueName(math.MaxUint64, rel); ok {
				t.Errorf("%v: %s has a name for a number out of range", rel, info.Name)
			}
			if _, ok := info.ValueNumber("", rel); ok {
				t.Errorf("%v: %s has a number for the empty name", rel, info.Name)
			}
		}
	}
}

// TestPropValueNumbers checks numbers that were written down from the sources of
// the releases, each with the name that it is printed as.
func TestPropValueNumbers(t *testing.T) {
	for _, tt := range []struct {
		prop    Prop
		rel     ioctl.Release
		name    string
		number  uint64
		printed string
	}{
		{Compression, v244, "on", 1, "on"},
		{Compression, v244, "gzip", 10, "gzip"},
		{Compression, v244, "gzip-1", 5, "gzip-1"},
		{Compression, v244, "gzip-6", 10, "gzip"},
		{Compression, v244, "gzip-9", 13, "gzip-9"},
		{Compression, v244, "lz4", 15, "lz4"},
		{Compression, v244, "zstd", 16, "zstd"},
		{Compression, oldestRelease, "zstd-3", 400, "zstd-3"},
		{Compression, v244, "zstd-19", 2448, "zstd-19"},
		{Compression, v244, "zstd-fast", 13200, "zstd-fast"},
		{Compression, v244, "zstd-fast-1", 13200, "zstd-fast"},
		{Compression, v244, "zstd-fast-10", 14352, "zstd-fast-10"},
		{Compression, v244, "zstd-fast-20", 14480, "zstd-fast-20"},
		{Compression, v244, "zstd-fast-1000", 15760, "zstd-fast-1000"},
		{Checksum, v244, "noparity", 10, "noparity"},
		{Checksum, release.V2_2, "blake3", 14, "blake3"},
		{Dedup, v244, "verify", 257, "verify"},
		{Dedup, v2111, "edonr,verify", 269, "edonr,verify"},
		{Dedup, v244, "blake3,verify", 270, "blake3,verify"},
		{Xattr, oldestRelease, "on", 1, "on"},
		{Xattr, oldestRelease, "dir", 1, "on"},
		{Xattr, v2111, "sa", 2, "sa"},
		{Xattr, v239, "on", 2, "on"},
		{Xattr, v239, "sa", 2, "on"},
		{Xattr, v239, "dir", 1, "dir"},
		{Xattr, v244, "on", 2, "sa"},
		{Xattr, v244, "sa", 2, "sa"},
		{ACLType, v244, "posixacl", 1, "posix"},
		{ACLType, v244, "noacl", 0, "off"},
		{ACLInherit, v244, "secure", 4, "restricted"},
		{VolMode, v244, "geom", 1, "full"},
		{Version, v244, "current", 5, "5"},
		{Normalization, v244, "formC", 80, "formC"},
		{Normalization, v244, "formKD", 32, "formKD"},
		{DnodeSize, v244, "16k", 16384, "16k"},
		{RedundantMetadata, release.V2_1_7, "none", 3, "none"},
		{SnapDir, v239, "disabled", 2, "disabled"},
		{Encryption, v244, "aes-256-gcm", 8, "aes-256-gcm"},
		{KeyStatus, v244, "available", 2, "available"},
		{Direct, v239, "always", 2, "always"},
	} {
		info, _ := Lookup(tt.prop)
		number, ok := info.ValueNumber(tt.name, tt.rel)
		printed, named := info.ValueName(tt.number, tt.rel)
		if !ok || !named || number != tt.number || printed != tt.printed {
			t.Errorf("%v: %s=%s: got %d, %q, want %d, %q", tt.rel, tt.prop, tt.name, number, printed, tt.number, tt.printed)
		}
	}
}

func TestPropValueNotYet(t *testing.T) {
	for _, tt := range []struct {
		prop   Prop
		before ioctl.Release
		name   string
	}{
		{Checksum, v2111, "blake3"},
		{Dedup, v2111, "blake3,verify"},
		{Dedup, v244, "edonr"},
		{RedundantMetadata, oldestRelease, "some"},
		{SnapDir, release.V2_2_4, "disabled"},
		{Compression, v244, "zstd-20"},
		{Compression, v244, "zstd-fast-11"},
		{Compression, v244, "zstd-0"},
		{Compression, v244, "ON"},
		{Used, v244, "on"},
	} {
		info, _ := Lookup(tt.prop)
		if n, ok := info.ValueNumber(tt.name, tt.before); ok {
			t.Errorf("%v: %s=%s is %d, want none", tt.before, tt.prop, tt.name, n)
		}
	}
}

// TestDefaultFor checks defaults that were written down from the sources of the
// releases.
func TestDefaultFor(t *testing.T) {
	num, text := Uint64, String
	for _, tt := range []struct {
		prop                    Prop
		typ                     DatasetType
		v20, v21, v22, v23, v24 Value
	}{
		{Compression, TypeFilesystem, num(2), num(2), num(1), num(1), num(1)},
		{Relatime, TypeFilesystem, num(0), num(0), num(1), num(1), num(1)},
		{Xattr, TypeFilesystem, num(1), num(1), num(1), num(2), num(2)},
		{VolBlockSize, TypeVolume, num(8192), num(8192), num(16384), num(16384), num(16384)},
		{SpecialSmallBlocks, TypeVolume, Value{}, Value{}, Value{}, Value{}, num(0)},
		{SpecialSmallBlocks, TypeFilesystem, num(0), num(0), num(0), num(0), num(0)},
		{Overlay, TypeFilesystem, num(1), num(1), num(1), num(1), num(1)},
		{SnapDir, TypeFilesystem, num(0), num(0), num(0), num(0), num(0)},
		{RecordSize, TypeFilesystem, num(131072), num(131072), num(131072), num(131072), num(131072)},
		{Prefetch, TypeSnapshot | TypeVolume, Value{}, Value{}, Value{}, num(2), num(2)},
		{Direct, TypeFilesystem, Value{}, Value{}, Value{}, num(1), num(1)},
		{VolThreading, TypeVolume, Value{}, Value{}, Value{}, num(1), num(1)},
		{Encryption, TypeSnapshot | TypeFilesystem, num(2), num(2), num(2), num(2), num(2)},
		{KeyFormat, TypeVolume, num(0), num(0), num(0), num(0), num(0)},
		{FilesystemCount, TypeFilesystem, num(math.MaxUint64), num(math.MaxUint64), num(math.MaxUint64), num(math.MaxUint64), num(math.MaxUint64)},
		{SnapshotLimit, TypeVolume, num(math.MaxUint64), num(math.MaxUint64), num(math.MaxUint64), num(math.MaxUint64), num(math.MaxUint64)},
		{Mountpoint, TypeFilesystem, text("/"), text("/"), text("/"), text("/"), text("/")},
		{ShareNFS, TypeFilesystem, text("off"), text("off"), text("off"), text("off"), text("off")},
		{MLSLabel, TypeSnapshot, text("none"), text("none"), text("none"), text("none"), text("none")},
		{ACLInherit, TypeFilesystem, num(4), num(4), num(4), num(4), num(4)},
		{Dedup, TypeVolume, num(2), num(2), num(2), num(2), num(2)},

		// What has no default to fill in: it was not there, does not apply, comes
		// with another call, or is a plain statistic.
		{prop: Exec, typ: TypeSnapshot | TypeVolume},
		{prop: Quota, typ: TypeVolume},
		{prop: Used, typ: TypeFilesystem},
		{prop: KeyStatus, typ: TypeFilesystem},
		{prop: DeferDestroy, typ: TypeSnapshot},
		{prop: Origin, typ: TypeFilesystem},
		{prop: Clones, typ: TypeSnapshot},
		{prop: Version, typ: TypeFilesystem},
		{prop: UTF8Only, typ: TypeFilesystem},
		{prop: DefaultUserQuota, typ: TypeFilesystem},
		{prop: Mounted, typ: TypeFilesystem},
		{prop: SnapshotsChanged, typ: TypeFilesystem},
		{prop: GUID, typ: TypeBookmark},
	} {
		info, ok := Lookup(tt.prop)
		if !ok {
			t.Fatalf("no property %s", tt.prop)
		}
		var got [5]Value
		for i, rel := range []ioctl.Release{oldestRelease, v2111, release.V2_2, v239, v244} {
			v, ok := info.DefaultFor(rel, tt.typ)
			if got[i] = v; ok == v.IsZero() {
				t.Errorf("%s of %v in %v: %v with ok=%t", tt.prop, tt.typ, rel, v, ok)
			}
		}
		if diff := cmp.Diff([5]Value{tt.v20, tt.v21, tt.v22, tt.v23, tt.v24}, got); diff != "" {
			t.Errorf("%s of %v, 2.0 to 2.4 (-want +got):\n%s", tt.prop, tt.typ, diff)
		}
	}
}

func TestPropEnumNames(t *testing.T) {
	for got, want := range map[string]string{
		KindNumber.String(): "number", KindString.String(): "string", KindIndex.String(): "index",
		AttrOnceDefault.String(): "set once, not inherited", AttrReadOnly.String(): "read-only",
		UnitFlag.String(): "flag", UnitTXG.String(): "txg", FromHandle.String(): "handle", FromStats.String(): "stats",
		ValueStrings.String(): "strings", Kind(200).String(): "unknown (200)",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestPropInfoIsCopy makes sure that callers cannot change the table.
func TestPropInfoIsCopy(t *testing.T) {
	info, _ := Lookup(Compression)
	info.Name, info.Types = "changed", 0
	info.Values(v244)[0].Name = "changed"
	again, _ := Lookup(Compression)
	if name, _ := again.ValueName(1, v244); again.Name != Compression || again.Types != typeHeads || name != "on" {
		t.Errorf("the table has changed: %s, %v, %s", again.Name, again.Types, name)
	}
}

package zfs

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
	for info := range Props() {
		count++
		if err := info.Name.Check(); err != nil || info.Name.IsUser() {
			t.Errorf("%s: name is not a native one: %v", info.Name, err)
		}
		if info.Types == 0 || info.Types&^TypeAll != 0 {
			t.Errorf("%s: types %v", info.Name, info.Types)
		}
		if (info.Kind == PropIndex) != (len(info.values) > 0) {
			t.Errorf("%s: a %v with %d values", info.Name, info.Kind, len(info.values))
		}
		if info.Kind != PropNumber && info.Unit != UnitNone || info.Kind == PropNumber && info.Unit == UnitNone {
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
	if count != 106 {
		t.Errorf("%d native properties, want 106", count)
	}
}

// TestPropValues reads every value of every release both ways.
func TestPropValues(t *testing.T) {
	for _, rel := range releases() {
		for info := range Props() {
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
		{PropCompression, v244, "on", 1, "on"},
		{PropCompression, v244, "gzip", 10, "gzip"},
		{PropCompression, v244, "gzip-1", 5, "gzip-1"},
		{PropCompression, v244, "gzip-6", 10, "gzip"},
		{PropCompression, v244, "gzip-9", 13, "gzip-9"},
		{PropCompression, v244, "lz4", 15, "lz4"},
		{PropCompression, v244, "zstd", 16, "zstd"},
		{PropCompression, oldestRelease, "zstd-3", 400, "zstd-3"},
		{PropCompression, v244, "zstd-19", 2448, "zstd-19"},
		{PropCompression, v244, "zstd-fast", 13200, "zstd-fast"},
		{PropCompression, v244, "zstd-fast-1", 13200, "zstd-fast"},
		{PropCompression, v244, "zstd-fast-10", 14352, "zstd-fast-10"},
		{PropCompression, v244, "zstd-fast-20", 14480, "zstd-fast-20"},
		{PropCompression, v244, "zstd-fast-1000", 15760, "zstd-fast-1000"},
		{PropChecksum, v244, "noparity", 10, "noparity"},
		{PropChecksum, release.V2_2, "blake3", 14, "blake3"},
		{PropDedup, v244, "verify", 257, "verify"},
		{PropDedup, v2111, "edonr,verify", 269, "edonr,verify"},
		{PropDedup, v244, "blake3,verify", 270, "blake3,verify"},
		{PropXattr, oldestRelease, "on", 1, "on"},
		{PropXattr, oldestRelease, "dir", 1, "on"},
		{PropXattr, v2111, "sa", 2, "sa"},
		{PropXattr, v239, "on", 2, "on"},
		{PropXattr, v239, "sa", 2, "on"},
		{PropXattr, v239, "dir", 1, "dir"},
		{PropXattr, v244, "on", 2, "sa"},
		{PropXattr, v244, "sa", 2, "sa"},
		{PropACLType, v244, "posixacl", 1, "posix"},
		{PropACLType, v244, "noacl", 0, "off"},
		{PropACLInherit, v244, "secure", 4, "restricted"},
		{PropVolMode, v244, "geom", 1, "full"},
		{PropVersion, v244, "current", 5, "5"},
		{PropNormalization, v244, "formC", 80, "formC"},
		{PropNormalization, v244, "formKD", 32, "formKD"},
		{PropDnodeSize, v244, "16k", 16384, "16k"},
		{PropRedundantMetadata, release.V2_1_7, "none", 3, "none"},
		{PropSnapDir, v239, "disabled", 2, "disabled"},
		{PropEncryption, v244, "aes-256-gcm", 8, "aes-256-gcm"},
		{PropKeyStatus, v244, "available", 2, "available"},
		{PropDirect, v239, "always", 2, "always"},
	} {
		info, _ := LookupProp(tt.prop)
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
		{PropChecksum, v2111, "blake3"},
		{PropDedup, v2111, "blake3,verify"},
		{PropDedup, v244, "edonr"},
		{PropRedundantMetadata, oldestRelease, "some"},
		{PropSnapDir, release.V2_2_4, "disabled"},
		{PropCompression, v244, "zstd-20"},
		{PropCompression, v244, "zstd-fast-11"},
		{PropCompression, v244, "zstd-0"},
		{PropCompression, v244, "ON"},
		{PropUsed, v244, "on"},
	} {
		info, _ := LookupProp(tt.prop)
		if n, ok := info.ValueNumber(tt.name, tt.before); ok {
			t.Errorf("%v: %s=%s is %d, want none", tt.before, tt.prop, tt.name, n)
		}
	}
}

// TestDefaultFor checks defaults that were written down from the sources of the
// releases.
func TestDefaultFor(t *testing.T) {
	num, text := Uint64Value, StringValue
	for _, tt := range []struct {
		prop                    Prop
		typ                     DatasetType
		v20, v21, v22, v23, v24 Value
	}{
		{PropCompression, TypeFilesystem, num(2), num(2), num(1), num(1), num(1)},
		{PropRelatime, TypeFilesystem, num(0), num(0), num(1), num(1), num(1)},
		{PropXattr, TypeFilesystem, num(1), num(1), num(1), num(2), num(2)},
		{PropVolBlockSize, TypeVolume, num(8192), num(8192), num(16384), num(16384), num(16384)},
		{PropSpecialSmallBlocks, TypeVolume, Value{}, Value{}, Value{}, Value{}, num(0)},
		{PropSpecialSmallBlocks, TypeFilesystem, num(0), num(0), num(0), num(0), num(0)},
		{PropOverlay, TypeFilesystem, num(1), num(1), num(1), num(1), num(1)},
		{PropSnapDir, TypeFilesystem, num(0), num(0), num(0), num(0), num(0)},
		{PropRecordSize, TypeFilesystem, num(131072), num(131072), num(131072), num(131072), num(131072)},
		{PropPrefetch, TypeSnapshot | TypeVolume, Value{}, Value{}, Value{}, num(2), num(2)},
		{PropDirect, TypeFilesystem, Value{}, Value{}, Value{}, num(1), num(1)},
		{PropVolThreading, TypeVolume, Value{}, Value{}, Value{}, num(1), num(1)},
		{PropEncryption, TypeSnapshot | TypeFilesystem, num(2), num(2), num(2), num(2), num(2)},
		{PropKeyFormat, TypeVolume, num(0), num(0), num(0), num(0), num(0)},
		{PropFilesystemCount, TypeFilesystem, num(math.MaxUint64), num(math.MaxUint64), num(math.MaxUint64), num(math.MaxUint64), num(math.MaxUint64)},
		{PropSnapshotLimit, TypeVolume, num(math.MaxUint64), num(math.MaxUint64), num(math.MaxUint64), num(math.MaxUint64), num(math.MaxUint64)},
		{PropMountpoint, TypeFilesystem, text("/"), text("/"), text("/"), text("/"), text("/")},
		{PropShareNFS, TypeFilesystem, text("off"), text("off"), text("off"), text("off"), text("off")},
		{PropMLSLabel, TypeSnapshot, text("none"), text("none"), text("none"), text("none"), text("none")},
		{PropACLInherit, TypeFilesystem, num(4), num(4), num(4), num(4), num(4)},
		{PropDedup, TypeVolume, num(2), num(2), num(2), num(2), num(2)},

		// What has no default to fill in: it was not there, does not apply, comes
		// with another call, or is a plain statistic.
		{prop: PropExec, typ: TypeSnapshot | TypeVolume},
		{prop: PropQuota, typ: TypeVolume},
		{prop: PropUsed, typ: TypeFilesystem},
		{prop: PropKeyStatus, typ: TypeFilesystem},
		{prop: PropDeferDestroy, typ: TypeSnapshot},
		{prop: PropOrigin, typ: TypeFilesystem},
		{prop: PropClones, typ: TypeSnapshot},
		{prop: PropVersion, typ: TypeFilesystem},
		{prop: PropUTF8Only, typ: TypeFilesystem},
		{prop: PropDefaultUserQuota, typ: TypeFilesystem},
		{prop: PropMounted, typ: TypeFilesystem},
		{prop: PropSnapshotsChanged, typ: TypeFilesystem},
		{prop: PropGUID, typ: TypeBookmark},
	} {
		info, ok := LookupProp(tt.prop)
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
		PropNumber.String(): "number", PropString.String(): "string", PropIndex.String(): "index",
		AttrOnceDefault.String(): "set once, not inherited", AttrReadOnly.String(): "read-only",
		UnitFlag.String(): "flag", UnitTXG.String(): "txg", FromHandle.String(): "handle", FromStats.String(): "stats",
		ValueStrings.String(): "strings", PropKind(200).String(): "unknown",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestPropInfoIsCopy makes sure that callers cannot change the table.
func TestPropInfoIsCopy(t *testing.T) {
	info, _ := LookupProp(PropCompression)
	info.Name, info.Types = "changed", 0
	info.Values(v244)[0].Name = "changed"
	again, _ := LookupProp(PropCompression)
	if name, _ := again.ValueName(1, v244); again.Name != PropCompression || again.Types != typeHeads || name != "on" {
		t.Errorf("the table has changed: %s, %v, %s", again.Name, again.Types, name)
	}
}

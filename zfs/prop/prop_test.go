package prop

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
)

func TestPropNames(t *testing.T) {
	long := strings.Repeat("x", 250)
	for _, tt := range []struct {
		prop                    Prop
		native, user, space, wr bool
		bad                     string // part of Check's error
	}{
		{prop: "used", native: true},
		{prop: "name", native: true},
		{prop: "defaultprojectobjquota", native: true},
		{prop: "com.example:backup", user: true},
		{prop: ":", user: true},
		{prop: "a-b_c.9:", user: true},
		{prop: Prop(long + "a:b"), user: true},
		{prop: Prop(long + "abcd:b"), bad: "256 bytes"},
		{prop: "Com.example:backup", bad: "a-z"},
		{prop: "com example:backup", bad: "a-z"},
		{prop: "com.example:bäckup", bad: "a-z"},
		{prop: "com.example:a\x00b", bad: "NUL"},
		{prop: "", bad: "neither"},
		{prop: "USED", bad: "neither"},
		{prop: "used ", bad: "neither"},
		{prop: "userquota"},
		{prop: "written", native: true},
		{prop: "userquota@alice", space: true},
		{prop: "projectobjused@1", space: true},
		{prop: "userused@S-1-5@x:y", space: true},
		{prop: "written@monday", wr: true},
		{prop: "written#mark", wr: true},
		{prop: "written@tank/a@b:c", wr: true},
		{prop: "written:x", user: true},
		{prop: "writtenx"},
		{prop: "userquota@a\x00b", bad: "NUL"},
		{prop: Prop("userquota@" + long), bad: "260 bytes"},
	} {
		_, _, space := tt.prop.Userspace()
		_, wr := tt.prop.Written()
		got := []bool{tt.prop.IsNative(), tt.prop.IsUser(), space && tt.bad == "", wr}
		if diff := cmp.Diff([]bool{tt.native, tt.user, tt.space, tt.wr}, got); diff != "" {
			t.Errorf("%q: native, user, userspace, written (-want +got):\n%s", tt.prop, diff)
		}
		err := tt.prop.Check()
		if tt.bad == "" && err != nil || tt.bad != "" && (err == nil || !strings.Contains(err.Error(), tt.bad)) {
			t.Errorf("%q: Check() = %v, want %q", tt.prop, err, tt.bad)
		}
	}
}

func TestPropUserspace(t *testing.T) {
	for i, prefix := range UserspacePrefixes {
		kind, who, ok := Prop(prefix + "a@b").Userspace()
		if kind != i || who != "a@b" || !ok {
			t.Errorf("%s: got %d, %q, %t", prefix, kind, who, ok)
		}
	}
	if since, ok := Prop("written#mark").Written(); since != "#mark" || !ok {
		t.Errorf("written#mark: got %q, %t", since, ok)
	}
}

func TestDatasetType(t *testing.T) {
	for _, tt := range []struct {
		text string
		want DatasetType
		name string
	}{
		{"filesystem", TypeFilesystem, "filesystem"},
		{"fs,vol", TypeFilesystem | TypeVolume, "filesystem,volume"},
		{"snapshot", TypeSnapshot, "snapshot"},
		{"snap,bookmark,snap", TypeSnapshot | TypeBookmark, "snapshot,bookmark"},
		{"all", TypeAll, "filesystem,volume,snapshot,bookmark"},
	} {
		got, err := ParseDatasetType(tt.text)
		if err != nil || got != tt.want || got.String() != tt.name {
			t.Errorf("ParseDatasetType(%q) = %v, %v; want %v", tt.text, got, err, tt.want)
		}
	}
	for _, text := range []string{"", "files", "filesystem,", "Volume", "pool"} {
		if got, err := ParseDatasetType(text); err == nil {
			t.Errorf("ParseDatasetType(%q) = %v, want an error", text, got)
		}
	}
	for typ, want := range map[DatasetType]string{0: "none", 0x80: "0x80", TypeVolume | 0x40: "volume,0x40"} {
		if got := typ.String(); got != want {
			t.Errorf("String() of %#x = %q, want %q", uint8(typ), got, want)
		}
	}
}

func TestLookup(t *testing.T) {
	number := 0
	for info := range All() {
		if int(info.number) != number {
			t.Errorf("%s: number %d in place %d", info.Name, info.number, number)
		}
		if got, ok := Lookup(info.Name); !ok || got.number != info.number {
			t.Errorf("Lookup(%q) = %q, %t", info.Name, got.Name, ok)
		}
		number++
	}
	for _, p := range []Prop{"", "a", "zzz", "used\x00", "usee", "com.example:used", "userused@root"} {
		if _, ok := Lookup(p); ok {
			t.Errorf("Lookup(%q) found something", p)
		}
	}
	// The lookup relies on this order, and printing on the numbers.
	if !slices.IsSortedFunc(rows[:], func(a, b Info) int { return strings.Compare(string(a.Name), string(b.Name)) }) {
		t.Error("the rows are not sorted by name")
	}
	if n := testing.AllocsPerRun(100, func() { Lookup(Written) }); n != 0 {
		t.Errorf("Lookup allocates %v times", n)
	}
}

// A release of each kind that the table tells apart. The last is newer than any.
var (
	oldestRelease = ioctl.Release{Major: 2, Minor: 0, Patch: 3}
	v2111         = ioctl.Release{Major: 2, Minor: 1, Patch: 11}
	v239          = ioctl.Release{Major: 2, Minor: 3, Patch: 9}
	v244          = ioctl.Release{Major: 2, Minor: 4, Patch: 4}
	futureRelease = ioctl.Release{Major: 3}
)

// visible20 is what 2.0 lists for each kind of dataset, written down from the
// sources of that release.
var visible20 = map[DatasetType]string{
	TypeFilesystem: "type creation used available referenced compressratio mounted origin quota reservation recordsize " +
		"mountpoint sharenfs checksum compression atime devices exec setuid readonly zoned snapdir aclmode aclinherit " +
		"createtxg canmount xattr copies version utf8only normalization casesensitivity vscan nbmand sharesmb refquota " +
		"refreservation guid primarycache secondarycache usedbysnapshots usedbydataset usedbychildren " +
		"usedbyrefreservation logbias objsetid dedup mlslabel sync dnodesize refcompressratio written logicalused " +
		"logicalreferenced volmode filesystem_limit snapshot_limit filesystem_count snapshot_count snapdev acltype " +
		"context fscontext defcontext rootcontext relatime redundant_metadata overlay receive_resume_token encryption " +
		"keylocation keyformat pbkdf2iters encryptionroot keystatus special_small_blocks redact_snaps",
	TypeVolume: "type creation used available referenced compressratio origin reservation volsize volblocksize checksum " +
		"compression readonly createtxg copies refreservation guid primarycache secondarycache usedbysnapshots " +
		"usedbydataset usedbychildren usedbyrefreservation logbias objsetid dedup mlslabel sync refcompressratio written " +
		"logicalused logicalreferenced volmode snapshot_limit snapshot_count snapdev context fscontext defcontext " +
		"rootcontext redundant_metadata receive_resume_token encryption keylocation keyformat pbkdf2iters " +
		"encryptionroot keystatus redact_snaps",
	TypeSnapshot | TypeFilesystem: "type creation used referenced compressratio devices exec setuid createtxg xattr " +
		"version utf8only normalization casesensitivity nbmand guid primarycache secondarycache defer_destroy userrefs " +
		"objsetid mlslabel refcompressratio written clones logicalreferenced acltype context fscontext defcontext " +
		"rootcontext encryption encryptionroot keystatus redact_snaps",
	TypeSnapshot | TypeVolume: "type creation used referenced compressratio volsize createtxg guid primarycache " +
		"secondarycache defer_destroy userrefs objsetid mlslabel refcompressratio written clones logicalreferenced " +
		"context fscontext defcontext rootcontext encryption encryptionroot keystatus redact_snaps",
	TypeBookmark: "type creation referenced compressratio createtxg guid logicalreferenced redact_snaps",
}

func TestVisibleProps(t *testing.T) {
	const defaults = " defaultuserquota defaultgroupquota defaultprojectquota defaultuserobjquota defaultgroupobjquota defaultprojectobjquota"
	added22 := map[DatasetType]string{TypeFilesystem: " snapshots_changed", TypeVolume: " snapshots_changed"}
	added23 := map[DatasetType]string{
		TypeFilesystem: " snapshots_changed prefetch direct longname", TypeVolume: " snapshots_changed prefetch volthreading",
		TypeSnapshot | TypeFilesystem: " prefetch", TypeSnapshot | TypeVolume: " prefetch",
	}
	added24 := map[DatasetType]string{
		TypeFilesystem: added23[TypeFilesystem] + defaults, TypeVolume: added23[TypeVolume],
		TypeSnapshot | TypeFilesystem: " prefetch" + defaults, TypeSnapshot | TypeVolume: " prefetch",
	}
	addedMaster := maps.Clone(added24)
	addedMaster[TypeFilesystem] += " snapshots_changed_nsecs zoned_uid"
	addedMaster[TypeVolume] += " snapshots_changed_nsecs"
	for _, tt := range []struct {
		rel   ioctl.Release
		added map[DatasetType]string
	}{
		{oldestRelease, nil},
		{v2111, nil},
		{ioctl.Release{Major: 2, Minor: 2, Patch: 3}, added22},
		{v239, added23},
		{v244, added24},
		{release.Master, addedMaster},
		{ioctl.Release{}, addedMaster},
		{futureRelease, addedMaster},
	} {
		for typ, base := range visible20 {
			want := base + tt.added[typ]
			if typ == TypeVolume && (tt.rel.IsZero() || tt.rel.AtLeast(release.V2_4)) {
				// The only one that came to apply to more kinds.
				want = strings.Replace(want, " redact_snaps", " special_small_blocks redact_snaps", 1)
			}
			var got []string
			for _, p := range Visible(typ, tt.rel) {
				got = append(got, string(p))
			}
			if diff := cmp.Diff(strings.Fields(want), got); diff != "" {
				t.Errorf("%v of %v (-want +got):\n%s", typ, tt.rel, diff)
			}
		}
	}
	if got := Visible(0, v244); len(got) != 0 {
		t.Errorf("no type at all: %v", got)
	}
}

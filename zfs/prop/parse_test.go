package prop

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
)

func TestParseSize(t *testing.T) {
	const kib = 1 << 10
	for text, want := range map[string]uint64{
		"0": 0, "1": 1, "00010": 10, "512B": 512, "512b": 512, "1k": kib, "1K": kib, "1kB": kib, "1KiB": kib, "1kib": kib,
		"10G": 10 << 30, "1.5T": 3 << 39, "1.5TiB": 3 << 39, ".5M": 1 << 19, "5.": 5, "5.k": 5 * kib, "0.1K": 102,
		"1P": 1 << 50, "15E": 15 << 60, "0.001Z": 1180591620717411328, "1.1G": 1181116006,
		"18446744073709551615": math.MaxUint64, "16777215T": 16777215 << 40, "2.9": 2,
	} {
		if got, allowed := ParseSize(text); allowed != "" || got != want {
			t.Errorf("parseSize(%q) = %d, %q, want %d", text, got, allowed, want)
		}
	}
	for text, want := range map[string]string{
		"": "want a number", ".": "want a number", "G": "want a number", "-1": "want a number", "+1": "want a number",
		" 1": "want a number", "1 ": "want a number", "1 G": "want a number", "1GG": "want a number",
		"1BB": "want a number", "1BiB": "want a number", "1Gi": "want a number", "1GIBS": "want a number",
		"1.2.3": "want a number", "..": "want a number", "1.5e3": "want a number", "0x10": "want a number",
		"1Y": "want a number", "1G\x00": "want a number", "1Gıb": "want a number", "\u0661": "want a number", "1\u212a": "want a number",
		"nan": "want a number", "inf": "want a number",
		"18446744073709551616": "below 2^64", "16E": "below 2^64", "16.0E": "below 2^64", "1Z": "below 2^64", "0Z": "below 2^64",
		"18446744073709551615.5": "below 2^64", strings.Repeat("9", 400): "below 2^64", strings.Repeat("9", 400) + ".": "below 2^64",
	} {
		if got, allowed := ParseSize(text); !strings.Contains(allowed, want) {
			t.Errorf("parseSize(%.40q) = %d, %q, want %q", text, got, allowed, want)
		}
	}
}

func TestParse(t *testing.T) {
	num, text := Uint64, String
	long := strings.Repeat("x", MaxValue-1)
	for _, tt := range []struct {
		prop Prop
		text string
		rel  ioctl.Release
		want Value
	}{
		{Quota, "10G", v244, num(10 << 30)},
		{Quota, "none", v244, num(0)},
		{Reservation, "0", v244, num(0)},
		{Reservation, "none", v244, num(0)},
		{RefReservation, "auto", v244, num(AutoReservation)},
		{RefReservation, "none", v244, num(0)},
		{VolSize, "1.5T", v244, num(3 << 39)},
		{VolBlockSize, "16K", v244, num(16384)},
		{RecordSize, "512", v244, num(512)},
		{RecordSize, "16M", v244, num(16 << 20)},
		{SpecialSmallBlocks, "0", v239, num(0)},
		{SpecialSmallBlocks, "32K", v239, num(32 << 10)},
		{SpecialSmallBlocks, "3000", v244, num(3000)},
		{FilesystemLimit, "none", v244, num(math.MaxUint64)},
		{SnapshotLimit, "0", v244, num(0)},
		{DefaultUserQuota, "none", v244, num(0)},
		{PBKDF2Iters, "100000", v244, num(100000)},
		{PBKDF2Iters, "350K", v244, num(358400)},
		{Compression, "zstd-7", v244, num(912)},
		{Compression, "gzip-6", v244, num(10)},
		{Xattr, "on", v2111, num(1)},
		{Xattr, "on", v239, num(2)},
		{Xattr, "on", ioctl.Release{}, num(2)},
		{Version, "current", v244, num(5)},
		{Copies, "2", v244, num(2)},
		{Encryption, "on", v244, num(1)},
		{Mountpoint, "/srv//data/", v244, text("/srv//data/")},
		{Mountpoint, "/", v244, text("/")},
		{Mountpoint, "legacy", v244, text("legacy")},
		{KeyLocation, "file:///etc/key", oldestRelease, text("file:///etc/key")},
		{KeyLocation, "https://host/key", v2111, text("https://host/key")},
		{KeyLocation, "prompt", v244, text("prompt")},
		{ShareNFS, "rw=@10.0.0.0/8", v244, text("rw=@10.0.0.0/8")},
		{Context, "", v244, text("")},
		{"com.example:x", "", v244, text("")},
		{"com.example:x", long, v244, text(long)},
		{"userquota@alice", "1T", v244, num(1 << 40)},
		{"groupobjquota@users", "none", v244, num(0)},
	} {
		got, err := Parse(tt.prop, tt.text, tt.rel)
		if err != nil || !got.Equal(tt.want) {
			t.Errorf("Parse(%s, %.40q, %v) = %v, %v, want %.40v", tt.prop, tt.text, tt.rel, got, err, tt.want)
		}
	}
}

func TestParsePropValueErrors(t *testing.T) {
	for _, tt := range []struct {
		prop Prop
		text string
		rel  ioctl.Release
		want string // part of what is allowed
	}{
		{Quota, "0", v244, "above 0, or none"},
		{RefQuota, "10X", v244, "or none"},
		{Quota, "-1", v244, "want a number"},
		{Quota, "auto", v244, "want a number"},
		{RefReservation, "much", v244, "auto for a volume"},
		{RefReservation, "18446744073709551615", v244, "below 16E"},
		{VolSize, "0", v244, "above 0"},
		{VolSize, "none", v244, "want a number"},
		{VolBlockSize, "auto", v244, "want a number"},
		{RecordSize, "none", v244, "want a number"},
		{RecordSize, "256", v244, "power of two"},
		{RecordSize, "32M", v244, "power of two"},
		{RecordSize, "100K", v244, "power of two"},
		{SpecialSmallBlocks, "3000", v239, "power of two"},
		{SpecialSmallBlocks, "17M", v244, "0 to 16M"},
		{FilesystemLimit, "many", v244, "or none"},
		{PBKDF2Iters, "99999", v244, "at least 100000"},
		{Compression, "zstd-20", v244, "zstd-fast-1000"},
		{Compression, "", v244, "one of on, off"},
		{Compression, "15", v244, "one of on, off"},
		{Checksum, "blake3", v2111, "skein, edonr"},
		{Atime, "yes", v244, "one of off, on"},
		{Mountpoint, "srv", v244, "absolute path"},
		{Mountpoint, "", v244, "absolute path"},
		{Mountpoint, "/" + strings.Repeat("x", 256), v244, "255 bytes"},
		{Mountpoint, "/a\x00b", v244, "NUL"},
		{KeyLocation, "file://etc/key", v244, "file:///PATH"},
		{KeyLocation, "file:///", v244, "file:///PATH"},
		{KeyLocation, "https://host/key", oldestRelease, "file:///PATH"},
		{KeyLocation, "file:///a\x00b", v244, "NUL"},
		{Used, "1", v244, "read-only"},
		{Mounted, "yes", v244, "read-only"},
		{Direct, "always", v2111, "since 2.3.0"},
		{"com.example:x", strings.Repeat("x", MaxValue), v244, "at most 8191 bytes"},
		{"com.example:x", "a\x00b", v244, "NUL"},
		{"userused@alice", "1", v244, "read-only"},
		{"userquota@alice", "lots", v244, "or none"},
		{"written@x", "1", v244, "read-only"},
	} {
		_, err := Parse(tt.prop, tt.text, tt.rel)
		var bad *Error
		if !errors.As(err, &bad) || bad.Prop != tt.prop || bad.Value != tt.text {
			t.Errorf("Parse(%s, %.40q): error %v does not name both", tt.prop, tt.text, err)
			continue
		}
		if !strings.Contains(bad.Allowed, tt.want) || !strings.Contains(err.Error(), string(tt.prop)+"=") || len(err.Error()) > 1500 {
			t.Errorf("Parse(%s, %.40q) = %v, want %q", tt.prop, tt.text, err, tt.want)
		}
	}
	if _, err := Parse("nonsense", "1", v244); err == nil || !strings.Contains(err.Error(), "none of the known releases") {
		t.Errorf("an unknown property: %v", err)
	}
}

// FuzzParsePropValue checks that whatever is accepted is a value that prints as
// something that is read as the same value again.
func FuzzParse(f *testing.F) {
	props := []Prop{"com.example:x", "userquota@alice", "written@x", "nonsense"}
	for info := range All() {
		props = append(props, info.Name)
	}
	for i, text := range []string{"none", "auto", "on", "10G", "1.5TiB", "/srv", "file:///k", "zstd-fast-1000", "sha256,verify", "0"} {
		for j := range props {
			f.Add(uint8(j), uint8(i), text)
		}
	}
	f.Fuzz(func(t *testing.T, property, release uint8, text string) {
		p, rels := props[int(property)%len(props)], releases()
		rel := rels[int(release)%len(rels)]
		v, err := Parse(p, text, rel)
		if err != nil {
			if !v.IsZero() {
				t.Fatalf("%s=%q: value %v beside error %v", p, text, v, err)
			}
			return
		}
		printed := Format(p, v, rel)
		again, err := Parse(p, printed, rel)
		switch {
		case v.Kind() == ValueString:
			if printed != text || v.String() != text {
				t.Fatalf("%s=%q became %q", p, text, printed)
			}
		case v.Uint64() == 0 && (p == Quota || p == RefQuota):
			// They print 0 and want "none", as zfs(8) does.
			if err == nil {
				t.Fatalf("%s=0 was accepted", p)
			}
		case p == RefReservation && v.Uint64() == AutoReservation:
			if text != "auto" {
				t.Fatalf("%s=%q became auto", p, text)
			}
		case err != nil || !again.Equal(v):
			t.Fatalf("%s=%q in %v: %v prints as %q, which reads as %v, %v", p, text, rel, v, printed, again, err)
		}
	})
}

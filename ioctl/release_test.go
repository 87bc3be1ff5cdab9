package ioctl

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseRelease(t *testing.T) {
	tests := []struct {
		name, in string
		want     Release
		ok       bool
	}{
		{"plain", "2.4.4", Release{2, 4, 4}, true},
		{"debian backport", "2.4.4-1~bpo13+1", Release{2, 4, 4}, true},
		{"debian stable", "2.1.11-1+deb12u1", Release{2, 1, 11}, true},
		{"tag", "zfs-2.3.9", Release{2, 3, 9}, true},
		{"module", "zfs-kmod-2.4.4-1", Release{2, 4, 4}, true},
		{"letter", "v2.0.3-9", Release{2, 0, 3}, true},
		{"development", "2.4.99-123_g0123abc", Release{2, 4, 99}, true},
		{"release candidate", "2.3.0-rc5", Release{2, 3, 0}, true},
		{"without patch", "2.2", Release{2, 2, 0}, true},
		{"newline", "2.0.3-9\n", Release{2, 0, 3}, true},
		{"empty", "", Release{}, false},
		{"one number", "2", Release{}, false},
		{"four numbers", "2.1.2.3", Release{}, false},
		{"empty part", "2..3", Release{}, false},
		{"words", "unknown", Release{}, false},
		{"negative", "2.-1.0", Release{}, false},
		{"overflow", "2.0.99999999999999999999", Release{}, false},
		{"sign only", "-", Release{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseRelease(tt.in)
			if (err == nil) != tt.ok {
				t.Fatalf("ParseRelease(%q): error %v, want success %v", tt.in, err, tt.ok)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ParseRelease(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestReleaseOrder(t *testing.T) {
	// Each is older than the next.
	ascending := []Release{{}, {0, 8, 6}, {2, 0, 0}, {2, 0, 3}, {2, 1, 0}, {2, 1, 11}, {2, 4, 99}, {10, 0, 0}}
	for i, a := range ascending {
		for j, b := range ascending {
			if got, want := a.AtLeast(b), i >= j; got != want {
				t.Errorf("%v.AtLeast(%v) = %v, want %v", a, b, got, want)
			}
			if got, want := a.Compare(b) < 0, i < j; got != want {
				t.Errorf("%v.Compare(%v) < 0 is %v, want %v", a, b, got, want)
			}
		}
	}
}

func TestReleaseString(t *testing.T) {
	tests := map[string]Release{
		"unknown": {},
		"2.4.99":  {2, 4, 99},
		"0.8.0":   {0, 8, 0},
	}
	for want, r := range tests {
		if got := r.String(); got != want {
			t.Errorf("%#v.String() = %q, want %q", r, got, want)
		}
		if got, want := r.IsZero(), want == "unknown"; got != want {
			t.Errorf("%v.IsZero() = %v, want %v", r, got, want)
		}
	}
}

func FuzzParseRelease(f *testing.F) {
	for _, s := range []string{"2.4.4-1~bpo13+1", "zfs-2.3.9", "2.2", "", "..", "v65535.0.65536"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRelease(s)
		if err != nil || r.IsZero() {
			return
		}
		again, err := ParseRelease(r.String())
		if err != nil || again != r {
			t.Errorf("ParseRelease(%q) = %v, which is read as %v, %v", s, r, again, err)
		}
	})
}

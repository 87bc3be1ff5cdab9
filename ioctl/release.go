package ioctl

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// A Release is an OpenZFS release, such as 2.4.4.
//
// The zero value means "unknown". Releases explain errors and justify skipped tests.
// They never decide whether a call is made: distributions backport changes without
// changing the number, so only the module's own answer counts.
type Release struct{ Major, Minor, Patch int }

// ParseRelease reads a release as modules, packages and tags write it:
// "2.4.4-1~bpo13+1", "zfs-kmod-2.3.9-1", "v2.0.3", "2.2". A missing patch level is
// 0. Text after the numbers that begins with '-', '~', '+', '_' or a space is
// ignored. The error describes the text that cannot be parsed.
func ParseRelease(s string) (Release, error) {
	text := strings.TrimPrefix(strings.TrimSpace(s), "zfs-")
	text = strings.TrimPrefix(strings.TrimPrefix(text, "kmod-"), "v")
	if i := strings.IndexAny(text, "-~+_ "); i >= 0 {
		text = text[:i]
	}
	parts := strings.Split(text, ".")
	if len(parts) < 2 || len(parts) > 3 {
		return Release{}, fmt.Errorf("ioctl: release %q: want MAJOR.MINOR[.PATCH]", s)
	}
	var n [3]int
	for i, part := range parts {
		// 16 bits are enough, and the output of String can be parsed again.
		v, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return Release{}, fmt.Errorf("ioctl: release %q: %q is not a number below 65536", s, part)
		}
		n[i] = int(v)
	}
	return Release{Major: n[0], Minor: n[1], Patch: n[2]}, nil
}

// AtLeast reports whether r is o or newer.
func (r Release) AtLeast(o Release) bool { return r.Compare(o) >= 0 }

// Compare returns -1, 0 or 1 if r is older than, the same as, or newer than o.
func (r Release) Compare(o Release) int {
	return cmp.Or(
		cmp.Compare(r.Major, o.Major),
		cmp.Compare(r.Minor, o.Minor),
		cmp.Compare(r.Patch, o.Patch),
	)
}

// IsZero reports whether r is the zero value, an unknown release.
func (r Release) IsZero() bool { return r == Release{} }

// String returns the release as three numbers, and "unknown" for the zero value.
func (r Release) String() string {
	if r.IsZero() {
		return "unknown"
	}
	return fmt.Sprintf("%d.%d.%d", r.Major, r.Minor, r.Patch)
}

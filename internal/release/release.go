// Package release names the OpenZFS releases with new features.
package release

import (
	"slices"

	"github.com/purezfs/purezfs/ioctl"
)

// The releases. They are read-only.
var (
	V2_0_5 = ioctl.Release{Major: 2, Minor: 0, Patch: 5}
	V2_1   = ioctl.Release{Major: 2, Minor: 1}
	V2_1_3 = ioctl.Release{Major: 2, Minor: 1, Patch: 3}
	V2_1_7 = ioctl.Release{Major: 2, Minor: 1, Patch: 7}
	V2_2   = ioctl.Release{Major: 2, Minor: 2}
	V2_2_4 = ioctl.Release{Major: 2, Minor: 2, Patch: 4}
	V2_3   = ioctl.Release{Major: 2, Minor: 3}
	V2_4   = ioctl.Release{Major: 2, Minor: 4}
	// Master is what a build of OpenZFS's main branch reports; no release has it yet.
	Master = ioctl.Release{Major: 2, Minor: 4, Patch: 99}
)

// Tested are the releases that the tests run on, oldest first, each standing for those
// with the same first two numbers.
var Tested = [...]ioctl.Release{{Major: 2}, V2_1, V2_3, V2_4}

// A Place says where a release is, seen from those that are tested.
type Place uint8

// The places of a release.
const (
	Unknown Place = iota
	Older         // older than all that are tested
	Between       // between two that are tested
	Among         // one that is tested
	Newer         // newer than all that are tested
)

// PlaceOf returns the place of a release; the zero release has none that is known.
func PlaceOf(rel ioctl.Release) Place {
	line := ioctl.Release{Major: rel.Major, Minor: rel.Minor}
	switch newest := Tested[len(Tested)-1]; {
	case rel.IsZero():
		return Unknown
	case slices.Contains(Tested[:], line) && rel.Patch < Master.Patch:
		return Among
	case !line.AtLeast(Tested[0]):
		return Older
	case rel.AtLeast(newest):
		return Newer
	}
	return Between
}

// Has reports whether release rel has what came with release since. The zero rel
// stands for the newest one.
func Has(rel, since ioctl.Release) bool { return rel.IsZero() || rel.AtLeast(since) }

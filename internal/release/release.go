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

// Has reports whether release rel is at least release since. The zero rel means
// the newest one.
func Has(rel, since ioctl.Release) bool { return rel.IsZero() || rel.AtLeast(since) }

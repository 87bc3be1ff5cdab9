package prop

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
)

// noValue is the text that zfs(8) prints for a missing value.
const noValue = "-"

// Format writes the value of p as zfs get -Hp of release rel does: plain numbers,
// the names of index values, ratios with two decimals, "-" for a value that is
// absent. The zero release means the newest one. Numbers of an index property that
// have no name are written in decimal.
//
// It formats only v itself: MountpointPath returns the path of an inherited
// mountpoint, and MountOverride the value that a mount option overrides.
func Format(p Prop, v Value, rel ioctl.Release) string {
	text, ok := Shown(p, v, rel)
	if !ok && v.Kind() == ValueNumber && v.Uint64() != 0 {
		return v.String()
	}
	if !ok {
		return noValue
	}
	return text
}

// Shown is Format that distinguishes the text "-" from an absent value. zfs get all
// skips a property if ok is false.
func Shown(p Prop, v Value, rel ioctl.Release) (text string, ok bool) {
	if v.IsZero() {
		return "", false
	}
	switch p {
	case Mounted:
		return yesNo(v), true
	case Type:
		return kernelTypeName(v)
	case CompressRatio, RefCompressRatio:
		return formatRatio(v.Uint64()), true
	case FilesystemLimit, SnapshotLimit, FilesystemCount, SnapshotCount:
		return formatLimit(v.Uint64(), rel), true
	case SnapshotsChanged, SnapshotsChangedNsecs:
		return v.String(), v.Uint64() != 0
	case RedactSnaps:
		return formatRedactSnaps(v), true
	case Clones:
		// Until 2.0.4 an empty list was an answer.
		return v.String(), v.String() != "" || !release.Has(rel, release.V2_0_5)
	}
	if row, known := row(p); known && row.Kind == KindIndex && v.Kind() == ValueNumber {
		return row.ValueName(v.Uint64(), rel)
	}
	return v.String(), true
}

// yesNo formats a flag that zfs(8) does not print as on or off.
func yesNo(v Value) string {
	if v.Kind() == ValueString {
		return v.String()
	}
	if v.Uint64() != 0 {
		return "yes"
	}
	return "no"
}

// kernelTypeName formats the kind of a dataset. The kernel's number distinguishes
// filesystems from volumes; only the name identifies a snapshot or a bookmark.
func kernelTypeName(v Value) (string, bool) {
	if v.Kind() == ValueString {
		return v.String(), true
	}
	switch v.Uint64() {
	case 2:
		return TypeFilesystem.String(), true
	case 3:
		return TypeVolume.String(), true
	}
	return "", false
}

// formatRatio formats hundredths: 250 is 2.50.
func formatRatio(n uint64) string {
	return fmt.Sprintf("%d.%02d", n/100, n%100)
}

// formatLimit formats a count whose highest value means no limit, or not counted.
// Releases before 2.2 print that value as a number.
func formatLimit(n uint64, rel ioctl.Release) string {
	if n == math.MaxUint64 && release.Has(rel, release.V2_2) {
		return "none"
	}
	return strconv.FormatUint(n, 10)
}

// formatRedactSnaps formats a list of guids. An empty list means that the dataset is
// not redacted.
func formatRedactSnaps(v Value) string {
	if text := v.String(); text != "" {
		return text
	}
	return "none"
}

// MountpointPath returns the path that zfs get shows for mountpoint. value is the
// property's value and setOn the dataset that it is set on: dataset itself if it is
// local or received, an ancestor if it is inherited, "" if it is the default.
// altroot is the pool's, or "" or "-". "legacy" and "none" are returned unchanged.
func MountpointPath(dataset, value, setOn, altroot string) string {
	if !strings.HasPrefix(value, "/") {
		return value
	}
	relative := strings.TrimPrefix(strings.TrimPrefix(dataset, setOn), "/")
	if altroot == noValue || altroot == "/" {
		altroot = ""
	}
	// A path of "/" alone would cause a double slash or a trailing one.
	if value == "/" && (altroot != "" || relative != "") {
		value = ""
	}
	if relative == "" {
		return altroot + value
	}
	return altroot + value + "/" + relative
}

// MountOptions returns the mount options for a property that is on or off.
func MountOptions(p Prop) (on, off string, ok bool) {
	switch p {
	case Atime:
		return "atime", "noatime", true
	case Relatime:
		return "relatime", "norelatime", true
	case Devices:
		return "dev", "nodev", true
	case Exec:
		return "exec", "noexec", true
	case Readonly:
		return "ro", "rw", true
	case SetUID:
		return "suid", "nosuid", true
	case Xattr:
		return "xattr", "noxattr", true
	case NBMand:
		return "mand", "nomand", true
	}
	return "", "", false
}

// MountOverride returns the value that zfs get shows for p if the dataset is mounted
// with options (the comma-separated field of /proc/self/mounts; "" if it is not
// mounted) and its property has the value v. changed reports whether an option
// overrides the property; the source is then "temporary".
func MountOverride(p Prop, v Value, options string) (shown Value, changed bool) {
	on, off, ok := MountOptions(p)
	if !ok {
		return v, false
	}
	set := v.Uint64() != 0
	for option := range strings.SplitSeq(options, ",") {
		name, _, _ := strings.Cut(option, "=")
		if name == on && !set {
			return Uint64(1), true
		}
		if name == off && set {
			return Uint64(0), true
		}
	}
	return v, false
}

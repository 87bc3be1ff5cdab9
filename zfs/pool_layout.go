package zfs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/internal/enum"
	"github.com/purezfs/purezfs/zfs/prop"
)

// LayoutKind is the redundancy of one part of a pool.
type LayoutKind uint8

// The kinds of parts.
const (
	LayoutSingle LayoutKind = iota // one disk or file
	LayoutMirror                   // copies
	LayoutRaidz                    // parity, in stripes of varying width
	LayoutDraid                    // parity and spares, distributed over all devices
)

// String returns the kernel's name: "mirror", "raidz", "draid", or "single", for
// which the kernel has no name.
func (k LayoutKind) String() string { return enum.Name(k, "single", "mirror", "raidz", "draid") }

// LayoutClass is the use of a part of a pool.
type LayoutClass uint8

// The classes of parts.
const (
	ClassNormal  LayoutClass = iota // data, and everything without a part of another class
	ClassLog                        // the intent log
	ClassSpecial                    // metadata and small blocks
	ClassDedup                      // the deduplication table
)

// String returns the kernel's name, or "normal", for which the kernel has no
// name.
func (c LayoutClass) String() string { return enum.Name(c, "normal", "log", "special", "dedup") }

// The limits in all releases.
const (
	maxParity        = 3
	maxChildren      = 255
	maxDraidSpares   = 100
	draidGroupData   = 8
	maxDevicePathLen = 4095
)

// LayoutVdev is one part of a pool, a top-level vdev. The pool spreads its data
// over its parts.
type LayoutVdev struct {
	Kind  LayoutKind
	Class LayoutClass
	// Devices are the absolute paths of disks and files, one for LayoutSingle.
	// The type of each is found by looking at it.
	Devices []string
	// Parity is the number of devices that may fail, for raidz and draid; zero is
	// 1.
	Parity int
	// Data is the number of data devices in each stripe, and Spares the number of
	// distributed spares, both for draid. Zero data is as many as the devices
	// allow, at most 8.
	Data, Spares int
	// Ashift is the base-2 logarithm of the smallest write in bytes, from 9 to
	// 16; with zero it depends on the devices.
	Ashift int
}

// Layout is the devices of a pool, or of an addition to one.
type Layout struct {
	Vdevs []LayoutVdev
	// Spares replace devices that fail, Cache devices hold copies of data that is
	// read often. Both are absolute paths.
	Spares, Cache []string
}

// features returns the pool features that a layout needs.
func (l *Layout) features() (features []string) {
	for _, v := range l.Vdevs {
		if v.Class == ClassSpecial || v.Class == ClassDedup {
			features = append(features, "allocation_classes")
		}
		if v.Kind == LayoutDraid {
			features = append(features, "draid")
		}
	}
	slices.Sort(features)
	return slices.Compact(features)
}

// LayoutError is an error of one part of a layout.
type LayoutError struct {
	// Vdev is the part in the notation of zpool(8): "mirror-0", "raidz2-1", or
	// the path of a single device; "spares" or "cache". It is empty for the whole
	// layout.
	Vdev string
	// Device is the path of the device, or empty if the error is not about one
	// device.
	Device string
	Reason string
	// Forced reports whether PoolCreateOptions.Force and the like allow it.
	Forced bool

	err error // the cause, or nil
}

// Error returns the part, the device and the reason.
func (e *LayoutError) Error() string {
	var b strings.Builder
	b.WriteString(ErrInvalidLayout.Error())
	if e.Vdev != "" && e.Vdev != e.Device {
		b.WriteString(": " + e.Vdev)
	}
	if e.Device != "" {
		b.WriteString(": " + e.Device)
	}
	b.WriteString(": " + e.Reason)
	if e.Forced {
		b.WriteString("; it can be forced")
	}
	return b.String()
}

// Unwrap returns ErrInvalidLayout and the cause.
func (e *LayoutError) Unwrap() []error {
	if e.err == nil {
		return []error{ErrInvalidLayout}
	}
	return []error{ErrInvalidLayout, e.err}
}

// parity returns the number of devices that may fail.
func (v *LayoutVdev) parity() int {
	switch v.Kind {
	case LayoutMirror:
		return len(v.Devices) - 1
	case LayoutRaidz, LayoutDraid:
		return max(v.Parity, 1)
	}
	return 0
}

// data returns the number of data devices of a draid stripe.
func (v *LayoutVdev) data() int {
	if v.Data != 0 {
		return v.Data
	}
	return min(len(v.Devices)-v.Spares-v.parity(), draidGroupData)
}

// groups returns the number of stripes that fill whole rows of a draid's devices.
func (v *LayoutVdev) groups() int {
	width, drives := v.data()+v.parity(), len(v.Devices)-v.Spares
	n := 1
	for n*width%drives != 0 {
		n++
	}
	return n
}

// name returns the name of the part in zpool(8). It is the i-th of the pool.
func (v *LayoutVdev) name(i int) string {
	switch v.Kind {
	case LayoutSingle:
		if len(v.Devices) == 1 {
			return v.Devices[0]
		}
		return fmt.Sprintf("disk-%d", i)
	case LayoutMirror:
		return fmt.Sprintf("mirror-%d", i)
	}
	return fmt.Sprintf("%s%d-%d", v.Kind, v.parity(), i)
}

// Check checks the layout of a new pool, without looking at the devices. The
// error is a *LayoutError.
func (l *Layout) Check() error {
	normal := slices.ContainsFunc(l.Vdevs, func(v LayoutVdev) bool { return v.Class == ClassNormal })
	if !normal {
		return &LayoutError{Reason: "there is no device for data"}
	}
	return l.check()
}

// check checks a layout that need not be a whole pool.
func (l *Layout) check() error {
	if len(l.Vdevs)+len(l.Spares)+len(l.Cache) == 0 {
		return &LayoutError{Reason: "there is no device"}
	}
	seen := make(map[string]bool)
	for i := range l.Vdevs {
		v := &l.Vdevs[i]
		reason := v.check()
		if reason != "" {
			return &LayoutError{Vdev: v.name(i), Reason: reason}
		}
		if err := checkPaths(v.name(i), v.Devices, seen); err != nil {
			return err
		}
	}
	if err := checkPaths("spares", l.Spares, seen); err != nil {
		return err
	}
	return checkPaths("cache", l.Cache, seen)
}

// check returns what is wrong with the part, or "".
func (v *LayoutVdev) check() string {
	n := len(v.Devices)
	switch {
	case v.Ashift != 0 && (v.Ashift < prop.MinAshift || v.Ashift > prop.MaxAshift):
		return fmt.Sprintf("ashift is %d, want %d to %d", v.Ashift, prop.MinAshift, prop.MaxAshift)
	case v.Class > ClassDedup || v.Kind > LayoutDraid:
		return "unknown kind or class"
	case v.Kind == LayoutSingle && n != 1:
		return fmt.Sprintf("it has %d devices, want 1", n)
	case v.Class == ClassLog && v.Kind > LayoutMirror:
		return "a log can only be single devices and mirrors"
	case v.Kind < LayoutRaidz && v.Parity != 0:
		return "parity is for raidz and draid"
	case v.Kind != LayoutDraid && (v.Data != 0 || v.Spares != 0):
		return "numbers of data devices and spares are for draid"
	case v.Kind == LayoutMirror && n < 2:
		return fmt.Sprintf("it has %d devices, want at least 2", n)
	case v.Parity < 0 || v.Parity > maxParity:
		return fmt.Sprintf("parity is %d, want 1 to %d", v.Parity, maxParity)
	case v.Kind == LayoutRaidz && n <= v.parity():
		return fmt.Sprintf("it has %d devices, want at least %d", n, v.parity()+1)
	case v.Kind >= LayoutRaidz && n > maxChildren:
		return fmt.Sprintf("it has %d devices, want at most %d", n, maxChildren)
	case v.Kind == LayoutDraid:
		return v.checkDraid()
	}
	return ""
}

// checkDraid returns what is wrong with the numbers of a draid, or "".
func (v *LayoutVdev) checkDraid() string {
	n := len(v.Devices)
	need := max(v.Data, 1) + v.parity() + v.Spares
	switch {
	case v.Data < 0 || v.Spares < 0:
		return "a number is negative"
	case v.Spares > maxDraidSpares:
		return fmt.Sprintf("it has %d spares, want at most %d", v.Spares, maxDraidSpares)
	case n < need || n < 2:
		return fmt.Sprintf("it has %d devices, want at least %d for data, parity and spares", n, max(need, 2))
	}
	return ""
}

// checkPaths checks paths, and adds them to seen.
func checkPaths(vdev string, paths []string, seen map[string]bool) error {
	for _, path := range paths {
		reason := ""
		switch {
		case path == "":
			reason = "a path is empty"
		case path[0] != '/':
			reason = "the path is not absolute"
		case strings.IndexByte(path, 0) >= 0:
			reason = "the path has a NUL"
		case len(path) > maxDevicePathLen:
			path, reason = path[:32]+"...", "the path is too long"
		case seen[path]:
			reason = "the device is given twice"
		}
		if reason != "" {
			return &LayoutError{Vdev: vdev, Device: path, Reason: reason}
		}
		seen[path] = true
	}
	return nil
}

// checkRedundancy finds parts for data that survive fewer failures than others:
// the pool is only as safe as its weakest part. A mirror of n counts as a raidz
// with parity n-1.
func checkRedundancy(parts []redundancy) error {
	for _, p := range parts {
		first := parts[0]
		if p.class != ClassLog && first.class != ClassLog && p.parity != first.parity {
			return &LayoutError{Vdev: p.name, Forced: true,
				Reason: fmt.Sprintf("it survives %d failures of devices, %s %d", p.parity, first.name, first.parity)}
		}
	}
	return nil
}

// redundancy is the number of failures that a part survives.
type redundancy struct {
	name   string
	class  LayoutClass
	parity int
}

// redundancies returns those of the parts for data, not for logs.
func (l *Layout) redundancies() (all []redundancy) {
	for i := range l.Vdevs {
		v := &l.Vdevs[i]
		if v.Class != ClassLog {
			all = append(all, redundancy{v.name(i), v.Class, v.parity()})
		}
	}
	return all
}

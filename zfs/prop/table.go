package prop

import (
	"github.com/purezfs/purezfs/internal/enum"
	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
)

// A Kind is the form in which the kernel stores a property.
type Kind uint8

// The kinds of property.
const (
	KindNumber Kind = iota // an unsigned integer
	KindString             // text
	KindIndex              // an integer with a name from a list
)

// String returns "number", "string" or "index".
func (k Kind) String() string {
	return enum.Name(k, "number", "string", "index")
}

// An Attr is whether a property can be set, when, and whether descendants inherit
// it.
type Attr uint8

// The attributes of a property.
const (
	AttrReadOnly    Attr = iota // cannot be set
	AttrInherit                 // can be set, descendants inherit
	AttrDefault                 // can be set, descendants have the default
	AttrOnce                    // set at creation only, descendants inherit
	AttrOnceDefault             // set at creation only, not inherited
)

// String returns the attribute in words.
func (a Attr) String() string {
	return enum.Name(a, "read-only", "inherited", "not inherited", "set once", "set once, not inherited")
}

// A Unit is the unit of a number.
type Unit uint8

// The units of numbers.
const (
	UnitNone        Unit = iota // not a number, or an index
	UnitBytes                   // bytes
	UnitCount                   // things: snapshots, holds, objects, rounds
	UnitRatio                   // hundredths: 250 is 2.50
	UnitSeconds                 // seconds since 1970
	UnitTXG                     // transaction group
	UnitID                      // identity without order
	UnitFlag                    // 0 or 1
	UnitNanoseconds             // nanoseconds since 1970
)

// String returns the unit's name.
func (u Unit) String() string {
	return enum.Name(u, "none", "bytes", "count", "ratio", "seconds", "txg", "id", "flag", "nanoseconds")
}

// A From is the place where the value of a property is read.
type From uint8

// The places where values are read. Only values of FromStats have sources and
// defaults.
const (
	FromStats  From = iota // the dataset's list of properties
	FromZPL                // a separate call that opens the filesystem
	FromMounts             // the system's table of mounts
	FromHandle             // the dataset's name and statistics
)

// String returns the place's name.
func (f From) String() string {
	return enum.Name(f, "stats", "zpl", "mounts", "handle")
}

// An IndexValue is one name of an index property, with its number. Several names may
// share a number; the first one in the list is printed.
type IndexValue struct {
	Name   string
	Number uint64

	// Since is the first release with the name, and Until the first later release
	// without it. The zero release means no bound.
	Since, Until ioctl.Release
}

// An Info describes a native property. Changing it changes only the copy.
type Info struct {
	Name Prop
	Kind Kind
	Attr Attr
	Unit Unit
	From From

	// Types are the kinds of dataset that have the property in the newest release
	// that this package supports; AppliesTo is for older releases.
	Types DatasetType

	// Since is the first release that has the property, or zero if 2.0, the
	// oldest release that this package supports, has it.
	Since ioctl.Release

	// Hidden properties can be read by name, but are not in lists.
	Hidden bool

	// number is the kernel's own number, which orders lists.
	number uint8

	// values holds the values of all releases. All copies share it.
	values []IndexValue

	// text and def are the default, and before is the row of an older release.
	text   string
	def    uint64
	before past
}

// A past is the content of a row before a release changed it. No row has changed
// more than once since 2.0.
type past struct {
	until ioctl.Release
	types DatasetType
	def   uint64
}

// typeHeads are the kinds of datasets that are not snapshots or bookmarks.
const typeHeads = TypeFilesystem | TypeVolume

// in reports whether a value exists in release rel. The zero release means the
// newest one.
func (v *IndexValue) in(rel ioctl.Release) bool {
	if rel.IsZero() {
		return v.Until.IsZero()
	}
	return release.Has(rel, v.Since) && (v.Until.IsZero() || !release.Has(rel, v.Until))
}

// past returns the content of the row in release rel, if it differs from the newest.
func (i *Info) past(rel ioctl.Release) (*past, bool) {
	if release.Has(rel, i.before.until) {
		return nil, false
	}
	return &i.before, true
}

// ExistsIn reports whether release rel has the property. The zero release means the
// newest one.
func (i Info) ExistsIn(rel ioctl.Release) bool {
	return release.Has(rel, i.Since)
}

// AppliesTo reports whether a dataset of type t can have the property in release
// rel. For a snapshot, t may include the type of its dataset, which must then have
// the property too: a snapshot of a volume has no "exec". The zero release means the
// newest one.
func (i Info) AppliesTo(t DatasetType, rel ioctl.Release) bool {
	if !i.ExistsIn(rel) {
		return false
	}
	types := i.Types
	if old, ok := i.past(rel); ok {
		types = old.types
	}
	head := t & typeHeads
	if !t.Has(TypeSnapshot) || head == 0 {
		return types.Has(t)
	}
	// A property of snapshots alone applies to the snapshots of every dataset.
	// Text is not checked against the dataset, which makes no difference for the
	// present rows.
	return types.Has(TypeSnapshot) && (types == TypeSnapshot || i.Kind == KindString || types.Has(head))
}

// DefaultFor returns the value of a dataset of type t if the kernel of release rel
// returns none; its source is then "default". ok is false if the property has no
// default, and lists then skip it: it does not apply to t, it is read-only, or it is
// not in the dataset's list (see From). The zero release means the newest one.
func (i Info) DefaultFor(rel ioctl.Release, t DatasetType) (v Value, ok bool) {
	if i.From != FromStats || !i.AppliesTo(t, rel) {
		return Value{}, false
	}
	if i.Kind == KindString {
		if i.text == "" {
			return Value{}, false
		}
		return String(i.text), true
	}
	// Counts of snapshots and filesystems are read-only but have a default,
	// because "not counted" is a value.
	counted := i.Name == FilesystemCount || i.Name == SnapshotCount
	if i.Attr == AttrReadOnly && !counted {
		return Value{}, false
	}
	if old, ok := i.past(rel); ok {
		return Uint64(old.def), true
	}
	return Uint64(i.def), true
}

// LocalIfUnsourced reports whether a value that the kernel returns without a source
// counts as set on the dataset itself. The source of any other property is then "-".
func (i Info) LocalIfUnsourced() bool {
	switch i.Name {
	case CanMount, VolSize, Quota, RefQuota, Reservation, RefReservation,
		FilesystemLimit, SnapshotLimit, FilesystemCount, SnapshotCount:
		return true
	}
	return false
}

// Settable reports whether the property can be set on a dataset that exists.
func (i Info) Settable() bool { return i.Attr == AttrInherit || i.Attr == AttrDefault }

// Inheritable reports whether descendants inherit the property.
func (i Info) Inheritable() bool { return i.Attr == AttrInherit || i.Attr == AttrOnce }

// Values returns the names of an index property in release rel, in the kernel's
// order, and nil for other kinds. The zero release means the newest one.
func (i Info) Values(rel ioctl.Release) []IndexValue {
	var values []IndexValue
	for _, v := range i.values {
		if v.in(rel) {
			values = append(values, v)
		}
	}
	return values
}

// ValueName returns the name that zfs(8) of release rel prints for number n of an
// index property. ok is false if the number has no name. The zero release means the
// newest one. It does not allocate.
func (i Info) ValueName(n uint64, rel ioctl.Release) (name string, ok bool) {
	for j := range i.values {
		if v := &i.values[j]; v.Number == n && v.in(rel) {
			return v.Name, true
		}
	}
	return "", false
}

// ValueNumber returns the number of a name of an index property in release rel. ok
// is false if that release has no such name. The zero release means the newest one.
func (i Info) ValueNumber(name string, rel ioctl.Release) (n uint64, ok bool) {
	for j := range i.values {
		if v := &i.values[j]; v.Name == name && v.in(rel) {
			return v.Number, true
		}
	}
	return 0, false
}

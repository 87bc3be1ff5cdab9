package prop

import (
	"github.com/purezfs/purezfs/internal/enum"
	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
)

// A Kind says how the kernel stores a property.
type Kind uint8

// The kinds of property.
const (
	KindNumber Kind = iota // an unsigned integer
	KindString             // text
	KindIndex              // an integer that stands for one of a list of names
)

// String returns "number", "string" or "index".
func (k Kind) String() string {
	return enum.Name(k, "number", "string", "index")
}

// A Attr says who may set a property, when, and whether descendants inherit it.
type Attr uint8

// The attributes of a property.
const (
	AttrReadOnly    Attr = iota // reported, never set
	AttrInherit                 // may be set, descendants inherit
	AttrDefault                 // may be set, descendants have the default
	AttrOnce                    // set at creation only, descendants inherit
	AttrOnceDefault             // set at creation only, not inherited
)

// String returns the attribute in words.
func (a Attr) String() string {
	return enum.Name(a, "read-only", "inherited", "not inherited", "set once", "set once, not inherited")
}

// A Unit says what a number counts.
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

// A From says where the value of a property is read.
type From uint8

// The places that values come from. Only FromStats has sources and defaults.
const (
	FromStats  From = iota // the list of properties that comes with a dataset
	FromZPL                // a call of its own that opens the filesystem
	FromMounts             // the system's table of mounts
	FromHandle             // the dataset's name and the plain statistics beside it
)

// String returns the place's name.
func (f From) String() string {
	return enum.Name(f, "stats", "zpl", "mounts", "handle")
}

// An IndexValue is one name that an index property takes, with its number. Several
// names may share a number; the first one in the list is the one that is printed.
type IndexValue struct {
	Name   string
	Number uint64

	// Since is the first release that has it, and Until the first one that has it
	// no more. The zero release stands for no such bound.
	Since, Until ioctl.Release
}

// An Info describes a native property. It is a value: changing it changes
// nothing but the copy.
type Info struct {
	Name Prop
	Kind Kind
	Attr Attr
	Unit Unit
	From From

	// Types are the kinds of dataset that have it in the newest release that this
	// package knows; AppliesTo answers for older ones.
	Types DatasetType

	// Since is the first release that has it; zero for those that are as old as
	// the oldest release that this package knows, 2.0.
	Since ioctl.Release

	// Hidden properties are answered when asked for by name, and left out of lists.
	Hidden bool

	// number is the kernel's own number, which orders lists.
	number uint8

	// values has every release's values. It is shared by all copies.
	values []IndexValue

	// text and def are the default, and before what an older release had.
	text   string
	def    uint64
	before past
}

// A past is what a row said before a release changed it. No row has changed
// more than once since 2.0.
type past struct {
	until ioctl.Release
	types DatasetType
	def   uint64
}

// typeHeads are the kinds that live datasets have.
const typeHeads = TypeFilesystem | TypeVolume

// in reports whether a value exists in release rel; zero is the newest.
func (v *IndexValue) in(rel ioctl.Release) bool {
	if rel.IsZero() {
		return v.Until.IsZero()
	}
	return release.Has(rel, v.Since) && (v.Until.IsZero() || !release.Has(rel, v.Until))
}

// past returns what the row said in release rel, when that differs from today.
func (i *Info) past(rel ioctl.Release) (*past, bool) {
	if release.Has(rel, i.before.until) {
		return nil, false
	}
	return &i.before, true
}

// ExistsIn reports whether release rel has the property. The zero release stands
// for the newest one.
func (i Info) ExistsIn(rel ioctl.Release) bool {
	return release.Has(rel, i.Since)
}

// AppliesTo reports whether a dataset of type t can have the property in release
// rel. For a snapshot, t may carry the type of the dataset that it was taken of,
// which then has to fit too: a snapshot of a volume has no "exec". The zero release
// stands for the newest one.
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
	// What only snapshots have fits every head. Text is not checked against the
	// head, which makes no difference with the rows of today.
	return types.Has(TypeSnapshot) && (types == TypeSnapshot || i.Kind == KindString || types.Has(head))
}

// DefaultFor returns the value that a dataset of type t has when the kernel of
// release rel sends none; its source is then "default". ok is false when there is
// no such value and lists leave the property out: it does not apply to t, it is
// read-only, or it does not come with the dataset's list (see From). The zero
// release stands for the newest one.
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
	// Counts of snapshots and filesystems are read-only and yet have a default,
	// because "not counted" is an answer.
	counted := i.Name == FilesystemCount || i.Name == SnapshotCount
	if i.Attr == AttrReadOnly && !counted {
		return Value{}, false
	}
	if old, ok := i.past(rel); ok {
		return Uint64(old.def), true
	}
	return Uint64(i.def), true
}

// LocalIfUnsourced reports whether a value that comes without a source counts as
// set on the dataset itself. Without a source, all others have none ("-").
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

// Values returns the names that an index property takes in release rel, in the
// kernel's order, and nil for other kinds. The zero release stands for the newest
// one.
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
// index property. ok is false when it has none. The zero release stands for the
// newest one. It does not allocate.
func (i Info) ValueName(n uint64, rel ioctl.Release) (name string, ok bool) {
	for j := range i.values {
		if v := &i.values[j]; v.Number == n && v.in(rel) {
			return v.Name, true
		}
	}
	return "", false
}

// ValueNumber returns the number that a name of an index property stands for in
// release rel. ok is false when that release has no such name. The zero release
// stands for the newest one.
func (i Info) ValueNumber(name string, rel ioctl.Release) (n uint64, ok bool) {
	for j := range i.values {
		if v := &i.values[j]; v.Name == name && v.in(rel) {
			return v.Number, true
		}
	}
	return 0, false
}

package ioctl

import "github.com/purezfs/purezfs/nvlist"

// A Style says how an operation takes its arguments. The struct that crosses
// into the kernel is the same for both.
type Style uint8

const (
	// StyleLegacy operations read and write single fields of the struct.
	StyleLegacy Style = iota
	// StyleNvlist operations take one list, checked key by key against a
	// table in the kernel, and answer with one list.
	StyleNvlist
)

// String returns "legacy" or "nvlist".
func (s Style) String() string {
	if s == StyleNvlist {
		return "nvlist"
	}
	return "legacy"
}

// A Target says what the kernel expects in the struct's name field, and thereby
// which grammar [CheckName] applies.
type Target uint8

const (
	// TargetNone operations name nothing: the field is not looked at.
	TargetNone Target = iota
	// TargetPool operations take the name of a pool alone.
	TargetPool
	// TargetDataset operations take a filesystem, volume or snapshot.
	TargetDataset
	// TargetEntity operations take what a dataset may be, or a bookmark.
	TargetEntity
)

// String returns "none", "pool", "dataset" or "entity".
func (t Target) String() string {
	switch t {
	case TargetPool:
		return "pool"
	case TargetDataset:
		return "dataset"
	case TargetEntity:
		return "entity"
	}
	return "none"
}

// A Key is one pair that an operation's input list may hold.
type Key struct {
	// Name is the pair's name, empty for a wildcard.
	Name string
	// Type is the type that the pair must have. It means nothing with Any.
	Type nvlist.Type
	// Any accepts every type.
	Any bool
	// Optional keys may be left out. Of a wildcard that is not optional, the
	// list needs at least one pair.
	Optional bool
	// Since is the first release that knows the key. Zero means that it came
	// with the operation, or before 2.0.
	Since Release
	// Wildcard accepts any name: snapshots, properties and the like. It stands
	// last in its row.
	Wildcard bool
	// Secret values are key material: never traced, recorded or printed.
	Secret bool
}

// A Descriptor is one row of the table of operations: what is known about an
// operation without asking the kernel.
//
// Where releases differ, a row tells of the newest one, and the difference that
// matters to a caller stands in a Since field.
type Descriptor struct {
	Op Op
	// C is the name in the kernel's headers. Alias is a second C name that
	// shares the number on another system, empty for nearly all.
	C, Alias string
	// Since is the first release with the operation. 0.8.0 stands for all that
	// is older, too. 2.4.99 is the development branch after 2.4.
	Since Release
	// Style is how the newest release takes arguments. NvlistSince is set for
	// an operation that was legacy before that release.
	Style       Style
	NvlistSince Release
	// Target is what the name field holds.
	Target Target
	// Keys are the pairs of the input list. Legacy operations have them when
	// they read a list, nvlist ones when they take any argument at all.
	Keys []Key
	// Output is a short phrase on what comes back.
	Output string

	// Modifies says that a successful call may change something on disk, in
	// the module or in the system. Reading through a cursor is not a change.
	Modifies bool
	// Interruptible says that a signal can end the call early: with EINTR, or
	// with success and a part of the work done.
	Interruptible bool
	// Repeatable says that the call may be made again after it may have run:
	// it only reads, and reads the same again. It is what allows to ask again
	// with a larger buffer.
	Repeatable bool

	// LogsHistory says that a successful call lets the calling thread add one
	// line to the pool's history. The nvlist style is also recorded there by
	// the kernel, with its input and its answer.
	LogsHistory bool
	// Smush says that an answer which does not fit is shortened from its end,
	// with the number of dropped pairs in N_MORE_ERRORS.
	Smush bool
	// ChecksSuspended refuses the call with EAGAIN when the pool's I/O is
	// suspended, ChecksReadonly with EROFS when it was imported read-only.
	ChecksSuspended, ChecksReadonly bool

	// Permission is what the caller needs: "none", "config" for an
	// administrator of the system, "read" for a dataset that the caller can
	// see, "token" for what a logged call leaves with its thread. Anything else
	// is the names of delegated permissions, all of which are needed, between
	// commas. "<property>" is the one named like each property concerned.
	Permission string

	// Home is the method of zfs.Client that makes the call, File its file in
	// the package zfs. Home is "-" for an operation without a method, and
	// Reason then says why.
	Home, File string
	Reason     string

	// Linux says that the operation exists on Linux.
	Linux bool
}

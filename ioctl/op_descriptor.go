package ioctl

import "github.com/purezfs/purezfs/nvlist"

// A Style is the way an operation reads its arguments. Both styles use the same
// struct.
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

// A Target is the kind of name that the kernel expects in the struct's name field.
// It selects the grammar of [CheckName].
type Target uint8

const (
	// TargetNone operations ignore the name field.
	TargetNone Target = iota
	// TargetPool operations expect the name of a pool.
	TargetPool
	// TargetDataset operations expect a filesystem, volume or snapshot.
	TargetDataset
	// TargetEntity operations expect a filesystem, volume, snapshot or
	// bookmark.
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
	// Type is the type that the pair must have. It is ignored if Any is set.
	Type nvlist.Type
	// Any accepts every type.
	Any bool
	// Optional keys may be missing. A wildcard that is not optional requires
	// at least one pair.
	Optional bool
	// Since is the first release that knows the key. Zero means that the key
	// is as old as the operation, or older than 2.0.
	Since Release
	// Wildcard accepts any name: snapshots, properties and the like. It is the
	// last key of its row.
	Wildcard bool
	// Secret values are key material: never traced, recorded or printed.
	Secret bool
}

// A Descriptor is one row of the table of operations. It describes an operation
// without a call to the kernel.
//
// If releases differ, a row describes the newest one, and Since fields hold the
// differences that matter to a caller.
type Descriptor struct {
	Op Op
	// C is the name in the kernel's headers. Alias is a second C name for the
	// number on another system, usually empty.
	C, Alias string
	// Since is the first release with the operation. 0.8.0 means 0.8.0 or
	// older. 2.4.99 is the development branch after 2.4.
	Since Release
	// Style is the style in the newest release. NvlistSince is set if the
	// operation was legacy before that release.
	Style       Style
	NvlistSince Release
	// Target is the kind of name in the name field.
	Target Target
	// Keys are the pairs of the input list. They are set for legacy operations
	// that read a list and for nvlist operations with arguments.
	Keys []Key
	// Output is a short phrase that describes the answer.
	Output string

	// Modifies reports whether a successful call may change something on disk,
	// in the module or in the system. Moving a cursor is not a change.
	Modifies bool
	// Interruptible reports whether a signal can end the call early: with
	// EINTR, or with success and a part of the work done.
	Interruptible bool
	// Repeatable reports whether the call may be repeated even if it has run,
	// because it only reads and a repetition reads the same. Only such a call
	// is repeated with a larger buffer.
	Repeatable bool

	// LogsHistory reports whether the calling thread can add one record to the
	// pool's history after a successful call. For nvlist operations the kernel
	// also records the input and the answer there.
	LogsHistory bool
	// Smush reports whether an answer that does not fit is truncated, with the
	// number of dropped pairs in N_MORE_ERRORS.
	Smush bool
	// ChecksSuspended reports whether the call fails with EAGAIN if the pool's
	// I/O is suspended, ChecksReadonly whether it fails with EROFS if the pool
	// was imported read-only.
	ChecksSuspended, ChecksReadonly bool

	// Permission is the permission that the caller needs: "none", "config" for
	// an administrator of the system, "read" for a dataset that the caller can
	// see, "token" for the right of a thread after a logged call. Any other
	// value is a comma-separated list of delegated permissions, all of which
	// are needed. "<property>" is the permission with the name of each property
	// concerned.
	Permission string

	// Home is the method of zfs.Client that makes the call, File its file in
	// the package zfs. Home is "-" for an operation without a method, and
	// Reason is then the reason.
	Home, File string
	Reason     string

	// Linux reports whether the operation exists on Linux.
	Linux bool
}

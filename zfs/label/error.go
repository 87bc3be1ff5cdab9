package label

import (
	"errors"
	"fmt"
)

// The reasons why a device or a part of it is refused. Test for them with
// errors.Is.
var (
	// ErrNoLabel means that none of the four labels of a device is whole.
	ErrNoLabel = errors.New("no whole label")
	// ErrTooSmall means that a device has no room for four labels, or that a
	// file is smaller than the minimum size of a ZFS device.
	ErrTooSmall = errors.New("too small")
	// ErrNotDevice means that a path does not lead to a block device or a
	// regular file.
	ErrNotDevice = errors.New("not a block device or a regular file")
	// ErrInUse means that a block device is opened exclusively, for example by
	// an imported pool.
	ErrInUse = errors.New("in use")
	// ErrEmpty means that a part of a label was never written, or that it was
	// wiped.
	ErrEmpty = errors.New("empty")
	// ErrCleared means that the device was never part of a pool or was removed
	// from it. ErrConfig matches too.
	ErrCleared = errors.New("belongs to no pool")
	// ErrChecksum means that the bytes have changed since they were written, or
	// were written for another offset.
	ErrChecksum = errors.New("checksum mismatch")
	// ErrConfig means that the checksum is correct but that the content is not a
	// valid configuration, boot environment or cachefile. If the reason is an
	// error of package nvlist, that matches too.
	ErrConfig = errors.New("malformed content")
)

// Error reports which part of which label is wrong.
type Error struct {
	// Label is the label's number, 0 to 3, or -1 for a cachefile.
	Label int
	// Part is "config", "uberblock", "boot environment" or "cachefile".
	Part string
	// Offset is the part's position on the device in bytes.
	Offset int64
	// Err is the reason, never nil: one of this package's sentinels, an error
	// that matches one, or the error of reading the device.
	Err error
}

// Error returns the reason, the part and the offset in one line.
func (e *Error) Error() string {
	if e.Label < 0 {
		return fmt.Sprintf("%s: %v", e.Part, e.Err)
	}
	return fmt.Sprintf("label %d: %s at byte %d: %v", e.Label, e.Part, e.Offset, e.Err)
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

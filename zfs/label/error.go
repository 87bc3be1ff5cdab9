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
	// file is smaller than any that ZFS uses.
	ErrTooSmall = errors.New("too small")
	// ErrNotDevice means that a path leads to something that is neither a block
	// device nor a regular file.
	ErrNotDevice = errors.New("neither a block device nor a file")
	// ErrInUse means that something has claimed a block device for itself.
	ErrInUse = errors.New("in use")
	// ErrEmpty means that nothing was ever written where a part of a label
	// should be, or that it was wiped.
	ErrEmpty = errors.New("empty")
	// ErrCleared means that the label is one of a device that was never part of a
	// pool or was taken out of it. ErrConfig matches too.
	ErrCleared = errors.New("belongs to no pool")
	// ErrChecksum means that the bytes are not those that were written, or that
	// they were written for another place.
	ErrChecksum = errors.New("checksum mismatch")
	// ErrConfig means that the checksum is right but that the content is none of
	// a configuration, a boot environment or a cachefile. An error of package
	// nvlist that is the reason matches too.
	ErrConfig = errors.New("malformed content")
)

// Error says which part of which label is wrong.
type Error struct {
	// Label is the label's number, 0 to 3, or -1 for a cachefile.
	Label int
	// Part is "config", "uberblock", "boot environment" or "cachefile".
	Part string
	// Offset is the part's position on the device in bytes.
	Offset int64
	// Err is the reason, never nil: one of this package's sentinels, an error
	// that matches one, or what reading the device returned.
	Err error
}

// Error gives the reason, the part and the offset in one line.
func (e *Error) Error() string {
	if e.Label < 0 {
		return fmt.Sprintf("%s: %v", e.Part, e.Err)
	}
	return fmt.Sprintf("label %d: %s at byte %d: %v", e.Label, e.Part, e.Offset, e.Err)
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

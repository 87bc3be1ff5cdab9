package zfs

import (
	"errors"
	"fmt"
	"io"

	"github.com/purezfs/purezfs/ioctl"
)

// What receiving can fail with.
var (
	// ErrStream: what arrives is no send stream, was altered on its way, or
	// does not fit what it is received into.
	ErrStream = errors.New("unusable stream")
	// ErrTruncated: the stream ends before its end. It matches
	// io.ErrUnexpectedEOF.
	ErrTruncated = sentinel("the stream ends too early", io.ErrUnexpectedEOF)
	// ErrSourceMissing: the target does not have the snapshot that the stream
	// is incremental to, or has another one of that name.
	ErrSourceMissing = errors.New("does not have the snapshot that the stream is incremental to")
	// ErrModified: the target has been changed since the snapshot that the
	// stream is incremental to, or has newer snapshots.
	ErrModified = errors.New("was modified since the snapshot that the stream is incremental to")
	// ErrNotPartial: there is no interrupted receive.
	ErrNotPartial = errors.New("holds no partial receive")
)

// PartialError is a receive that has failed and left a part behind, from which
// another one can go on. It wraps the reason.
type PartialError struct {
	// Dataset is the filesystem or volume that holds the part, visibly if the
	// receive was to make it.
	Dataset string
	// Token is what Client.SendResume goes on from.
	Token string
	// Err is the reason, never nil.
	Err error
}

// Error gives the reason, and says that there is a part.
func (e *PartialError) Error() string {
	return fmt.Sprintf("%v; %s holds a partial receive that can be resumed", e.Err, e.Dataset)
}

// Unwrap returns the reason.
func (e *PartialError) Unwrap() error { return e.Err }

// receiveMeaning holds what a code means for receiving.
func receiveMeaning(code ioctl.Code) error {
	switch code {
	case ioctl.CodeCksum, ioctl.Code2big, ioctl.CodeInval, ioctl.CodeRange,
		ioctl.CodeSpillBlockFlagMissing, ioctl.CodeStreamLargeBlockMismatch:
		return ErrStream
	case ioctl.CodeStreamTruncated:
		return ErrTruncated
	case ioctl.CodeNodev, ioctl.CodeFromIvsetGuidMissing, ioctl.CodeFromIvsetGuidMismatch:
		return ErrSourceMissing
	case ioctl.CodeTxtbsy:
		return ErrModified
	case ioctl.CodeResumeExists:
		return ErrBusy
	case ioctl.CodeUnknownSendStreamFeature:
		return ErrNotSupported
	}
	return nil
}

// sendMeaning holds what a code means for sending.
func sendMeaning(code ioctl.Code) error {
	switch code {
	case ioctl.CodeXdev:
		return ErrNotAncestor
	case ioctl.CodeSrch: // a bookmark
		return ErrNotFound
	case ioctl.CodeStreamLargeMicrozap:
		return ErrInvalid
	}
	return nil
}

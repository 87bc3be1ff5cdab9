package zfs

import (
	"errors"
	"fmt"
	"io"

	"github.com/purezfs/purezfs/ioctl"
)

// The errors of receiving.
var (
	// ErrStream means that the input is not a send stream, was damaged, or does
	// not fit the target.
	ErrStream = errors.New("unusable stream")
	// ErrTruncated means that the stream is incomplete. It matches
	// io.ErrUnexpectedEOF.
	ErrTruncated = sentinel("the stream ends too early", io.ErrUnexpectedEOF)
	// ErrSourceMissing means that the target does not have the snapshot that the
	// stream is incremental to, or has a different one of that name.
	ErrSourceMissing = errors.New("does not have the snapshot that the stream is incremental to")
	// ErrModified means that the target was changed since the snapshot that the
	// stream is incremental to, or has newer snapshots.
	ErrModified = errors.New("was modified since the snapshot that the stream is incremental to")
	// ErrNotPartial means that there is nothing to resume or abort.
	ErrNotPartial = errors.New("holds no partial receive")
)

// PartialError is a failed receive that has left partial state, from which it can
// be resumed. It wraps the reason.
type PartialError struct {
	// Dataset is the filesystem or volume with the partial state, which is
	// visible if the receive was to create it.
	Dataset string
	// Token is the resume token for Client.SendResume.
	Token string
	// Err is the reason, never nil.
	Err error
}

// Error returns the reason, and that the receive can be resumed.
func (e *PartialError) Error() string {
	return fmt.Sprintf("%v; %s holds a partial receive that can be resumed", e.Err, e.Dataset)
}

// Unwrap returns the reason.
func (e *PartialError) Unwrap() error { return e.Err }

// receiveMeaning returns the meaning of a code for receiving.
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

// sendMeaning returns the meaning of a code for sending.
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

package zfs

import "github.com/purezfs/purezfs/ioctl"

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

package stream

import (
	"errors"
	"fmt"
)

// The reasons why a stream is refused. Each is wrapped in a SyntaxError; test for
// it with errors.Is.
var (
	// ErrSyntax matches every SyntaxError, whatever its reason.
	ErrSyntax = errors.New("malformed stream")
	// ErrTruncated means that the stream ends too early. A partial receive that
	// zfs send -S sends has no end either.
	ErrTruncated = errors.New("unexpected end of the stream")
	// ErrMagic means that a Begin has an invalid magic number, or a byte order
	// that differs from the previous Begin.
	ErrMagic = errors.New("not a send stream")
	// ErrHeader means that a Begin does not belong to a plain or compound
	// stream.
	ErrHeader = errors.New("unknown kind of stream")
	// ErrName means that the name in a Begin has no end or, for a Writer, that
	// it has more than 255 bytes or contains a NUL.
	ErrName = errors.New("invalid name")
	// ErrType means that a record has a type other than the 11 known types.
	ErrType = errors.New("unknown record type")
	// ErrOrder means that a record of this type is not allowed at its position.
	ErrOrder = errors.New("record out of order")
	// ErrLength means that a payload is longer than a kernel accepts, is not a
	// whole number of words or, for a Writer, contradicts the fields of its
	// record.
	ErrLength = errors.New("invalid payload length")
	// ErrChecksum means that bytes were altered since they were sent.
	ErrChecksum = errors.New("checksum mismatch")
	// ErrList means that the list after a Begin is malformed. The reason, an
	// error of package nvlist, matches too.
	ErrList = errors.New("malformed list")
	// ErrReference means that a deduplicated stream refers to a block that was
	// not sent before.
	ErrReference = errors.New("reference to a block that was not sent before")
)

// SyntaxError reports where a stream is malformed.
type SyntaxError struct {
	// Offset is a position in bytes from the start of the stream: that of the
	// wrong field, of the record whose bytes so far do not match its checksum,
	// or of the end of a truncated stream.
	Offset int64
	// Record is the number of records before the refused record.
	Record int64
	// Err is the reason: one of this package's sentinels or an error that
	// matches one, never nil.
	Err error
}

// Error returns the reason, the offset and the record in one line.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("stream: %v at byte %d, record %d", e.Err, e.Offset, e.Record)
}

// Unwrap returns the reason.
func (e *SyntaxError) Unwrap() error { return e.Err }

// Is reports that every syntax error is an ErrSyntax.
func (e *SyntaxError) Is(target error) bool { return target == ErrSyntax }

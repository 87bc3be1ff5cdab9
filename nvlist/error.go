package nvlist

import (
	"errors"
	"fmt"
)

// The reasons a packed list is refused. Each arrives wrapped in a SyntaxError;
// test for it with errors.Is.
var (
	// ErrSyntax matches every SyntaxError, whatever its reason.
	ErrSyntax = errors.New("malformed list")
	// ErrTruncated means that the bytes end before the list does.
	ErrTruncated = errors.New("unexpected end of data")
	// ErrTrailing means that bytes follow the end of the list.
	ErrTrailing = errors.New("data after the end of the list")
	// ErrHeader means that the first four bytes name no known encoding.
	ErrHeader = errors.New("unknown encoding or byte order")
	// ErrVersion means that a list has a version other than 0.
	ErrVersion = errors.New("unknown list version")
	// ErrName means that a name is too long, not terminated or contains a NUL.
	ErrName = errors.New("invalid name")
	// ErrType means that a type number is not one of the 27 known ones.
	ErrType = errors.New("unknown type")
	// ErrCount means that an element count is impossible for its type.
	ErrCount = errors.New("invalid element count")
	// ErrSize means that a size field contradicts the content it covers.
	ErrSize = errors.New("size does not match the content")
	// ErrPadding means that filler bytes of the XDR encoding are not zero.
	ErrPadding = errors.New("padding is not zero")
	// ErrValue means that a value is outside the range of its type.
	ErrValue = errors.New("value out of range for its type")
	// ErrDuplicate means that a name occurs twice where it must be unique.
	ErrDuplicate = errors.New("duplicate name")
)

// ErrLimit means that a list is deeper, longer or has more pairs than the
// Limits in force allow. It is reported for decoding and for encoding.
var ErrLimit = errors.New("limit exceeded")

// ErrMismatch means that a pair is of another type than its reader expects, or
// a number that its reader's type cannot hold. It is wrapped in a ValueError.
var ErrMismatch = errors.New("unexpected type")

// SyntaxError reports the first byte at which a packed list is malformed, or at
// which a limit was reached.
type SyntaxError struct {
	// Offset is the position in bytes from the start of the input.
	Offset int64
	// Path names the pair, as described at Path. It is empty at the top.
	Path string
	// Err is the reason: one of this package's sentinels, never nil.
	Err error
}

// Error gives the reason, the offset and the path in one line.
func (e *SyntaxError) Error() string {
	return "nvlist: " + e.Err.Error() + at(e.Path) + fmt.Sprintf(" at byte %d", e.Offset)
}

// Unwrap returns the reason.
func (e *SyntaxError) Unwrap() error { return e.Err }

// Is reports that every syntax error is an ErrSyntax, except for a limit: that
// says nothing about the bytes.
func (e *SyntaxError) Is(target error) bool {
	return target == ErrSyntax && !errors.Is(e.Err, ErrLimit)
}

// ValueError reports a value that cannot be carried over: a string with a NUL
// that cannot be packed, or a pair that does not fit the Go type it is meant for.
type ValueError struct {
	// Offset is the position of the pair in the input, -1 when encoding.
	Offset int64
	// Path names the pair, as described at Path.
	Path string
	// Err is the reason, never nil.
	Err error
}

// Error gives the reason, the path and, for decoding, the offset in one line.
func (e *ValueError) Error() string {
	msg := "nvlist: " + e.Err.Error() + at(e.Path)
	if e.Offset < 0 {
		return msg
	}
	return msg + fmt.Sprintf(" at byte %d", e.Offset)
}

// Unwrap returns the reason.
func (e *ValueError) Unwrap() error { return e.Err }

// at renders a path for an error message, nothing for the top list.
func at(path string) string {
	if path == "" {
		return ""
	}
	return " in " + path
}

// valueError makes err a ValueError, unless it is one already.
func valueError(err error) *ValueError {
	if e, ok := err.(*ValueError); ok {
		return e
	}
	return &ValueError{Offset: -1, Err: err}
}

// inside puts the name of an enclosing pair in front of the path of err. Errors
// of encoding collect their path this way while they unwind, so that success
// pays nothing.
func inside(name string, err error) error {
	e := valueError(err)
	e.Path = joinPath(pathElem(name, noIndex), e.Path)
	return e
}

// atIndex puts the index of an element in front of the path of err.
func atIndex(i int, err error) error {
	e := valueError(err)
	e.Path = joinPath(pathIndex(i), e.Path)
	return e
}

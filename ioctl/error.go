package ioctl

import (
	"bytes"
	"errors"
	"fmt"
)

// Error is a call that failed. errors.Is looks through it at Err.
type Error struct {
	Op   Op
	Name string // the target, as the caller gave it
	Err  error  // an Errno, a context's error, or an error of this package before or after the call
	// Executed reports whether the operation was or may have been carried out
	// although its result is missing: the answer was truncated, or the
	// caller's context ended first.
	Executed bool
	// Needed is the size in bytes of the answer that was truncated, or 0.
	Needed uint64
}

// Error returns the operation, the target and the cause.
func (e *Error) Error() string {
	s := e.Op.String()
	if e.Name != "" {
		s += fmt.Sprintf(" %q", e.Name)
	}
	s += ": " + e.Err.Error()
	switch {
	case e.Needed > 0:
		s += fmt.Sprintf(" (carried out, but its answer of %d bytes was truncated)", e.Needed)
	case e.Executed && !errors.Is(e.Err, ErrHistory):
		s += " (may have been carried out)"
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the kernel's code in err, or 0.
func CodeOf(err error) Code {
	if err == nil {
		return 0
	}
	var e Errno
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

func errIs(err error, code Code) bool { return CodeOf(err) == code }

// text returns the saved name.
func (s *savedFields) text() string {
	b := s.name[:]
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

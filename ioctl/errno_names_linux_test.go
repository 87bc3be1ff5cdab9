package ioctl

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The system's own list of names is the reference for numbers below 1024.
func TestSystemCodeNames(t *testing.T) {
	checked := 0
	for c := range firstZfsCode {
		if c.info() == nil {
			continue
		}
		checked++
		want := unix.ErrnoName(syscall.Errno(c))
		if c == CodeNotsup {
			// The system prefers the other one of the number's two names.
			want = "ENOTSUP"
		}
		if got := c.Name(); got != want {
			t.Errorf("Code(%d).Name() = %q, want %q", c, got, want)
		}
	}
	if checked < 50 {
		t.Errorf("%d names checked, want at least 50", checked)
	}
}

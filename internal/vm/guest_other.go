//go:build !linux

package vm

// IsGuest is false: the guest is a Linux machine.
func IsGuest() bool { return false }

// Guest does nothing here; see IsGuest.
func Guest() {}

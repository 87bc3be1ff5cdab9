//go:build !linux

package vm

// IsGuest returns false: a guest runs Linux.
func IsGuest() bool { return false }

// Guest does nothing here; see IsGuest.
func Guest() {}

//go:build !linux

package zfs

// deviceNumbers finds nothing where there is no such system.
func deviceNumbers(string) (dev, rdev string, err error) { return "", "", ErrNotSupported }

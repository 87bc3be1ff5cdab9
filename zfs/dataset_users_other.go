//go:build !linux

package zfs

// deviceNumbers finds nothing on systems without /proc.
func deviceNumbers(string) (dev, rdev string, err error) { return "", "", ErrNotSupported }

package label

import (
	"errors"
	"os"
	"syscall"
)

// openDevice opens a device for reading. ZFS writes to a disk without the
// system's cache of that disk, which may hold older labels, so the cache is
// bypassed.
func openDevice(path string, block bool) (*os.File, error) {
	if block {
		f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECT, 0)
		if !errors.Is(err, syscall.EINVAL) {
			return f, err
		}
	}
	return os.Open(path)
}

// refusesDirect reports whether reads failed because they were direct.
func refusesDirect(err error) bool { return errors.Is(err, syscall.EINVAL) }

// isClaimed reports whether a block device is opened exclusively.
func isClaimed(path string) bool {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_EXCL, 0)
	if err == nil {
		f.Close()
	}
	return errors.Is(err, syscall.EBUSY)
}

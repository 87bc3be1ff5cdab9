package zfs

import (
	"fmt"
	"os"
	"syscall"
)

// deviceNumbers returns the device number of the filesystem that a file is on,
// and, for a block device, its own number, both in the form of the tables in
// /proc.
func deviceNumbers(path string) (dev, rdev string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", "", err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", "", fmt.Errorf("stat %s: no device number", path)
	}
	if st.Mode&syscall.S_IFMT == syscall.S_IFBLK {
		rdev = deviceText(uint64(st.Rdev))
	}
	return deviceText(uint64(st.Dev)), rdev, nil
}

// deviceText splits a device number as the C library does.
func deviceText(n uint64) string {
	major := n>>8&0xfff | n>>32&^0xfff
	minor := n&0xff | n>>12&0xffffff00
	return fmt.Sprintf("%d:%d", major, minor)
}

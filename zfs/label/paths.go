package label

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// SearchDirs returns the directories that zpool import searches for devices by
// default, in the order in which their names are preferred.
func SearchDirs() []string {
	return []string{
		"/dev/disk/by-vdev", "/dev/mapper", "/dev/disk/by-partlabel", "/dev/disk/by-partuuid", "/dev/disk/by-label",
		"/dev/disk/by-uuid", "/dev/disk/by-id", "/dev/disk/by-path", "/dev",
	}
}

// Paths lists the block devices, regular files and links in directories, one
// directory after the other and sorted within each. A place that is not a
// directory is listed itself. Paths opens no devices and does not search
// subdirectories.
//
// A directory that does not exist is skipped. Other errors are joined and
// returned with the paths that were found nevertheless.
func Paths(places []string) ([]string, error) {
	var paths []string
	var failed []error
	for _, place := range places {
		info, err := os.Stat(place)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			failed = append(failed, err)
			continue
		case !info.IsDir():
			paths = append(paths, absolute(place))
			continue
		}
		entries, err := os.ReadDir(place)
		if err != nil {
			failed = append(failed, err)
		}
		for _, e := range entries {
			if mayBeDevice(e.Type()) {
				paths = append(paths, filepath.Join(absolute(place), e.Name()))
			}
		}
	}
	return paths, errors.Join(failed...)
}

// mayBeDevice reports whether a directory entry can be a device.
func mayBeDevice(mode fs.FileMode) bool {
	switch mode.Type() {
	case 0, fs.ModeSymlink, fs.ModeDevice:
		return true
	}
	return false
}

// absolute returns the absolute path, because the kernel does not know the
// working directory.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

package label

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// SearchDirs are the directories where zpool import looks for devices if it is
// not told, in the order of preference for the names that are in them.
func SearchDirs() []string {
	return []string{
		"/dev/disk/by-vdev", "/dev/mapper", "/dev/disk/by-partlabel", "/dev/disk/by-partuuid", "/dev/disk/by-label",
		"/dev/disk/by-uuid", "/dev/disk/by-id", "/dev/disk/by-path", "/dev",
	}
}

// Paths lists the block devices, regular files and links that lie in
// directories, one directory after the other and sorted within each. What is no
// directory stands for itself. Nothing is opened; what lies in directories below
// is not looked for.
//
// A directory that does not exist is passed over. Other errors come back joined,
// with the paths that were found nevertheless.
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

// mayBeDevice reports whether a directory's entry is worth a look.
func mayBeDevice(mode fs.FileMode) bool {
	switch mode.Type() {
	case 0, fs.ModeSymlink, fs.ModeDevice:
		return true
	}
	return false
}

// absolute is the path that the kernel is told, for it has no directory of ours.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

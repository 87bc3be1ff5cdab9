//go:build !linux

package label

import "os"

// openDevice opens a device for reading.
func openDevice(path string, _ bool) (*os.File, error) { return os.Open(path) }

// refusesDirect reports whether reads failed because they were direct, which
// they never are here.
func refusesDirect(error) bool { return false }

// isClaimed reports whether something has opened a block device for itself
// alone, which cannot be told here.
func isClaimed(string) bool { return false }

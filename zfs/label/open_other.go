//go:build !linux

package label

import "os"

// openDevice opens a device for reading.
func openDevice(path string, _ bool) (*os.File, error) { return os.Open(path) }

// refusesDirect returns false: reads are never direct on this system.
func refusesDirect(error) bool { return false }

// isClaimed returns false: this system cannot report exclusive use.
func isClaimed(string) bool { return false }

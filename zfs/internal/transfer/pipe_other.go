//go:build !linux

package transfer

import (
	"os"

	"github.com/purezfs/purezfs/ioctl"
)

// RecordPipe fails: this package supports the module of Linux only.
func RecordPipe() (r, w *os.File, err error) { return nil, nil, ioctl.ErrNotSupported }

// FeedPipe fails too.
func FeedPipe() (r, w *os.File, err error) { return nil, nil, ioctl.ErrNotSupported }

// Grow does nothing.
func Grow(int32) {}

// FD returns no descriptor.
func FD(*os.File) int32 { return -1 }

// KernelFile returns no file.
func KernelFile(*os.File, bool) (*os.File, error) { return nil, nil }

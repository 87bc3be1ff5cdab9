//go:build !linux

package zfs

import "os"

// recordPipe is for systems whose module this package reaches.
func recordPipe() (r, w *os.File, err error) { return nil, nil, ErrNotSupported }

// feedPipe is too.
func feedPipe() (r, w *os.File, err error) { return nil, nil, ErrNotSupported }

// growPipe has no pipe to grow.
func growPipe(int32) {}

// kernelFD has no kernel to serve.
func kernelFD(*os.File) int32 { return -1 }

// kernelFile knows no file that a kernel could use.
func kernelFile(*os.File, bool) (*os.File, error) { return nil, nil }

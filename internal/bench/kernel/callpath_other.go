//go:build !linux

package main

import (
	"context"

	"github.com/purezfs/purezfs/ioctl"
)

// callPath has nothing to compare with where there is no module.
func (sizes) callPath(context.Context, *ioctl.Device) ([]result, error) {
	return nil, ioctl.ErrNotSupported
}

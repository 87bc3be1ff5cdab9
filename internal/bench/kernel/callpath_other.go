//go:build !linux

package main

import (
	"context"

	"github.com/purezfs/purezfs/ioctl"
)

// callPath has nothing to compare with where there is no module.
func callPath(context.Context, *ioctl.Device) ([]result, error) { return nil, ioctl.ErrNotSupported }

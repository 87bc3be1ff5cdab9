//go:build !linux

package image

import (
	"context"
	"errors"
	"fmt"
)

// lockFile fails: images are built on Linux only.
func lockFile(_ context.Context, path string, _ func()) (func(), error) {
	return nil, fmt.Errorf("locking %s: %w", path, errors.ErrUnsupported)
}

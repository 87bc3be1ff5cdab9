//go:build !linux

package zfs_test

import (
	"errors"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// Systems whose ways of mounting are not known here say so, and ask no kernel.
func TestNotSupportedElsewhere(t *testing.T) {
	c := testkit.NoKernel(t)
	_, mountErr := c.DatasetMount(t.Context(), "tank/a", nil)
	var diffErr error
	for _, err := range c.ObjectDiff(t.Context(), "tank/a@1", "tank/a@2") {
		diffErr = err
	}
	for verb, err := range map[string]error{"mount": mountErr, "unmount": c.DatasetUnmount(t.Context(), "tank/a", nil), "diff": diffErr} {
		if !errors.Is(err, zfs.ErrNotSupported) {
			t.Errorf("%s: %v, want ErrNotSupported", verb, err)
		}
	}
}

package zfs

import (
	"context"
	"fmt"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// The forms of a boot environment: the values of its pair "version".
const (
	BootenvRaw  uint64 = 0 // one text for the boot loader
	BootenvList uint64 = 1 // a list for the boot loader
)

// Bootenv reads the boot environment from the labels of a pool. The kernel notes
// each reading in the pool's history.
//
// Errors match ErrNotFound, ErrInvalidName, ErrSuspended.
//
// Kernel: ZFS_IOC_GET_BOOTENV (nvlist, since 2.0).
func (c *Client) Bootenv(ctx context.Context, pool string) (*nvlist.List, error) {
	return c.callPoolList(ctx, ioctl.OpGetBootenv, pool, nil)
}

// BootenvSet replaces the boot environment in the labels of a pool. The list must
// have a pair "version" of type uint64, and is stored as it is.
//
// Errors match ErrNotFound, ErrInvalid, ErrInvalidName, ErrPermission,
// ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_SET_BOOTENV (nvlist, since 2.0).
func (c *Client) BootenvSet(ctx context.Context, pool string, env *nvlist.List) error {
	if _, ok := env.Uint64("version"); !ok {
		return inputError(ioctl.OpSetBootenv, pool, fmt.Errorf("%w: the list has no pair version of type uint64", ErrInvalid))
	}
	_, err := c.callPoolList(ctx, ioctl.OpSetBootenv, pool, env)
	return err
}

package zfs

import (
	"context"
	"errors"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
)

// PoolExportOptions are the options of PoolExport. Nil means the zero value.
type PoolExportOptions struct {
	// Force also exports a pool that shares an active spare with other pools.
	Force bool
	// Hard does not update the labels and the cachefile, so that the pool looks
	// as if the host had crashed.
	Hard bool
}

// PoolExport writes all pending data and exports a pool, so that this or another
// host can import it. It does not unmount filesystems: while a dataset is mounted
// or a volume is open, the pool is busy. A pool that was imported read-only may
// also be busy for a moment after it was read.
//
// Errors match ErrNotFound, ErrBusy (in use, being exported, or with a shared
// spare), ErrSuspended, ErrPermission, ErrInvalidName.
//
// Kernel: ZFS_IOC_POOL_EXPORT (legacy, since 0.8).
func (c *Client) PoolExport(ctx context.Context, pool string, opts *PoolExportOptions) error {
	if opts == nil {
		opts = &PoolExportOptions{}
	}
	return explainExport(c.callPool(ctx, ioctl.OpPoolExport, pool, func(cmd *ioctl.Cmd) error {
		if opts.Force {
			cmd.SetUint64(ioctl.FieldCookie, 1)
		}
		if opts.Hard {
			cmd.SetUint64(ioctl.FieldGUID, 1)
		}
		return nil
	}))
}

// explainExport adds what blocks the export of a pool, as far as the table of
// mounts shows it.
func explainExport(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case ioctl.CodeXdev:
		e.Hint = "a device is a spare that other pools share"
	case ioctl.CodeExportInProgress:
		e.Hint = "it is being exported already"
	case ioctl.CodeBusy:
		first := ""
		for name := range readMounts().entries {
			if (name == e.Name || strings.HasPrefix(name, e.Name+"/") || strings.HasPrefix(name, e.Name+"@")) && (first == "" || name < first) {
				first = name
			}
		}
		if first != "" {
			e.Hint = first + " is mounted"
		}
	}
	return e
}

package zfs

import (
	"context"
	"errors"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
)

// PoolExportOptions says how to export a pool. Nil means the zero value.
type PoolExportOptions struct {
	// Force also exports a pool one of whose devices is a spare that it shares
	// with other pools.
	Force bool
	// Hard leaves the labels and the cachefile as they are, so that the pool
	// looks as if the host had crashed.
	Hard bool
}

// PoolExport writes all that there is to write, and lets go of a pool, for this
// or another host to import. It unmounts nothing: as long as a dataset is
// mounted or a volume is open, the pool is busy. One that was imported read-only
// may also be busy for a moment after it was read.
//
// Errors match ErrNotFound, ErrBusy (in use, on the way out, or with a shared
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

// exportMeaning holds what a code means for exporting a pool.
func exportMeaning(code ioctl.Code) error {
	switch code {
	case ioctl.CodeXdev, ioctl.CodeExportInProgress:
		return ErrBusy
	}
	return nil
}

// explainExport says what keeps a pool from being exported, as far as the table
// of mounts tells.
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

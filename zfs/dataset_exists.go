package zfs

import (
	"context"

	"github.com/purezfs/purezfs/ioctl"
)

// DatasetExists reports whether a filesystem, volume, snapshot or bookmark of
// that name exists. It is false for a dataset of a pool that is not imported.
//
// Errors match ErrInvalidName, ErrPermission.
func (c *Client) DatasetExists(ctx context.Context, name string) (bool, error) {
	n, err := ParseName(name)
	if err != nil {
		return false, inputError(ioctl.OpObjsetStats, name, err)
	}
	op := ioctl.OpObjsetStats
	if n.Bookmark != "" {
		op = ioctl.OpGetBookmarkProps
		_, err = c.dev.CallList(ctx, op, name, nil)
	} else {
		err = c.lookUp(ctx, name)
	}
	if vanished(err) {
		return false, nil
	}
	return err == nil, newError(op, name, err, nil)
}

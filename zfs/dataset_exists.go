package zfs

import (
	"context"

	"github.com/purezfs/purezfs/ioctl"
)

// DatasetExists reports whether there is a filesystem, volume, snapshot or
// bookmark of that name. A pool that is not imported has none.
//
// Errors match ErrInvalidName, ErrPermission.
func (c *Client) DatasetExists(ctx context.Context, name string) (bool, error) {
	n, err := ParseName(name)
	if err != nil {
		return false, inputError(ioctl.OpObjsetStats, name, err)
	}
	if n.Bookmark != "" {
		_, err = c.callList(ctx, ioctl.OpGetBookmarkProps, name, nil)
	} else {
		_, err = c.typeOf(ctx, n)
	}
	if vanished(err) {
		return false, nil
	}
	return err == nil, err
}

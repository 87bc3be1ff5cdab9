package zfs

import (
	"context"

	"github.com/purezfs/purezfs/ioctl"
)

// explainMissing says which dataset an operation did not find, where it takes
// two of them: source, or else the parent of the new name.
func (c *Client) explainMissing(ctx context.Context, err error, source string) error {
	e, ok := err.(*Error)
	if !ok || e.Code != ioctl.CodeNoent {
		return err
	}
	switch found, serr := c.DatasetExists(ctx, source); {
	case serr != nil:
	case found:
		e.Hint = "the parent of the new name does not exist"
	default:
		e.Hint = source + " does not exist"
	}
	return err
}

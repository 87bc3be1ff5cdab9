package zfs

import (
	"context"
	"errors"

	"github.com/purezfs/purezfs/ioctl"
)

// explainRemoval adds that a device is busy because of a removal under way: the
// kernel has the same errno for a device in use.
func (c *Client) explainRemoval(ctx context.Context, err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Code != ioctl.CodeBusy || ctx.Err() != nil {
		return err
	}
	if s, serr := c.PoolStatus(ctx, e.Name, nil); serr == nil && s.removing() {
		e.kind, e.Hint = ErrInProgress, "a device is being removed"
	}
	return err
}

// explainExpansion names the device that blocks the expansion of a raidz.
func explainExpansion(err error, raidz *Vdev) {
	var e *Error
	if !errors.As(err, &e) || e.Code != ioctl.CodeNxio {
		return
	}
	for _, v := range raidz.Children {
		switch {
		case !v.Leaf():
			e.Hint = v.Name + " has to end first"
		case v.State < VdevDegraded:
			e.Hint = v.Name + " is " + v.State.String()
		}
	}
}

// removing reports whether a device is being removed.
func (s *PoolStatus) removing() bool { return s.Removal != nil && s.Removal.State == ScanScanning }

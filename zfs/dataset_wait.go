package zfs

import (
	"context"
	"fmt"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// A DatasetActivity is a background activity of a dataset.
type DatasetActivity int32

// DatasetDeleteQueue frees the space of removed files. It continues after the
// removal, and begins for open files only when they are closed. A filesystem that
// is not mounted has no such activity.
const DatasetDeleteQueue DatasetActivity = 0

// String returns the activity's name as in zfs wait.
func (a DatasetActivity) String() string {
	if a == DatasetDeleteQueue {
		return "deleteq"
	}
	return fmt.Sprintf("activity(%d)", int32(a))
}

// DatasetWait waits until an activity has ended, and reports whether there was
// one. It stops waiting when the context ends.
//
// Errors match ErrNotFound, ErrInvalid (no such activity), ErrInvalidName,
// ErrPermission, ErrReadOnly, ErrNotSupported, and the context's.
//
// Kernel: ZFS_IOC_WAIT_FS (nvlist, since 2.0).
func (c *Client) DatasetWait(ctx context.Context, name string, activity DatasetActivity) (waited bool, err error) {
	if _, err := parseHead(name); err != nil {
		return false, inputError(ioctl.OpWaitFs, name, err)
	}
	in := &nvlist.List{}
	in.SetInt32("wait_activity", int32(activity))
	out, err := c.callList(ctx, ioctl.OpWaitFs, name, in)
	if err != nil {
		return false, err
	}
	waited, _ = out.BooleanValue("wait_waited")
	return waited, nil
}

package zfs

import (
	"context"
	"fmt"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// A DatasetActivity is something that goes on in a dataset in the background.
type DatasetActivity int32

// DatasetDeleteQueue is the freeing of files that were removed, which goes on
// after the removal, and for files that are open only begins when they are
// closed. A filesystem that is not mounted has no such activity.
const DatasetDeleteQueue DatasetActivity = 0

// String returns the activity's name as zfs wait knows it.
func (a DatasetActivity) String() string {
	if a == DatasetDeleteQueue {
		return "deleteq"
	}
	return fmt.Sprintf("activity(%d)", int32(a))
}

// DatasetWait waits until an activity has ended, and reports whether there was
// one. The end of the context ends the waiting.
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

package zfs

import (
	"context"
	"fmt"
	"os"

	"github.com/purezfs/purezfs/ioctl"
)

// SnapshotTempOptions are the options of SnapshotTemp.
type SnapshotTempOptions struct {
	// Prefix is the beginning of the snapshot's name, to which the kernel appends
	// "-" and a number. Empty selects a prefix with this process's number.
	Prefix string
}

// TempSnapshot is a snapshot that exists at most as long as this process. The
// kernel keeps it while a descriptor is open: it is destroyed by Close, or when
// the process ends in any way. Losing the last reference does not destroy it. Its
// methods may be called concurrently.
type TempSnapshot struct {
	// Name is the name of the snapshot: "tank/a@prefix-0123456789abcdef".
	Name string

	dev *ioctl.Device // the device whose descriptor keeps it, or nil
}

// SnapshotTemp takes a snapshot of a filesystem or volume that the kernel
// destroys automatically, for example to compare it with the present state. It is
// held by a separate descriptor, which child processes do not inherit and which
// is independent of the Client's.
//
// Errors match ErrNotFound, ErrExists, ErrInvalidName, ErrPermission, ErrNoSpace,
// ErrQuota, ErrReadOnly, and those of Open.
//
// Kernel: ZFS_IOC_TMP_SNAPSHOT (legacy, since 0.8).
func (c *Client) SnapshotTemp(ctx context.Context, name string, opts *SnapshotTempOptions) (*TempSnapshot, error) {
	prefix := fmt.Sprintf("purezfs-%d", os.Getpid())
	if opts != nil && opts.Prefix != "" {
		prefix = opts.Prefix
	}
	if err := checkTemp(name, prefix); err != nil {
		return nil, inputError(ioctl.OpTmpSnapshot, name, err)
	}
	s := &TempSnapshot{}
	// The call uses the descriptor that keeps the snapshot. A call that was
	// abandoned when its context ended still finds the descriptor open, and the
	// snapshot is destroyed when the call ends.
	dev := c.dev
	if c.dev.FD() >= 0 {
		var err error
		if dev, err = ioctl.Open(&ioctl.Config{Path: c.dev.Path()}); err != nil {
			return nil, inputError(ioctl.OpTmpSnapshot, name, err)
		}
		s.dev = dev
	}
	cmd := dev.Cmd()
	defer cmd.Release()
	err := setAll(cmd, name, prefix, nil)
	if err == nil {
		cmd.SetUint64(ioctl.FieldCleanupFD, uint64(dev.FD()))
		err = dev.Call(ctx, ioctl.OpTmpSnapshot, cmd)
	}
	if err != nil {
		_ = s.Close() // there is no snapshot
		return nil, c.failed(ctx, ioctl.OpTmpSnapshot, name, err, nil)
	}
	s.Name = name + "@" + cmd.Text(ioctl.FieldValue)
	return s, nil
}

// tempSuffix has the length of what the kernel appends to a prefix.
const tempSuffix = "-0123456789abcdef"

// checkTemp checks the name of the temporary snapshot, and the name of its hold,
// which is a percent sign and the prefix.
func checkTemp(name, prefix string) error {
	if _, err := parseHead(name); err != nil {
		return err
	}
	_, err := parseSnapshot(name + "@" + prefix + tempSuffix)
	return err
}

// Close makes the kernel destroy the snapshot, and returns when it is destroyed.
// A child process that is being started at this moment keeps it a little longer,
// until it executes its program. A second Close returns an error that matches
// fs.ErrClosed.
func (s *TempSnapshot) Close() error {
	if s.dev == nil {
		return nil
	}
	return s.dev.Close()
}

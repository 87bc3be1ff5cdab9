package zfs

import (
	"context"
	"fmt"
	"os"

	"github.com/purezfs/purezfs/ioctl"
)

// SnapshotTempOptions says what SnapshotTemp makes.
type SnapshotTempOptions struct {
	// Prefix begins the snapshot's name, behind which the kernel puts "-" and a
	// number. Empty takes one with this process's number.
	Prefix string
}

// TempSnapshot is a snapshot that exists as long as this process, at most. The
// kernel keeps it for an open descriptor: it goes with Close, or with the
// process however that ends. Forgetting it does not end it. It is safe for
// concurrent use.
type TempSnapshot struct {
	// Name is the snapshot's: "tank/a@prefix-0123456789abcdef".
	Name string

	dev *ioctl.Device // what the kernel keeps it for, nil for none
}

// SnapshotTemp makes a snapshot of a filesystem or volume that the kernel
// destroys by itself: for a comparison with what is there now, say. It is held
// by a descriptor of its own, which no child process inherits and which is
// independent of the Client's.
//
// Errors match ErrNotFound, ErrExists, ErrInvalidName, ErrPermission,
// ErrNoSpace, ErrQuota, ErrReadOnly, and those of Open.
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
	// The call is made on the descriptor that the snapshot is kept for. So a
	// call that its context has given up still finds it open, and takes the
	// snapshot with it at its end.
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
		_ = s.Close() // there is nothing behind it
		return nil, c.failed(ctx, ioctl.OpTmpSnapshot, name, err, nil)
	}
	s.Name = name + "@" + cmd.Text(ioctl.FieldValue)
	return s, nil
}

// tempSuffix is as long as what the kernel puts behind a prefix.
const tempSuffix = "-0123456789abcdef"

// checkTemp checks the name that a temporary snapshot will have, and that of
// the hold, which has the prefix behind a percent sign.
func checkTemp(name, prefix string) error {
	if _, err := parseHead(name); err != nil {
		return err
	}
	_, err := parseSnapshot(name + "@" + prefix + tempSuffix)
	return err
}

// Close lets the kernel destroy the snapshot, and returns when it has. Only a
// child process that is being started at this moment keeps it a little longer,
// until it executes its program. A second Close returns an error that matches
// fs.ErrClosed.
func (s *TempSnapshot) Close() error {
	if s.dev == nil {
		return nil
	}
	return s.dev.Close()
}

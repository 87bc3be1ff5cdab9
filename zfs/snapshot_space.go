package zfs

import (
	"context"
	"errors"
	"fmt"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// Space is an amount of data, in bytes.
type Space struct {
	Used         uint64 // allocated, with copies and parity, as the pool accounts for them
	Compressed   uint64 // after compression
	Uncompressed uint64 // before compression
}

// SnapshotWritten returns the amount of data in a filesystem, volume or snapshot
// that was written after an earlier snapshot of it, or after a bookmark: the
// property written@snapshot of zfs(8). For a clone, its origin and older
// snapshots are earlier snapshots, too.
//
// Errors match ErrNotFound, ErrBaseNotFound (the earlier one), ErrInvalid (not
// earlier, or of another dataset), ErrUpgrade or ErrFeatureDisabled (a bookmark
// from before the feature bookmark_written), ErrCrossPool, ErrInvalidName,
// ErrPermission.
//
// Kernel: ZFS_IOC_SPACE_WRITTEN (legacy, since 0.8).
func (c *Client) SnapshotWritten(ctx context.Context, name, since string) (Space, error) {
	if err := checkWritten(name, since); err != nil {
		return Space{}, c.refuse(ctx, ioctl.OpSpaceWritten, name, err)
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := setAll(cmd, name, since, nil); err != nil {
		return Space{}, inputError(ioctl.OpSpaceWritten, name, err)
	}
	if err := c.call(ctx, ioctl.OpSpaceWritten, cmd); err != nil {
		err = c.explainFeature(ctx, err, "bookmark_written")
		return Space{}, c.explainMissing(ctx, err, lookedUp{bases: []string{since}})
	}
	return Space{
		Used:         cmd.Uint64(ioctl.FieldCookie),
		Compressed:   cmd.Uint64(ioctl.FieldObjsetType),
		Uncompressed: cmd.Uint64(ioctl.FieldPermAction),
	}, nil
}

// checkWritten checks the two names.
func checkWritten(name, since string) error {
	n, err := ParseName(name)
	if err != nil {
		return err
	}
	from, err := ParseName(since)
	switch {
	case err != nil:
		return err
	case n.Bookmark != "":
		return fmt.Errorf("%w %q: a bookmark holds no data", ErrInvalidName, name)
	case from.Parent() != from.Dataset:
		return fmt.Errorf("%w %q: neither a snapshot nor a bookmark", ErrInvalidName, since)
	}
	return checkBasePool(n, from)
}

// SnapshotSpace returns the space that would be freed if the snapshots of one
// dataset from first to last, both included, were destroyed together.
//
// Errors match ErrNotFound, ErrBaseNotFound (first), ErrInvalid (of two datasets,
// or last is older than first), ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_SPACE_SNAPS (nvlist, since 0.8).
func (c *Client) SnapshotSpace(ctx context.Context, first, last string) (Space, error) {
	from, err := parseSnapshot(first)
	if err != nil {
		return Space{}, inputError(ioctl.OpSpaceSnaps, first, err)
	}
	to, err := parseSnapshot(last)
	if err == nil && from.Dataset != to.Dataset {
		err = fmt.Errorf("%w: %s and %s are snapshots of two datasets", ErrInvalid, first, last)
	}
	if err != nil {
		return Space{}, inputError(ioctl.OpSpaceSnaps, last, err)
	}
	in := &nvlist.List{}
	in.SetString("firstsnap", first)
	out, err := c.callList(ctx, ioctl.OpSpaceSnaps, last, in)
	var e *Error
	if errors.As(err, &e) {
		e.Items = nil // after a failure the answer is uninitialized memory of the kernel
	}
	if err != nil {
		return Space{}, c.explainMissing(ctx, err, lookedUp{bases: []string{first}})
	}
	r := out.Reader()
	s := Space{Used: r.Uint("used"), Compressed: r.Uint("compressed"), Uncompressed: r.Uint("uncompressed")}
	if r.Err() != nil {
		return Space{}, inputError(ioctl.OpSpaceSnaps, last, r.Err())
	}
	return s, nil
}

package zfs

import (
	"context"
	"fmt"

	"github.com/purezfs/purezfs/ioctl"
)

// PromoteDestroyOptions says what DatasetDestroyPromoting and
// DatasetPromoteDestroying may take along.
type PromoteDestroyOptions struct {
	// Snapshots also destroys the snapshots that are newer than the one which the
	// promoted clone was made from. They do not move to the clone.
	Snapshots bool
}

// DatasetDestroyPromoting destroys a filesystem or volume that has clones: it
// promotes the newest, which takes over the snapshots that clones depend on, and
// the other clones with them. It returns the clone's name. The newest is that
// of the latest snapshot, and among several the one that was made last.
//
// Both happen in one transaction group, or nothing does, as in TreeDestroy.
// Items has what is in the way: children, newer snapshots (see the options) and
// those of them that are held, names that the clone has as well, and the
// dataset itself where it is in use, as it is if it is mounted. Should the
// second step fail all the same, Done names the clone, which is promoted.
//
// Errors match ErrInvalid (no clones, or the root of a pool), ErrBusy,
// ErrHasChildren, ErrHasSnapshots, ErrExists, ErrNotFound, ErrTooMany, ErrNoSpace,
// ErrQuota, ErrKey, ErrInvalidName, ErrPermission, ErrReadOnly.
//
// Composite: programs/promote_destroy.lua.
func (c *Client) DatasetDestroyPromoting(ctx context.Context, name string, opts *PromoteDestroyOptions) (clone string, err error) {
	n, err := parseHead(name)
	if err == nil && name == n.Pool {
		err = fmt.Errorf("%w: the root dataset can only be destroyed with its pool", ErrInvalid)
	}
	if err != nil {
		return "", inputError(ioctl.OpChannelProgram, name, err)
	}
	done, err := c.promoteDestroy(ctx, name, "name", opts)
	if err != nil {
		return "", err
	}
	return done[0], nil
}

// DatasetPromoteDestroying promotes a clone and destroys what it was cloned
// from, which it returns the name of. All else is as in DatasetDestroyPromoting,
// but that a clone of a newer snapshot of the origin is in the way.
//
// Errors match ErrInvalid (not a clone), ErrHasClones, and those of
// DatasetDestroyPromoting.
//
// Composite: programs/promote_destroy.lua.
func (c *Client) DatasetPromoteDestroying(ctx context.Context, clone string, opts *PromoteDestroyOptions) (origin string, err error) {
	if _, err := parseHead(clone); err != nil {
		return "", inputError(ioctl.OpChannelProgram, clone, err)
	}
	done, err := c.promoteDestroy(ctx, clone, "clone", opts)
	if err != nil {
		return "", err
	}
	return done[len(done)-1], nil
}

// promoteDestroy runs the program, which goes by the name of either side.
func (c *Client) promoteDestroy(ctx context.Context, name, side string, opts *PromoteDestroyOptions) (done []string, err error) {
	if opts == nil {
		opts = &PromoteDestroyOptions{}
	}
	done, _, err = c.compose(ctx, &composite{program: "promote_destroy", name: name, args: map[string]any{
		side: name, "snapshots": opts.Snapshots,
	}})
	if err == nil && len(done) < 2 {
		err = inputError(ioctl.OpChannelProgram, name, fmt.Errorf("the program answers %q", done))
	}
	return done, err
}

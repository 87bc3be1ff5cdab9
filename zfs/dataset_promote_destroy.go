package zfs

import (
	"context"
	"fmt"

	"github.com/purezfs/purezfs/ioctl"
)

// PromoteDestroyOptions are the options of DatasetDestroyPromoting and
// DatasetPromoteDestroying.
type PromoteDestroyOptions struct {
	// Snapshots also destroys the snapshots that are newer than the origin of the
	// promoted clone. They do not move to the clone.
	Snapshots bool
}

// DatasetDestroyPromoting destroys a filesystem or volume that has clones: it
// first promotes the newest clone, to which the snapshots that clones depend on
// move. It returns the clone's name. The newest clone is a clone of the latest
// snapshot, and among several the one created last.
//
// Both steps happen in one transaction group, or neither does, as in TreeDestroy.
// Items names what blocks the operation: children, newer snapshots (see the
// options), held ones among them, names that the clone has too, and the dataset
// itself if it is in use or mounted. If the second step fails nevertheless, Done
// names the clone, which is promoted.
//
// Errors match ErrInvalid (no clones, or the root of a pool), ErrBusy,
// ErrHasChildren, ErrHasSnapshots, ErrExists, ErrNotFound, ErrTooMany,
// ErrNoSpace, ErrQuota, ErrKey, ErrInvalidName, ErrPermission, ErrReadOnly.
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

// DatasetPromoteDestroying promotes a clone, destroys the dataset of its origin,
// and returns the name of that dataset. The rest is as in
// DatasetDestroyPromoting, except that a clone of a newer snapshot of the origin
// blocks the operation.
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

// promoteDestroy runs the program with the name of either side.
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

package zfs

import (
	"context"
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
)

// TreeSnapshotOptions says what TreeSnapshot leaves out.
type TreeSnapshotOptions struct {
	// Exclude names descendants that are left out, with all that lies below
	// them. One that does not exist excludes nothing.
	Exclude []string
	// ChangedSince, the part of a snapshot's name behind '@', leaves out what has
	// that snapshot and has not been written to since.
	ChangedSince string
}

// TreeSnapshot takes a snapshot, "tank/a@x", of a filesystem or volume and of
// all that lies below it, in one moment. It returns the snapshots that it has
// made, none if nothing has changed.
//
// All are made in one transaction group, or none is: should the
// pool's space end it halfway, those made before are destroyed again. Limits on
// the number of snapshots are not for root. The tree
// is that of the same moment, so nothing is missed that another program makes
// meanwhile. It costs less than a list of the tree and SnapshotCreate, for trees
// of any size. It needs no release beyond 2.0.
//
// Errors match ErrExists, ErrNotFound, ErrTooMany, ErrNoSpace,
// ErrInvalidName, ErrInvalid (an exclusion that is not below the dataset),
// ErrPermission, ErrReadOnly; Items names the snapshots that could not be made.
func (c *Client) TreeSnapshot(ctx context.Context, snapshot string, opts *TreeSnapshotOptions) (made []string, err error) {
	n, err := parseSnapshot(snapshot)
	if opts == nil {
		opts = &TreeSnapshotOptions{}
	}
	args := map[string]any{"name": n.Dataset, "snap": n.Snapshot, "exclude": opts.Exclude}
	for _, name := range opts.Exclude {
		if err == nil {
			_, err = parseHead(name)
		}
		if err == nil && !strings.HasPrefix(name, n.Dataset+"/") {
			err = fmt.Errorf("%w: %s does not lie below %s", ErrInvalid, name, n.Dataset)
		}
	}
	if err == nil && opts.ChangedSince != "" {
		args["since"] = opts.ChangedSince
		_, err = parseSnapshot(n.Pool + "@" + opts.ChangedSince)
	}
	if err != nil {
		return nil, inputError(ioctl.OpChannelProgram, snapshot, err)
	}
	made, _, err = c.compose(ctx, &composite{program: "tree_snapshot", name: n.Dataset, args: args})
	return made, err
}

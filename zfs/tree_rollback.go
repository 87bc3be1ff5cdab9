package zfs

import (
	"context"
	"errors"
	"fmt"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// TreeRollbackOptions says how far TreeRollback goes.
type TreeRollbackOptions struct {
	// Recursive also takes back what lies below, to the snapshots of that name.
	Recursive bool
	// SkipMissing leaves those alone that have no snapshot of that name. Without
	// it they are in the way.
	SkipMissing bool
	// DestroyNewer destroys the snapshots that are newer, which are in the way
	// otherwise. Those that are held or have clones always are.
	DestroyNewer bool
}

// TreeRollback takes a filesystem or volume, or a tree of them, back to any of its
// snapshots: "tank/a@x". It returns the snapshots that it has destroyed and the
// datasets that it has taken back.
//
// All happens in one transaction group, or nothing does, as in TreeDestroy, and
// Items has what is in the way: newer snapshots, their clones and holds, newer
// bookmarks, datasets that are in use. A mounted filesystem is, since only
// DatasetRollback can take one back without unmounting it. A reservation that
// no longer fits is found late: Done then names what was done before.
//
// Errors match ErrNewer, ErrBusy, ErrHasClones,
// ErrNotFound, ErrQuota, ErrNoSpace, ErrTooMany, ErrInvalidName, ErrPermission,
// ErrReadOnly.
func (c *Client) TreeRollback(ctx context.Context, snapshot string, opts *TreeRollbackOptions) (done []string, err error) {
	n, err := parseSnapshot(snapshot)
	if err != nil {
		return nil, inputError(ioctl.OpChannelProgram, snapshot, err)
	}
	if opts == nil {
		opts = &TreeRollbackOptions{}
	}
	older, err := c.olderMarks(ctx, n, opts)
	if err != nil {
		return nil, err
	}
	done, _, err = c.compose(ctx, rollbackProgram(n, older, opts))
	return done, err
}

// rollbackProgram is the program's run. Older are the bookmarks that may stay.
func rollbackProgram(n Name, older []string, opts *TreeRollbackOptions) *composite {
	return &composite{program: "tree_rollback", name: n.Dataset, args: map[string]any{
		"name": n.Dataset, "snap": n.Snapshot, "older": older,
		"recursive": opts.Recursive, "skip": opts.SkipMissing, "destroy": opts.DestroyNewer,
	}}
}

// olderMarks lists the bookmarks that a rollback may leave where they are. What a
// program cannot read is read before it, and it refuses what has come since.
func (c *Client) olderMarks(ctx context.Context, target Name, opts *TreeRollbackOptions) ([]string, error) {
	older := []string{}
	walk := &DatasetsOptions{Recursive: opts.Recursive, Types: prop.TypeFilesystem | prop.TypeVolume}
	for ds, err := range c.Datasets(ctx, target.Dataset, walk) {
		if err != nil {
			return nil, err
		}
		marks, err := c.bookmarksOf(ctx, ds.Name)
		if err != nil {
			return nil, err
		}
		if len(marks) == 0 {
			continue
		}
		snap, err := c.DatasetStats(ctx, ds.Name+"@"+target.Snapshot, nil)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", ds.Name, err)
		}
		for _, mark := range marks {
			if mark.CreateTxg <= snap.CreateTxg {
				older = append(older, mark.Name)
			}
		}
	}
	return older, nil
}

package zfs

import (
	"context"
	"fmt"

	"github.com/purezfs/purezfs/ioctl"
)

// SnapshotRename is one step of a chain: the parts of the names after '@'.
type SnapshotRename struct {
	From, To string
}

// SnapshotRenameOptions are the options of SnapshotRenameChain.
type SnapshotRenameOptions struct {
	// Recursive also renames the snapshots of all descendants. A step is skipped
	// for a dataset that does not have its snapshot.
	Recursive bool
}

// SnapshotRenameChain renames snapshots of a filesystem or volume in several
// steps. A step may use a name that an earlier step has freed: daily.2 to
// daily.3, daily.1 to daily.2. It returns the new names.
//
// All are renamed in one transaction group, or none is: the whole chain is
// checked before its first step. It needs release 2.2, because earlier programs
// cannot rename; it then does nothing.
//
// Errors match ErrNotSupported, ErrNotFound, ErrExists, ErrTooMany, ErrInvalid
// (no step), ErrInvalidName, ErrPermission, ErrReadOnly, ErrNoSpace.
//
// Composite: programs/snapshot_rename.lua.
func (c *Client) SnapshotRenameChain(ctx context.Context, name string, steps []SnapshotRename, opts *SnapshotRenameOptions) (renamed []string, err error) {
	_, err = parseHead(name)
	if err == nil && len(steps) == 0 {
		err = fmt.Errorf("%w: no snapshot to rename", ErrInvalid)
	}
	var from, to []string
	for _, step := range steps {
		for _, snap := range []string{step.From, step.To} {
			if err == nil {
				_, err = parseSnapshot(name + "@" + snap)
			}
		}
		from, to = append(from, step.From), append(to, step.To)
	}
	if err != nil {
		return nil, inputError(ioctl.OpChannelProgram, name, err)
	}
	renamed, _, err = c.compose(ctx, &composite{program: "snapshot_rename", name: name, args: map[string]any{
		"name": name, "from": from, "to": to, "recursive": opts != nil && opts.Recursive,
	}})
	return renamed, err
}

package zfs

import (
	"context"
	"fmt"

	"github.com/purezfs/purezfs/ioctl"
)

// SnapshotRename is one step of a chain: the parts of the names behind '@'.
type SnapshotRename struct {
	From, To string
}

// SnapshotRenameOptions says what SnapshotRenameChain goes through.
type SnapshotRenameOptions struct {
	// Recursive goes through all that lies below as well. A step whose snapshot a
	// dataset does not have is passed over there.
	Recursive bool
}

// SnapshotRenameChain renames snapshots of a filesystem or volume, one after the
// other, so that a step may take the name that one before it has given up: daily.2
// to daily.3, daily.1 to daily.2. It returns the new names.
//
// All are renamed in one transaction group, or none is: the whole chain is gone
// through before its first step. It needs release 2.2, before which programs
// have no such call; nothing is done then.
//
// Errors match ErrNotSupported, ErrNotFound, ErrExists, ErrTooMany, ErrInvalid
// (no step), ErrInvalidName, ErrPermission, ErrReadOnly, ErrNoSpace.
//
// Composite: programs/snapshot_rename.lua.
func (c *Client) SnapshotRenameChain(ctx context.Context, name string, steps []SnapshotRename, opts *SnapshotRenameOptions) (renamed []string, err error) {
	_, err = parseHead(name)
	if err == nil && len(steps) == 0 {
		err = fmt.Errorf("%w: nothing is to be renamed", ErrInvalid)
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

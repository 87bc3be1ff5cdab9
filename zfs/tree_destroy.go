package zfs

import (
	"context"
	"fmt"

	"github.com/purezfs/purezfs/ioctl"
)

// TreeDestroyOptions says what TreeDestroy takes along.
type TreeDestroyOptions struct {
	// Dependents also destroys clones of the snapshots that go, wherever they
	// lie, with what lies below them and depends on them.
	Dependents bool
}

// TreeDestroy destroys a filesystem or volume with all that lies below it, and
// all snapshots and bookmarks of it. It returns what it has destroyed, clones
// and children first. The root of a pool goes with the pool only.
//
// All goes in one transaction group, or nothing does: a crash leaves all or
// none. First everything is looked at, and what is in the way is in Items:
// clones elsewhere, held snapshots, and what is in use, which a mounted
// filesystem and its mounted snapshots are. Nothing is unmounted. Nobody can
// come between look and act. Should a step fail all the same, Done names those
// before it. One case is known: a filesystem that is mounted and has a bookmark
// newer than its latest snapshot.
//
// The pool writes nothing else meanwhile, and the cost is that of each single
// destruction without the wait for its transaction group.
//
// Errors match ErrBusy, ErrHasClones, ErrNotFound, ErrTooMany, ErrInvalid (the
// root of a pool), ErrInvalidName, ErrPermission, ErrReadOnly, ErrNoSpace.
func (c *Client) TreeDestroy(ctx context.Context, name string, opts *TreeDestroyOptions) (destroyed []string, err error) {
	n, err := parseHead(name)
	if err == nil && name == n.Pool {
		err = fmt.Errorf("%w: the root of a pool goes with the pool", ErrInvalid)
	}
	if err != nil {
		return nil, inputError(ioctl.OpChannelProgram, name, err)
	}
	if opts == nil {
		opts = &TreeDestroyOptions{}
	}
	destroyed, _, err = c.compose(ctx, &composite{program: "tree_destroy", name: name, args: map[string]any{
		"name": name, "dependents": opts.Dependents,
	}})
	return destroyed, err
}

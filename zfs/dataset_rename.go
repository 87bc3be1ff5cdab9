package zfs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
)

// DatasetRenameOptions are the options of DatasetRename.
type DatasetRenameOptions struct {
	// Parents first creates the missing ancestors of the new name, as filesystems
	// with inherited properties. On an error Done names those that were created.
	// It applies to filesystems and volumes.
	Parents bool
	// Recursive also renames the snapshots of that name of all descendants, all
	// of them or none. It applies to snapshots.
	Recursive bool
	// NoUnmount leaves a mounted snapshot mounted, under its old path.
	NoUnmount bool
}

// the bits of the command's cookie.
const (
	renameRecursive = 1 << iota
	renameNoUnmount
)

// DatasetRename renames a filesystem, volume or snapshot, within its pool. A
// snapshot stays in its dataset. A mounted filesystem stays mounted where it is,
// whatever mountpoint the new name would inherit.
//
// Errors match ErrExists (of a recursive renaming Items has the snapshots that
// are in the way), ErrNotFound (the source or the new parent, see the hint),
// ErrWrongParent, ErrCrossPool, ErrInvalid (below itself, or an option that
// does not apply), ErrInvalidName (also one of a descendant that would become
// too long), ErrNotEncryptionRoot (out of its encryption root), ErrKey, ErrBusy,
// ErrPermission, ErrNoSpace, ErrQuota.
//
// Kernel: ZFS_IOC_RENAME (legacy, since 0.8).
func (c *Client) DatasetRename(ctx context.Context, name, newName string, opts *DatasetRenameOptions) error {
	if opts == nil {
		opts = &DatasetRenameOptions{}
	}
	from, to, err := checkRename(name, newName, opts)
	if err != nil {
		return c.refuse(ctx, ioctl.OpRename, name, err)
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := setAll(cmd, name, newName, nil); err != nil {
		return inputError(ioctl.OpRename, name, err)
	}
	cmd.SetUint64(ioctl.FieldCookie, opts.cookie())
	ctx = ioctl.HistoryOnce(ctx)
	var done []string
	if opts.Parents {
		// The parents are created only if the source exists.
		if _, err := c.typeOf(ctx, from); err != nil {
			return err
		}
		if done, err = c.createParents(ctx, to); err != nil {
			return withDone(err, done)
		}
	}
	err = c.call(ctx, ioctl.OpRename, cmd)
	return withDone(c.explainRename(ctx, err, renaming{from, to, opts.Recursive}), done)
}

// cookie encodes the options for the kernel.
func (o *DatasetRenameOptions) cookie() (bits uint64) {
	if o.Recursive {
		bits |= renameRecursive
	}
	if o.NoUnmount {
		bits |= renameNoUnmount
	}
	return bits
}

// checkRename checks the two names, and that the options apply to them.
func checkRename(name, newName string, opts *DatasetRenameOptions) (from, to Name, err error) {
	if from, err = ParseName(name); err != nil {
		return from, to, err
	}
	if to, err = ParseName(newName); err != nil {
		return from, to, err
	}
	snapshot := from.Snapshot != ""
	switch {
	case from.Bookmark != "" || to.Bookmark != "":
		err = fmt.Errorf("%w: a bookmark cannot be renamed", ErrInvalidName)
	case strings.Contains(name+newName, "%"):
		err = fmt.Errorf("%w: a partial receive cannot be renamed", ErrInvalidName)
	case snapshot != (to.Snapshot != ""):
		err = fmt.Errorf("%w %q: only a snapshot can be renamed to a snapshot", ErrInvalidName, newName)
	case from.Pool != to.Pool:
		err = checkPools(from, to)
	case snapshot && from.Dataset != to.Dataset:
		err = fmt.Errorf("%w %q: a snapshot cannot be renamed to another dataset", ErrInvalidName, newName)
	case snapshot && opts.Parents:
		err = fmt.Errorf("%w: parents are not made for a snapshot", ErrInvalid)
	case !snapshot && opts.Recursive:
		err = fmt.Errorf("%w: only snapshots are renamed recursively", ErrInvalid)
	case strings.HasPrefix(newName, name+"/"):
		err = fmt.Errorf("%w: %s is below %s", ErrInvalid, newName, name)
	}
	return from, to, err
}

// renaming is the request.
type renaming struct {
	from, to  Name
	recursive bool
}

// explainRename adds to an error the details that can be read.
func (c *Client) explainRename(ctx context.Context, err error, r renaming) error {
	var e *Error
	if !errors.As(err, &e) || ctx.Err() != nil {
		return err
	}
	switch e.Code {
	case ioctl.CodeExist:
		if r.recursive {
			e.Items = c.renameConflicts(ctx, r.from, r.to)
		} else if e.Object = r.to.String(); e.Object == e.Name {
			e.Object = ""
		}
	case ioctl.CodeWrongParent:
		e.Object = Name{Dataset: r.to.Dataset}.Parent()
	case ioctl.CodeAcces:
		if !c.explainRoot(ctx, e, r.from.Dataset, Name{Dataset: r.to.Dataset}.Parent()) {
			e.Hint = "possible causes: a dataset cannot leave its encryption root; a key is not loaded"
		}
	case ioctl.CodeNametoolong:
		e.Hint = "the name of a descendant or snapshot would be too long"
	}
	err = c.explainBusy(ctx, err)
	if c.isMissing(ctx, r.from.String()) {
		return err
	}
	return c.explainMissing(ctx, err, lookedUp{create: r.to.String()})
}

// explainRoot says that a dataset would leave its encryption root, if that can be
// read: it would become a child of parent. It reports whether it did.
func (c *Client) explainRoot(ctx context.Context, e *Error, name, parent string) bool {
	own, err := c.encryptionOf(ctx, name)
	if err != nil || own.root == "" || own.root == name {
		return false
	}
	above, err := c.encryptionOf(ctx, parent)
	if err != nil || above.root == own.root {
		return false
	}
	e.kind, e.Hint = because(ErrNotEncryptionRoot, "cannot leave its encryption root, %s", own.root), ""
	return true
}

// renameConflicts are the snapshots that have the new name already, in the
// datasets that also have the old one. The kernel names none.
func (c *Client) renameConflicts(ctx context.Context, from, to Name) (found []Item) {
	old := make(map[string]bool)
	var taken []string
	for snap, err := range c.Snapshots(ctx, from.Dataset, &SnapshotsOptions{Recursive: true, NamesOnly: true}) {
		if err != nil {
			break // an incomplete list is better than none
		}
		head, short, _ := strings.Cut(snap.Name, "@")
		switch short {
		case from.Snapshot:
			old[head] = true
		case to.Snapshot:
			taken = append(taken, head)
		}
	}
	for _, head := range taken {
		if old[head] {
			name := head + "@" + to.Snapshot
			found = append(found, Item{Name: name, Err: itemError(ioctl.OpRename, name, ioctl.CodeExist)})
		}
	}
	return found
}

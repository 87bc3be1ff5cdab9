package zfs

import (
	"context"
	"errors"
	"slices"

	"github.com/purezfs/purezfs/ioctl"
)

// lookedUp are the names that an operation looks up in addition to its target.
type lookedUp struct {
	// create is the dataset to create, whose parent must exist, or "".
	create string
	// bases must exist: the source of a stream, an origin.
	bases []string
	// tree is what a dry run assumes to exist as well, or nil.
	tree *localTree
}

// missing reports whether a name was looked up and not found.
func (l *lookedUp) missing(ctx context.Context, c *Client, name string) bool {
	return (l.tree == nil || !l.tree.has(name)) && c.isMissing(ctx, name)
}

// explainMissing adds which name an operation did not find. It looks up each of
// them: if all exist the error stays unchanged.
func (c *Client) explainMissing(ctx context.Context, err error, names lookedUp) error {
	var e *Error
	if !errors.As(err, &e) || ctx.Err() != nil {
		return err
	}
	// A missing bookmark is ESRCH, a missing origin in a stream ENODEV.
	if e.Code != ioctl.CodeNoent && e.Code != ioctl.CodeSrch {
		return err
	}
	target := e.Name
	if names.create != "" {
		target = names.create
	}
	n, perr := ParseName(target)
	if perr != nil {
		return err
	}
	isBase := slices.Contains(names.bases, e.Name)
	if errors.Is(e.kind, ErrPoolNotFound) || names.create == "" && !isBase && names.missing(ctx, c, e.Name) {
		return err // the error already names it
	}
	missing := slices.IndexFunc(names.bases, func(base string) bool { return base != "" && names.missing(ctx, c, base) })
	switch parent := (Name{Dataset: n.Dataset}).Parent(); {
	case missing >= 0:
		e.kind, e.Object = ErrBaseNotFound, names.bases[missing]
	case names.create == "" || n.Snapshot != "" && !names.missing(ctx, c, n.Dataset):
	case parent != "" && names.missing(ctx, c, parent):
		e.kind, e.Object = ErrParentNotFound, parent
	}
	if e.Object == e.Name {
		e.Object = ""
	}
	return err
}

// isMissing reports whether a name was looked up and not found.
func (c *Client) isMissing(ctx context.Context, name string) bool {
	there, err := c.DatasetExists(ctx, name)
	return err == nil && !there
}

package zfs

import (
	"context"
	"errors"
	"fmt"
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

// twoPools refuses names of two pools. One of the pools may not exist, which
// explainTwoPools finds out.
type twoPools struct {
	target, other Name
	isBase        bool // other is what the operation starts from
}

// checkPools returns an error unless the two names are in one pool.
func checkPools(target, other Name) error {
	if target.Pool == other.Pool {
		return nil
	}
	return &twoPools{target: target, other: other}
}

// checkBasePool is checkPools for a name that the operation starts from.
func checkBasePool(target, base Name) error {
	if target.Pool == base.Pool {
		return nil
	}
	return &twoPools{target: target, other: base, isBase: true}
}

func (e *twoPools) Error() string {
	return fmt.Sprintf("%v: %s and %s", ErrCrossPool, e.target, e.other)
}
func (e *twoPools) Unwrap() error { return ErrCrossPool }

// refuse is inputError for an error that may be about names of two pools.
func (c *Client) refuse(ctx context.Context, op ioctl.Op, name string, err error) error {
	return c.explainTwoPools(ctx, &Error{Op: op, Name: name, err: err})
}

// explainTwoPools looks up the pools of names that are not in one pool. If one of
// them does not exist, that is the error.
func (c *Client) explainTwoPools(ctx context.Context, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	look := poolLook{c: c, missing: make(map[string]bool)}
	if len(e.Items) == 0 {
		if about, cause := look.explain(ctx, e.err); cause != nil {
			e.err, e.Object = cause, about
		}
		if e.Object == e.Name {
			e.Object = ""
		}
		return err
	}
	for i, item := range e.Items {
		about, cause := look.explain(ctx, item.Err)
		switch {
		case cause == nil:
		case about == item.Name:
			e.Items[i].Err = cause
		default:
			e.Items[i].Err = fmt.Errorf("%s: %w", about, cause)
		}
	}
	e.err = blockedError(e.Items)
	return err
}

// poolLook looks up pools, each of them once.
type poolLook struct {
	c       *Client
	missing map[string]bool
}

// lacks reports whether a pool was looked up and not found.
func (l *poolLook) lacks(ctx context.Context, pool string) bool {
	missing, ok := l.missing[pool]
	if !ok {
		missing = ctx.Err() == nil && matches(l.c.lookUp(ctx, pool), ioctl.CodeNoent)
		l.missing[pool] = missing
	}
	return missing
}

// explain returns what does not exist if an error is about two pools, and the error
// of that. It returns nil if both pools exist, or cannot be looked up.
func (l *poolLook) explain(ctx context.Context, err error) (about string, cause error) {
	var two *twoPools
	switch {
	case !errors.As(err, &two):
		return "", nil
	case l.lacks(ctx, two.target.Pool):
		return two.target.Pool, ErrPoolNotFound
	case !l.lacks(ctx, two.other.Pool):
		return "", nil
	case two.isBase:
		return two.other.String(), ErrBaseNotFound
	}
	return two.other.Pool, ErrPoolNotFound
}

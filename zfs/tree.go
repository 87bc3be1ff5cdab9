package zfs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// TreeDestroyOptions are the options of TreeDestroy.
type TreeDestroyOptions struct {
	// Dependents also destroys clones of the destroyed snapshots, wherever they
	// are, with their descendants and dependents.
	Dependents bool
}

// TreeDestroy destroys a filesystem or volume with its descendants, and all their
// snapshots and bookmarks. It returns what it has destroyed, clones and children
// first. The root of a pool can only be destroyed with the pool.
//
// Everything is destroyed in one transaction group, or nothing is, even after a
// crash. TreeDestroy checks everything first, and Items names what blocks it:
// clones elsewhere, held snapshots, and datasets in use, including mounted
// filesystems and snapshots. It does not unmount them. The check and the
// destruction are atomic. If a step fails nevertheless, Done names the steps
// before it. One such case is known: a mounted filesystem with a bookmark newer
// than its latest snapshot.
//
// The pool writes nothing else meanwhile. The time is that of the single
// destructions without the wait for their transaction groups.
//
// Errors match ErrBusy, ErrHasClones, ErrNotFound, ErrTooMany, ErrInvalid (the
// root of a pool), ErrInvalidName, ErrPermission, ErrReadOnly, ErrNoSpace.
//
// Composite: programs/tree_destroy.lua.
func (c *Client) TreeDestroy(ctx context.Context, name string, opts *TreeDestroyOptions) (destroyed []string, err error) {
	n, err := parseHead(name)
	if err == nil && name == n.Pool {
		err = fmt.Errorf("%w: the root dataset can only be destroyed with its pool", ErrInvalid)
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

// TreeRollbackOptions are the options of TreeRollback.
type TreeRollbackOptions struct {
	// Recursive also rolls back the descendants, to the snapshots of that name.
	Recursive bool
	// SkipMissing skips descendants that have no snapshot of that name. Without
	// it they block the rollback.
	SkipMissing bool
	// DestroyNewer destroys the newer snapshots. Without it they block the
	// rollback. Newer snapshots that are held or have clones always block it.
	DestroyNewer bool
}

// TreeRollback rolls a filesystem or volume, or a tree of them, back to any of
// its snapshots: "tank/a@x". It returns the snapshots that it has destroyed and
// the datasets that it has rolled back.
//
// Everything is rolled back in one transaction group, or nothing is, as in
// TreeDestroy. Items names what blocks the rollback: newer snapshots, their
// clones and holds, newer bookmarks, and datasets in use. A mounted filesystem is
// in use, since only DatasetRollback can roll it back without unmounting it. A
// reservation that does not fit any more is found late: Done then names what was
// done before.
//
// Errors match ErrNewer, ErrBusy, ErrHasClones, ErrNotFound, ErrQuota,
// ErrNoSpace, ErrTooMany, ErrInvalidName, ErrPermission, ErrReadOnly.
//
// Composite: programs/tree_rollback.lua.
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

// rollbackProgram returns the run of the program. Older are the bookmarks that
// may stay.
func rollbackProgram(n Name, older []string, opts *TreeRollbackOptions) *composite {
	return &composite{program: "tree_rollback", name: n.Dataset, args: map[string]any{
		"name": n.Dataset, "snap": n.Snapshot, "older": older,
		"recursive": opts.Recursive, "skip": opts.SkipMissing, "destroy": opts.DestroyNewer,
	}}
}

// olderMarks returns the bookmarks that a rollback may keep. A program cannot
// read their age, so it is read before, and the program refuses bookmarks that
// were created since.
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

// TreeSnapshotOptions are the options of TreeSnapshot.
type TreeSnapshotOptions struct {
	// Exclude names descendants to exclude, with their own descendants. A name
	// that does not exist has no effect.
	Exclude []string
	// ChangedSince, the part of a snapshot's name after '@', excludes datasets
	// that have that snapshot and have not been written to since.
	ChangedSince string
}

// TreeSnapshot takes a snapshot, "tank/a@x", of a filesystem or volume and of all
// its descendants, at the same moment. It returns the snapshots that it has
// taken, which are none if nothing has changed.
//
// All are taken in one transaction group, or none is: if the pool runs out of
// space halfway, the earlier ones are destroyed again. Limits on the number of
// snapshots do not apply to root. The tree is read at the same moment, so
// datasets that are created meanwhile are not missed. For trees of any size, this
// is faster than a list of the tree and SnapshotCreate. It works with every
// release since 2.0.
//
// Errors match ErrExists, ErrNotFound, ErrTooMany, ErrNoSpace, ErrInvalidName,
// ErrInvalid (an exclusion that is not below the dataset), ErrPermission,
// ErrReadOnly; Items names the snapshots that could not be taken.
//
// Composite: programs/tree_snapshot.lua.
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
			err = fmt.Errorf("%w: %s is not below %s", ErrInvalid, name, n.Dataset)
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

// TreePropsOptions are the options of TreeProps.
type TreePropsOptions struct {
	// Snapshots also reads the properties of the snapshots of all these datasets.
	Snapshots bool
}

// TreeProps reads chosen properties of a filesystem or volume and of all its
// descendants, all at the same moment. The result maps datasets to the chosen
// properties that they have. Programs cannot distinguish a default from a value
// set on a pool with the name "default": it counts as a default.
//
// It is one call, but a slow one: the kernel looks up each property separately.
// Datasets and Snapshots, with one call for each dataset, read all properties in
// the time in which TreeProps reads one or two. Use it if the properties must be
// from the same moment, or to read a single property, such as a user property.
//
// Errors match ErrNotFound, ErrInvalidProp (a property that no dataset has),
// ErrInvalid (no property), ErrTooMany, ErrInvalidName, ErrPermission.
//
// Composite: programs/tree_props.lua.
func (c *Client) TreeProps(ctx context.Context, name string, props []prop.Prop, opts *TreePropsOptions) (map[string]*Properties, error) {
	_, err := parseHead(name)
	if err == nil && len(props) == 0 {
		err = fmt.Errorf("%w: no property is named", ErrInvalid)
	}
	if i := slices.Index(props, ""); err == nil && i >= 0 {
		err = fmt.Errorf("%w: a property without a name", ErrInvalidProp)
	}
	if err != nil {
		return nil, inputError(ioctl.OpChannelProgram, name, err)
	}
	_, out, err := c.compose(ctx, &composite{program: "tree_props", name: name, open: true, args: map[string]any{
		"name": name, "props": props, "snapshots": opts != nil && opts.Snapshots,
	}})
	if err != nil {
		return nil, err
	}
	list, _ := out.List("read")
	read := make(map[string]*Properties, list.Len())
	for ds := range list.All() {
		values, _ := ds.List()
		p := &Properties{name: ds.Name(), release: c.release, fixed: []prop.Property{}}
		for pair := range values.All() {
			p.fixed = append(p.fixed, p.ofProgram(pair))
		}
		read[ds.Name()] = p
	}
	return read, nil
}

// ofProgram decodes one property. Lua has no unsigned numbers, so large ones are
// negative, and an index property is a word.
func (p *Properties) ofProgram(pair nvlist.Pair) prop.Property {
	const byDefault = "default"
	property := prop.Prop(pair.Name())
	l, _ := pair.List()
	var v prop.Value
	var src prop.Source
	if n, ok := l.Int64(keyValue); ok {
		v = prop.Uint64(uint64(n))
	} else if s, ok := l.Text(keyValue); ok {
		v = prop.String(s)
		if info, ok := prop.Lookup(property); ok && info.Kind == prop.KindIndex {
			if n, ok := info.ValueNumber(s, p.release); ok {
				v = prop.Uint64(n)
			}
		}
	}
	if from, _ := l.Text(keySource); from == byDefault {
		src = prop.Source{Kind: prop.SourceDefault}
	} else if from != "" {
		src = p.source(l)
	}
	return p.property(property, v, src)
}

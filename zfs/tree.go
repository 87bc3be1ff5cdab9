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

// TreePropsOptions says what TreeProps reads.
type TreePropsOptions struct {
	// Snapshots reads those of all the datasets as well.
	Snapshots bool
}

// TreeProps reads chosen properties of a filesystem or volume and of all that
// lies below it, all of them of one moment. The result is by dataset; what was not
// chosen, or what a dataset does not have, is not in it. Programs cannot tell a
// default from what a pool with the name "default" has set: it counts as a default.
//
// It is one call, but not a fast one: the kernel looks each property up by
// itself. Datasets and Snapshots, which take one call for each dataset, read all
// properties in the time in which this one reads one or two. Use it where
// the moment matters, or where one property is wanted, such as a user property.
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

// ofProgram reads one property. Lua has no unsigned numbers, so that large ones
// come as negative ones, and an index property comes as its word.
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

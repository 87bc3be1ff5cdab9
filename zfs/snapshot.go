package zfs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// SnapshotsOptions says what Snapshots yields.
type SnapshotsOptions struct {
	// Recursive goes down to every descendant.
	Recursive bool
	// Depth goes down so many levels; it overrides Recursive if it is not zero.
	Depth int
	// MinTxg and MaxTxg leave out snapshots that were made before or after
	// these transaction groups; zero means no bound.
	MinTxg, MaxTxg uint64
	// NamesOnly reads no properties, which is several times faster. Of a
	// Dataset only Name and Type are set then, since release 2.2 also GUID and
	// CreateTxg. It excludes AllProps.
	NamesOnly bool
	// AllProps is as in DatasetStatsOptions.
	AllProps bool
}

// Snapshots yields the snapshots of a filesystem or volume and, as the options
// say, of its descendants: those of one dataset together, in the kernel's
// order, which is not that of their creation.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_SNAPSHOT_LIST_NEXT (legacy, since 0.8).
func (c *Client) Snapshots(ctx context.Context, name string, opts *SnapshotsOptions) iter.Seq2[*Dataset, error] {
	if opts == nil {
		opts = &SnapshotsOptions{}
	}
	return c.walk(ctx, name, DatasetsOptions{
		Recursive: opts.Recursive, Depth: opts.Depth, Types: TypeSnapshot, AllProps: opts.AllProps && !opts.NamesOnly,
	}, opts)
}

// snapshotsOf walks over the snapshots of one dataset. One that has vanished
// has none left.
func (c *Client) snapshotsOf(ctx context.Context, head string, opts *SnapshotsOptions) iter.Seq2[*Dataset, error] {
	return func(yield func(*Dataset, error) bool) {
		cmd := c.dev.Cmd()
		defer cmd.Release()
		if err := setTxgRange(cmd, opts); err != nil {
			yield(nil, inputError(ioctl.OpSnapshotListNext, head, err))
			return
		}
		if opts.NamesOnly {
			cmd.SetUint64(ioctl.FieldSimple, 1)
			cmd.SetNoOut()
		}
		for {
			ds, err := c.nextSnapshot(ctx, cmd, head)
			if vanished(err) {
				return
			}
			if !yield(ds, err) || err != nil {
				return
			}
		}
	}
}

// setTxgRange sends the bounds, which the kernel takes as a list.
func setTxgRange(cmd *ioctl.Cmd, opts *SnapshotsOptions) error {
	if opts.MinTxg == 0 && opts.MaxTxg == 0 {
		return nil
	}
	in := &nvlist.List{}
	if opts.MinTxg != 0 {
		in.SetUint64("snap_iter_min_txg", opts.MinTxg)
	}
	if opts.MaxTxg != 0 {
		in.SetUint64("snap_iter_max_txg", opts.MaxTxg)
	}
	return cmd.SetIn(in)
}

// nextSnapshot makes one step of the walk.
func (c *Client) nextSnapshot(ctx context.Context, cmd *ioctl.Cmd, head string) (*Dataset, error) {
	if err := cmd.SetText(ioctl.FieldName, head); err != nil {
		return nil, inputError(ioctl.OpSnapshotListNext, head, err)
	}
	// Old releases fill no statistics for a walk over names, and would leave
	// those of the snapshot before.
	clear(cmd.Bytes(ioctl.FieldObjsetStats))
	if err := c.call(ctx, ioctl.OpSnapshotListNext, cmd); err != nil {
		return nil, err
	}
	name := cmd.Text(ioctl.FieldName)
	ds, err := c.newDataset(name, cmd)
	if err != nil {
		return nil, inputError(ioctl.OpSnapshotListNext, name, err)
	}
	ds.Type |= TypeSnapshot
	ds.Props.typ = ds.Type
	return ds, nil
}

// SnapshotCreateOptions says what SnapshotCreate makes.
type SnapshotCreateOptions struct {
	// Props are user properties that every snapshot gets.
	Props map[Prop]Value
}

// SnapshotCreate makes snapshots, all of them in one transaction group or none
// of them. They must lie in one pool, and a dataset may be named once.
//
// Errors match ErrExists, ErrNotFound, ErrCrossPool, ErrInvalidName,
// ErrInvalidProp, ErrPermission, ErrNoSpace, ErrQuota; Items names the
// snapshots that could not be made.
//
// Kernel: ZFS_IOC_SNAPSHOT (nvlist, since 0.8).
func (c *Client) SnapshotCreate(ctx context.Context, names []string, opts *SnapshotCreateOptions) error {
	pool, snaps, err := snapshotBatch(names)
	if err != nil {
		return inputError(ioctl.OpSnapshot, pool, err)
	}
	if err := oncePerDataset(names); err != nil {
		return inputError(ioctl.OpSnapshot, pool, err)
	}
	in := &nvlist.List{}
	in.SetList("snaps", snaps)
	if opts != nil && len(opts.Props) > 0 {
		props, err := c.encodeProps(opts.Props, TypeSnapshot, true)
		if err != nil {
			return inputError(ioctl.OpSnapshot, pool, err)
		}
		in.SetList("props", props)
	}
	_, err = c.callList(ctx, ioctl.OpSnapshot, pool, in)
	return err
}

// SnapshotDestroyOptions says how SnapshotDestroy goes about it.
type SnapshotDestroyOptions struct {
	// Defer marks a snapshot that is held or has clones, so that it goes when
	// the last of them has gone, instead of failing.
	Defer bool
}

// SnapshotDestroy destroys snapshots of one pool, in one call. If one of them
// cannot be destroyed none is, and Items says which and why. One that does not
// exist is passed over: it is gone, as was wanted. For ranges see SnapshotRange.
//
// Errors match ErrBusy (held or in use), ErrHasClones, ErrCrossPool,
// ErrInvalidName, ErrPermission, ErrNotFound (the pool).
//
// Kernel: ZFS_IOC_DESTROY_SNAPS (nvlist, since 0.8).
func (c *Client) SnapshotDestroy(ctx context.Context, names []string, opts *SnapshotDestroyOptions) error {
	pool, snaps, err := snapshotBatch(names)
	if err != nil {
		return inputError(ioctl.OpDestroySnaps, pool, err)
	}
	in := &nvlist.List{}
	in.SetList("snaps", snaps)
	if opts != nil && opts.Defer {
		in.SetBoolean("defer")
	}
	_, err = c.callList(ctx, ioctl.OpDestroySnaps, pool, in)
	return c.explainBusy(ctx, err)
}

// snapshotBatch checks the names of a batch and makes the kernel's set of
// them. All are checked before the kernel sees one.
func snapshotBatch(names []string) (pool string, snaps *nvlist.List, err error) {
	if len(names) == 0 {
		return "", nil, errors.New("no snapshot is named")
	}
	snaps = &nvlist.List{}
	for _, name := range names {
		n, err := parseSnapshot(name)
		if err != nil {
			return pool, nil, err
		}
		if pool == "" {
			pool = n.Pool
		}
		if n.Pool != pool {
			return pool, nil, fmt.Errorf("%w: %s and %s", ErrCrossPool, names[0], name)
		}
		snaps.SetBoolean(name)
	}
	return pool, snaps, nil
}

// parseSnapshot parses the name of a snapshot.
func parseSnapshot(name string) (Name, error) {
	n, err := ParseName(name)
	if err == nil && n.Snapshot == "" {
		err = fmt.Errorf("%w %q: not a snapshot's name", ErrInvalidName, name)
	}
	return n, err
}

// oncePerDataset refuses two snapshots of one dataset in a batch. The kernel
// refuses them as well, with an errno that also stands for two pools.
func oncePerDataset(names []string) error {
	seen := make(map[string]string, len(names))
	for _, name := range names {
		head, _, _ := strings.Cut(name, "@")
		if first, ok := seen[head]; ok {
			return fmt.Errorf("%w: %s and %s are snapshots of one dataset", ErrInvalid, first, name)
		}
		seen[head] = name
	}
	return nil
}

package zfs

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// SnapshotsOptions are the options of Snapshots.
type SnapshotsOptions struct {
	// Recursive includes every descendant.
	Recursive bool
	// Depth includes descendants down to that number of levels; it overrides
	// Recursive if it is not zero.
	Depth int
	// MinTxg and MaxTxg skip snapshots that were taken before or after these
	// transaction groups; zero means no bound.
	MinTxg, MaxTxg uint64
	// NamesOnly, Props, AllProps, Sorted and Workers are as in DatasetsOptions.
	NamesOnly bool
	Props     []prop.Prop
	AllProps  bool
	Sorted    bool
	Workers   int
}

// Snapshots yields the snapshots of a filesystem or volume and, depending on the
// options, of its descendants. The snapshots of one dataset are together, in the
// kernel's order, which is not that of their creation, unless Sorted is set.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_SNAPSHOT_LIST_NEXT (legacy, since 0.8).
func (c *Client) Snapshots(ctx context.Context, name string, opts *SnapshotsOptions) iter.Seq2[*Dataset, error] {
	if opts == nil {
		opts = &SnapshotsOptions{}
	}
	return c.walk(ctx, name, DatasetsOptions{
		Recursive: opts.Recursive, Depth: opts.Depth, Types: prop.TypeSnapshot, MinTxg: opts.MinTxg, MaxTxg: opts.MaxTxg,
		NamesOnly: opts.NamesOnly, Props: opts.Props, AllProps: opts.AllProps, Sorted: opts.Sorted, Workers: opts.Workers,
	})
}

// snapshotsOf walks over the snapshots of one dataset. A dataset that was
// destroyed meanwhile has none. It ignores the options about the tree.
func (c *Client) snapshotsOf(ctx context.Context, head string, opts *SnapshotsOptions) iter.Seq2[*Dataset, error] {
	parts := partsOf(opts.Props, opts.AllProps)
	if opts.NamesOnly {
		parts = 0
	}
	return c.snapshotParts(ctx, head, parts, txgRange{opts.MinTxg, opts.MaxTxg})
}

// snapshotParts is snapshotsOf with decoded options.
func (c *Client) snapshotParts(ctx context.Context, head string, parts parts, txgs txgRange) iter.Seq2[*Dataset, error] {
	return func(yield func(*Dataset, error) bool) {
		cmd := c.dev.Cmd()
		defer cmd.Release()
		if err := txgs.set(cmd); err != nil {
			yield(nil, inputError(ioctl.OpSnapshotListNext, head, err))
			return
		}
		if !parts.has(partStats) {
			cmd.SetUint64(ioctl.FieldSimple, 1)
			cmd.SetNoOut()
		}
		for {
			at := cmd.Uint64(ioctl.FieldCookie)
			ds, err := c.nextSnapshot(ctx, cmd, head)
			if vanished(err) {
				return
			}
			if err == nil && parts.has(partHandle) && ds.CreateTxg == 0 && cmd.Uint64(ioctl.FieldSimple) != 0 {
				// Old releases return only the name to a simple request.
				cmd.SetUint64(ioctl.FieldSimple, 0)
				cmd.SetUint64(ioctl.FieldCookie, at)
				continue
			}
			if !yield(ds, err) || err != nil {
				return
			}
		}
	}
}

// nextSnapshot makes one step of the walk.
func (c *Client) nextSnapshot(ctx context.Context, cmd *ioctl.Cmd, head string) (*Dataset, error) {
	if err := cmd.SetText(ioctl.FieldName, head); err != nil {
		return nil, inputError(ioctl.OpSnapshotListNext, head, err)
	}
	// Old releases return no statistics for a walk over names, and would leave
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
	ds.setType(ds.Type | prop.TypeSnapshot)
	return ds, nil
}

// SnapshotCreateOptions are the options of SnapshotCreate.
type SnapshotCreateOptions struct {
	// Props are user properties that are set on every snapshot.
	Props prop.Values
}

// SnapshotCreate takes snapshots, all of them in one transaction group or none of
// them. They must be in one pool, at most one for each dataset. An empty list is
// not an error.
//
// Errors match ErrExists, ErrNotFound, ErrCrossPool, ErrInvalidName, ErrInvalid
// (a dataset named twice), ErrInvalidProp, ErrPermission, ErrNoSpace, ErrQuota,
// ErrReadOnly; Items names the snapshots that could not be taken.
//
// Kernel: ZFS_IOC_SNAPSHOT (nvlist, since 0.8).
func (c *Client) SnapshotCreate(ctx context.Context, names []string, opts *SnapshotCreateOptions) error {
	pool, err := c.checkBatch(ctx, ioctl.OpSnapshot, names, newSnapshots())
	if err != nil || len(names) == 0 {
		return err
	}
	in := &nvlist.List{}
	in.SetList("snaps", nameSet(names))
	if opts != nil && len(opts.Props) > 0 {
		props, err := c.encodeProps(opts.Props, prop.TypeSnapshot, true)
		if err != nil {
			if len(names) == 1 {
				pool = names[0]
			}
			return inputError(ioctl.OpSnapshot, pool, err)
		}
		in.SetList("props", props)
	}
	_, err = c.callList(ctx, ioctl.OpSnapshot, pool, in)
	var e *Error
	if err = nameBatch(err, names); errors.As(err, &e) && len(names) == 1 && e.Code == ioctl.CodeNoent && e.Object == "" {
		e.Object = headOf(names[0])
	}
	return err
}

// SnapshotDestroyOptions are the options of SnapshotDestroy.
type SnapshotDestroyOptions struct {
	// Defer marks a snapshot that is held or has clones for deferred destruction
	// instead of failing: it is destroyed when the last hold is released and the
	// last clone is destroyed.
	Defer bool
}

// SnapshotDestroy destroys snapshots of one pool, in one call. If one of them
// cannot be destroyed none is, and Items names it with the reason. A snapshot
// that does not exist is skipped without an error. An empty list is not an error.
// For ranges see SnapshotRange.
//
// Errors match ErrBusy (held or in use), ErrHasClones, ErrCrossPool,
// ErrInvalidName, ErrPermission, ErrReadOnly, ErrNotFound (the pool).
//
// Kernel: ZFS_IOC_DESTROY_SNAPS (nvlist, since 0.8).
func (c *Client) SnapshotDestroy(ctx context.Context, names []string, opts *SnapshotDestroyOptions) error {
	pool, err := c.checkBatch(ctx, ioctl.OpDestroySnaps, names, parseSnapshot)
	if err != nil || len(names) == 0 {
		return err
	}
	in := &nvlist.List{}
	in.SetList("snaps", nameSet(names))
	if opts != nil && opts.Defer {
		in.SetBoolean("defer")
	}
	_, err = c.callList(ctx, ioctl.OpDestroySnaps, pool, in)
	return c.explainBusy(ctx, nameBatch(err, names))
}

// parseSnapshot parses the name of a snapshot.
func parseSnapshot(name string) (Name, error) {
	n, err := ParseName(name)
	if err == nil && n.Snapshot == "" {
		err = fmt.Errorf("%w %q: not a snapshot's name", ErrInvalidName, name)
	}
	return n, err
}

// newSnapshots returns a check of the names of a batch of new snapshots: at most
// one for each dataset, and no percent signs. The kernel also refuses these, but
// with ambiguous errnos.
func newSnapshots() func(name string) (Name, error) {
	seen := make(map[string]string)
	return func(name string) (Name, error) {
		n, err := parseSnapshot(name)
		if err == nil {
			err = checkPercent(name)
		}
		if err != nil {
			return n, err
		}
		if first, ok := seen[n.Dataset]; ok {
			return n, fmt.Errorf("%w: %s and %s are snapshots of one dataset", ErrInvalid, first, name)
		}
		seen[n.Dataset] = name
		return n, nil
	}
}

package zfs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// DatasetRollbackOptions are the options of DatasetRollback.
type DatasetRollbackOptions struct {
	// To is the snapshot to roll back to, with its dataset: "tank/a@x". It is a
	// snapshot of the dataset itself or the origin of a clone. Empty means the
	// latest.
	To string
	// DestroyNewer first destroys the newer snapshots and bookmarks; otherwise
	// they make the rollback fail. Snapshots that are held or have clones are
	// never destroyed: then nothing is destroyed, and Items names them and the
	// clones.
	DestroyNewer bool
}

// DatasetRollback rolls a filesystem or volume back to a snapshot: everything
// written since is lost. It returns the snapshot's name. A mounted filesystem
// stays mounted.
//
// With To, the kernel itself checks that it is the latest snapshot: if another
// one is taken at the same time, the rollback fails. If newer snapshots or
// bookmarks exist, the error matches ErrNewer and Items names them. Done names
// what DestroyNewer had destroyed before a failure.
//
// Errors match ErrNewer, ErrNotFound (the dataset, or no such snapshot of it),
// ErrBusy (held, or in use by a receive), ErrHasClones, ErrCrossPool,
// ErrInvalidName, ErrPermission, ErrNoSpace, ErrQuota.
//
// Kernel: ZFS_IOC_ROLLBACK (nvlist, since 0.8).
func (c *Client) DatasetRollback(ctx context.Context, name string, opts *DatasetRollbackOptions) (snapshot string, err error) {
	if opts == nil {
		opts = &DatasetRollbackOptions{}
	}
	if err := checkRollback(name, opts.To); err != nil {
		return "", c.refuse(ctx, ioctl.OpRollback, name, err)
	}
	// The kernel checks first whether the target is valid, before anything is
	// destroyed.
	snapshot, err = c.rollback(ctx, name, opts.To)
	if !matches(err, ioctl.CodeExist) {
		return snapshot, err
	}
	newer, nerr := c.newerThan(ctx, name, opts.To)
	if nerr != nil {
		return "", nerr
	}
	if !opts.DestroyNewer {
		return "", newer.named(err)
	}
	ctx = ioctl.HistoryOnce(ctx)
	done, err := c.destroyNewer(ctx, newer)
	if err != nil {
		return "", withDone(err, done)
	}
	snapshot, err = c.rollback(ctx, name, newer.than)
	return snapshot, withDone(err, done)
}

// checkRollback checks the names. To is empty for the latest snapshot.
func checkRollback(name, to string) error {
	n, err := parseHead(name)
	if err != nil || to == "" {
		return err
	}
	target, err := parseSnapshot(to)
	if err != nil {
		return err
	}
	return checkPools(n, target)
}

// rollback makes the call.
func (c *Client) rollback(ctx context.Context, name, to string) (string, error) {
	in := &nvlist.List{}
	if to != "" {
		in.SetString("target", to)
	}
	out, err := c.callList(ctx, ioctl.OpRollback, name, in)
	if err != nil {
		return "", c.explainBusy(ctx, c.explainRollback(ctx, err, to))
	}
	target, _ := out.Text("target")
	return target, nil
}

// explainRollback adds that the snapshot does not exist. An empty name is the
// latest.
func (c *Client) explainRollback(ctx context.Context, err error, to string) error {
	var e *Error
	if !errors.As(err, &e) || !vanished(err) || ctx.Err() != nil || c.isMissing(ctx, e.Name) {
		return err
	}
	switch {
	case to == "":
		e.Hint = "it has no snapshots"
	case c.isMissing(ctx, to):
		e.Object = to
	default:
		e.Hint = fmt.Sprintf("%s is not a snapshot of it", to)
	}
	return err
}

// newer holds the snapshots and bookmarks that block a rollback.
type newer struct {
	than         string // the snapshot to go back to
	snaps, marks []string
}

// named adds the names to an error.
func (n *newer) named(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	for _, name := range slices.Concat(n.snaps, n.marks) {
		e.Items = append(e.Items, Item{Name: name, Err: because(ErrNewer, "is newer than %s", n.than)})
	}
	return err
}

// newerThan reads the snapshots and bookmarks that are newer than a snapshot, or
// than the latest one.
func (c *Client) newerThan(ctx context.Context, name, to string) (*newer, error) {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if to == "" {
		ds, err := c.datasetStats(ctx, cmd, name)
		if err != nil {
			return nil, err
		}
		to = ds.Props.Value(prop.PrevSnap).String()
	}
	target, err := c.datasetStats(ctx, cmd, to)
	if err != nil {
		return nil, err
	}
	n := &newer{than: to}
	for snap, err := range c.snapshotsOf(ctx, name, &SnapshotsOptions{NamesOnly: true, MinTxg: target.CreateTxg + 1}) {
		if err != nil {
			return nil, err
		}
		n.snaps = append(n.snaps, snap.Name)
	}
	slices.Sort(n.snaps)
	marks, err := c.bookmarksOf(ctx, name)
	for _, mark := range marks {
		if mark.CreateTxg > target.CreateTxg {
			n.marks = append(n.marks, mark.Name)
		}
	}
	return n, err
}

// destroyNewer destroys the snapshots, all or none, and then the bookmarks, which
// can always be destroyed.
func (c *Client) destroyNewer(ctx context.Context, n *newer) (done []string, err error) {
	if len(n.snaps) > 0 {
		if err := c.SnapshotDestroy(ctx, n.snaps, nil); err != nil {
			return nil, c.nameClones(ctx, err)
		}
		done = append(done, n.snaps...)
	}
	if len(n.marks) > 0 {
		if err := c.BookmarkDestroy(ctx, n.marks); err != nil {
			return done, err
		}
		done = append(done, n.marks...)
	}
	return done, nil
}

// nameClones adds to the snapshots that could not be destroyed the clones that
// depend on them.
func (c *Client) nameClones(ctx context.Context, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	for _, item := range slices.Clone(e.Items) {
		if !matches(item.Err, ioctl.CodeExist) {
			continue
		}
		// A snapshot that can no longer be read adds nothing.
		snap, serr := c.datasetStats(ctx, cmd, item.Name)
		if serr != nil {
			continue
		}
		for _, clone := range snap.Props.Value(prop.Clones).Strings() {
			e.Items = append(e.Items, Item{Name: clone, Err: because(ErrHasClones, "is a clone of %s", item.Name)})
			e.Hint = "" // it says the same of one of them
		}
	}
	return err
}

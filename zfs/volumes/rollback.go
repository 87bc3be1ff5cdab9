package volumes

import (
	"context"
	"errors"
	"fmt"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
)

// Rollback rolls a volume back to any of its snapshots: "a@s". All its snapshots are
// kept, even newer ones. Data written since the latest snapshot is lost. The volume
// keeps its name and its local properties, but properties that can only be set at
// creation and the size of the device are those of the snapshot.
//
// A rollback to the latest snapshot is possible while the volume is in use. For any
// other snapshot, a clone of it replaces the volume, which is refused while the
// volume is mounted or its device is open. Rollback waits for copies that read from
// the volume.
//
// Errors match ErrNotFound (the volume or the snapshot), ErrBusy, ErrHasChildren
// (children of a filesystem that are not its snapshots), ErrInvalidName,
// ErrNoSpace, ErrQuota, ErrPermission, ErrReadOnly.
func (v *Service) Rollback(ctx context.Context, snapshot string) error {
	volume, snap, err := v.parse(snapshot)
	if err == nil && snap == "" {
		err = zfs.NewError(ioctl.OpRollback, snapshot, fmt.Errorf("%w %q: not a snapshot", zfs.ErrInvalidName, snapshot))
	}
	if err == nil {
		err = v.beginOn(ctx, volume)
	}
	if err != nil {
		return err
	}
	defer v.end()
	live := v.Dataset(volume)
	ds, err := v.c.DatasetStats(ctx, live, nil)
	if err != nil {
		return err
	}
	full, err := v.find(ctx, volume, snap)
	if err != nil {
		return err
	}
	if full == live+"@"+snap {
		// The kernel itself checks whether it is the latest one.
		if _, err = v.c.DatasetRollback(ctx, live, &zfs.DatasetRollbackOptions{To: full}); !errors.Is(err, zfs.ErrNewer) {
			return err
		}
	}
	if _, _, err := v.program(ctx, map[string]any{"name": live, "check": true}); err != nil {
		return err
	}
	v.unfinished = true
	if err := v.replace(ctx, ds, volume, full); err != nil {
		return err
	}
	_, err = v.collect(ctx)
	return err
}

// replace replaces a volume by a clone of a snapshot. Between the two renames no
// volume has the name; after an interruption finishRollback restores it.
func (v *Service) replace(ctx context.Context, ds *zfs.Dataset, volume, snap string) error {
	if err := v.makeHidden(ctx); err != nil {
		return err
	}
	next := v.hidden(kindRollback, volume)
	if err := v.discard(ctx, next); err != nil {
		return err
	}
	if err := v.c.DatasetClone(ctx, next, snap, &zfs.DatasetCloneOptions{Props: localProps(ds)}); err != nil {
		return err
	}
	if _, err := v.hide(ctx, volume, []string{ds.Name}, false); err != nil {
		return err
	}
	return v.c.DatasetRename(ctx, next, ds.Name, nil)
}

// finishRollback renames the clone of an interrupted rollback to the volume's name
// if that is free, because the volume was already moved. Otherwise it destroys the
// clone.
func (v *Service) finishRollback(ctx context.Context, volume string) error {
	next := v.hidden(kindRollback, volume)
	exists, err := v.c.DatasetExists(ctx, v.Dataset(volume))
	switch {
	case err != nil:
		return err
	case exists:
		return v.discard(ctx, next)
	}
	return v.c.DatasetRename(ctx, next, v.Dataset(volume), nil)
}

package zfs

import (
	"context"
	"errors"
	"fmt"

	"github.com/purezfs/purezfs/ioctl"
)

// Rollback takes a volume back to any of its snapshots: "a@s". All its snapshots
// stay, also newer ones, and can be gone back to. What was written since the
// latest snapshot is lost. The volume keeps its name, and the properties that are
// set on it; those that can only be set at creation and the size of the device
// are those of the snapshot.
//
// A volume goes back to its latest snapshot in use. For another one a clone of it
// takes the volume's place, which is refused while the volume is mounted or its
// device open. It waits for copies that are read from the volume.
//
// Errors match ErrNotFound (the volume or the snapshot), ErrBusy, ErrHasChildren
// (datasets below a filesystem that are none of the volumes'), ErrInvalidName,
// ErrNoSpace, ErrQuota, ErrPermission, ErrReadOnly.
func (v *Volumes) Rollback(ctx context.Context, snapshot string) error {
	volume, snap, err := v.parse(snapshot)
	if err == nil && snap == "" {
		err = inputError(ioctl.OpRollback, snapshot, fmt.Errorf("%w %q: not a snapshot", ErrInvalidName, snapshot))
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
		// The kernel itself tells whether it is the latest one.
		if _, err = v.c.DatasetRollback(ctx, live, &DatasetRollbackOptions{To: full}); !errors.Is(err, ErrNewer) {
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

// replace puts a clone of a snapshot in the place of a volume. Between the two
// renames there is none of that name: finishRollback makes up for that.
func (v *Volumes) replace(ctx context.Context, ds *Dataset, volume, snap string) error {
	if err := v.makeHidden(ctx); err != nil {
		return err
	}
	next := v.hidden(volumeRollback, volume)
	if err := v.discard(ctx, next); err != nil {
		return err
	}
	if err := v.c.DatasetClone(ctx, next, snap, &DatasetCloneOptions{Props: localProps(ds)}); err != nil {
		return err
	}
	if _, err := v.hide(ctx, volume, []string{ds.Name}, false); err != nil {
		return err
	}
	return v.c.DatasetRename(ctx, next, ds.Name, nil)
}

// finishRollback gives a clone the place that it was made for, if that is free,
// since the volume was moved out of its way. Else it goes.
func (v *Volumes) finishRollback(ctx context.Context, volume string) error {
	next := v.hidden(volumeRollback, volume)
	exists, err := v.c.DatasetExists(ctx, v.Dataset(volume))
	switch {
	case err != nil:
		return err
	case exists:
		return v.discard(ctx, next)
	}
	return v.c.DatasetRename(ctx, next, v.Dataset(volume), nil)
}

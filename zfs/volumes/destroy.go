package volumes

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

// DestroyOptions are the options of Destroy.
type DestroyOptions struct {
	// Snapshots also destroys the snapshots of a volume. Without it they are kept, and
	// the name of the volume cannot be used again until they are destroyed.
	Snapshots bool
}

// Fate is the result of Destroy. List does not return a destroyed volume or
// snapshot, whether it is hidden or not.
type Fate struct {
	// Hidden reports whether its data still exists because something depends on it.
	// The data is freed when it has no dependents any more.
	Hidden bool
	// Needed are the snapshots and clones that depend on it: "a@s", "b".
	Needed []string
}

// Destroy destroys a volume, "a", or a snapshot, "a@s". If others depend on it, it is
// hidden instead, and Fate reports that. Destroy also destroys hidden datasets whose
// last dependent it was. It waits for copies that read from the volume.
//
// Errors match ErrNotFound, ErrBusy (mounted, open, or a held snapshot),
// ErrHasChildren (children that are not snapshots of the volume), ErrInvalidName,
// ErrPermission, ErrReadOnly. If it fails, only the names in Done of the error are
// destroyed.
func (v *Service) Destroy(ctx context.Context, name string, opts *DestroyOptions) (*Fate, error) {
	volume, snap, err := v.parse(name)
	if err == nil {
		err = v.beginOn(ctx, volume)
	}
	if err != nil {
		return nil, err
	}
	defer v.end()
	if snap != "" {
		return v.destroySnapshot(ctx, volume, snap)
	}
	return v.destroyVolume(ctx, volume, opts != nil && opts.Snapshots)
}

// program runs the program that destroys, and returns the names that depend on its
// target.
func (v *Service) program(ctx context.Context, args map[string]any) (done, needed []string, err error) {
	read := make(map[string]bool)
	for _, job := range v.copies {
		read[job.snap] = true
	}
	args["parent"], args["hidden"], args["read"] = v.parent, v.parent+"/"+hiddenDir, read
	name, ok := args["name"].(string)
	if !ok {
		name = v.parent
	}
	res, err := v.c.CompositeRun(ctx, &zfs.Composite{Name: name, Source: destroyProgram, Args: args})
	list, _ := res.Answer.List("needed")
	for i := range list.Len() {
		text, _ := list.Text(fmt.Sprint(i + 1))
		needed = append(needed, text)
	}
	return res.Done, needed, err
}

// fate returns the Fate of a hidden target, with the names of its dependents as the
// owner of the volumes knows them.
func (v *Service) fate(needed []string) *Fate {
	f := &Fate{Hidden: len(needed) > 0}
	for _, name := range needed {
		if known := v.volumeOf(name); known != "" {
			f.Needed = append(f.Needed, known)
		}
	}
	slices.Sort(f.Needed)
	f.Needed = slices.Compact(f.Needed)
	return f
}

// destroySnapshot destroys a snapshot, or renames it to a hidden name.
func (v *Service) destroySnapshot(ctx context.Context, volume, snap string) (*Fate, error) {
	full, err := v.find(ctx, volume, snap)
	if err != nil {
		return nil, err
	}
	_, needed, err := v.program(ctx, map[string]any{"name": full})
	if err != nil || len(needed) == 0 {
		return v.fate(nil), err
	}
	ds, err := v.c.DatasetStats(ctx, full, nil)
	if err != nil {
		return nil, err
	}
	head, _, _ := strings.Cut(full, "@")
	hidden := fmt.Sprintf("%s@.%s%x", head, kindGone, ds.GUID)
	if err := v.c.DatasetRename(ctx, full, hidden, nil); err != nil {
		return nil, err
	}
	return v.fate(needed), nil
}

// find returns the full name of a snapshot of a volume or of one of its former
// datasets.
func (v *Service) find(ctx context.Context, volume, snap string) (string, error) {
	kept, err := v.keptOf(ctx, volume)
	if err != nil {
		return "", err
	}
	for _, head := range append([]string{v.Dataset(volume)}, kept...) {
		exists, err := v.c.DatasetExists(ctx, head+"@"+snap)
		if exists || err != nil {
			return head + "@" + snap, err
		}
	}
	name := v.Dataset(volume) + "@" + snap
	return "", zfs.NewError(ioctl.OpObjsetStats, name, zfs.ErrNotFound)
}

// hiddenNames lists the hidden datasets, without their path.
func (v *Service) hiddenNames(ctx context.Context) (names []string, err error) {
	root := v.parent + "/" + hiddenDir
	for ds, err := range v.c.Datasets(ctx, root, &zfs.DatasetsOptions{Depth: 1, NamesOnly: true}) {
		if errors.Is(err, zfs.ErrNotFound) {
			break
		}
		if err != nil {
			return nil, err
		}
		if short, ok := strings.CutPrefix(ds.Name, root+"/"); ok {
			names = append(names, short)
		}
	}
	slices.Sort(names)
	return names, nil
}

// keptOf lists the former datasets of a volume.
func (v *Service) keptOf(ctx context.Context, volume string) ([]string, error) {
	kept := []string{}
	names, err := v.hiddenNames(ctx)
	for _, name := range names {
		rest, ok := strings.CutPrefix(name, kindKept+volume+".")
		if ok && isHex(rest) {
			kept = append(kept, v.hidden(name, ""))
		}
	}
	return kept, err
}

// destroyVolume destroys a volume, or hides it with its former datasets.
func (v *Service) destroyVolume(ctx context.Context, volume string, snapshots bool) (*Fate, error) {
	kept, err := v.keptOf(ctx, volume)
	if err != nil {
		return nil, err
	}
	name := v.Dataset(volume)
	_, needed, err := v.program(ctx, map[string]any{"name": name, "snapshots": snapshots, "kept": kept})
	switch {
	case errors.Is(err, zfs.ErrNotFound) && snapshots:
		// Only its snapshots may still exist.
		if known, kerr := v.snapshotOf(ctx, kept); kerr != nil || known == "" {
			return nil, cmp.Or(kerr, err)
		}
	case err != nil:
		return nil, err
	case len(needed) == 0:
		return v.fate(nil), nil
	default:
		kept = append([]string{name}, kept...)
	}
	v.unfinished = true
	hidden, err := v.hide(ctx, volume, kept, snapshots)
	if err == nil {
		_, err = v.collect(ctx)
	}
	if err != nil {
		return nil, err
	}
	// Datasets that only the volume needed have been destroyed by now.
	for _, name := range hidden {
		exists, err := v.c.DatasetExists(ctx, name)
		if err != nil || exists {
			return v.fate(needed), err
		}
	}
	return v.fate(nil), nil
}

// hide moves a volume, the first of the names, to the hidden datasets and, if
// snapshots is set, its former datasets too. It returns the new names. The first
// rename hides the volume.
func (v *Service) hide(ctx context.Context, volume string, names []string, snapshots bool) (hidden []string, err error) {
	if err := v.makeHidden(ctx); err != nil {
		return nil, err
	}
	if !snapshots {
		names = names[:1]
	}
	for _, name := range names {
		ds, err := v.c.DatasetStats(ctx, name, &zfs.DatasetStatsOptions{Props: []prop.Prop{prop.GUID}})
		if err != nil {
			return hidden, err
		}
		to := v.hidden(kindGone, fmt.Sprintf("%016x", ds.GUID))
		if !snapshots {
			to = v.hidden(kindKept, fmt.Sprintf("%s.%016x", volume, ds.GUID))
		}
		if err := v.c.DatasetRename(ctx, name, to, nil); err != nil {
			return hidden, err
		}
		hidden = append(hidden, to)
	}
	return hidden, nil
}

// Collect finishes or undoes interrupted operations, and destroys hidden datasets
// and snapshots that have no dependents any more. It returns the names of those that
// it destroyed. The other methods do the same for the volumes that they change;
// Collect is for changes that other programs made, and for datasets that could not
// be destroyed because they were in use.
//
// Errors match ErrBusy, ErrPermission, ErrReadOnly.
func (v *Service) Collect(ctx context.Context) ([]string, error) {
	if err := v.take(ctx); err != nil {
		return nil, err
	}
	defer v.end()
	return v.collect(ctx)
}

// collect is Collect during a turn.
func (v *Service) collect(ctx context.Context) ([]string, error) {
	names, err := v.hiddenNames(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if volume, ok := strings.CutPrefix(name, kindRollback); ok {
			err = v.finishRollback(ctx, volume)
		} else if volume, ok := strings.CutPrefix(name, kindCopy); ok {
			if v.copies[volume] == nil {
				err = v.discard(ctx, v.hidden(name, ""))
			}
		} else {
			err = v.unreserve(ctx, v.hidden(name, ""))
		}
		if err != nil {
			return nil, err
		}
	}
	done, _, err := v.program(ctx, map[string]any{})
	v.unfinished = err != nil
	return done, err
}

// discard destroys an unfinished dataset.
func (v *Service) discard(ctx context.Context, name string) error {
	_, err := v.c.TreeDestroy(ctx, name, nil)
	if errors.Is(err, zfs.ErrNotFound) {
		return nil
	}
	return err
}

// unreserve removes the reservation of a hidden dataset.
func (v *Service) unreserve(ctx context.Context, name string) error {
	ds, err := v.c.DatasetStats(ctx, name, nil)
	if errors.Is(err, zfs.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	none := make(prop.Values)
	for _, property := range []prop.Prop{prop.Reservation, prop.RefReservation} {
		if ds.Props.Uint64(property) > 0 {
			none[property] = prop.String("none")
		}
	}
	return v.c.DatasetSetProps(ctx, name, none)
}

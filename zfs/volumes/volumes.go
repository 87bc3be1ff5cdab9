// Package volumes is for storage plugins: its volumes and snapshots can be cloned,
// copied, rolled back and destroyed in any order, although ZFS allows only some
// orders.
//
// A volume or snapshot that is destroyed while others depend on it is hidden: it
// moves to a child ".volumes" of the same filesystem, and is destroyed when nothing
// depends on it any more. The former datasets of a volume that was rolled back to a
// snapshot other than its latest are hidden too, so that the volume keeps all its
// snapshots.
//
// All state is in the names of the datasets. An interrupted operation is finished,
// or undone, by the next Open or Service.Collect.
package volumes

import (
	"cmp"
	"context"
	_ "embed" // the programs
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

// Service manages volumes: the filesystems and volumes that are children of one
// filesystem, with their snapshots.
//
// A volume is named "a" and a snapshot of it "a@s". Names do not begin with a
// full stop. Nothing is mounted or unmounted.
//
// Its methods may be called concurrently. They run one after the other, and a
// method that waits returns if its context ends. Copy lets other methods run while
// it reads and writes. Only one process on a machine may change the volumes of a
// filesystem at a time. The methods run channel programs, which only root may.
type Service struct {
	c      *zfs.Client
	parent string
	turn   chan struct{} // full during an operation
	// copies are the copies in progress, by the name of the new volume.
	copies map[string]*copying
	// unfinished reports whether an operation has failed between two steps.
	unfinished bool
}

// hiddenDir is the last component of the parent of hidden datasets.
const hiddenDir = ".volumes"

// The kinds of hidden datasets, each with the rest of the name.
const (
	kindKept     = "kept."     // volume, GUID: its snapshots are the volume's
	kindGone     = "gone."     // GUID: it is destroyed as soon as possible
	kindRollback = "rollback." // volume: it will replace the volume
	kindCopy     = "copy."     // volume: it is being received
)

// The programs, in the form that zfs.Composite describes.
var (
	//go:embed destroy.lua
	destroyProgram string
	//go:embed snapshot.lua
	snapshotProgram string
)

// Open returns the volumes of a filesystem. It first finishes or undoes the
// interrupted operations of an earlier process.
//
// Errors match ErrNotFound, ErrWrongParent, ErrInvalidName, ErrPermission,
// ErrReadOnly.
func Open(ctx context.Context, c *zfs.Client, parent string) (*Service, error) {
	n, err := zfs.ParseName(parent)
	if err == nil && n.Dataset != parent {
		err = fmt.Errorf("%w %q: not a filesystem", zfs.ErrInvalidName, parent)
	}
	if err == nil && c == nil {
		err = fmt.Errorf("%w: no client", zfs.ErrInvalid)
	}
	if err != nil {
		return nil, zfs.NewError(ioctl.OpObjsetStats, parent, err)
	}
	ds, err := c.DatasetStats(ctx, parent, &zfs.DatasetStatsOptions{Props: []prop.Prop{prop.GUID}})
	if err != nil {
		return nil, err
	}
	if !ds.Type.Has(prop.TypeFilesystem) {
		return nil, zfs.NewError(ioctl.OpObjsetStats, parent, fmt.Errorf("%w: %s", zfs.ErrWrongParent, parent))
	}
	v := &Service{c: c, parent: parent, turn: make(chan struct{}, 1), copies: make(map[string]*copying)}
	_, err = v.Collect(ctx)
	return v, err
}

// Volume is one volume, as List reads it.
type Volume struct {
	Name    string
	Dataset string // empty if the volume is destroyed
	Type    prop.DatasetType
	// Size is the size of a volume's device in bytes, 0 for a filesystem.
	Size     uint64
	ReadOnly bool
	// Origin is the snapshot that the volume is a clone of, "a@s". It is empty if the
	// volume is not a clone, or if the snapshot is destroyed.
	Origin string
	// Destroyed reports whether the volume is destroyed, while some of its snapshots
	// exist. Its name cannot be used again until they are destroyed too.
	Destroyed bool
	// Snapshots are its snapshots, oldest first.
	Snapshots []Snapshot
}

// Snapshot is a snapshot of a volume.
type Snapshot struct {
	Name      string // "a@s"
	Dataset   string // its name in ZFS, which may change
	GUID      uint64
	CreateTxg uint64
}

// Dataset returns the name of a volume's dataset, even if it does not exist.
func (v *Service) Dataset(volume string) string { return v.parent + "/" + volume }

// hidden returns the name of a hidden dataset.
func (v *Service) hidden(kind, rest string) string {
	return v.parent + "/" + hiddenDir + "/" + kind + rest
}

// parse checks the name of a volume, or of a snapshot if it has an at sign. It makes
// sure that the hidden name is not too long.
func (v *Service) parse(name string) (volume, snap string, err error) {
	volume, snap, isSnap := strings.Cut(name, "@")
	long := v.hidden(kindKept, volume) + ".0123456789abcdef"
	if isSnap {
		long += "@" + snap
	}
	switch _, err = zfs.ParseName(long); {
	case err != nil:
	case volume == "" || strings.ContainsAny(name, "/%#") || volume[0] == '.':
		err = fmt.Errorf("%w %q: not the name of a volume", zfs.ErrInvalidName, name)
	case isSnap && snap[0] == '.':
		err = fmt.Errorf("%w %q: a snapshot name cannot start with a full stop", zfs.ErrInvalidName, name)
	}
	if err != nil {
		err = zfs.NewError(ioctl.OpObjsetStats, name, err)
	}
	return volume, snap, err
}

// parseVolume is parse for the name of a volume.
func (v *Service) parseVolume(name string) error {
	_, snap, err := v.parse(name)
	if err == nil && snap != "" {
		err = zfs.NewError(ioctl.OpObjsetStats, name, fmt.Errorf("%w %q: not a volume", zfs.ErrInvalidName, name))
	}
	return err
}

// begin begins a turn, and first finishes operations that failed halfway. The caller
// ends the turn if begin returns no error.
func (v *Service) begin(ctx context.Context) error {
	if err := v.take(ctx); err != nil || !v.unfinished {
		return err
	}
	if _, err := v.collect(ctx); err != nil {
		v.end()
		return err
	}
	return nil
}

// beginOn is begin for an operation that destroys or moves the source of copies. It
// waits for the copies.
func (v *Service) beginOn(ctx context.Context, volume string) error {
	for {
		if err := v.begin(ctx); err != nil {
			return err
		}
		job := v.copiedFrom(volume)
		if job == nil {
			return nil
		}
		v.end()
		select {
		case <-job.done:
		case <-ctx.Done():
			return zfs.NewError(ioctl.OpChannelProgram, v.Dataset(volume), ctx.Err())
		}
	}
}

// take waits for a turn, and end ends it.
func (v *Service) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return zfs.NewError(ioctl.OpChannelProgram, v.parent, err)
	}
	select {
	case v.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return zfs.NewError(ioctl.OpChannelProgram, v.parent, ctx.Err())
	}
}

func (v *Service) end() { <-v.turn }

// CreateOptions are the options of Create.
type CreateOptions struct {
	// Size is the size of the volume in bytes. Zero creates a filesystem.
	Size uint64
	// Props are the properties to set, as in zfs.DatasetCreateOptions.
	Props prop.Values
}

// Create creates an empty volume.
//
// Errors match ErrExists (also if snapshots of a destroyed volume have that name),
// and those of DatasetCreate.
func (v *Service) Create(ctx context.Context, name string, opts *CreateOptions) error {
	if opts == nil {
		opts = &CreateOptions{}
	}
	if err := v.beginNew(ctx, name); err != nil {
		return err
	}
	defer v.end()
	return v.c.DatasetCreate(ctx, v.Dataset(name), &zfs.DatasetCreateOptions{VolumeSize: opts.Size, Props: opts.Props})
}

// beginNew begins a turn for the creation of a volume.
func (v *Service) beginNew(ctx context.Context, name string) error {
	if err := v.parseVolume(name); err != nil {
		return err
	}
	if err := v.begin(ctx); err != nil {
		return err
	}
	err := v.checkFree(ctx, name)
	if err != nil {
		v.end()
	}
	return err
}

// checkFree refuses the name of a volume, of the volume of an existing snapshot, or
// of a copy in progress.
func (v *Service) checkFree(ctx context.Context, name string) error {
	if v.copies[name] != nil {
		return zfs.NewError(ioctl.OpCreate, v.Dataset(name), fmt.Errorf("%w: a copy with that name is in progress", zfs.ErrExists))
	}
	exists, err := v.c.DatasetExists(ctx, v.Dataset(name))
	if exists {
		err = zfs.NewError(ioctl.OpCreate, v.Dataset(name), zfs.ErrExists)
	}
	if err != nil {
		return err
	}
	kept, err := v.keptOf(ctx, name)
	if err != nil {
		return err
	}
	known, err := v.snapshotOf(ctx, kept)
	if err == nil && known != "" {
		err = zfs.NewError(ioctl.OpCreate, v.Dataset(name), fmt.Errorf("%w: there is a snapshot %s of a volume of that name", zfs.ErrExists, known))
	}
	return err
}

// snapshotOf returns one of the snapshots of the former datasets of a volume that
// are not destroyed, or an empty string.
func (v *Service) snapshotOf(ctx context.Context, kept []string) (string, error) {
	for _, head := range kept {
		for snap, err := range v.c.Snapshots(ctx, head, &zfs.SnapshotsOptions{NamesOnly: true}) {
			if errors.Is(err, zfs.ErrNotFound) {
				break
			}
			if err != nil {
				return "", err
			}
			if known := v.volumeOf(snap.Name); known != "" {
				return known, nil
			}
		}
	}
	return "", nil
}

// makeHidden creates the parent of hidden datasets.
func (v *Service) makeHidden(ctx context.Context) error {
	err := v.c.DatasetCreate(ctx, v.parent+"/"+hiddenDir, &zfs.DatasetCreateOptions{
		Props: prop.Values{prop.Mountpoint: prop.String("none"), prop.CanMount: prop.String("off")},
	})
	if errors.Is(err, zfs.ErrExists) {
		return nil
	}
	return err
}

// Snapshot creates a snapshot of a volume: "a@s". It can be destroyed and cloned even
// after its volume was destroyed. To read its data, clone it, with
// CloneOptions.ReadOnly if needed.
//
// Errors match ErrNotFound (the volume), ErrExists, ErrInvalidName, ErrNoSpace,
// ErrQuota, ErrPermission, ErrReadOnly.
func (v *Service) Snapshot(ctx context.Context, snapshot string) error {
	volume, snap, err := v.parse(snapshot)
	if err == nil && snap == "" {
		err = zfs.NewError(ioctl.OpSnapshot, snapshot, fmt.Errorf("%w %q: not a snapshot", zfs.ErrInvalidName, snapshot))
	}
	if err == nil {
		err = v.begin(ctx)
	}
	if err != nil {
		return err
	}
	defer v.end()
	_, err = v.c.CompositeRun(ctx, &zfs.Composite{Name: v.Dataset(volume), Source: snapshotProgram, Args: map[string]any{
		"name": v.Dataset(volume), "snap": snap, "hidden": v.parent + "/" + hiddenDir, "kept": v.hidden(kindKept, volume) + ".",
	}})
	return err
}

// List returns the volumes with their snapshots, sorted by name.
//
// Errors match ErrNotFound (the filesystem), ErrPermission.
func (v *Service) List(ctx context.Context) ([]Volume, error) {
	if err := v.begin(ctx); err != nil {
		return nil, err
	}
	defer v.end()
	return v.list(ctx)
}

// list is List during a turn.
func (v *Service) list(ctx context.Context) ([]Volume, error) {
	byName := make(map[string]*Volume)
	get := func(name string) *Volume {
		if byName[name] == nil {
			byName[name] = &Volume{Name: name, Destroyed: true}
		}
		return byName[name]
	}
	for ds, err := range v.datasets(ctx) {
		if err != nil {
			return nil, err
		}
		name := v.volumeOf(ds.Name)
		switch {
		case name == "":
		case !ds.Type.Has(prop.TypeSnapshot):
			if ds.Name == v.Dataset(name) {
				get(name).set(ds)
				get(name).Origin = v.volumeOf(ds.Origin)
			}
		default:
			o := get(name[:strings.IndexByte(name, '@')])
			o.Snapshots = append(o.Snapshots, Snapshot{name, ds.Name, ds.GUID, ds.CreateTxg})
			if o.Destroyed {
				o.Type = ds.Type &^ prop.TypeSnapshot
			}
		}
	}
	var all []Volume
	for _, o := range byName {
		slices.SortFunc(o.Snapshots, func(a, b Snapshot) int {
			return cmp.Or(cmp.Compare(a.CreateTxg, b.CreateTxg), strings.Compare(a.Name, b.Name))
		})
		all = append(all, *o)
	}
	slices.SortFunc(all, func(a, b Volume) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// set copies the properties of a volume that is not destroyed.
func (o *Volume) set(ds *zfs.Dataset) {
	o.Dataset, o.Type, o.Destroyed = ds.Name, ds.Type, false
	o.ReadOnly = ds.Props.Uint64(prop.Readonly) != 0
	if ds.Type.Has(prop.TypeVolume) {
		o.Size = ds.Props.Uint64(prop.VolSize)
	}
}

// datasets yields the children of the filesystem and the hidden datasets, with
// snapshots.
func (v *Service) datasets(ctx context.Context) func(yield func(*zfs.Dataset, error) bool) {
	return func(yield func(*zfs.Dataset, error) bool) {
		opts := &zfs.DatasetsOptions{Depth: 1, Types: prop.TypeFilesystem | prop.TypeVolume | prop.TypeSnapshot}
		hidden := v.parent + "/" + hiddenDir
		for _, root := range []string{v.parent, hidden} {
			for ds, err := range v.c.Datasets(ctx, root, opts) {
				if root == hidden && errors.Is(err, zfs.ErrNotFound) {
					return
				}
				if err == nil && (ds.Name == hidden || ds.Name == v.parent || strings.HasPrefix(ds.Name, v.parent+"@")) {
					continue
				}
				if !yield(ds, err) || err != nil {
					return
				}
			}
		}
	}
}

// volumeOf returns the name by which the owner of the volumes knows a dataset or
// snapshot. For hidden datasets it returns only the snapshots of kept volumes. It is
// empty for everything else.
func (v *Service) volumeOf(name string) string {
	head, snap, isSnap := strings.Cut(name, "@")
	short, ok := strings.CutPrefix(head, v.parent+"/")
	if !ok || isSnap && strings.HasPrefix(snap, ".") {
		return ""
	}
	if rest, hidden := strings.CutPrefix(short, hiddenDir+"/"+kindKept); hidden {
		at := strings.LastIndexByte(rest, '.')
		if at <= 0 || !isSnap || !isHex(rest[at+1:]) {
			return ""
		}
		short = rest[:at]
	}
	if strings.HasPrefix(short, ".") || strings.Contains(short, "/") {
		return ""
	}
	if isSnap {
		short += "@" + snap
	}
	return short
}

func isHex(s string) bool {
	_, err := strconv.ParseUint(s, 16, 64)
	return err == nil
}

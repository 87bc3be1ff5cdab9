package zfs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// Volumes are what storage plugins deal in: filesystems and volumes right below
// one filesystem, with snapshots, that can be cloned, copied, taken back and
// destroyed in any order. Nobody has to know what depends on what.
//
// What is destroyed while others depend on it is hidden: it moves to a dataset
// ".volumes" below the same filesystem, and goes when nobody depends on it any
// more. That too is where the older lives of a volume are that was taken back to
// a snapshot which was not its latest, so that all its snapshots stay its own.
//
// A volume is named "a" and a snapshot of it "a@s". Names do not begin with a
// full stop. All state is in the datasets' names. An operation that was broken
// off is finished, or undone, by the next OpenVolumes or Collect.
//
// Nothing is mounted or unmounted. The methods may be called by many goroutines
// and take turns, which a context that ends gives up waiting for. A copy lets
// others have their turns while it reads and writes. Of the processes on a machine
// one at a time may change the volumes below a filesystem. Programs do part of the
// work, so it takes root.
type Volumes struct {
	c      *Client
	parent string
	turn   chan struct{} // holds one while an operation is under way
	// copies are under way, by the name of the volume that each makes.
	copies map[string]*volumeCopying
	// unfinished reports whether an operation has failed between two steps.
	unfinished bool
}

// hiddenVolumes is the last component of the place for what is hidden.
const hiddenVolumes = ".volumes"

// The kinds of hidden datasets, each with what follows in the name.
const (
	volumeKept     = "kept."     // volume, GUID: its snapshots are the volume's
	volumeGone     = "gone."     // GUID: all of it is destroyed as soon as it can be
	volumeRollback = "rollback." // volume: it is to take the volume's place
	volumeCopy     = "copy."     // volume: it is being received
)

// OpenVolumes returns the volumes below a filesystem, after it has finished what
// an earlier process has begun.
//
// Errors match ErrNotFound, ErrWrongParent, ErrInvalidName, ErrPermission,
// ErrReadOnly.
func OpenVolumes(ctx context.Context, c *Client, parent string) (*Volumes, error) {
	n, err := parseHead(parent)
	if err != nil {
		return nil, inputError(ioctl.OpObjsetStats, parent, err)
	}
	typ, err := c.typeOf(ctx, n)
	if err == nil && !typ.Has(prop.TypeFilesystem) {
		err = inputError(ioctl.OpObjsetStats, parent, fmt.Errorf("%w: %s", ErrWrongParent, parent))
	}
	if err != nil {
		return nil, err
	}
	v := &Volumes{c: c, parent: parent, turn: make(chan struct{}, 1), copies: make(map[string]*volumeCopying)}
	_, err = v.Collect(ctx)
	return v, err
}

// Volume is one volume, as List has read it.
type Volume struct {
	Name    string
	Dataset string // empty for one that is destroyed
	Type    prop.DatasetType
	// Size is that of a volume's device in bytes, 0 for a filesystem.
	Size     uint64
	ReadOnly bool
	// Origin is the snapshot that it is a clone of, "a@s", empty if there is none
	// or that is destroyed.
	Origin string
	// Destroyed reports whether only snapshots are left. The name is taken until they
	// are destroyed too.
	Destroyed bool
	// Snapshots are its snapshots, oldest first.
	Snapshots []VolumeSnapshot
}

// VolumeSnapshot is a snapshot of a volume.
type VolumeSnapshot struct {
	Name      string // "a@s"
	Dataset   string // ZFS's own name of it, which changes
	GUID      uint64
	CreateTxg uint64
}

// Dataset returns the name of a volume's dataset, whether it exists or not.
func (v *Volumes) Dataset(volume string) string { return v.parent + "/" + volume }

// hidden returns the name of a hidden dataset.
func (v *Volumes) hidden(kind, rest string) string {
	return v.parent + "/" + hiddenVolumes + "/" + kind + rest
}

// parse checks the name of a volume, or of a snapshot if it has an at sign. Any
// name has room for what hiding adds to it.
func (v *Volumes) parse(name string) (volume, snap string, err error) {
	volume, snap, isSnap := strings.Cut(name, "@")
	long := v.hidden(volumeKept, volume) + ".0123456789abcdef"
	if isSnap {
		long += "@" + snap
	}
	switch _, err = ParseName(long); {
	case err != nil:
	case volume == "" || strings.ContainsAny(name, "/%#") || volume[0] == '.':
		err = fmt.Errorf("%w %q: not the name of a volume", ErrInvalidName, name)
	case isSnap && snap[0] == '.':
		err = fmt.Errorf("%w %q: a snapshot name cannot start with a full stop", ErrInvalidName, name)
	}
	if err != nil {
		err = inputError(ioctl.OpObjsetStats, name, err)
	}
	return volume, snap, err
}

// parseVolume is parse for what has to be a volume.
func (v *Volumes) parseVolume(name string) error {
	_, snap, err := v.parse(name)
	if err == nil && snap != "" {
		err = inputError(ioctl.OpObjsetStats, name, fmt.Errorf("%w %q: not a volume", ErrInvalidName, name))
	}
	return err
}

// begin takes a turn, and first finishes what has failed halfway. The caller
// ends the turn if there is no error.
func (v *Volumes) begin(ctx context.Context) error {
	if err := v.take(ctx); err != nil || !v.unfinished {
		return err
	}
	if _, err := v.collect(ctx); err != nil {
		v.end()
		return err
	}
	return nil
}

// beginOn is begin for what destroys or moves what a volume's copies may be read
// from. It waits for them.
func (v *Volumes) beginOn(ctx context.Context, volume string) error {
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
			return inputError(ioctl.OpChannelProgram, v.Dataset(volume), ctx.Err())
		}
	}
}

// take waits for a turn, and end ends it.
func (v *Volumes) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return inputError(ioctl.OpChannelProgram, v.parent, err)
	}
	select {
	case v.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return inputError(ioctl.OpChannelProgram, v.parent, ctx.Err())
	}
}

func (v *Volumes) end() { <-v.turn }

// VolumeCreateOptions says what Create makes.
type VolumeCreateOptions struct {
	// Size makes a volume of so many bytes; zero makes a filesystem.
	Size uint64
	// Props are set at creation, in the form of DatasetCreateOptions.
	Props prop.Values
}

// Create makes an empty volume.
//
// Errors match ErrExists (also for snapshots that are left of a volume of that
// name), and those of DatasetCreate.
func (v *Volumes) Create(ctx context.Context, name string, opts *VolumeCreateOptions) error {
	if opts == nil {
		opts = &VolumeCreateOptions{}
	}
	if err := v.beginNew(ctx, name); err != nil {
		return err
	}
	defer v.end()
	return v.c.DatasetCreate(ctx, v.Dataset(name), &DatasetCreateOptions{VolumeSize: opts.Size, Props: opts.Props})
}

// beginNew begins a turn for a volume that is to be made.
func (v *Volumes) beginNew(ctx context.Context, name string) error {
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

// checkFree refuses a name that a volume or snapshots of one have, or that a copy
// is to have.
func (v *Volumes) checkFree(ctx context.Context, name string) error {
	if v.copies[name] != nil {
		return inputError(ioctl.OpCreate, v.Dataset(name), fmt.Errorf("%w: a copy with that name is in progress", ErrExists))
	}
	exists, err := v.c.DatasetExists(ctx, v.Dataset(name))
	if exists {
		err = newError(ioctl.OpCreate, v.Dataset(name), ioctl.CodeExist.Err(), nil)
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
		err = inputError(ioctl.OpCreate, v.Dataset(name), fmt.Errorf("%w: there is a snapshot %s of a volume of that name", ErrExists, known))
	}
	return err
}

// snapshotOf returns one of the snapshots that the owner of the volumes knows of
// in older lives of a volume, empty for none.
func (v *Volumes) snapshotOf(ctx context.Context, kept []string) (string, error) {
	for _, head := range kept {
		for snap, err := range v.c.snapshotsOf(ctx, head, &SnapshotsOptions{NamesOnly: true}) {
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

// makeHidden makes the place for what is hidden.
func (v *Volumes) makeHidden(ctx context.Context) error {
	err := v.c.DatasetCreate(ctx, v.parent+"/"+hiddenVolumes, &DatasetCreateOptions{
		Props: prop.Values{prop.Mountpoint: prop.String("none"), prop.CanMount: prop.String("off")},
	})
	if errors.Is(err, ErrExists) {
		return nil
	}
	return err
}

// Snapshot takes a snapshot of a volume: "a@s". It can be destroyed, cloned and
// gone back to also when its volume is destroyed. Its data are read by way of a
// clone, which may be read-only.
//
// Errors match ErrNotFound (the volume), ErrExists, ErrInvalidName, ErrNoSpace,
// ErrQuota, ErrPermission, ErrReadOnly.
func (v *Volumes) Snapshot(ctx context.Context, snapshot string) error {
	volume, snap, err := v.parse(snapshot)
	if err == nil && snap == "" {
		err = inputError(ioctl.OpSnapshot, snapshot, fmt.Errorf("%w %q: not a snapshot", ErrInvalidName, snapshot))
	}
	if err == nil {
		err = v.begin(ctx)
	}
	if err != nil {
		return err
	}
	defer v.end()
	_, _, err = v.c.compose(ctx, &composite{program: "volume_snapshot", name: v.Dataset(volume), args: map[string]any{
		"name": v.Dataset(volume), "snap": snap, "hidden": v.parent + "/" + hiddenVolumes, "kept": v.hidden(volumeKept, volume) + ".",
	}})
	return err
}

// List lists the volumes with their snapshots, in the order of their names.
//
// Errors match ErrNotFound (the filesystem above), ErrPermission.
func (v *Volumes) List(ctx context.Context) ([]Volume, error) {
	if err := v.begin(ctx); err != nil {
		return nil, err
	}
	defer v.end()
	return v.list(ctx)
}

// list is List within a turn.
func (v *Volumes) list(ctx context.Context) ([]Volume, error) {
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
			o.Snapshots = append(o.Snapshots, VolumeSnapshot{name, ds.Name, ds.GUID, ds.CreateTxg})
			if o.Destroyed {
				o.Type = ds.Type &^ prop.TypeSnapshot
			}
		}
	}
	var all []Volume
	for _, o := range byName {
		slices.SortFunc(o.Snapshots, func(a, b VolumeSnapshot) int {
			return cmp.Or(cmp.Compare(a.CreateTxg, b.CreateTxg), strings.Compare(a.Name, b.Name))
		})
		all = append(all, *o)
	}
	slices.SortFunc(all, func(a, b Volume) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// set takes over what there is to say of a volume that is not destroyed.
func (o *Volume) set(ds *Dataset) {
	o.Dataset, o.Type, o.Destroyed = ds.Name, ds.Type, false
	o.ReadOnly = ds.Props.Uint64(prop.Readonly) != 0
	if ds.Type.Has(prop.TypeVolume) {
		o.Size = ds.Props.Uint64(prop.VolSize)
	}
}

// datasets yields what lies below the filesystem and in the hidden place, with
// snapshots.
func (v *Volumes) datasets(ctx context.Context) func(yield func(*Dataset, error) bool) {
	return func(yield func(*Dataset, error) bool) {
		opts := &DatasetsOptions{Depth: 1, Types: prop.TypeFilesystem | prop.TypeVolume | prop.TypeSnapshot}
		hidden := v.parent + "/" + hiddenVolumes
		for _, root := range []string{v.parent, hidden} {
			for ds, err := range v.c.Datasets(ctx, root, opts) {
				if root == hidden && vanished(err) {
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

// volumeOf returns what the owner of the volumes calls a dataset or snapshot, of
// hidden ones only the snapshots of kept volumes. It is empty for what the owner
// does not know.
func (v *Volumes) volumeOf(name string) string {
	head, snap, isSnap := strings.Cut(name, "@")
	short, ok := strings.CutPrefix(head, v.parent+"/")
	if !ok || isSnap && strings.HasPrefix(snap, ".") {
		return ""
	}
	if rest, hidden := strings.CutPrefix(short, hiddenVolumes+"/"+volumeKept); hidden {
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

package zfs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// Dataset is a filesystem, volume or snapshot, as it was when it was read.
type Dataset struct {
	Name string
	// Type is the kind of dataset. A snapshot also has the type of its dataset.
	Type prop.DatasetType
	// GUID identifies the dataset permanently, and in its replicas.
	GUID uint64
	// CreateTxg is the transaction group in which it was created. It orders
	// snapshots.
	CreateTxg uint64
	// Origin is the snapshot that the dataset was cloned from, or "".
	Origin string
	// Clones is the number of clones of a snapshot.
	Clones uint64
	// Inconsistent reports whether a receive into the dataset is unfinished.
	Inconsistent bool
	// Redacted reports whether the dataset was received from a redacted stream.
	Redacted bool
	// Props are its properties, never nil.
	Props *Properties
	// Bookmarks are its bookmarks, sorted by name. They are read only on request:
	// see [DatasetsOptions.Bookmarks].
	Bookmarks []*Bookmark
}

// newDataset reads the kernel's answer about one dataset.
func (c *Client) newDataset(name string, cmd *ioctl.Cmd) (*Dataset, error) {
	stats, err := cmd.OutList()
	if err != nil {
		return nil, err
	}
	h := parseHandle(cmd.Bytes(ioctl.FieldObjsetStats))
	return &Dataset{
		Name: name, Type: h.datasetType(), GUID: h.guid, CreateTxg: h.creationTxg, Origin: h.origin,
		Clones: h.clones, Inconsistent: h.inconsistent, Redacted: h.redacted,
		Props: &Properties{name: name, typ: h.datasetType(), release: c.release, stats: stats, handle: h},
	}, nil
}

// setType stores the type if more is known about it than the kernel's answer.
func (ds *Dataset) setType(t prop.DatasetType) { ds.Type, ds.Props.typ = t, t }

// DatasetStatsOptions select what DatasetStats reads.
type DatasetStatsOptions struct {
	// Props are the properties that the caller will use. Properties that need an
	// extra call are read only if listed; nil reads those that one call returns.
	// The families userused@, userquota@ and so on, and written@, are read only
	// if listed, with one call for each property.
	Props []prop.Prop
	// AllProps also reads the properties that need extra calls: those that the
	// filesystem itself stores (version, casesensitivity and the like), the table
	// of mounts and the pool's altroot.
	AllProps bool
}

// DatasetStats reads one filesystem, volume or snapshot with its properties.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_OBJSET_STATS (legacy, since 0.8).
func (c *Client) DatasetStats(ctx context.Context, name string, opts *DatasetStatsOptions) (*Dataset, error) {
	if _, err := parseDataset(name, "a bookmark has no statistics, see Bookmarks"); err != nil {
		return nil, inputError(ioctl.OpObjsetStats, name, err)
	}
	if opts == nil {
		opts = &DatasetStatsOptions{}
	}
	parts := partsOf(opts.Props, opts.AllProps)
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if !parts.has(partStats) {
		cmd.SetNoOut()
	}
	ds, err := c.datasetStats(ctx, cmd, name)
	if err != nil {
		return nil, err
	}
	if err := c.complete(ctx, ds, c.newCompletion(ctx, name, parts, opts.Props)); err != nil {
		return nil, err
	}
	return ds, nil
}

// datasetStats is DatasetStats with a command that is reused.
func (c *Client) datasetStats(ctx context.Context, cmd *ioctl.Cmd, name string) (*Dataset, error) {
	if err := cmd.SetText(ioctl.FieldName, name); err != nil {
		return nil, inputError(ioctl.OpObjsetStats, name, err)
	}
	if err := c.call(ctx, ioctl.OpObjsetStats, cmd); err != nil {
		return nil, err
	}
	ds, err := c.newDataset(name, cmd)
	if err != nil {
		return nil, inputError(ioctl.OpObjsetStats, name, err)
	}
	return ds, nil
}

// DatasetsOptions select what Datasets yields.
type DatasetsOptions struct {
	// Recursive includes every descendant.
	Recursive bool
	// Depth includes descendants down to that number of levels: 1 is the
	// children. It overrides Recursive if it is not zero.
	Depth int
	// Types are the types to yield; zero means filesystems and volumes. With
	// TypeSnapshot each dataset is followed by its snapshots.
	Types prop.DatasetType
	// MinTxg and MaxTxg skip datasets that were created before or after these
	// transaction groups, but not their descendants; zero means no bound.
	MinTxg, MaxTxg uint64
	// Bookmarks also reads the bookmarks of each filesystem and volume that is
	// yielded, with one call for each.
	Bookmarks bool
	// NamesOnly reads no properties, which is several times faster for snapshots.
	// Before release 2.2, only Name and Type of a snapshot are set. NamesOnly
	// excludes Props and AllProps.
	NamesOnly bool
	// Props and AllProps are as in DatasetStatsOptions. If Props lists only name,
	// type, guid, createtxg, numclones, inconsistent and redacted, no other
	// properties are read, and these are available on every release.
	Props    []prop.Prop
	AllProps bool
	// Sorted yields datasets in the order of CompareDatasets. It holds all
	// datasets in memory before it yields the first.
	Sorted bool
	// Workers is the number of concurrent calls, at most 64, and the number of
	// datasets on each level that are read ahead of the loop; zero is 4.
	Workers int
}

// levels returns the number of levels to descend, or -1 for all.
func (o *DatasetsOptions) levels() int {
	switch {
	case o.Depth != 0:
		return o.Depth
	case o.Recursive:
		return -1
	}
	return 0
}

// Datasets yields a filesystem or volume and, depending on the options, its
// descendants. A dataset precedes its children; children are in the kernel's
// order unless Sorted is set. The kernel's internal datasets are never yielded.
// The walk reads a bounded number of datasets ahead of its caller, and nothing
// after the loop has ended.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_DATASET_LIST_NEXT (legacy, since 0.8).
func (c *Client) Datasets(ctx context.Context, name string, opts *DatasetsOptions) iter.Seq2[*Dataset, error] {
	if opts == nil {
		opts = &DatasetsOptions{}
	}
	return c.walk(ctx, name, *opts)
}

// DatasetCreateOptions are the options of DatasetCreate.
type DatasetCreateOptions struct {
	// VolumeSize makes a volume of so many bytes; zero makes a filesystem. The size
	// must be a multiple of the volume's block size, unless VolumeRound is set.
	VolumeSize uint64
	// VolumeRound rounds VolumeSize up to a multiple of the block size, as zfs create
	// does. The block size is volblocksize of Props, or the default of the release.
	VolumeRound bool
	// Props are set at creation. A text is read as zfs(8) reads it, so that
	// prop.String("lz4") and prop.String("10G") do what they say.
	Props prop.Values
	// Parents first creates the missing ancestors, as filesystems with inherited
	// properties. On an error Done names those that were created.
	Parents bool
	// Key makes the dataset an encryption root with this key, which is loaded at
	// the same time. The cipher is the property encryption in Props, or the
	// kernel's default. DatasetCreate consumes the key: see NewKey. With nil the
	// dataset is encrypted with its parent's key, if the parent is encrypted.
	Key *NewKey
}

// DatasetCreate creates a filesystem or a volume. It does not mount it. A volume
// is sparse unless Props has a reservation: refreservation "auto" reserves its
// whole size, as zfs create -V does.
//
// Errors match ErrExists, ErrNotFound (the parent), ErrWrongParent,
// ErrInvalidProp (Items names the properties), ErrInvalidName, ErrPermission,
// ErrNoSpace, ErrQuota, ErrFeatureDisabled, ErrUpgrade, ErrInvalidKey, ErrKey
// (that of the parent is not loaded).
//
// Kernel: ZFS_IOC_CREATE (nvlist, since 0.8).
func (c *Client) DatasetCreate(ctx context.Context, name string, opts *DatasetCreateOptions) error {
	if opts == nil {
		opts = &DatasetCreateOptions{}
	}
	defer opts.Key.wipe()
	ctx = ioctl.HistoryOnce(ctx)
	n, err := parseNew(name)
	if err != nil {
		return inputError(ioctl.OpCreate, name, err)
	}
	in, err := c.createInput(opts)
	if err != nil {
		return inputError(ioctl.OpCreate, name, err)
	}
	props, _ := in.List("props")
	if err := c.reserveNew(ctx, name, props); err != nil {
		return err
	}
	wrapping, err := c.addKey(in, opts)
	defer clear(wrapping)
	if err != nil {
		return inputError(ioctl.OpCreate, name, err)
	}
	if opts.Key == nil {
		if err := c.checkKeyless(ctx, n, props, opts.Parents); err != nil {
			return inputError(ioctl.OpCreate, name, err)
		}
	}
	var done []string
	if opts.Parents {
		if done, err = c.createParents(ctx, n); err != nil {
			return withDone(err, done)
		}
	}
	err = quotaError(c.callListKey(ctx, ioctl.OpCreate, name, in, wrapping))
	err = c.explainMissing(ctx, err, lookedUp{create: name})
	if opts.Key == nil {
		err = c.explainKey(ctx, err, name, props)
	}
	err = c.explainNewRule(ctx, err, props)
	return withDone(c.explainFeature(ctx, err, propFeatures(props)...), done)
}

// parseHead parses the name of a filesystem or volume.
func parseHead(name string) (Name, error) {
	n, err := ParseName(name)
	if err == nil && n.Dataset != name {
		err = fmt.Errorf("%w %q: neither a filesystem nor a volume", ErrInvalidName, name)
	}
	return n, err
}

// parseNew parses the name of a filesystem or volume to create. The kernel
// refuses such names too, but with misleading errnos.
func parseNew(name string) (Name, error) {
	n, err := parseHead(name)
	switch {
	case err != nil:
	case n.Parent() == "":
		err = fmt.Errorf("%w %q: the root dataset is created with the pool", ErrInvalidName, name)
	default:
		err = checkPercent(name)
	}
	return n, err
}

// checkPercent refuses a new name with the character that the kernel reserves for
// internal names.
func checkPercent(name string) error {
	if strings.Contains(name, "%") {
		return fmt.Errorf("%w %q: '%%' is for names that the kernel makes", ErrInvalidName, name)
	}
	return nil
}

// parseDataset parses the name of a filesystem, volume or snapshot. Why is the
// reason to refuse a bookmark.
func parseDataset(name, why string) (Name, error) {
	n, err := ParseName(name)
	if err == nil && n.Bookmark != "" {
		err = fmt.Errorf("%w %q: %s", ErrInvalidName, name, why)
	}
	return n, err
}

// nameBatch gives the error of a batch of one the name of its element, unless the
// kernel has named it: the batch itself has only the name of the pool.
func nameBatch(err error, names []string) error {
	var e *Error
	if errors.As(err, &e) && len(names) == 1 && len(e.Items) == 0 && e.Code != 0 {
		if errors.Is(e.kind, ErrPoolNotFound) {
			e.Object = e.Name
		}
		e.Name = names[0]
	}
	return err
}

// withDone adds to an error the steps that had succeeded.
func withDone(err error, done []string) error {
	var e *Error
	if errors.As(err, &e) {
		e.Done = append(e.Done, done...)
	}
	return err
}

// createInput returns the kernel's input for a new dataset.
func (c *Client) createInput(opts *DatasetCreateOptions) (*nvlist.List, error) {
	typ, objset := prop.TypeFilesystem, int32(objsetZPL)
	props := opts.Props
	if opts.VolumeSize > 0 {
		typ, objset = prop.TypeVolume, objsetZvol
	}
	list, err := c.encodeProps(props, typ, true)
	if err != nil {
		return nil, err
	}
	if size := opts.VolumeSize; size > 0 {
		if opts.VolumeRound {
			if size, err = roundUp(size, c.newBlock(list)); err != nil {
				return nil, err
			}
		}
		list.SetUint64(string(prop.VolSize), size)
	}
	in := &nvlist.List{}
	in.SetInt32("type", objset)
	in.SetList("props", list)
	return in, nil
}

// createParents creates the missing ancestors of n, and returns their names.
func (c *Client) createParents(ctx context.Context, n Name) (done []string, err error) {
	in, err := c.createInput(&DatasetCreateOptions{})
	if err != nil {
		return nil, err
	}
	components := strings.Split(n.Dataset, "/")
	for i := 2; i < len(components); i++ {
		parent := strings.Join(components[:i], "/")
		_, err := c.callList(ctx, ioctl.OpCreate, parent, in)
		switch {
		case err == nil:
			done = append(done, parent)
		case !matches(err, ioctl.CodeExist):
			return done, c.explainMissing(ctx, err, lookedUp{create: parent})
		}
	}
	return done, nil
}

// DatasetDestroy destroys a filesystem or volume that has no children and no
// snapshots. It does not unmount a filesystem: a mounted one is busy.
//
// Errors match ErrNotFound, ErrBusy (mounted or open), ErrHasSnapshots,
// ErrHasChildren, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_DESTROY (legacy, since 0.8).
func (c *Client) DatasetDestroy(ctx context.Context, name string) error {
	if _, err := parseHead(name); err != nil {
		return inputError(ioctl.OpDestroy, name, err)
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, name); err != nil {
		return inputError(ioctl.OpDestroy, name, err)
	}
	return c.explainBusy(ctx, c.call(ctx, ioctl.OpDestroy, cmd))
}

// DatasetExists reports whether a filesystem, volume, snapshot or bookmark of
// that name exists. It is false for a dataset of a pool that is not imported.
//
// Errors match ErrInvalidName, ErrPermission.
func (c *Client) DatasetExists(ctx context.Context, name string) (bool, error) {
	n, err := ParseName(name)
	if err != nil {
		return false, inputError(ioctl.OpObjsetStats, name, err)
	}
	op := ioctl.OpObjsetStats
	if n.Bookmark != "" {
		op = ioctl.OpGetBookmarkProps
		_, err = c.dev.CallList(ctx, op, name, nil)
	} else {
		err = c.lookUp(ctx, name)
	}
	if vanished(err) {
		return false, nil
	}
	return err == nil, newError(op, name, err, nil)
}

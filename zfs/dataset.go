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

// Dataset is a filesystem, volume or snapshot as it was when it was read.
type Dataset struct {
	Name string
	// Type is the kind of dataset. A snapshot also has the type of the dataset
	// that it was taken of.
	Type prop.DatasetType
	// GUID identifies the dataset for good, also where it was replicated to.
	GUID uint64
	// CreateTxg is the transaction group that made it. It orders snapshots.
	CreateTxg uint64
	// Origin is the snapshot that the dataset was cloned from, empty for none.
	Origin string
	// Clones is how many clones a snapshot has.
	Clones uint64
	// Inconsistent reports whether a receive into the dataset has not finished.
	Inconsistent bool
	// Redacted reports whether the dataset was received from a redacted stream.
	Redacted bool
	// Props are its properties, never nil.
	Props *Properties
	// Bookmarks are its bookmarks in the order of their names, where they were
	// asked for: see [DatasetsOptions.Bookmarks].
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

// setType notes what is known of the type beside the kernel's answer.
func (ds *Dataset) setType(t prop.DatasetType) { ds.Type, ds.Props.typ = t, t }

// DatasetStatsOptions says how much DatasetStats reads.
type DatasetStatsOptions struct {
	// Props are the properties that will be looked at. What takes a call that
	// none of them needs is not read; nil reads what comes with one call. Those
	// of the families userused@, userquota@ and so on, and written@, are read
	// where they are among these only, with one call each.
	Props []prop.Prop
	// AllProps also reads the properties that take more than one call: those
	// that the filesystem itself holds (version, casesensitivity and the like),
	// the table of mounts and the pool's altroot.
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

// datasetStats is DatasetStats on a command that is used again.
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

// DatasetsOptions says what Datasets yields.
type DatasetsOptions struct {
	// Recursive goes down to every descendant.
	Recursive bool
	// Depth goes down so many levels: 1 is the children. It overrides
	// Recursive if it is not zero.
	Depth int
	// Types are the kinds to yield; zero means filesystems and volumes.
	// With TypeSnapshot the snapshots of a dataset follow it.
	Types prop.DatasetType
	// MinTxg and MaxTxg leave out what was made before or after these
	// transaction groups, but not its descendants; zero means no bound.
	MinTxg, MaxTxg uint64
	// Bookmarks also reads the bookmarks of each filesystem and volume that is
	// yielded, one call each.
	Bookmarks bool
	// NamesOnly reads no properties, which is several times faster for
	// snapshots. Of a snapshot only Name and Type are set then, since release
	// 2.2 also the other fields. It excludes Props and AllProps.
	NamesOnly bool
	// Props and AllProps are as in DatasetStatsOptions. Where all of Props are
	// among name, type, guid, createtxg, numclones, inconsistent and redacted,
	// no properties are read either, and those are there on every release.
	Props    []prop.Prop
	AllProps bool
	// Sorted yields in the order of CompareDatasets, and therefore holds all
	// datasets in memory before it yields the first.
	Sorted bool
	// Workers is how many calls are made at once, at most 64, and how many
	// datasets on each level are read before the loop gets there; zero is 4.
	Workers int
}

// levels returns how many levels to go down, -1 for all.
func (o *DatasetsOptions) levels() int {
	switch {
	case o.Depth != 0:
		return o.Depth
	case o.Recursive:
		return -1
	}
	return 0
}

// Datasets yields a filesystem or volume and, as the options say, what lies
// below it: each dataset before its children, children in the kernel's order
// unless another is asked for. The kernel's internal datasets are never among
// them. The walk reads a few datasets ahead of its caller, however many there
// are, and nothing after the loop has ended.
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

// DatasetCreateOptions says what DatasetCreate makes.
type DatasetCreateOptions struct {
	// Volume makes a volume of so many bytes; zero makes a filesystem. The size
	// must be a multiple of the volume's block size.
	VolumeSize uint64
	// Props are set at creation. A text is read as zfs(8) reads it, so that
	// prop.String("lz4") and prop.String("10G") do what they say.
	Props prop.Values
	// Parents first makes the ancestors that are missing, as filesystems with
	// inherited properties. An error tells in Done which ones were made.
	Parents bool
	// Key encrypts the dataset under a key of its own, which is loaded then,
	// with the cipher that Props has as encryption, else the kernel's choice.
	// DatasetCreate takes the key over: see NewKey. Nil encrypts where the
	// parent is encrypted, with its key; keyformat and keylocation are refused then,
	// as is pbkdf2iters if the dataset would not be encrypted.
	Key *NewKey
}

// DatasetCreate makes a filesystem or a volume. It mounts nothing. A volume
// gets no reservation unless Props has one: it is sparse. With refreservation
// as "auto" it gets the one that zfs create -V gives, for its whole size.
//
// Errors match ErrExists, ErrNotFound (the parent), ErrWrongParent,
// ErrInvalidProp (Items names the properties), ErrInvalidName, ErrPermission,
// ErrNoSpace, ErrQuota, ErrFeatureDisabled, ErrUpgrade, ErrInvalidKey, ErrKey (that of the
// parent is not loaded).
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

// parseNew parses the name of a filesystem or volume that is to be made. The
// kernel refuses such names too, with errnos that stand for something else.
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

// checkPercent refuses a new name with the sign that the kernel keeps for names
// of its own.
func checkPercent(name string) error {
	if strings.Contains(name, "%") {
		return fmt.Errorf("%w %q: '%%' is for names that the kernel makes", ErrInvalidName, name)
	}
	return nil
}

// parseDataset parses the name of a filesystem, volume or snapshot. Why says
// what a bookmark is no good for.
func parseDataset(name, why string) (Name, error) {
	n, err := ParseName(name)
	if err == nil && n.Bookmark != "" {
		err = fmt.Errorf("%w %q: %s", ErrInvalidName, name, why)
	}
	return n, err
}

// nameBatch names in the error of a batch of one what that was about, unless the
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

// withDone notes in an error what had been done before it.
func withDone(err error, done []string) error {
	var e *Error
	if errors.As(err, &e) {
		e.Done = append(e.Done, done...)
	}
	return err
}

// createInput makes the kernel's input for a new dataset.
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
	if opts.VolumeSize > 0 {
		list.SetUint64(string(prop.VolSize), opts.VolumeSize)
	}
	in := &nvlist.List{}
	in.SetInt32("type", objset)
	in.SetList("props", list)
	return in, nil
}

// createParents makes the ancestors of n that are missing, and returns their
// names.
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
// snapshots. It unmounts nothing: a mounted filesystem is busy.
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

package zfs

import (
	"context"
	"errors"

	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/internal/transfer"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/stream"
)

// A dry run of a receive makes the checks of the real one in the same order,
// including the kernel's. The kernel's checks are made here, from what can be
// read: each function below returns the kernel's code, so that the error is the
// same.

// headState is what the kernel checks before it receives into a filesystem or
// volume, except names and snapshots.
type headState struct {
	// read is the name under which it was read, empty if a dry run has created
	// it.
	read      string
	typ       prop.DatasetType
	encrypted bool
	keyed     bool // its key is loaded
	changed   bool // since its latest snapshot
	mounted   bool
}

// stateOf returns the state of a dataset that was read.
func stateOf(ds *Dataset) headState {
	return headState{
		read: ds.Name, typ: ds.Type,
		encrypted: encrypts(ds.Props.Text(prop.Encryption)),
		keyed:     ds.Props.Text(prop.KeyStatus) == "available",
		changed:   ds.Props.Uint64(prop.Written) > 0,
	}
}

// encrypts reports whether a value of the property encryption is a cipher.
func encrypts(cipher string) bool { return cipher != "" && cipher != "off" && cipher != "-" }

// changedSince reports whether anything was written after a snapshot. A change
// that is only in the intent log counts, although the kernel accepts it.
func (h *localHead) changedSince(at int) bool {
	for _, s := range h.snaps[at+1:] {
		if s.changed {
			return true
		}
	}
	return h.state.changed
}

// dryReceive is one stream of a dry run.
type dryReceive struct {
	c    *Client
	t    *receiving
	head *stream.Begin
	tree *localTree
	// encrypted is the target's encryption if it is new.
	encrypted bool
}

// receiveDry checks a stream and its target.
func (c *Client) receiveDry(ctx context.Context, t *receiving, from *source) (*Received, error) {
	d := &dryReceive{c: c, t: t, head: from.head, tree: t.opts.tree}
	code, err := d.begin(ctx)
	if code != 0 && from.size > 0 {
		// A list after the first record is read before anything is decided.
		if _, verr := from.verify(ctx, 2); verr != nil {
			code, err = 0, verr
		}
	}
	if err != nil || code != 0 {
		_ = from.closeFile() // nothing was written
		return nil, d.refuse(ctx, code, err)
	}
	read := func() ReceiveProgress { return ReceiveProgress{Snapshot: t.result.Snapshot, Bytes: from.read()} }
	watch := transfer.NewWatch(t.opts.Progress, t.opts.ProgressInterval, func() (ReceiveProgress, bool) { return read(), true })
	list, err := from.verify(ctx, 0)
	watch.Halt()
	watch.End(func() ReceiveProgress {
		p := read()
		p.Done = true
		return p
	})
	if err == nil {
		code, err = d.end(ctx, list)
	}
	if err != nil || code != 0 {
		return nil, d.refuse(ctx, code, err)
	}
	t.result.Bytes, t.result.Created = from.read(), t.created
	if t.opts.tree != nil {
		d.made()
	}
	return &t.result, nil
}

// refuse returns the error of the real run: for the kernel's code, or for a
// failure before the call.
func (d *dryReceive) refuse(ctx context.Context, code ioctl.Code, err error) error {
	var e *Error
	switch {
	case code != 0:
		err = d.c.receiveError(ctx, d.t, code.Err())
	case !errors.As(err, &e):
		err = inputError(ioctl.OpRecvNew, d.t.result.Snapshot, err)
	}
	return d.c.partial(ctx, d.t.name.Dataset, err)
}

// receiveTarget reports whether the target exists, or would exist in a dry run.
func (c *Client) receiveTarget(ctx context.Context, dataset string, opts *ReceiveOptions) (bool, error) {
	if opts.tree != nil {
		return opts.tree.find(dataset) != nil, nil
	}
	return c.DatasetExists(ctx, dataset)
}

// begin makes the checks before the stream is read.
func (d *dryReceive) begin(ctx context.Context) (ioctl.Code, error) {
	if d.tree == nil {
		// A volume has no descendants.
		tree, err := d.c.dryModel(ctx, d.t.name, typeSent(d.head) == prop.TypeVolume)
		if err != nil {
			return 0, err
		}
		d.tree = tree
	}
	if code, err := d.pool(ctx); code != 0 || err != nil {
		return code, err
	}
	if h := d.tree.find(d.t.name.Dataset); h != nil {
		return d.existing(ctx, h)
	}
	return d.fresh(ctx)
}

// dryModel reads the data of a dry run about a tree. Recent writes count, so the
// pool is synced first; a pool that refuses to sync cannot receive anything.
func (c *Client) dryModel(ctx context.Context, root Name, recursive bool) (*localTree, error) {
	err := c.PoolSync(ctx, root.Pool, nil)
	refused := ioctl.CodeOf(err)
	switch {
	case refused == ioctl.CodeNoent, refused == ioctl.CodeAgain:
		return &localTree{refused: refused}, nil
	case err != nil && refused == 0:
		return nil, err
	}
	tree, err := c.readHeads(ctx, root.Dataset, recursive)
	if err != nil {
		return nil, err
	}
	tree.refused = refused
	mounts := readMounts()
	for _, h := range tree.heads {
		_, h.state.mounted = mounts.entries[h.name]
	}
	return tree, nil
}

// featureNeeds are the pool features that those of a stream need.
var featureNeeds = []struct {
	stream stream.Features
	pool   string
}{
	{stream.FeatureLZ4, "lz4_compress"},
	{stream.FeatureZstd, "zstd_compress"},
	{stream.FeatureEmbedData, "embedded_data"},
	{stream.FeatureLargeBlocks, "large_blocks"},
	{stream.FeatureLargeDnode, "large_dnode"},
	{stream.FeatureLargeMicroZap, "large_microzap"},
	{stream.FeatureLongName, "longname"},
	{stream.FeatureRedacted, "redacted_datasets"},
	{stream.FeatureRaw, "encryption"},
}

// pool makes the checks on the pool.
func (d *dryReceive) pool(ctx context.Context) (ioctl.Code, error) {
	if d.tree.refused != 0 {
		return d.tree.refused, nil
	}
	if d.t.opts.Heal {
		if err := d.c.dev.SupportsKey(ctx, ioctl.OpRecvNew, "heal", d.t.at); errors.Is(err, ErrNotSupported) {
			return ioctl.CodeIocArgUnavail, nil
		}
	}
	switch _, origin := d.t.in.Text("origin"); {
	case d.clone() && !origin && !d.resumes():
		return ioctl.CodeInval, nil
	case d.head.Features.Unknown() != 0:
		return ioctl.CodeUnknownSendStreamFeature, nil
	}
	var status *PoolStatus
	for _, need := range featureNeeds {
		if !d.head.Features.Has(need.stream) {
			continue
		}
		if status == nil {
			var err error
			if status, err = d.c.PoolStatus(ctx, d.t.name.Pool, nil); err != nil {
				return 0, err
			}
		}
		if status.Features[need.pool] == FeatureDisabled {
			return ioctl.CodeNotsup, nil
		}
	}
	switch {
	case d.raw() && d.head.Features.Has(stream.FeatureEmbedData):
		return ioctl.CodeInval, nil
	case d.raw() && d.head.Flags&stream.FlagSpillBlock == 0:
		return ioctl.CodeSpillBlockFlagMissing, nil
	}
	return 0, nil
}

// decrypts reports whether the kernel already looks for a key when it looks up
// the target, or else its parent. Since 2.1.3 it does not if the new dataset will
// not be encrypted.
func (d *dryReceive) decrypts() bool {
	_, origin := d.t.in.Text("origin")
	cipher, ok := d.t.opts.Override[prop.Encryption]
	plain := d.head.FromGUID == 0 && !origin && ok && !encrypts(cipher.String())
	return !d.raw() && !(plain && release.Has(d.c.release, release.V2_1_3))
}

// clone reports whether the stream is one of a clone.
func (d *dryReceive) clone() bool { return d.head.Flags&stream.FlagClone != 0 }

func (d *dryReceive) raw() bool { return d.head.Features.Has(stream.FeatureRaw) }

// existing checks a target that exists.
func (d *dryReceive) existing(ctx context.Context, h *localHead) (ioctl.Code, error) {
	snap := h.named(d.t.name.Snapshot)
	if h.state.encrypted && d.decrypts() && !h.state.keyed {
		return ioctl.CodeAcces, nil
	}
	if d.resumes() {
		return d.resumed(ctx, nil)
	}
	partial, err := d.partial(ctx, h)
	switch {
	case err != nil:
		return 0, err
	case d.clone(), d.t.opts.Origin != "":
		return ioctl.CodeInval, nil
	case partial:
		return ioctl.CodeBusy, nil
	case d.t.opts.Heal:
		return d.heals(h, snap), nil
	case snap != nil:
		return ioctl.CodeExist, nil
	case typeSent(d.head) == prop.TypeVolume && len(d.tree.below(h.name)) > 0:
		return ioctl.CodeWrongParent, nil
	case d.head.FromGUID != 0:
		return d.incremental(h), nil
	case !d.t.opts.Force:
		return ioctl.CodeExist, nil
	case h.state.encrypted || d.raw():
		return ioctl.CodeInval, nil
	}
	return d.cipher(ctx)
}

// partial reports whether a target has partial state.
func (d *dryReceive) partial(ctx context.Context, h *localHead) (bool, error) {
	if h.state.read == "" {
		return false, nil
	}
	there, err := d.c.DatasetExists(ctx, h.state.read+"/%recv")
	if err != nil || there {
		return there, err
	}
	token, err := d.c.resumeToken(ctx, h.state.read)
	return token != "", err
}

// resumes reports whether the stream resumes another one.
func (d *dryReceive) resumes() bool { return d.head.Features.Has(stream.FeatureResuming) }

// resumed checks whether the stream continues where the target ends. The list
// after the first record is not checked before it is read.
func (d *dryReceive) resumed(ctx context.Context, list *nvlist.List) (ioctl.Code, error) {
	text, err := d.c.resumeToken(ctx, d.t.name.Dataset)
	switch {
	case errors.Is(err, ErrNotFound):
		return ioctl.CodeNoent, nil
	case err != nil:
		return 0, err
	case text == "":
		return ioctl.CodeInval, nil
	}
	if d.head.FromGUID == 0 && !d.t.opts.Force {
		there, err := d.c.DatasetExists(ctx, d.t.name.Dataset+"/%recv")
		switch {
		case err != nil:
			return 0, err
		case there:
			return ioctl.CodeResumeExists, nil
		}
	}
	token, err := stream.ParseToken(text)
	if err != nil || token.ToGUID != d.head.ToGUID || token.FromGUID != d.head.FromGUID {
		return ioctl.CodeInval, nil
	}
	if list == nil {
		return 0, nil
	}
	object, hasObject := list.Uint64("resume_object")
	offset, hasOffset := list.Uint64("resume_offset")
	if !hasObject || !hasOffset || object != token.Object || offset != token.Offset {
		return ioctl.CodeInval, nil
	}
	return 0, nil
}

// heals checks a stream that repairs a snapshot.
func (d *dryReceive) heals(h *localHead, snap *localSnap) ioctl.Code {
	switch {
	case snap == nil:
		return ioctl.CodeNoent
	case d.t.opts.Force, h.state.encrypted && d.head.Features.Has(stream.FeatureEmbedData):
		return ioctl.CodeInval
	case snap.guid != d.head.ToGUID:
		return ioctl.CodeNotsup
	}
	return 0
}

// incremental checks a stream into a target that must have the earlier snapshot.
func (d *dryReceive) incremental(h *localHead) ioctl.Code {
	at := h.index(d.head.FromGUID)
	switch {
	case d.raw() && !h.state.encrypted:
		return ioctl.CodeInval
	case h.state.encrypted && d.head.Features.Has(stream.FeatureEmbedData):
		return ioctl.CodeInval
	case at < 0:
		return ioctl.CodeNodev
	case !d.t.opts.Force && (h.changedSince(at) || d.raw() && at < len(h.snaps)-1):
		return ioctl.CodeTxtbsy
	}
	return 0
}

// fresh checks a new target.
func (d *dryReceive) fresh(ctx context.Context) (ioctl.Code, error) {
	origin, _ := d.t.in.Text("origin")
	parent, err := d.parent(ctx)
	switch {
	case err != nil:
		return 0, err
	case parent != nil && parent.encrypted && !parent.keyed && d.decrypts():
		return ioctl.CodeAcces, nil
	case d.resumes():
		return d.resumed(ctx, nil)
	case d.t.opts.Heal:
		return ioctl.CodeNotsup, nil
	case d.head.FromGUID != 0 && origin == "":
		return ioctl.CodeNoent, nil
	case d.head.FromGUID == 0 && origin != "" && d.head.Flags&stream.FlagFreeRecords == 0:
		return ioctl.CodeInval, nil
	case parent == nil:
		return ioctl.CodeNoent, nil
	}
	d.encrypted = parent.encrypted
	if !d.raw() && origin == "" {
		if code, err := d.cipher(ctx); code != 0 || err != nil {
			return code, err
		}
	}
	if parent.typ != prop.TypeFilesystem {
		return ioctl.CodeWrongParent, nil
	}
	if origin == "" {
		return 0, nil
	}
	return d.origin(ctx, origin)
}

// parent returns what is known about the parent of the target, or nil.
func (d *dryReceive) parent(ctx context.Context) (*headState, error) {
	name := (Name{Dataset: d.t.name.Dataset}).Parent()
	if name == "" {
		return nil, nil // the root of a pool, which exists
	}
	if h := d.tree.find(name); h != nil {
		return &h.state, nil
	}
	ds, err := d.c.DatasetStats(ctx, name, nil)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	state := stateOf(ds)
	return &state, nil
}

// cipher checks whether the new dataset can be encrypted as its parent or the
// properties demand.
func (d *dryReceive) cipher(ctx context.Context) (ioctl.Code, error) {
	parent, err := d.parent(ctx)
	if err != nil || parent == nil {
		return 0, err
	}
	cipher, ok := d.t.opts.Override[prop.Encryption]
	encrypted := parent.encrypted || d.t.opts.Key != nil
	d.encrypted = encrypted && !(ok && !encrypts(cipher.String()))
	switch {
	case !encrypted && ok && encrypts(cipher.String()):
		return ioctl.CodeInval, nil // the key is missing
	case !d.encrypted:
		return 0, nil
	case d.head.Features.Has(stream.FeatureEmbedData):
		return ioctl.CodeInval, nil
	case parent.encrypted && d.t.opts.Key == nil && !parent.keyed:
		return ioctl.CodeAcces, nil
	}
	return 0, nil
}

// origin checks the snapshot that the target becomes a clone of.
func (d *dryReceive) origin(ctx context.Context, name string) (ioctl.Code, error) {
	n, err := parseSnapshot(name)
	if err != nil {
		return 0, err
	}
	guid, state := uint64(0), headState{}
	if h := d.tree.find(n.Dataset); h != nil {
		if s := h.named(n.Snapshot); s != nil {
			guid, state = s.guid, h.state
		}
	} else {
		ds, err := d.c.DatasetStats(ctx, name, nil)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return 0, err
		}
		if err == nil {
			guid, state = ds.GUID, stateOf(ds)
		}
	}
	d.encrypted = state.encrypted
	switch {
	case guid == 0:
		return ioctl.CodeNoent, nil
	case d.raw() && !state.encrypted:
		return ioctl.CodeInval, nil // as in checkOrigin
	case state.encrypted && !state.keyed && d.decrypts():
		return ioctl.CodeAcces, nil
	case d.head.FromGUID != 0 && d.head.FromGUID != guid:
		return ioctl.CodeNodev, nil
	case state.encrypted && d.head.Features.Has(stream.FeatureEmbedData):
		return ioctl.CodeInval, nil
	}
	return 0, nil
}

// end makes the checks that the kernel makes after it has read the stream, and
// those with the list after the first record before: snapshots that Force
// destroys may be in use.
func (d *dryReceive) end(ctx context.Context, list *nvlist.List) (ioctl.Code, error) {
	if d.resumes() {
		return d.resumed(ctx, list)
	}
	h := d.tree.find(d.t.name.Dataset)
	if h == nil || d.t.opts.Heal || !d.t.opts.Force {
		return 0, nil
	}
	for _, s := range h.snaps[h.index(d.head.FromGUID)+1:] {
		switch {
		case s.holds > 0:
			return ioctl.CodeBusy, nil
		case s.clones > 0 || d.tree.cloned(s.guid):
			return ioctl.CodeExist, nil
		}
	}
	if d.head.FromGUID == 0 && h.origin != 0 {
		return ioctl.CodeInval, nil // a full stream does not replace a clone
	}
	return 0, nil
}

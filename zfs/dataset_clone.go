package zfs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// DatasetCloneOptions are the options of DatasetClone.
type DatasetCloneOptions struct {
	// Props are set on the clone, in the form of DatasetCreateOptions. Properties
	// that can only be set at creation are inherited from the origin and are
	// refused here.
	Props prop.Values
	// Parents first creates the missing ancestors, as filesystems with inherited
	// properties. On an error Done names those that were created.
	Parents bool
}

// DatasetClone creates a filesystem or volume with the content of a snapshot of
// the same pool, its origin. It does not mount it.
//
// Errors match ErrExists, ErrNotFound (the origin or the parent, see the hint),
// ErrWrongParent, ErrCrossPool, ErrInvalidProp (Items names the properties),
// ErrInvalidName, ErrPermission, ErrNoSpace, ErrQuota.
//
// Kernel: ZFS_IOC_CLONE (nvlist, since 0.8).
func (c *Client) DatasetClone(ctx context.Context, name, origin string, opts *DatasetCloneOptions) error {
	if opts == nil {
		opts = &DatasetCloneOptions{}
	}
	n, from, err := checkClone(name, origin)
	if err != nil {
		return c.refuse(ctx, ioctl.OpClone, name, err)
	}
	in := &nvlist.List{}
	in.SetString("origin", origin)
	if len(opts.Props) > 0 {
		typ, err := c.typeOf(ctx, from)
		if err != nil {
			return c.explainMissing(ctx, err, lookedUp{bases: []string{origin}})
		}
		props, err := c.encodeProps(opts.Props, typ&^prop.TypeSnapshot, false)
		if err != nil {
			return inputError(ioctl.OpClone, name, err)
		}
		if err := c.reserveSet(ctx, ioctl.OpClone, origin, props); err != nil {
			return err
		}
		in.SetList("props", props)
	}
	ctx = ioctl.HistoryOnce(ctx)
	var done []string
	if opts.Parents {
		if done, err = c.createParents(ctx, n); err != nil {
			return withDone(err, done)
		}
	}
	if err := c.checkParent(ctx, n); err != nil {
		return withDone(err, done)
	}
	_, err = c.callList(ctx, ioctl.OpClone, name, in)
	props, _ := in.List("props")
	err = c.explainMissing(ctx, quotaError(err), lookedUp{create: name, bases: []string{origin}})
	err = c.explainRule(ctx, err, origin, props)
	return withDone(c.explainFeature(ctx, err, propFeatures(props)...), done)
}

// checkParent refuses a clone below a volume. The kernel refuses to create a
// dataset there, but every release clones one. If the parent cannot be read, the
// kernel decides.
func (c *Client) checkParent(ctx context.Context, n Name) error {
	parent, err := ParseName(n.Parent())
	if err != nil {
		return nil
	}
	if typ, err := c.typeOf(ctx, parent); err != nil || typ.Has(prop.TypeFilesystem) {
		return nil
	}
	return inputError(ioctl.OpClone, n.Dataset, fmt.Errorf("%w: %s", ErrWrongParent, parent))
}

// checkClone checks the two names of a clone.
func checkClone(name, origin string) (n, from Name, err error) {
	if n, err = parseNew(name); err != nil {
		return n, from, err
	}
	if from, err = parseSnapshot(origin); err != nil {
		return n, from, err
	}
	return n, from, checkBasePool(n, from)
}

// DatasetPromote makes a clone independent of the dataset of its origin: the
// origin and all older snapshots move to the clone, and that dataset becomes a
// clone of the origin. Afterwards that dataset can be destroyed.
//
// It fails if both have a snapshot or bookmark of the same name. Items then names
// that of the clone, which matches ErrExists; of several snapshots, the kernel
// names one. Bookmarks are compared before the call, because they make the kernel
// panic.
//
// Errors match ErrExists, ErrInvalid (not a clone), ErrNotFound, ErrBusy (a
// snapshot to move is being sent), ErrNotEncryptionRoot (the clone is outside of
// the encryption root of its origin), ErrKey, ErrInvalidName, ErrPermission,
// ErrNoSpace, ErrQuota.
//
// Kernel: ZFS_IOC_PROMOTE (legacy, since 0.8).
func (c *Client) DatasetPromote(ctx context.Context, name string) error {
	_, err := parseHead(name)
	if err == nil {
		err = checkPercent(name)
	}
	if err != nil {
		return inputError(ioctl.OpPromote, name, err)
	}
	if err := c.checkMarks(ctx, name); err != nil {
		return err
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, name); err != nil {
		return inputError(ioctl.OpPromote, name, err)
	}
	err = c.call(ctx, ioctl.OpPromote, cmd)
	var e *Error
	// After the context has ended the command may still be in use by the kernel.
	if !errors.As(err, &e) || ctx.Err() != nil {
		return err
	}
	switch e.Code {
	case ioctl.CodeExist:
		e.Items = promoteConflict(name, cmd.Text(ioctl.FieldString))
	case ioctl.CodeInval:
		if ds, serr := c.DatasetStats(ctx, name, nil); serr == nil && ds.Origin == "" {
			e.Hint = "it is not a clone"
		}
	case ioctl.CodeAcces:
		// The promoted clone takes the place of its origin's dataset.
		ds, serr := c.DatasetStats(ctx, name, nil)
		if serr == nil && ds.Origin != "" && c.explainRoot(ctx, e, headOf(ds.Origin), Name{Dataset: name}.Parent()) {
			e.Object = headOf(ds.Origin)
			break
		}
		e.Hint = "possible causes: the key is not loaded; the clone and its origin have different encryption roots"
	}
	return err
}

// checkMarks refuses a promotion that would give a clone two bookmarks of the
// same name: the bookmarks of the origin's dataset up to the origin move too.
func (c *Client) checkMarks(ctx context.Context, name string) error {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	clone, err := c.datasetStats(ctx, cmd, name)
	if err != nil || clone.Origin == "" {
		return err
	}
	head := headOf(clone.Origin)
	theirs, err := c.bookmarksOf(ctx, head)
	if err != nil || len(theirs) == 0 {
		return err
	}
	origin, err := c.datasetStats(ctx, cmd, clone.Origin)
	if err != nil {
		return err
	}
	ours, err := c.bookmarksOf(ctx, name)
	if err != nil {
		return err
	}
	taken := make(map[string]bool)
	for _, mark := range ours {
		taken[strings.TrimPrefix(mark.Name, name)] = true
	}
	e := &Error{Op: ioctl.OpPromote, Name: name, err: because(ErrExists, "bookmarks of the same names exist")}
	for _, mark := range theirs {
		short := strings.TrimPrefix(mark.Name, head)
		if mark.CreateTxg <= origin.CreateTxg && taken[short] {
			e.Items = append(e.Items, Item{Name: name + short, Err: because(ErrExists, "exists, and %s would become it", mark.Name)})
		}
	}
	if len(e.Items) > 0 {
		return e
	}
	return nil
}

// promoteConflict returns the snapshot that blocks a promotion. The kernel
// returns the last part of its name.
func promoteConflict(name, short string) []Item {
	if short == "" {
		return nil
	}
	full := name + "@" + short
	return []Item{{Name: full, Err: itemError(ioctl.OpPromote, full, ioctl.CodeExist)}}
}

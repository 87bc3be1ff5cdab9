package zfs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// Hold is a user hold on a snapshot. A snapshot with holds cannot be destroyed.
type Hold struct {
	Snapshot string // "tank/a@s"
	Tag      string
	// Time is when the hold was placed, to the second.
	Time time.Time
}

// The longest tags in bytes. The kernel stores a temporary hold a second time,
// with the number of its dataset before the tag. Its own check of the longer
// limit allows one byte more than its buffer for a tag can store.
const (
	maxTagLen     = 255
	maxTempTagLen = 238
)

// HoldAddOptions are the options of HoldAdd.
type HoldAddOptions struct {
	// Owner makes temporary holds, which the kernel releases when the owner is
	// closed. Nil makes permanent holds.
	Owner *HoldOwner
}

// HoldAdd holds snapshots of one pool, atomically: holds maps each snapshot to
// the tag of its hold. If one of them cannot be held, for example because it
// already has the tag, none is, and Items names it with the reason.
//
// A snapshot that does not exist is the exception: the other snapshots are still
// held. The error then matches ErrNotFound, Items names what is missing, and Done
// the snapshots that are held. An empty map is not an error.
//
// Errors match ErrExists (the tag), ErrNotFound, ErrCrossPool, ErrInvalidName
// (also of a tag), ErrPermission, ErrNoSpace, fs.ErrClosed (the owner).
//
// Kernel: ZFS_IOC_HOLD (nvlist, since 0.8).
func (c *Client) HoldAdd(ctx context.Context, holds map[string]string, opts *HoldAddOptions) error {
	if opts == nil {
		opts = &HoldAddOptions{}
	}
	names := slices.Sorted(maps.Keys(holds))
	pool, err := c.checkBatch(ctx, ioctl.OpHold, names, func(name string) (Name, error) {
		n, err := parseSnapshot(name)
		if err == nil {
			err = checkTag(holds[name], opts.Owner != nil)
		}
		return n, err
	})
	if err != nil || len(names) == 0 {
		return err
	}
	tags := &nvlist.List{}
	for _, name := range names {
		tags.SetString(name, holds[name])
	}
	in := &nvlist.List{}
	in.SetList("holds", tags)
	dev := c.dev
	if opts.Owner != nil {
		// The call uses the owner's own device, which is not closed until the
		// kernel has returned.
		dev = opts.Owner.dev
		in.SetInt32("cleanup_fd", int32(dev.FD()))
	}
	out, err := dev.CallList(ctx, ioctl.OpHold, pool, in)
	if err != nil {
		return explainTags(c.failed(ctx, ioctl.OpHold, pool, err, out), holds)
	}
	return missing(ioctl.OpHold, pool, out, names)
}

// explainTags says which holds exist. The kernel names only their snapshots.
func explainTags(err error, holds map[string]string) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	for i, item := range e.Items {
		if matches(item.Err, ioctl.CodeExist) {
			e.Items[i].Err = newItemError(because(ErrExists, "hold %q already exists", holds[item.Name]), ioctl.CodeExist)
		}
	}
	return err
}

// checkTag refuses tags that the kernel refuses or does not survive.
func checkTag(tag string, temporary bool) error {
	limit := maxTagLen
	if temporary {
		limit = maxTempTagLen
	}
	switch {
	case tag == "":
		return fmt.Errorf("%w: the tag is empty", ErrInvalidName)
	case strings.IndexByte(tag, 0) >= 0:
		return fmt.Errorf("%w: NUL in the tag %q", ErrInvalidName, tag)
	case len(tag) > limit:
		return fmt.Errorf("%w: the tag has %d bytes, at most %d are allowed", ErrInvalidName, len(tag), limit)
	}
	return nil
}

// missing returns an error for the names that a successful call has skipped
// because they do not exist. The other names were processed.
func missing(op ioctl.Op, pool string, out *nvlist.List, names []string) error {
	failed := items(op, out)
	if len(failed) == 0 {
		return nil
	}
	code := ioctl.CodeNoent
	e := &Error{Op: op, Name: pool, Code: code, Items: failed, kind: meaning(op, pool, code), err: code.Err()}
	if out.Has(moreErrors) {
		e.Executed = true // for some of them, which are not known
		return e
	}
	for _, name := range names {
		if !slices.ContainsFunc(failed, func(it Item) bool { return it.Name == name }) {
			e.Done = append(e.Done, name)
		}
	}
	return e
}

// HoldRelease releases holds on snapshots of one pool, in one call: holds maps
// each snapshot to its tags. A snapshot that is marked for deferred destruction
// is destroyed when its last hold is released. Temporary holds can be released as
// well.
//
// If a hold or a snapshot does not exist, the others are still released. The
// error then matches ErrNotFound; Items names a missing hold as "tank/a@s#tag",
// and a missing snapshot. Done names what has been released, in the same form. An
// empty map is not an error.
//
// Errors match ErrNotFound, ErrBusy (the snapshot would be destroyed, and is in
// use), ErrCrossPool, ErrInvalidName (also of a tag), ErrPermission.
//
// Kernel: ZFS_IOC_RELEASE (nvlist, since 0.8).
func (c *Client) HoldRelease(ctx context.Context, holds map[string][]string) error {
	names := slices.Sorted(maps.Keys(holds))
	pool, err := c.checkBatch(ctx, ioctl.OpRelease, names, func(name string) (Name, error) {
		n, err := parseSnapshot(name)
		for _, tag := range holds[name] {
			err = errors.Join(err, checkTag(tag, false))
		}
		return n, err
	})
	if err != nil {
		return err
	}
	in := &nvlist.List{}
	var wanted []string
	for _, name := range names {
		tags := nameSet(holds[name])
		if tags.Len() == 0 {
			continue
		}
		for tag := range tags.All() {
			wanted = append(wanted, name+"#"+tag.Name())
		}
		in.SetList(name, tags)
	}
	if in.Len() == 0 {
		return nil
	}
	out, err := c.callList(ctx, ioctl.OpRelease, pool, in)
	if err != nil {
		return err
	}
	return missing(ioctl.OpRelease, pool, out, holdsOf(wanted, out))
}

// holdsOf removes the holds whose whole snapshot is in the answer.
func holdsOf(wanted []string, out *nvlist.List) []string {
	return slices.DeleteFunc(wanted, func(hold string) bool {
		snapshot, _, _ := strings.Cut(hold, "#")
		return out.Has(snapshot)
	})
}

// HoldsOptions are the options of Holds.
type HoldsOptions struct {
	// Recursive also yields the holds on the snapshots of the same name of the
	// dataset's descendants.
	Recursive bool
}

// Holds yields the holds on a snapshot, including temporary ones, sorted by tag.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission. With Recursive, a
// dataset without such a snapshot is not an error.
//
// Kernel: ZFS_IOC_GET_HOLDS (nvlist, since 0.8).
func (c *Client) Holds(ctx context.Context, snapshot string, opts *HoldsOptions) iter.Seq2[*Hold, error] {
	return func(yield func(*Hold, error) bool) {
		n, err := parseSnapshot(snapshot)
		if err != nil {
			yield(nil, inputError(ioctl.OpGetHolds, snapshot, err))
			return
		}
		if opts == nil || !opts.Recursive {
			c.yieldHolds(ctx, snapshot, yield)
			return
		}
		for ds, err := range c.Datasets(ctx, n.Dataset, &DatasetsOptions{Recursive: true, NamesOnly: true}) {
			if err != nil {
				yield(nil, err)
				return
			}
			ok := c.yieldHolds(ctx, ds.Name+"@"+n.Snapshot, func(hold *Hold, err error) bool {
				return vanished(err) || yield(hold, err)
			})
			if !ok {
				return
			}
		}
	}
}

// yieldHolds yields the holds on one snapshot, and reports whether to continue.
func (c *Client) yieldHolds(ctx context.Context, snapshot string, yield func(*Hold, error) bool) bool {
	out, err := c.callList(ctx, ioctl.OpGetHolds, snapshot, nil)
	if err != nil {
		return yield(nil, err) && vanished(err)
	}
	var holds []*Hold
	for pair := range out.All() {
		if sec, ok := pair.Uint(); ok {
			holds = append(holds, &Hold{Snapshot: snapshot, Tag: pair.Name(), Time: time.Unix(int64(sec), 0)})
		}
	}
	slices.SortFunc(holds, func(a, b *Hold) int { return strings.Compare(a.Tag, b.Tag) })
	for _, hold := range holds {
		if !yield(hold, nil) {
			return false
		}
	}
	return true
}

package zfs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// Bookmark marks the point in time at which a snapshot was taken, even after the
// snapshot is destroyed. It can be the source of an incremental send.
type Bookmark struct {
	Name      string // "tank/a#mark"
	GUID      uint64 // the snapshot's
	CreateTxg uint64 // the snapshot's
	Creation  uint64 // the snapshot's, in seconds since 1970
	// Props are all its properties, never nil.
	Props *Properties
}

// BookmarkCreate creates bookmarks in one pool, all of them or none: marks maps
// each new bookmark to its source. A source is a snapshot or bookmark of the same
// dataset, or of a dataset that it was cloned from. The copy of a redaction
// bookmark is an ordinary bookmark. An empty map is not an error.
//
// Errors match ErrExists, ErrNotFound (the source or the dataset),
// ErrNotAncestor, ErrCrossPool, ErrInvalidName, ErrPermission, ErrNoSpace,
// ErrReadOnly, ErrFeatureDisabled (bookmarks); Items names the bookmarks that
// could not be created.
//
// Kernel: ZFS_IOC_BOOKMARK (nvlist, since 0.8).
func (c *Client) BookmarkCreate(ctx context.Context, marks map[string]string) error {
	names := slices.Sorted(maps.Keys(marks))
	pool, err := c.checkBatch(ctx, ioctl.OpBookmark, names, func(name string) (Name, error) {
		n, err := parseBookmark(name)
		if err == nil {
			err = errors.Join(checkPercent(name), checkSource(n, marks[name]))
		}
		return n, err
	})
	if err != nil || len(names) == 0 {
		return err
	}
	in := &nvlist.List{}
	for _, name := range names {
		in.SetString(name, marks[name])
	}
	_, err = c.callList(ctx, ioctl.OpBookmark, pool, in)
	return c.explainMark(ctx, nameBatch(err, names), marks)
}

// explainMark adds to an error which source does not exist, or which feature is
// missing.
func (c *Client) explainMark(ctx context.Context, err error, marks map[string]string) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	for i, item := range e.Items {
		if errors.Is(item.Err, ErrPoolNotFound) {
			continue
		}
		if source := marks[item.Name]; errors.Is(item.Err, ErrNotFound) && c.isMissing(ctx, source) {
			e.Items[i].Err = fmt.Errorf("%s: %w", source, newItemError(ErrBaseNotFound, ioctl.CodeOf(item.Err)))
		}
	}
	if len(e.Items) == 1 && len(marks) == 1 {
		mark, _ := ParseName(e.Items[0].Name)
		switch item := e.Items[0]; {
		case errors.Is(item.Err, ErrNotAncestor):
			e.Object = marks[item.Name]
		case errors.Is(item.Err, ErrNotFound) && c.isMissing(ctx, mark.Dataset):
			e.Object = mark.Dataset
		}
	}
	if len(e.Items) == 1 && errors.Is(e.Items[0].Err, ErrBaseNotFound) {
		e.kind, e.Object = ErrBaseNotFound, marks[e.Items[0].Name]
		e.Items[0].Err = newItemError(ErrBaseNotFound, e.Code)
	}
	features := []string{"bookmarks"}
	for mark, source := range marks {
		if strings.Contains(source, "#") {
			features = append(features, "bookmark_v2")
		}
		if len(e.Items) == 0 && len(marks) == 1 {
			err = c.explainMissing(ctx, err, lookedUp{create: mark, bases: []string{source}})
		}
	}
	return c.explainFeature(ctx, err, features...)
}

// parseBookmark parses the name of a bookmark.
func parseBookmark(name string) (Name, error) {
	n, err := ParseName(name)
	if err == nil && n.Bookmark == "" {
		err = fmt.Errorf("%w %q: not a bookmark's name", ErrInvalidName, name)
	}
	return n, err
}

// checkSource checks what a bookmark is to be made of.
func checkSource(mark Name, source string) error {
	n, err := ParseName(source)
	switch {
	case err != nil:
		return err
	case n.Dataset == source:
		return fmt.Errorf("%w %q: neither a snapshot nor a bookmark", ErrInvalidName, source)
	}
	return checkBasePool(mark, n)
}

// BookmarksOptions are the options of Bookmarks.
type BookmarksOptions struct {
	// Recursive includes every descendant.
	Recursive bool
	// Depth includes descendants down to that number of levels; it overrides
	// Recursive if it is not zero.
	Depth int
}

// bookmarkProps are the properties to read: an empty request omits those of
// redaction.
var bookmarkProps = [...]prop.Prop{
	prop.GUID, prop.CreateTXG, prop.Creation, prop.IVSetGUID, prop.RedactSnaps,
	prop.Referenced, prop.LogicalReferenced, prop.RefCompressRatio, prop.CompressRatio,
}

// Bookmarks yields the bookmarks of a filesystem or volume and, depending on the
// options, of its descendants. The bookmarks of one dataset are sorted by name.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_GET_BOOKMARKS (nvlist, since 0.8).
func (c *Client) Bookmarks(ctx context.Context, name string, opts *BookmarksOptions) iter.Seq2[*Bookmark, error] {
	if opts == nil {
		opts = &BookmarksOptions{}
	}
	return func(yield func(*Bookmark, error) bool) {
		heads := c.Datasets(ctx, name, &DatasetsOptions{
			Recursive: opts.Recursive, Depth: opts.Depth, NamesOnly: true, Bookmarks: true,
		})
		for head, err := range heads {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, mark := range head.Bookmarks {
				if !yield(mark, nil) {
					return
				}
			}
		}
	}
}

// bookmarksOf reads the bookmarks of one dataset, all in one answer. A dataset
// that was destroyed meanwhile has none.
func (c *Client) bookmarksOf(ctx context.Context, head string) ([]*Bookmark, error) {
	in := &nvlist.List{}
	for _, property := range bookmarkProps {
		in.SetBoolean(string(property))
	}
	out, err := c.callList(ctx, ioctl.OpGetBookmarks, head, in)
	if vanished(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var marks []*Bookmark
	for pair := range out.All() {
		if stats, ok := out.List(pair.Name()); ok {
			marks = append(marks, c.newBookmark(head+"#"+pair.Name(), stats))
		}
	}
	slices.SortFunc(marks, func(a, b *Bookmark) int { return strings.Compare(a.Name, b.Name) })
	return marks, nil
}

// isPlainMark reports whether a bookmark can be read and is not a redaction
// bookmark.
func (c *Client) isPlainMark(ctx context.Context, name string) bool {
	n, err := parseBookmark(name)
	if err != nil {
		return false
	}
	marks, err := c.bookmarksOf(ctx, n.Dataset)
	i := slices.IndexFunc(marks, func(m *Bookmark) bool { return m.Name == name })
	return err == nil && i >= 0 && marks[i].Props.Value(prop.RedactSnaps).IsZero()
}

// newBookmark reads the kernel's answer about one bookmark.
func (c *Client) newBookmark(name string, stats *nvlist.List) *Bookmark {
	p := &Properties{name: name, typ: prop.TypeBookmark, release: c.release, stats: stats}
	return &Bookmark{
		Name: name, Props: p,
		GUID: p.Uint64(prop.GUID), CreateTxg: p.Uint64(prop.CreateTXG), Creation: p.Uint64(prop.Creation),
	}
}

// BookmarkDestroy destroys bookmarks of one pool, all of them or none. A bookmark
// that does not exist, or whose dataset does not exist, is skipped without an
// error. An empty list is not an error.
//
// Errors match ErrBusy (a redaction bookmark that is being sent from),
// ErrCrossPool, ErrInvalidName, ErrPermission, ErrNotFound (the pool); Items
// names the bookmarks that could not be destroyed.
//
// Kernel: ZFS_IOC_DESTROY_BOOKMARKS (nvlist, since 0.8).
func (c *Client) BookmarkDestroy(ctx context.Context, names []string) error {
	pool, err := c.checkBatch(ctx, ioctl.OpDestroyBookmarks, names, parseBookmark)
	if err != nil || len(names) == 0 {
		return err
	}
	_, err = c.callList(ctx, ioctl.OpDestroyBookmarks, pool, nameSet(names))
	return err
}

// BookmarkRedact creates a redaction bookmark of a snapshot: a list of the blocks
// that the redaction snapshots have changed, which a redacted send omits.
// Redaction snapshots are snapshots of clones of the snapshot, or of their
// clones.
//
// The kernel reads through the redaction snapshots, which may take long and stops
// when the context ends. The bookmark is then incomplete: repeating the call
// resumes it.
//
// Errors match ErrExists (also an incomplete bookmark of other redaction
// snapshots), ErrNotFound, ErrNotAncestor (a redaction snapshot does not descend
// from the snapshot), ErrRedacted, ErrCrossPool, ErrInvalidName, ErrKey,
// ErrPermission, ErrFeatureDisabled (redaction bookmarks), ErrBaseNotFound (one
// of redact), ErrInvalid (too many redaction snapshots).
//
// Kernel: ZFS_IOC_REDACT (nvlist, since 2.0).
func (c *Client) BookmarkRedact(ctx context.Context, bookmark, snapshot string, redact []string) error {
	mark, err := checkRedact(bookmark, snapshot)
	if err != nil {
		return inputError(ioctl.OpRedact, bookmark, err)
	}
	if len(redact) == 0 {
		return inputError(ioctl.OpRedact, bookmark, fmt.Errorf("%w: no redaction snapshot is named", ErrInvalid))
	}
	_, err = c.checkBatch(ctx, ioctl.OpRedact, redact, func(name string) (Name, error) {
		n, err := parseSnapshot(name)
		if err == nil {
			err = checkBasePool(mark, n)
		}
		return n, err
	})
	if err != nil {
		return err
	}
	in := &nvlist.List{}
	in.SetString("bookname", mark.Bookmark)
	in.SetList("snapnv", nameSet(redact))
	_, err = c.callList(ctx, ioctl.OpRedact, snapshot, in)
	err = c.explainMissing(ctx, err, lookedUp{bases: redact})
	return c.explainFeature(ctx, err, "redaction_bookmarks", "redacted_datasets", "bookmark_v2")
}

// checkRedact checks the names of a bookmark and its snapshot: the kernel creates
// the bookmark only in the dataset of the snapshot.
func checkRedact(bookmark, snapshot string) (Name, error) {
	mark, err := parseBookmark(bookmark)
	snap, serr := parseSnapshot(snapshot)
	if err := errors.Join(err, serr, checkPercent(bookmark)); err != nil {
		return Name{}, err
	}
	if snap.Dataset != mark.Dataset {
		return Name{}, fmt.Errorf("%w %q: a redaction bookmark must be in the dataset of its snapshot, %s", ErrInvalidName, bookmark, snap.Dataset)
	}
	return mark, nil
}

// BookmarkProps reads one bookmark with its properties, except those of
// redaction: the kernel returns those only to Bookmarks.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_GET_BOOKMARK_PROPS (nvlist, since 2.0).
func (c *Client) BookmarkProps(ctx context.Context, name string) (*Bookmark, error) {
	if _, err := parseBookmark(name); err != nil {
		return nil, inputError(ioctl.OpGetBookmarkProps, name, err)
	}
	out, err := c.callList(ctx, ioctl.OpGetBookmarkProps, name, nil)
	if err != nil {
		return nil, err
	}
	return c.newBookmark(name, out), nil
}

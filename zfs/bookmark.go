package zfs

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// Bookmark marks the point in time of a snapshot that may be gone. It can be
// the source of an incremental send.
type Bookmark struct {
	Name      string // "tank/a#mark"
	GUID      uint64 // the snapshot's
	CreateTxg uint64 // the snapshot's
	Creation  uint64 // the snapshot's, in seconds since 1970
	// Props are all its properties, never nil.
	Props *Properties
}

// BookmarksOptions says what Bookmarks yields.
type BookmarksOptions struct {
	// Recursive goes down to every descendant.
	Recursive bool
	// Depth goes down so many levels; it overrides Recursive if it is not zero.
	Depth int
}

// bookmarkProps are asked for by name: an empty request leaves those of
// redaction out.
var bookmarkProps = [...]Prop{
	PropGUID, PropCreateTXG, PropCreation, PropIVSetGUID, PropRedactSnaps,
	PropReferenced, PropLogicalReferenced, PropRefCompressRatio, PropCompressRatio,
}

// Bookmarks yields the bookmarks of a filesystem or volume and, as the options
// say, of its descendants: those of one dataset in the order of their names.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_GET_BOOKMARKS (nvlist, since 0.8).
func (c *Client) Bookmarks(ctx context.Context, name string, opts *BookmarksOptions) iter.Seq2[*Bookmark, error] {
	if opts == nil {
		opts = &BookmarksOptions{}
	}
	return func(yield func(*Bookmark, error) bool) {
		heads := c.Datasets(ctx, name, &DatasetsOptions{Recursive: opts.Recursive, Depth: opts.Depth})
		for head, err := range heads {
			var marks []*Bookmark
			if err == nil {
				marks, err = c.bookmarksOf(ctx, head.Name)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for _, mark := range marks {
				if !yield(mark, nil) {
					return
				}
			}
		}
	}
}

// bookmarksOf reads the bookmarks of one dataset, all in one answer. One that
// has vanished has none left.
func (c *Client) bookmarksOf(ctx context.Context, head string) ([]*Bookmark, error) {
	in := &nvlist.List{}
	for _, prop := range bookmarkProps {
		in.SetBoolean(string(prop))
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

// newBookmark reads the kernel's answer about one bookmark.
func (c *Client) newBookmark(name string, stats *nvlist.List) *Bookmark {
	p := &Properties{name: name, typ: TypeBookmark, release: c.release, stats: stats}
	return &Bookmark{
		Name: name, Props: p,
		GUID: p.Uint64(PropGUID), CreateTxg: p.Uint64(PropCreateTXG), Creation: p.Uint64(PropCreation),
	}
}

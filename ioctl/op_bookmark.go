package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations of zfs/bookmark.go, in the order of their numbers.
// They are read-only.

// Each pair maps a bookmark to its source: a snapshot, or a bookmark since 2.0.
var rowBookmark = Descriptor{
	Op: OpBookmark, C: "ZFS_IOC_BOOKMARK",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "bookmark",
	Keys: []Key{
		{Wildcard: true, Type: nvlist.TypeString},
	},
	Output:   "errno of each bookmark that failed",
	Modifies: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "BookmarkCreate", File: "bookmark.go",
}

// The wildcard has a type, so even the list called optional is refused here.
var rowGetBookmarks = Descriptor{
	Op: OpGetBookmarks, C: "ZFS_IOC_GET_BOOKMARKS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetDataset, Permission: "read",
	Keys: []Key{
		{Wildcard: true, Type: nvlist.TypeBoolean, Optional: true},
	},
	Output:          "bookmarks with the requested properties",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "Bookmarks", File: "bookmark.go",
}

// A bookmark that does not exist counts as destroyed.
var rowDestroyBookmarks = Descriptor{
	Op: OpDestroyBookmarks, C: "ZFS_IOC_DESTROY_BOOKMARKS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "destroy",
	Keys: []Key{
		{Wildcard: true, Type: nvlist.TypeBoolean},
	},
	Output:   "errno of each bookmark that failed",
	Modifies: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "BookmarkDestroy", File: "bookmark.go",
}

// A signal interrupts the traversal of the snapshots, and the bookmark is then
// incomplete.
var rowRedact = Descriptor{
	Op: OpRedact, C: "ZFS_IOC_REDACT",
	Since: Release{2, 0, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetDataset, Permission: "config",
	Keys: []Key{
		{Name: "bookname", Type: nvlist.TypeString},
		{Name: "snapnv", Type: nvlist.TypeList},
	},
	Output:   "nothing",
	Modifies: true, Interruptible: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "BookmarkRedact", File: "bookmark.go",
}

// The only operation whose target may be a bookmark.
var rowGetBookmarkProps = Descriptor{
	Op: OpGetBookmarkProps, C: "ZFS_IOC_GET_BOOKMARK_PROPS",
	Since: Release{2, 0, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetEntity, Permission: "read",
	Output:          "properties of the bookmark",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "BookmarkProps", File: "bookmark.go",
}

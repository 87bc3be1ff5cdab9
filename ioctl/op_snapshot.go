package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations of zfs/snapshot.go and zfs/snapshot_*.go, in the
// order of their numbers. They are read-only.

// Every pending signal interrupts a walk. As with datasets, name and cookie are
// restored before the call is repeated.
var rowSnapshotListNext = Descriptor{
	Op: OpSnapshotListNext, C: "ZFS_IOC_SNAPSHOT_LIST_NEXT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "read",
	Keys: []Key{
		{Name: "snap_iter_min_txg", Type: nvlist.TypeUint64, Optional: true},
		{Name: "snap_iter_max_txg", Type: nvlist.TypeUint64, Optional: true},
	},
	Output:        "name, statistics and properties of the next snapshot, and a cookie",
	Interruptible: true, Repeatable: true,
	ChecksSuspended: true,
	Home:            "Snapshots", File: "snapshot.go",
}

// All snapshots belong to one pool and are created in one transaction group. If
// one of them fails, no snapshot is created.
var rowSnapshot = Descriptor{
	Op: OpSnapshot, C: "ZFS_IOC_SNAPSHOT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "snapshot",
	Keys: []Key{
		{Name: "snaps", Type: nvlist.TypeList},
		{Name: "props", Type: nvlist.TypeList, Optional: true},
	},
	Output:   "errno of each snapshot that failed",
	Modifies: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "SnapshotCreate", File: "snapshot.go",
}

// It needs the permission for snapshots. Closing the cleanup descriptor
// destroys the snapshot.
var rowTmpSnapshot = Descriptor{
	Op: OpTmpSnapshot, C: "ZFS_IOC_TMP_SNAPSHOT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "diff",
	Output:          "short name of the snapshot",
	Modifies:        true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "SnapshotTemp", File: "snapshot_temp.go",
}

// The value field names the older snapshot, or a bookmark since 2.0.
var rowSpaceWritten = Descriptor{
	Op: OpSpaceWritten, C: "ZFS_IOC_SPACE_WRITTEN",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "read",
	Output:          "bytes used, compressed and uncompressed",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "SnapshotWritten", File: "snapshot_space.go",
}

// The name field holds the last snapshot of the range, the list the first. If
// the call fails, the answer is meaningless: it is the old content of the
// kernel's stack.
var rowSpaceSnaps = Descriptor{
	Op: OpSpaceSnaps, C: "ZFS_IOC_SPACE_SNAPS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetDataset, Permission: "read",
	Keys: []Key{
		{Name: "firstsnap", Type: nvlist.TypeString},
	},
	Output:          "bytes used, compressed and uncompressed",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "SnapshotSpace", File: "snapshot_space.go",
}

// A snapshot that does not exist counts as destroyed. Any other failure makes
// the whole call fail.
var rowDestroySnaps = Descriptor{
	Op: OpDestroySnaps, C: "ZFS_IOC_DESTROY_SNAPS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "destroy,mount",
	Keys: []Key{
		{Name: "snaps", Type: nvlist.TypeList},
		{Name: "defer", Type: nvlist.TypeBoolean, Optional: true},
	},
	Output:   "errno of each snapshot that failed",
	Modifies: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "SnapshotDestroy", File: "snapshot.go",
}

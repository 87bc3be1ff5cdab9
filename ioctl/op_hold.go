package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations of zfs/hold.go, in the order of their numbers.
// They are read-only.

// With a cleanup descriptor, the holds are released when that open device file
// is closed, even if the process dies.
var rowHold = Descriptor{
	Op: OpHold, C: "ZFS_IOC_HOLD",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "hold",
	Keys: []Key{
		{Name: "holds", Type: nvlist.TypeList},
		{Name: "cleanup_fd", Type: nvlist.TypeInt32, Optional: true},
	},
	Output:   "errno of each snapshot that failed",
	Modifies: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "HoldAdd", File: "hold.go",
}

// Each pair maps a snapshot to the set of tags to release.
var rowRelease = Descriptor{
	Op: OpRelease, C: "ZFS_IOC_RELEASE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "release",
	Keys: []Key{
		{Wildcard: true, Type: nvlist.TypeList},
	},
	Output:   "errno of each snapshot that failed",
	Modifies: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "HoldRelease", File: "hold.go",
}

// Times are seconds since 1970.
var rowGetHolds = Descriptor{
	Op: OpGetHolds, C: "ZFS_IOC_GET_HOLDS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetDataset, Permission: "read",
	Output:          "tags, each with the time of its hold",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "Holds", File: "hold.go",
}

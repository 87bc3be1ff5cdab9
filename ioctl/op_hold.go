package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations at home in zfs/hold.go, in the order of their
// numbers. None is ever written to.

// With a cleanup descriptor the holds end when that open device file is closed,
// whoever closes it.
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

// Each pair maps a snapshot to the set of tags to let go.
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

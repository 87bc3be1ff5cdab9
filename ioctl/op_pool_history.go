package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations of zfs/pool_history.go, in the order of their
// numbers. They are read-only.

// The answer is not in the buffer of lists: its address, length and offset
// have separate fields.
var rowPoolGetHistory = Descriptor{
	Op: OpPoolGetHistory, C: "ZFS_IOC_POOL_GET_HISTORY",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:          "packed records in the history buffer",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "PoolHistory", File: "pool_history.go",
}

// The answer is an array, not a list, and is filled from its end.
var rowErrorLog = Descriptor{
	Op: OpErrorLog, C: "ZFS_IOC_ERROR_LOG",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:          "records of damaged blocks",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "PoolErrorLog", File: "pool_errors.go",
}

// The pool is that of the thread's last logged call, so both calls are made on
// one thread. Without a name the pool's state is not checked.
var rowLogHistory = Descriptor{
	Op: OpLogHistory, C: "ZFS_IOC_LOG_HISTORY",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetNone, Permission: "token",
	Keys: []Key{
		{Name: "message", Type: nvlist.TypeString},
	},
	Output:   "nothing",
	Modifies: true,
	Home:     "WithHistory", File: "pool_history.go",
}

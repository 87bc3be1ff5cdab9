package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations at home in zfs/pool_history.go, in the order of their
// numbers. None is ever written to.

// The buffer of the answer is not the one of lists: its address, length and
// offset have fields of their own.
var rowPoolGetHistory = Descriptor{
	Op: OpPoolGetHistory, C: "ZFS_IOC_POOL_GET_HISTORY",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:          "packed records in the history buffer",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "PoolHistory", File: "pool_history.go",
}

// The answer is an array and not a list, filled from its end.
var rowErrorLog = Descriptor{
	Op: OpErrorLog, C: "ZFS_IOC_ERROR_LOG",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:          "records of damaged blocks",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "PoolErrorLog", File: "pool_errors.go",
}

// The pool is the one of the thread's last logged call, so both calls are made
// on one thread. Without a name, no check of the pool's state takes place.
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

package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations of zfs/pool_maint.go and pool_wait.go, in the order
// of their numbers. They are read-only.

// The nvlist operation of 2.2 supersedes it. Older releases have only this one.
var rowPoolScan = Descriptor{
	Op: OpPoolScan, C: "ZFS_IOC_POOL_SCAN",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "PoolScrub", File: "pool_maint.go",
}

// The list is read when the cookie asks for a rewind, and holds its policy.
var rowClear = Descriptor{
	Op: OpClear, C: "ZFS_IOC_CLEAR",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Keys: []Key{
		{Name: "load-policy", Type: nvlist.TypeList, Optional: true},
	},
	Output:   "configuration, when the pool was rewound",
	Modifies: true, LogsHistory: true,
	ChecksReadonly: true,
	Home:           "PoolClear", File: "pool_maint.go",
}

// The checkpoint exists until it is discarded or rewound to.
var rowPoolCheckpoint = Descriptor{
	Op: OpPoolCheckpoint, C: "ZFS_IOC_POOL_CHECKPOINT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "PoolCheckpoint", File: "pool_maint.go",
}

// The call returns immediately. Another call can wait until the checkpoint is
// discarded.
var rowPoolDiscardCheckpoint = Descriptor{
	Op: OpPoolDiscardCheckpoint, C: "ZFS_IOC_POOL_DISCARD_CHECKPOINT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "PoolDiscardCheckpoint", File: "pool_maint.go",
}

// One device that fails makes the whole call fail with EINVAL, although the
// others were started.
var rowPoolInitialize = Descriptor{
	Op: OpPoolInitialize, C: "ZFS_IOC_POOL_INITIALIZE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "config",
	Keys: []Key{
		{Name: "initialize_command", Type: nvlist.TypeUint64},
		{Name: "initialize_vdevs", Type: nvlist.TypeList},
		{Name: "initialize_value", Type: nvlist.TypeUint64, Optional: true, Since: Release{2, 4, 99}},
	},
	Output:   "errno of each device that could not be acted on",
	Modifies: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "PoolInitialize", File: "pool_maint.go",
}

// One device that fails makes the whole call fail with EINVAL, although the
// others were started.
var rowPoolTrim = Descriptor{
	Op: OpPoolTrim, C: "ZFS_IOC_POOL_TRIM",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "config",
	Keys: []Key{
		{Name: "trim_command", Type: nvlist.TypeUint64},
		{Name: "trim_vdevs", Type: nvlist.TypeList},
		{Name: "trim_rate", Type: nvlist.TypeUint64, Optional: true},
		{Name: "trim_secure", Type: nvlist.TypeBooleanValue, Optional: true},
	},
	Output:   "errno of each device that could not be acted on",
	Modifies: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "PoolTrim", File: "pool_maint.go",
}

// A second call would report that it had nothing to wait for.
var rowWait = Descriptor{
	Op: OpWait, C: "ZFS_IOC_WAIT",
	Since: Release{2, 0, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "none",
	Keys: []Key{
		{Name: "wait_activity", Type: nvlist.TypeInt32},
		{Name: "wait_tag", Type: nvlist.TypeUint64, Optional: true},
	},
	Output:          "whether the call had to wait",
	Interruptible:   true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "PoolWait", File: "pool_wait.go",
}

// The pool's state is checked since 2.4.
var rowPoolScrub = Descriptor{
	Op: OpPoolScrub, C: "ZFS_IOC_POOL_SCRUB",
	Since: Release{2, 2, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "config",
	Keys: []Key{
		{Name: "scan_type", Type: nvlist.TypeUint64},
		{Name: "scan_command", Type: nvlist.TypeUint64},
		{Name: "scan_flags", Type: nvlist.TypeUint64, Optional: true, Since: Release{2, 4, 99}},
		{Name: "scan_date_start", Type: nvlist.TypeUint64, Optional: true, Since: Release{2, 4, 0}},
		{Name: "scan_date_end", Type: nvlist.TypeUint64, Optional: true, Since: Release{2, 4, 0}},
	},
	Output:   "nothing",
	Modifies: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "PoolScrub", File: "pool_maint.go",
}

// A signal stops the loading, and the call still succeeds.
var rowPoolPrefetch = Descriptor{
	Op: OpPoolPrefetch, C: "ZFS_IOC_POOL_PREFETCH",
	Since: Release{2, 3, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "config",
	Keys: []Key{
		{Name: "prefetch_type", Type: nvlist.TypeInt32},
	},
	Output:   "nothing",
	Modifies: true, Interruptible: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true,
	Home:            "PoolPrefetch", File: "pool_wait.go",
}

// A signal stops the pruning, and the call still succeeds.
var rowDdtPrune = Descriptor{
	Op: OpDdtPrune, C: "ZFS_IOC_DDT_PRUNE",
	Since: Release{2, 3, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "config",
	Keys: []Key{
		{Name: "ddt_prune_unit", Type: nvlist.TypeInt32},
		{Name: "ddt_prune_amount", Type: nvlist.TypeUint64},
	},
	Output:   "nothing",
	Modifies: true, Interruptible: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "PoolDDTPrune", File: "pool_wait.go",
}

// The kernel checks no permission, so any user who can open the device may do
// this.
var rowPoolCondense = Descriptor{
	Op: OpPoolCondense, C: "ZFS_IOC_POOL_CONDENSE",
	Since: Release{2, 4, 99}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "none",
	Keys: []Key{
		{Name: "condense_command", Type: nvlist.TypeString},
		{Name: "condense_type", Type: nvlist.TypeString},
	},
	Output:          "nothing",
	Modifies:        true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "PoolCondense", File: "pool_maint.go",
}

package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations at home in zfs/pool.go, pool_create.go, pool_status.go
// and pool_props.go, in the order of their numbers. None is ever written to.

// Properties of the pool stand beside the keys that are named here. The layout
// of the devices travels in the configuration buffer.
var rowPoolCreate = Descriptor{
	Op: OpPoolCreate, C: "ZFS_IOC_POOL_CREATE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Keys: []Key{
		{Name: "root-props-nvl", Type: nvlist.TypeList, Optional: true},
		{Name: "hidden_args", Type: nvlist.TypeList, Optional: true, Secret: true},
		{Name: "tname", Type: nvlist.TypeString, Optional: true},
		{Wildcard: true, Any: true, Optional: true},
	},
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	Home: "PoolCreate", File: "pool_create.go",
}

// The call logs by itself, from the text in the history field: afterwards there
// is no pool left to log to.
var rowPoolDestroy = Descriptor{
	Op: OpPoolDestroy, C: "ZFS_IOC_POOL_DESTROY",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:          "nothing",
	Modifies:        true,
	ChecksSuspended: true,
	Home:            "PoolDestroy", File: "pool_create.go",
}

// Input holds properties to set on the way. A pool that another host may be
// using is watched for some seconds, which a signal ends.
var rowPoolImport = Descriptor{
	Op: OpPoolImport, C: "ZFS_IOC_POOL_IMPORT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Keys: []Key{
		{Wildcard: true, Any: true, Optional: true},
	},
	Output:   "configuration, with what happened in load_info",
	Modifies: true, Interruptible: true, LogsHistory: true,
	Home: "PoolImport", File: "pool_import.go",
}

// Like a destroy, the call logs by itself.
var rowPoolExport = Descriptor{
	Op: OpPoolExport, C: "ZFS_IOC_POOL_EXPORT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:          "nothing",
	Modifies:        true,
	ChecksSuspended: true,
	Home:            "PoolExport", File: "pool_export.go",
}

// The cookie has moved on even when the answer did not fit, so it is restored
// before the call is made again.
var rowPoolConfigs = Descriptor{
	Op: OpPoolConfigs, C: "ZFS_IOC_POOL_CONFIGS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "none",
	Output:        "configuration of every imported pool, and the generation in the cookie",
	Interruptible: true, Repeatable: true,
	Home: "Pools", File: "pool.go",
}

// A pool that cannot be opened has a configuration all the same: the call then
// succeeds, and the cookie says why the pool is not to be had.
var rowPoolStats = Descriptor{
	Op: OpPoolStats, C: "ZFS_IOC_POOL_STATS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "read",
	Output:     "configuration, with the pool's own errno in the cookie",
	Repeatable: true,
	Home:       "PoolStatus", File: "pool_status.go",
}

// The pool is opened read-only under a passing name and let go again.
var rowPoolTryimport = Descriptor{
	Op: OpPoolTryimport, C: "ZFS_IOC_POOL_TRYIMPORT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "config",
	Output:        "the configuration handed in, completed",
	Interruptible: true, Repeatable: true,
	Home: "PoolTryimport", File: "pool_tryimport.go",
}

// The kernel reads the name field and checks it in no way, and the read-only
// check that is registered needs a checked name to work.
var rowPoolFreeze = Descriptor{
	Op: OpPoolFreeze, C: "ZFS_IOC_POOL_FREEZE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "config",
	Output:   "nothing",
	Modifies: true,
	Home:     "-", File: "pool.go",
	Reason: "a test aid of OpenZFS itself: the pool stops writing until it is exported",
}

// The cookie is the version to reach. 5000 is the one of feature flags, and the
// last that there will be.
var rowPoolUpgrade = Descriptor{
	Op: OpPoolUpgrade, C: "ZFS_IOC_POOL_UPGRADE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "PoolUpgrade", File: "pool.go",
}

// A list with nothing but cachefile is also accepted for a faulted pool.
var rowPoolSetProps = Descriptor{
	Op: OpPoolSetProps, C: "ZFS_IOC_POOL_SET_PROPS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Keys: []Key{
		{Wildcard: true, Any: true, Optional: true},
	},
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "PoolSetProps", File: "pool_props.go",
}

// Older releases read no list at all, and answer EFAULT to whatever goes wrong,
// a missing pool included. Newer ones are asked for properties that are costly,
// and it is those that a signal can interrupt.
var rowPoolGetProps = Descriptor{
	Op: OpPoolGetProps, C: "ZFS_IOC_POOL_GET_PROPS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, NvlistSince: Release{2, 3, 0}, Target: TargetPool, Permission: "read",
	Keys: []Key{
		{Name: "get_props_names", Type: nvlist.TypeStringArray, Optional: true, Since: Release{2, 3, 0}},
	},
	Output:        "properties, each with value and source",
	Interruptible: true, Repeatable: true,
	Home: "PoolProps", File: "pool_props.go",
}

// Before 2.3 the list is not read, and the new number is always a random one.
var rowPoolReguid = Descriptor{
	Op: OpPoolReguid, C: "ZFS_IOC_POOL_REGUID",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Keys: []Key{
		{Name: "guid", Type: nvlist.TypeUint64, Optional: true, Since: Release{2, 3, 0}},
	},
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "PoolReguid", File: "pool.go",
}

// Usable on a pool that was imported read-only, for it writes nothing itself.
var rowPoolReopen = Descriptor{
	Op: OpPoolReopen, C: "ZFS_IOC_POOL_REOPEN",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "config",
	Keys: []Key{
		{Name: "scrub_restart", Type: nvlist.TypeBooleanValue, Optional: true},
	},
	Output:   "nothing",
	Modifies: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true,
	Home:            "PoolReopen", File: "pool.go",
}

// Counted as a change because it makes dirty data reach the disks. Anybody may
// ask for it.
var rowPoolSync = Descriptor{
	Op: OpPoolSync, C: "ZFS_IOC_POOL_SYNC",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "none",
	Keys: []Key{
		{Name: "force", Type: nvlist.TypeBooleanValue},
	},
	Output:          "nothing",
	Modifies:        true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "PoolSync", File: "pool.go",
}

package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations of zfs/pool.go, pool_create.go, pool_status.go and
// pool_props.go, in the order of their numbers. They are read-only.

// The list also holds the pool's properties. The layout of the devices is in
// the configuration buffer.
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

// The call itself logs the text of the history field, because the pool does not
// exist afterwards.
var rowPoolDestroy = Descriptor{
	Op: OpPoolDestroy, C: "ZFS_IOC_POOL_DESTROY",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:          "nothing",
	Modifies:        true,
	ChecksSuspended: true,
	Home:            "PoolDestroy", File: "pool_create.go",
}

// Input holds properties to set. A pool that another host may be using is
// watched for some seconds. A signal ends that.
var rowPoolImport = Descriptor{
	Op: OpPoolImport, C: "ZFS_IOC_POOL_IMPORT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Keys: []Key{
		{Wildcard: true, Any: true, Optional: true},
	},
	Output:   "configuration, with details of the import in load_info",
	Modifies: true, Interruptible: true, LogsHistory: true,
	Home: "PoolImport", File: "pool_import.go",
}

// Like a destroy, the call itself logs the text of the history field.
var rowPoolExport = Descriptor{
	Op: OpPoolExport, C: "ZFS_IOC_POOL_EXPORT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:          "nothing",
	Modifies:        true,
	ChecksSuspended: true,
	Home:            "PoolExport", File: "pool_export.go",
}

// The kernel changes the cookie even if the answer did not fit, so it is
// restored before the call is repeated.
var rowPoolConfigs = Descriptor{
	Op: OpPoolConfigs, C: "ZFS_IOC_POOL_CONFIGS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "none",
	Output:        "configuration of every imported pool, and the generation in the cookie",
	Interruptible: true, Repeatable: true,
	Home: "Pools", File: "pool.go",
}

// A pool that cannot be opened has a configuration too: the call succeeds, and
// the cookie holds the errno of the pool.
var rowPoolStats = Descriptor{
	Op: OpPoolStats, C: "ZFS_IOC_POOL_STATS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "read",
	Output:     "configuration, with the pool's own errno in the cookie",
	Repeatable: true,
	Home:       "PoolStatus", File: "pool_status.go",
}

// The pool is opened read-only under a temporary name and closed again.
var rowPoolTryimport = Descriptor{
	Op: OpPoolTryimport, C: "ZFS_IOC_POOL_TRYIMPORT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "config",
	Output:        "the completed configuration",
	Interruptible: true, Repeatable: true,
	Home: "PoolTryimport", File: "pool_tryimport.go",
}

// The kernel reads the name field without checking it, so the registered
// read-only check does not work.
var rowPoolFreeze = Descriptor{
	Op: OpPoolFreeze, C: "ZFS_IOC_POOL_FREEZE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "config",
	Output:   "nothing",
	Modifies: true,
	Home:     "-", File: "pool.go",
	Reason: "for OpenZFS's own tests: the pool stops writing until it is exported",
}

// The cookie is the new version. 5000 is the version of feature flags, and the
// last one.
var rowPoolUpgrade = Descriptor{
	Op: OpPoolUpgrade, C: "ZFS_IOC_POOL_UPGRADE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "PoolUpgrade", File: "pool.go",
}

// A list with only cachefile is also accepted for a faulted pool.
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

// Older releases read no list, and return EFAULT for every error, even for a
// missing pool. In newer ones the list names properties that are expensive to
// read; only those can be interrupted by a signal.
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

// It works on a pool that was imported read-only, because it writes nothing.
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

// It counts as a change because it writes dirty data to the disks. Any user may
// call it.
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

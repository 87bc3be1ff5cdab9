package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations of zfs/vdev.go and vdev_props.go, in the order of
// their numbers. They are read-only.

// The devices are in the configuration buffer. The flag for the check of ashift
// exists since 2.2.4.
var rowVdevAdd = Descriptor{
	Op: OpVdevAdd, C: "ZFS_IOC_VDEV_ADD",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevAdd", File: "vdev.go",
}

// A cookie other than zero cancels the running removal and ignores the guid.
var rowVdevRemove = Descriptor{
	Op: OpVdevRemove, C: "ZFS_IOC_VDEV_REMOVE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevRemove", File: "vdev.go",
}

// The cookie holds the requested state and then the resulting state.
var rowVdevSetState = Descriptor{
	Op: OpVdevSetState, C: "ZFS_IOC_VDEV_SET_STATE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "the resulting state in the cookie",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevSetState", File: "vdev.go",
}

// The configuration buffer holds a root with the one new device. Attaching to a
// raidz device, since 2.3, expands it.
var rowVdevAttach = Descriptor{
	Op: OpVdevAttach, C: "ZFS_IOC_VDEV_ATTACH",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevAttach", File: "vdev.go",
}

// A device that holds the last healthy copy of some data is refused with EBUSY.
var rowVdevDetach = Descriptor{
	Op: OpVdevDetach, C: "ZFS_IOC_VDEV_DETACH",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevDetach", File: "vdev.go",
}

// Only the stored path changes, which a later import uses.
var rowVdevSetpath = Descriptor{
	Op: OpVdevSetpath, C: "ZFS_IOC_VDEV_SETPATH",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevSetPath", File: "vdev.go",
}

// Programs use the location label to tell an administrator which disk to
// replace.
var rowVdevSetfru = Descriptor{
	Op: OpVdevSetfru, C: "ZFS_IOC_VDEV_SETFRU",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevSetFRU", File: "vdev.go",
}

// Input holds properties of the new pool.
var rowVdevSplit = Descriptor{
	Op: OpVdevSplit, C: "ZFS_IOC_VDEV_SPLIT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Keys: []Key{
		{Wildcard: true, Any: true, Optional: true},
	},
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevSplit", File: "vdev.go",
}

// The guid selects the device. Without a list of names, all properties are
// returned.
var rowVdevGetProps = Descriptor{
	Op: OpVdevGetProps, C: "ZFS_IOC_VDEV_GET_PROPS",
	Since: Release{2, 2, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "read",
	Keys: []Key{
		{Name: "vdevprops_get_vdev", Type: nvlist.TypeUint64},
		{Name: "vdevprops_get_props", Type: nvlist.TypeList, Optional: true},
	},
	Output:     "properties, each with value and source",
	Repeatable: true,
	Home:       "VdevProps", File: "vdev_props.go",
}

// The kernel records each change in the history, and callers cannot add a
// record.
var rowVdevSetProps = Descriptor{
	Op: OpVdevSetProps, C: "ZFS_IOC_VDEV_SET_PROPS",
	Since: Release{2, 2, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "config",
	Keys: []Key{
		{Name: "vdevprops_set_vdev", Type: nvlist.TypeUint64},
		{Name: "vdevprops_set_props", Type: nvlist.TypeList},
	},
	Output:          "nothing",
	Modifies:        true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevSetProps", File: "vdev_props.go",
}

package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations at home in zfs/vdev.go and vdev_props.go, in the
// order of their numbers. None is ever written to.

// The devices travel in the configuration buffer. Of the flags, the one for the
// check of ashift came with 2.2.4.
var rowVdevAdd = Descriptor{
	Op: OpVdevAdd, C: "ZFS_IOC_VDEV_ADD",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevAdd", File: "vdev.go",
}

// A cookie other than zero cancels the removal under way, whatever the guid says.
var rowVdevRemove = Descriptor{
	Op: OpVdevRemove, C: "ZFS_IOC_VDEV_REMOVE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevRemove", File: "vdev.go",
}

// The cookie goes in as the wanted state and comes back as the one reached.
var rowVdevSetState = Descriptor{
	Op: OpVdevSetState, C: "ZFS_IOC_VDEV_SET_STATE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "the resulting state in the cookie",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevSetState", File: "vdev.go",
}

// The configuration buffer holds a root with the one new device. To a raidz
// device, since 2.3, it means an expansion.
var rowVdevAttach = Descriptor{
	Op: OpVdevAttach, C: "ZFS_IOC_VDEV_ATTACH",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevAttach", File: "vdev.go",
}

// The last healthy copy of some data is refused with EBUSY.
var rowVdevDetach = Descriptor{
	Op: OpVdevDetach, C: "ZFS_IOC_VDEV_DETACH",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevDetach", File: "vdev.go",
}

// Only the stored path changes, which is what a later import looks at.
var rowVdevSetpath = Descriptor{
	Op: OpVdevSetpath, C: "ZFS_IOC_VDEV_SETPATH",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevSetPath", File: "vdev.go",
}

// The location label serves programs that tell people which disk to pull.
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

// The guid selects the device. Without the list of names, all properties come.
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

// The kernel notes each change in the history, and lets nobody add a line to it.
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

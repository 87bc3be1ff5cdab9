package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of what zfs/vdev.go is the home of, in the order of the numbers. None
// is ever written to.

var rowVdevAdd = Descriptor{
	Op: OpVdevAdd, C: "ZFS_IOC_VDEV_ADD",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevAdd", File: "vdev.go",
}

var rowVdevRemove = Descriptor{
	Op: OpVdevRemove, C: "ZFS_IOC_VDEV_REMOVE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevRemove", File: "vdev.go",
}

var rowVdevSetState = Descriptor{
	Op: OpVdevSetState, C: "ZFS_IOC_VDEV_SET_STATE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "the resulting state in the cookie",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevSetState", File: "vdev.go",
}

var rowVdevAttach = Descriptor{
	Op: OpVdevAttach, C: "ZFS_IOC_VDEV_ATTACH",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevAttach", File: "vdev.go",
}

var rowVdevDetach = Descriptor{
	Op: OpVdevDetach, C: "ZFS_IOC_VDEV_DETACH",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevDetach", File: "vdev.go",
}

var rowVdevSetpath = Descriptor{
	Op: OpVdevSetpath, C: "ZFS_IOC_VDEV_SETPATH",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "config",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "VdevSetPath", File: "vdev.go",
}

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
	Home:       "VdevProps", File: "vdev.go",
}

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
	Home: "VdevSetProps", File: "vdev.go",
}

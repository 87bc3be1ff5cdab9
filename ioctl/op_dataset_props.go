package ioctl

// The rows of what zfs/dataset_props.go is the home of, in the order of the numbers. None
// is ever written to.

var rowObjsetZplprops = Descriptor{
	Op: OpObjsetZplprops, C: "ZFS_IOC_OBJSET_ZPLPROPS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "read",
	Output:          "properties fixed when the filesystem was made",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "DatasetZPLProps", File: "dataset_props.go",
}

// A cookie other than zero stores the values as received ones, and clears the
// received ones that are not in the list.
var rowSetProp = Descriptor{
	Op: OpSetProp, C: "ZFS_IOC_SET_PROP",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "<property>",
	Keys: []Key{
		{Wildcard: true, Any: true, Optional: true},
	},
	Output:   "errno of each property that could not be set",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "DatasetSetProps", File: "dataset_props.go",
}

var rowInheritProp = Descriptor{
	Op: OpInheritProp, C: "ZFS_IOC_INHERIT_PROP",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "<property>",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "DatasetInheritProp", File: "dataset_props.go",
}

var rowObjsetRecvdProps = Descriptor{
	Op: OpObjsetRecvdProps, C: "ZFS_IOC_OBJSET_RECVD_PROPS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "read",
	Output:          "received properties, each with value and source",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "DatasetReceivedProps", File: "dataset_props.go",
}

package ioctl

// The rows of the operations at home in zfs/dataset_props.go, in the order of their
// numbers. None is ever written to.

// ENOENT also means: a volume, which has no such properties, or no buffer for the
// answer.
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

// The value field names the property. A cookie of 1 goes back to the received
// value instead of the inherited one.
var rowInheritProp = Descriptor{
	Op: OpInheritProp, C: "ZFS_IOC_INHERIT_PROP",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "<property>",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "DatasetInheritProp", File: "dataset_props.go",
}

// What was received stays readable here after it was overridden.
var rowObjsetRecvdProps = Descriptor{
	Op: OpObjsetRecvdProps, C: "ZFS_IOC_OBJSET_RECVD_PROPS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "read",
	Output:          "received properties, each with value and source",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "DatasetReceivedProps", File: "dataset_props.go",
}

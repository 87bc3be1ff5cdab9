package ioctl

// The rows of the operations of zfs/dataset_props.go, in the order of their
// numbers. They are read-only.

// ENOENT also means that the dataset is a volume, which has no such properties,
// or that the call has no buffer for the answer.
var rowObjsetZplprops = Descriptor{
	Op: OpObjsetZplprops, C: "ZFS_IOC_OBJSET_ZPLPROPS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "read",
	Output:          "properties fixed when the filesystem was made",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "DatasetZPLProps", File: "dataset_props.go",
}

// A cookie other than zero stores the values as received values, and clears the
// received values that are not in the list.
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

// The value field names the property. A cookie of 1 reverts to the received
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

// It returns received values even after they have been overridden.
var rowObjsetRecvdProps = Descriptor{
	Op: OpObjsetRecvdProps, C: "ZFS_IOC_OBJSET_RECVD_PROPS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "read",
	Output:          "received properties, each with value and source",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "DatasetReceivedProps", File: "dataset_props.go",
}

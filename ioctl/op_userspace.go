package ioctl

// The rows of the operations of zfs/userspace.go, in the order of their
// numbers. They are read-only.

// The permission depends on the kind of value. Users do not need it for their
// own values.
var rowUserspaceOne = Descriptor{
	Op: OpUserspaceOne, C: "ZFS_IOC_USERSPACE_ONE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "<property>",
	Output:          "the value in the cookie",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "UserspaceGet", File: "userspace.go",
}

// The answer is an array, not a list.
var rowUserspaceMany = Descriptor{
	Op: OpUserspaceMany, C: "ZFS_IOC_USERSPACE_MANY",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "<property>",
	Output:          "records, and a cookie",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "Userspace", File: "userspace.go",
}

// It counts the space of filesystems that are older than the accounting. The
// work is done on a thread of the kernel, so a signal does not end it.
var rowUserspaceUpgrade = Descriptor{
	Op: OpUserspaceUpgrade, C: "ZFS_IOC_USERSPACE_UPGRADE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "version",
	Output:          "nothing",
	Modifies:        true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "UserspaceUpgrade", File: "userspace.go",
}

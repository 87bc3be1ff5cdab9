package ioctl

// The rows of the operations at home in zfs/userspace.go, in the order of their
// numbers. None is ever written to.

// The permission is named for the kind of value, and nobody needs it to look up
// what is their own.
var rowUserspaceOne = Descriptor{
	Op: OpUserspaceOne, C: "ZFS_IOC_USERSPACE_ONE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "<property>",
	Output:          "the value in the cookie",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "UserspaceGet", File: "userspace.go",
}

// The answer is an array and not a list.
var rowUserspaceMany = Descriptor{
	Op: OpUserspaceMany, C: "ZFS_IOC_USERSPACE_MANY",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "<property>",
	Output:          "records, and a cookie",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "Userspace", File: "userspace.go",
}

// Counts up what old filesystems did not count. The work is done on a thread of
// the kernel, so a signal does not end it.
var rowUserspaceUpgrade = Descriptor{
	Op: OpUserspaceUpgrade, C: "ZFS_IOC_USERSPACE_UPGRADE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "version",
	Output:          "nothing",
	Modifies:        true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "UserspaceUpgrade", File: "userspace.go",
}

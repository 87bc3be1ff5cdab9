package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations of zfs/bootenv.go, in the order of their numbers.
// They are read-only.

// The checks and the permission of this row are FreeBSD's.
var rowNextboot = Descriptor{
	Op: OpNextboot, C: "ZFS_IOC_NEXTBOOT",
	Since: Release{2, 0, 0},
	Style: StyleLegacy, Target: TargetNone, Permission: "config",
	Output:   "nothing",
	Modifies: true,
	Home:     "-", File: "bootenv.go",
	Reason: "FreeBSD only: tells its boot loader which dataset to boot next",
}

// The list is stored unchanged, including the pair called optional.
var rowSetBootenv = Descriptor{
	Op: OpSetBootenv, C: "ZFS_IOC_SET_BOOTENV",
	Since: Release{2, 0, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "config",
	Keys: []Key{
		{Name: "version", Type: nvlist.TypeUint64},
		{Wildcard: true, Any: true, Optional: true},
	},
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "BootenvSet", File: "bootenv.go",
}

// Reading adds a line to the pool's history, on every pool that can be written.
var rowGetBootenv = Descriptor{
	Op: OpGetBootenv, C: "ZFS_IOC_GET_BOOTENV",
	Since: Release{2, 0, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "none",
	Output:     "the list as it was stored",
	Repeatable: true, LogsHistory: true,
	ChecksSuspended: true,
	Home:            "Bootenv", File: "bootenv.go",
}

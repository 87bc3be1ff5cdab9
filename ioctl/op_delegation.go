package ioctl

// The rows of the operations of zfs/delegation.go, in the order of their numbers.
// They are read-only.

// Each pair is a holder with a list of permissions. When permissions are removed,
// a pair that is not a list means all permissions of the holder. When permissions
// are granted, such a pair would crash the kernel, so it must never be sent. The
// caller needs the permissions that it grants.
var rowSetFsacl = Descriptor{
	Op: OpSetFsacl, C: "ZFS_IOC_SET_FSACL",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "allow",
	Keys: []Key{
		{Wildcard: true, Any: true},
	},
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "DelegationSet", File: "delegation.go",
}

// The permissions of each ancestor are listed under its name.
var rowGetFsacl = Descriptor{
	Op: OpGetFsacl, C: "ZFS_IOC_GET_FSACL",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "read",
	Output:          "permissions of the dataset and its ancestors",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "Delegation", File: "delegation.go",
}

// The table of the kernel keeps the number for the sake of other systems.
var rowShare = Descriptor{
	Op: OpShare, C: "ZFS_IOC_SHARE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "none",
	Output:   "nothing",
	Modifies: true,
	Home:     "-", File: "delegation.go",
	Reason: "always refused with ENOTSUP: programs in user space share filesystems",
}

// The table of the kernel keeps the number for the sake of other systems.
var rowSmbAcl = Descriptor{
	Op: OpSmbAcl, C: "ZFS_IOC_SMB_ACL",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "none",
	Output:   "nothing",
	Modifies: true,
	Home:     "-", File: "delegation.go",
	Reason: "always refused with ENOTSUP: only illumos has shares with access lists in the kernel",
}

// The cleanup field holds the descriptor of the namespace. On FreeBSD this number
// attaches to a jail, since 2.0.
var rowUsernsAttach = Descriptor{
	Op: OpUsernsAttach, C: "ZFS_IOC_USERNS_ATTACH", Alias: "ZFS_IOC_JAIL",
	Since: Release{2, 2, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "config",
	Output:   "nothing",
	Modifies: true,
	Home:     "UsernsAttach", File: "delegation.go",
}

// The counterpart of rowUsernsAttach. It also needs an open namespace.
var rowUsernsDetach = Descriptor{
	Op: OpUsernsDetach, C: "ZFS_IOC_USERNS_DETACH", Alias: "ZFS_IOC_UNJAIL",
	Since: Release{2, 2, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "config",
	Output:   "nothing",
	Modifies: true,
	Home:     "UsernsDetach", File: "delegation.go",
}

package ioctl

// The rows of the operations at home in zfs/delegation.go, in the order of their
// numbers. None is ever written to.

// Each pair is a holder with a list of permissions. To take away, one that is not
// a list stands for all that the holder has. To give, such a pair would bring the
// kernel down, so it must never be sent. The caller needs what it gives away, too.
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

// The sets of an ancestor appear under its own name.
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
	Reason: "always refused with ENOTSUP: sharing is left to programs in user space",
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

// The cleanup field carries the descriptor of the namespace. FreeBSD attaches to
// a jail under this number, since 2.0.
var rowUsernsAttach = Descriptor{
	Op: OpUsernsAttach, C: "ZFS_IOC_USERNS_ATTACH", Alias: "ZFS_IOC_JAIL",
	Since: Release{2, 2, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "config",
	Output:   "nothing",
	Modifies: true,
	Home:     "UsernsAttach", File: "delegation.go",
}

// The counterpart. The namespace has to be open for this, too.
var rowUsernsDetach = Descriptor{
	Op: OpUsernsDetach, C: "ZFS_IOC_USERNS_DETACH", Alias: "ZFS_IOC_UNJAIL",
	Since: Release{2, 2, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "config",
	Output:   "nothing",
	Modifies: true,
	Home:     "UsernsDetach", File: "delegation.go",
}

package ioctl

// The rows of what zfs/inject.go is the home of, in the order of the numbers. None
// is ever written to.

var rowInjectFault = Descriptor{
	Op: OpInjectFault, C: "ZFS_IOC_INJECT_FAULT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "config",
	Output:   "identifier of the fault",
	Modifies: true,
	Home:     "InjectFault", File: "inject.go",
}

var rowClearFault = Descriptor{
	Op: OpClearFault, C: "ZFS_IOC_CLEAR_FAULT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "config",
	Output:   "nothing",
	Modifies: true,
	Home:     "InjectClear", File: "inject.go",
}

var rowInjectListNext = Descriptor{
	Op: OpInjectListNext, C: "ZFS_IOC_INJECT_LIST_NEXT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "config",
	Output:     "the next fault, with its identifier and pool",
	Repeatable: true,
	Home:       "Injections", File: "inject.go",
}

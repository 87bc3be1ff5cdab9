package ioctl

// The rows of the operations of zfs/inject.go, in the order of their numbers.
// They are read-only.

// The record is a struct within the command. Its layout depends on the
// release.
var rowInjectFault = Descriptor{
	Op: OpInjectFault, C: "ZFS_IOC_INJECT_FAULT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "config",
	Output:   "identifier of the fault",
	Modifies: true,
	Home:     "FaultInject", File: "fault.go",
}

// The guid field holds the identifier.
var rowClearFault = Descriptor{
	Op: OpClearFault, C: "ZFS_IOC_CLEAR_FAULT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "config",
	Output:   "nothing",
	Modifies: true,
	Home:     "FaultClear", File: "fault.go",
}

// The guid field is the cursor. ENOENT ends the walk.
var rowInjectListNext = Descriptor{
	Op: OpInjectListNext, C: "ZFS_IOC_INJECT_LIST_NEXT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "config",
	Output:     "the next fault, with its identifier and pool",
	Repeatable: true,
	Home:       "Faults", File: "fault.go",
}

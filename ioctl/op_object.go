package ioctl

// The rows of what zfs/object.go is the home of, in the order of the numbers. None
// is ever written to.

var rowDsobjToDsname = Descriptor{
	Op: OpDsobjToDsname, C: "ZFS_IOC_DSOBJ_TO_DSNAME",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "diff",
	Output:          "name of the dataset",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "ObjectDataset", File: "object.go",
}

var rowObjToPath = Descriptor{
	Op: OpObjToPath, C: "ZFS_IOC_OBJ_TO_PATH",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "diff",
	Output:          "path of the file",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "ObjectPath", File: "object.go",
}

var rowNextObj = Descriptor{
	Op: OpNextObj, C: "ZFS_IOC_NEXT_OBJ",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "read",
	Output:          "number of the next object",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "ObjectNext", File: "object.go",
}

// Records that were written cannot be taken back, so it is never made twice.
var rowDiff = Descriptor{
	Op: OpDiff, C: "ZFS_IOC_DIFF",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "diff",
	Output:          "records on a descriptor",
	Interruptible:   true,
	ChecksSuspended: true,
	Home:            "ObjectDiff", File: "object.go",
}

var rowObjToStats = Descriptor{
	Op: OpObjToStats, C: "ZFS_IOC_OBJ_TO_STATS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "diff",
	Output:          "file attributes, and path of the file",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "ObjectStats", File: "object.go",
}

package ioctl

// The rows of the operations of zfs/object.go and object_diff.go, in the order of
// their numbers. They are read-only.

// Names and numbers of objects reveal files that the caller may not be allowed to
// see, so reading them needs a separate permission.
var rowDsobjToDsname = Descriptor{
	Op: OpDsobjToDsname, C: "ZFS_IOC_DSOBJ_TO_DSNAME",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetPool, Permission: "diff",
	Output:          "name of the dataset",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "ObjectDataset", File: "object.go",
}

// The path is relative to the root of the filesystem.
var rowObjToPath = Descriptor{
	Op: OpObjToPath, C: "ZFS_IOC_OBJ_TO_PATH",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "diff",
	Output:          "path of the file",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "ObjectPath", File: "object.go",
}

// One field holds the object and then the next one. ESRCH ends the walk.
var rowNextObj = Descriptor{
	Op: OpNextObj, C: "ZFS_IOC_NEXT_OBJ",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "read",
	Output:          "number of the next object",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "ObjectNext", File: "object.go",
}

// Records that were written cannot be undone, so the call is never repeated.
var rowDiff = Descriptor{
	Op: OpDiff, C: "ZFS_IOC_DIFF",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "diff",
	Output:          "records on a descriptor",
	Interruptible:   true,
	ChecksSuspended: true,
	Home:            "ObjectDiff", File: "object_diff.go",
}

// One call returns both the path and the attributes.
var rowObjToStats = Descriptor{
	Op: OpObjToStats, C: "ZFS_IOC_OBJ_TO_STATS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "diff",
	Output:          "file attributes, and path of the file",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "ObjectStats", File: "object.go",
}

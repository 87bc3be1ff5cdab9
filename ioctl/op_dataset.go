package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations of zfs/dataset.go and the files zfs/dataset_*.go
// except dataset_props.go, in the order of their numbers. They are read-only.

// Statistics alone cost far less, so the properties are read only if there is a
// buffer for them.
var rowObjsetStats = Descriptor{
	Op: OpObjsetStats, C: "ZFS_IOC_OBJSET_STATS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "read",
	Output:          "object set statistics, and properties if there is a buffer for them",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "DatasetStats", File: "dataset.go",
}

// The kernel changes the name field and the cookie even if the answer did not
// fit, so both are restored before the call is repeated.
var rowDatasetListNext = Descriptor{
	Op: OpDatasetListNext, C: "ZFS_IOC_DATASET_LIST_NEXT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "read",
	Output:          "name, statistics and properties of the next child, and a cookie",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "Datasets", File: "dataset.go",
}

// The type is 2 for a filesystem and 3 for a volume. If a property is refused,
// the creation is undone.
var rowCreate = Descriptor{
	Op: OpCreate, C: "ZFS_IOC_CREATE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetDataset, Permission: "create,mount",
	Keys: []Key{
		{Name: "type", Type: nvlist.TypeInt32},
		{Name: "props", Type: nvlist.TypeList, Optional: true},
		{Name: "hidden_args", Type: nvlist.TypeList, Optional: true, Secret: true},
	},
	Output:   "errno of each property that could not be set",
	Modifies: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "DatasetCreate", File: "dataset.go",
}

// The name may also be one snapshot. Unlike the nvlist operation for many
// snapshots, it returns no errno for each name.
var rowDestroy = Descriptor{
	Op: OpDestroy, C: "ZFS_IOC_DESTROY",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "destroy,mount",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "DatasetDestroy", File: "dataset.go",
}

// The default target is the latest snapshot. If a target is given and is not the
// latest, the kernel refuses instead of destroying newer snapshots.
var rowRollback = Descriptor{
	Op: OpRollback, C: "ZFS_IOC_ROLLBACK",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetDataset, Permission: "rollback",
	Keys: []Key{
		{Name: "target", Type: nvlist.TypeString, Optional: true},
	},
	Output:   "name of the snapshot that was rolled back to",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "DatasetRollback", File: "dataset_rollback.go",
}

// The value field holds the new name. The kernel checks it like the old one.
var rowRename = Descriptor{
	Op: OpRename, C: "ZFS_IOC_RENAME",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "rename,mount,create",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "DatasetRename", File: "dataset_rename.go",
}

// The caller also needs the permission on the origin. If a bookmark that moves
// has the same name as a bookmark of the target, all releases panic instead of
// refusing.
var rowPromote = Descriptor{
	Op: OpPromote, C: "ZFS_IOC_PROMOTE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "promote,mount",
	Output:   "name of the conflicting snapshot",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "DatasetPromote", File: "dataset_clone.go",
}

// The last permission is needed on the origin, the others on the new parent. The
// kernel accepts a volume as the parent, although the clone is then unusable.
var rowClone = Descriptor{
	Op: OpClone, C: "ZFS_IOC_CLONE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetDataset, Permission: "create,mount,clone",
	Keys: []Key{
		{Name: "origin", Type: nvlist.TypeString},
		{Name: "props", Type: nvlist.TypeList, Optional: true},
		{Name: "hidden_args", Type: nvlist.TypeList, Optional: true, Secret: true},
	},
	Output:   "errno of each property that could not be set",
	Modifies: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "DatasetClone", File: "dataset_clone.go",
}

// It still logs, and checks the pool, as it did when it had an effect.
var rowRemap = Descriptor{
	Op: OpRemap, C: "ZFS_IOC_REMAP",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetDataset, Permission: "none",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "-", File: "dataset.go",
	Reason: "the kernel has ignored it since 2.0: success that does nothing",
}

// A second call would report that it had nothing to wait for.
var rowWaitFs = Descriptor{
	Op: OpWaitFs, C: "ZFS_IOC_WAIT_FS",
	Since: Release{2, 0, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetDataset, Permission: "none",
	Keys: []Key{
		{Name: "wait_activity", Type: nvlist.TypeInt32},
	},
	Output:          "whether the call had to wait",
	Interruptible:   true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "DatasetWait", File: "dataset_wait.go",
}

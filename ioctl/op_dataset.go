package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations at home in zfs/dataset.go and the files
// zfs/dataset_*.go but dataset_props.go, in the order of their numbers. None is
// ever written to.

// Statistics alone cost far less, so the buffer decides how much is done.
var rowObjsetStats = Descriptor{
	Op: OpObjsetStats, C: "ZFS_IOC_OBJSET_STATS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "read",
	Output:          "object set statistics, and properties if there is a buffer for them",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "DatasetStats", File: "dataset.go",
}

// The name field is overwritten and the cookie has moved on even when the answer
// did not fit, so both are restored before the call is made again.
var rowDatasetListNext = Descriptor{
	Op: OpDatasetListNext, C: "ZFS_IOC_DATASET_LIST_NEXT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "read",
	Output:          "name, statistics and properties of the next child, and a cookie",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "Datasets", File: "dataset.go",
}

// The kind is a number of its own list: filesystem 2, volume 3. Properties that
// are refused undo the creation.
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

// Also for a single snapshot, but without the answers per name that the nvlist
// operation gives for many.
var rowDestroy = Descriptor{
	Op: OpDestroy, C: "ZFS_IOC_DESTROY",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "destroy,mount",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "DatasetDestroy", File: "dataset.go",
}

// Without a target it is the latest snapshot. With one, the kernel refuses if
// that is not the latest, instead of losing what is newer.
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

// The value field holds the new name, which the kernel checks like the old one.
var rowRename = Descriptor{
	Op: OpRename, C: "ZFS_IOC_RENAME",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "rename,mount,create",
	Output:   "nothing",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "DatasetRename", File: "dataset_rename.go",
}

// The permission is needed on the origin as well. Where a bookmark that moves
// meets one of the same name, all releases panic instead of refusing.
var rowPromote = Descriptor{
	Op: OpPromote, C: "ZFS_IOC_PROMOTE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "promote,mount",
	Output:   "name of the snapshot that is in the way",
	Modifies: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "DatasetPromote", File: "dataset_clone.go",
}

// The last permission is needed on the origin, the others on the new parent. A
// volume for a parent is not refused, though nothing can be done with the clone.
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

// It still logs, and checks the pool, like the operation that it once was.
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

// A second call would answer that there was nothing to wait for.
var rowWaitFs = Descriptor{
	Op: OpWaitFs, C: "ZFS_IOC_WAIT_FS",
	Since: Release{2, 0, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetDataset, Permission: "none",
	Keys: []Key{
		{Name: "wait_activity", Type: nvlist.TypeInt32},
	},
	Output:          "whether there was anything to wait for",
	Interruptible:   true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "DatasetWait", File: "dataset_wait.go",
}

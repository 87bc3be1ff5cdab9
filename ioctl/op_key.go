package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations of zfs/key.go, in the order of their numbers. They
// are read-only.

// The key is sent unencrypted in hidden_args. The flag noop only checks it.
var rowLoadKey = Descriptor{
	Op: OpLoadKey, C: "ZFS_IOC_LOAD_KEY",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetDataset, Permission: "load-key",
	Keys: []Key{
		{Name: "hidden_args", Type: nvlist.TypeList, Secret: true},
		{Name: "noop", Type: nvlist.TypeBoolean, Optional: true},
	},
	Output:   "nothing",
	Modifies: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true,
	Home:            "KeyLoad", File: "key.go",
}

// It is refused while the dataset is mounted or otherwise in use.
var rowUnloadKey = Descriptor{
	Op: OpUnloadKey, C: "ZFS_IOC_UNLOAD_KEY",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetDataset, Permission: "load-key",
	Output:   "nothing",
	Modifies: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true,
	Home:            "KeyUnload", File: "key.go",
}

// A number selects the change. Only the wrapping key changes, so no data is
// rewritten.
var rowChangeKey = Descriptor{
	Op: OpChangeKey, C: "ZFS_IOC_CHANGE_KEY",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetDataset, Permission: "change-key",
	Keys: []Key{
		{Name: "crypt_cmd", Type: nvlist.TypeUint64, Optional: true},
		{Name: "hidden_args", Type: nvlist.TypeList, Optional: true, Secret: true},
		{Name: "props", Type: nvlist.TypeList, Optional: true},
	},
	Output:   "nothing",
	Modifies: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "KeyChange", File: "key.go",
}

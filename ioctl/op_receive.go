package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations of zfs/receive.go, in the order of their
// numbers. They are read-only.

// The nvlist operation supersedes it.
var rowRecv = Descriptor{
	Op: OpRecv, C: "ZFS_IOC_RECV",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "receive,mount,create",
	Keys: []Key{
		{Wildcard: true, Any: true, Optional: true},
	},
	Output:   "bytes read, error flags, errno of each property that failed",
	Modifies: true, Interruptible: true, LogsHistory: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "Receive", File: "receive.go",
}

// The cleanup descriptor and the action handle are accepted and ignored.
var rowRecvNew = Descriptor{
	Op: OpRecvNew, C: "ZFS_IOC_RECV_NEW",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetDataset, Permission: "receive,mount,create",
	Keys: []Key{
		{Name: "snapname", Type: nvlist.TypeString},
		{Name: "props", Type: nvlist.TypeList, Optional: true},
		{Name: "localprops", Type: nvlist.TypeList, Optional: true},
		{Name: "origin", Type: nvlist.TypeString, Optional: true},
		{Name: "begin_record", Type: nvlist.TypeByteArray},
		{Name: "input_fd", Type: nvlist.TypeInt32},
		{Name: "force", Type: nvlist.TypeBoolean, Optional: true},
		{Name: "heal", Type: nvlist.TypeBoolean, Optional: true, Since: Release{2, 2, 0}},
		{Name: "resumable", Type: nvlist.TypeBoolean, Optional: true},
		{Name: "cleanup_fd", Type: nvlist.TypeInt32, Optional: true},
		{Name: "action_handle", Type: nvlist.TypeUint64, Optional: true},
		{Name: "hidden_args", Type: nvlist.TypeList, Optional: true, Secret: true},
	},
	Output:   "bytes read, error flags, errno of each property that failed",
	Modifies: true, Interruptible: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "Receive", File: "receive.go",
}

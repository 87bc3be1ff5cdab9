package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations of zfs/send.go, in the order of their numbers.
// They are read-only.

// The nvlist operation supersedes it. A send changes nothing, but its output
// cannot be undone, so it is never repeated.
var rowSend = Descriptor{
	Op: OpSend, C: "ZFS_IOC_SEND",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "send",
	Output:          "the stream on a descriptor, or its estimated size",
	Interruptible:   true,
	ChecksSuspended: true,
	Home:            "Send", File: "send.go",
}

// Sends are found by snapshot, descriptor number and process, so a process
// cannot see the sends of another one.
var rowSendProgress = Descriptor{
	Op: OpSendProgress, C: "ZFS_IOC_SEND_PROGRESS",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetDataset, Permission: "read",
	Output:          "bytes written, and logical blocks and bytes visited",
	Repeatable:      true,
	ChecksSuspended: true,
	Home:            "SendProgress", File: "send.go",
}

// A raw send is also allowed with one of the narrower permissions of 2.4.
var rowSendNew = Descriptor{
	Op: OpSendNew, C: "ZFS_IOC_SEND_NEW",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetDataset, Permission: "send",
	Keys: []Key{
		{Name: "fd", Type: nvlist.TypeInt32},
		{Name: "fromsnap", Type: nvlist.TypeString, Optional: true},
		{Name: "largeblockok", Type: nvlist.TypeBoolean, Optional: true},
		{Name: "embedok", Type: nvlist.TypeBoolean, Optional: true},
		{Name: "compressok", Type: nvlist.TypeBoolean, Optional: true},
		{Name: "rawok", Type: nvlist.TypeBoolean, Optional: true},
		{Name: "savedok", Type: nvlist.TypeBoolean, Optional: true, Since: Release{2, 0, 0}},
		{Name: "resume_object", Type: nvlist.TypeUint64, Optional: true},
		{Name: "resume_offset", Type: nvlist.TypeUint64, Optional: true},
		{Name: "redactbook", Type: nvlist.TypeString, Optional: true, Since: Release{2, 0, 0}},
	},
	Output:          "the stream on a descriptor",
	Interruptible:   true,
	ChecksSuspended: true,
	Home:            "Send", File: "send.go",
}

// A key for saved streams is missing from the kernel's own table, although the
// code behind it would read one.
var rowSendSpace = Descriptor{
	Op: OpSendSpace, C: "ZFS_IOC_SEND_SPACE",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetDataset, Permission: "read",
	Keys: []Key{
		{Name: "from", Type: nvlist.TypeString, Optional: true},
		{Name: "fromsnap", Type: nvlist.TypeString, Optional: true},
		{Name: "largeblockok", Type: nvlist.TypeBoolean, Optional: true},
		{Name: "embedok", Type: nvlist.TypeBoolean, Optional: true},
		{Name: "compressok", Type: nvlist.TypeBoolean, Optional: true},
		{Name: "rawok", Type: nvlist.TypeBoolean, Optional: true},
		{Name: "fd", Type: nvlist.TypeInt32, Optional: true, Since: Release{2, 0, 0}},
		{Name: "redactbook", Type: nvlist.TypeString, Optional: true, Since: Release{2, 0, 0}},
		{Name: "resume_object", Type: nvlist.TypeUint64, Optional: true, Since: Release{2, 0, 0}},
		{Name: "resume_offset", Type: nvlist.TypeUint64, Optional: true, Since: Release{2, 0, 0}},
		{Name: "bytes", Type: nvlist.TypeUint64, Optional: true, Since: Release{2, 0, 0}},
	},
	Output:        "estimated bytes of the stream",
	Interruptible: true, Repeatable: true,
	ChecksSuspended: true,
	Home:            "SendEstimate", File: "send.go",
}

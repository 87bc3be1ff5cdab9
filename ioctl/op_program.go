package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations of zfs/program.go, in the order of their numbers.
// They are read-only.

// The buffer for the answer should have the size of the program's memory limit.
// An answer that does not fit is lost after the program has run to its end: the
// call succeeds and returns only the number of dropped pairs.
var rowChannelProgram = Descriptor{
	Op: OpChannelProgram, C: "ZFS_IOC_CHANNEL_PROGRAM",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleNvlist, Target: TargetPool, Permission: "config",
	Keys: []Key{
		{Name: "program", Type: nvlist.TypeString},
		{Name: "arg", Any: true},
		{Name: "sync", Type: nvlist.TypeBooleanValue, Optional: true},
		{Name: "instrlimit", Type: nvlist.TypeUint64, Optional: true},
		{Name: "memlimit", Type: nvlist.TypeUint64, Optional: true},
	},
	Output:   "what the program returned, or its error",
	Modifies: true, Interruptible: true, LogsHistory: true, Smush: true,
	ChecksSuspended: true, ChecksReadonly: true,
	Home: "ProgramRun", File: "program.go",
}

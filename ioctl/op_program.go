package ioctl

import "github.com/purezfs/purezfs/nvlist"

// The rows of the operations at home in zfs/program.go, in the order of their
// numbers. None is ever written to.

// The room for the answer should be the program's memory limit. An answer that
// does not fit is lost after the program has run to its end: nothing is left but
// the count of pairs that were left out, and the call succeeds.
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

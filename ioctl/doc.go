// Package ioctl provides access to /dev/zfs: the command structure, the table
// of operations, the kernel's errnos and the one function that makes the
// system call.
//
// Most programs should use package zfs. This package is for operations that
// zfs does not wrap, and for tools that examine the interface itself.
//
// # Calls
//
// A caller gets a [Cmd] from a [Device], fills the fields that the operation
// reads, calls [Device.Call], reads the answer and releases the Cmd.
//
//	c := dev.Cmd()
//	defer c.Release()
//	c.SetText(ioctl.FieldName, "tank")
//	err := dev.Call(ctx, ioctl.OpPoolStats, c)
//	config, err := c.OutList()
//
// Call checks the name before the kernel sees it, writes the addresses of the
// pinned buffers into the structure, blocks the signals of its thread, makes
// the system call, and checks the result. If the answer did not fit, Call
// repeats the operation with the size that the kernel reported, but only if
// the operation's [Descriptor] marks it as repeatable. Otherwise the error
// reports that the operation was executed and that its answer was truncated.
//
// # Contexts
//
// A context that cannot end costs nothing. If a context ends during a call
// that only reads, the call returns; the kernel finishes the operation in the
// background, its memory stays alive, and [Device.Stuck] lists it. A call that
// may have changed something is interrupted if the kernel allows it, and
// waited for.
//
// # Layout
//
// The size of the command structure differs between releases. Open measures it
// with a call that no kernel executes, made against a guard page, and chooses
// the offsets by that size, never by a version string.
//
// # Tracing
//
// ZFSDEBUG=1 in the environment prints one line for each call to standard
// error. ZFSDEBUG=2 also prints the lists. Key material is never printed.
package ioctl

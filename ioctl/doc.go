// Package ioctl owns /dev/zfs: the command structure, the table of operations,
// the kernel's errnos and the one function that makes the system call.
//
// Package zfs is what most programs want. This package is for those who need
// an operation that zfs does not wrap, and for tools that look at the
// interface itself.
//
// # The life of one call
//
// A caller takes a [Cmd] from a [Device], fills the fields that the operation
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
// the system call, and looks at what came back. An answer that did not fit is
// asked for again with the size that the kernel named, but only where the
// operation's row says that running it twice is safe. Anything else is
// reported as executed, with its result cut.
//
// # Contexts
//
// A context that cannot end costs nothing. With one that can, a call that only
// reads is left to finish on its own when the context ends, its memory alive
// and the call listed in [Device.Stuck]; a call that may have done something
// is interrupted where the kernel allows it, and waited for.
//
// # Layout
//
// The size of the command structure differs between releases. Open measures it
// with a call that no kernel executes, made against a guard page, and chooses
// the offsets by what it found, never by a version string.
//
// # Tracing
//
// ZFSDEBUG=1 in the environment prints one line for each call to standard
// error, ZFSDEBUG=2 the lists as well. Key material is never printed.
package ioctl

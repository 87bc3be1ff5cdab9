package zfs

import (
	"context"

	"github.com/purezfs/purezfs/ioctl"
)

// WithHistory returns a context whose operations leave text as a record of a
// command in the pool's history, as zfs(8) leaves its command line. Without it,
// the history only has what the kernel notes by itself. An empty text ends it.
//
// Each method that changes something leaves one record, with its first step
// that succeeds if it takes several; one that changes nothing, or that fails,
// leaves none. The kernel takes no records of SnapshotTemp, UserspaceUpgrade,
// UsernsAttach and UsernsDetach, nor of mounts. It writes them some time later,
// with the next transaction group.
//
// Errors match ErrInvalid before anything is done if the text has a NUL or more
// than 8192 bytes, and ErrHistory if the operation was carried out and the
// kernel then refused the record, as it does on a pool that was imported
// read-only. Executed is set then, and what is left of a method's steps is not
// carried out.
//
// Kernel: ZFS_IOC_LOG_HISTORY (nvlist, since 0.8).
func WithHistory(ctx context.Context, text string) context.Context {
	return ioctl.WithHistory(ctx, text)
}

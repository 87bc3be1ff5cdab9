// Package zfs talks to the ZFS kernel module: typed operations on pools,
// filesystems, volumes, snapshots and bookmarks, issued as ioctls on /dev/zfs.
// It starts no program and links no library, and the same build serves every
// OpenZFS module from 2.0 to 2.4.
//
//	c, err := zfs.Open(nil)
//	if err != nil { ... }
//	defer c.Close()
//	for ds, err := range c.Datasets(ctx, "tank", &zfs.DatasetsOptions{Recursive: true}) {
//		if err != nil { ... }
//		fmt.Println(ds.Name, ds.Props.Uint64(prop.Used), ds.Props.Source(prop.Compression))
//	}
//
// # Names
//
// A method is a noun and a verb, so that the list of methods groups itself:
// DatasetCreate, SnapshotDestroy. Readers are a bare noun, plural for
// iterators: Pools, Snapshots. Each method's comment ends with the kernel's
// name for the operation and the release that brought it.
//
// # Options
//
// An options struct comes last, nil means the defaults, and the zero value of
// each field is the kernel's own default.
//
// # Iterators
//
// Iterators yield pairs of a value and an error. An error is the last pair.
// What vanishes while a walk is under way is left out without an error. A walk
// holds no lock, so what is created meanwhile may or may not be seen.
//
// # Errors
//
// Operations return an [*Error], which says what was asked of which dataset,
// and for batches which items failed. Use errors.Is with the sentinels of this
// package, with fs.ErrNotExist, fs.ErrExist and fs.ErrPermission, or with a
// syscall.Errno.
//
// # Composites
//
// TreeDestroy, TreeRollback, TreeSnapshot, DatasetPromoteDestroying and others are
// channel programs, which [Client.ProgramRun] runs: they look at everything and
// then do all of it in one transaction group, or nothing. They need root, unmount
// nothing, and work on [MaxCompositeItems] at most.
//
// # Plans
//
// [Client.DatasetGraph] reads what depends on what. PlanDestroy, PlanRollback and
// PlanPromote of the graph say which steps an operation takes, what is in its way
// and what is lost, and [Client.PlanExecute] does it.
//
// # Volumes
//
// Package volumes is for storage plugins: volumes and snapshots that can be cloned,
// copied, rolled back and destroyed in any order.
//
// # Pools that are not imported
//
// PoolImportable finds pools by the labels of their devices, which package label
// reads without a module, and asks the kernel what it thinks of each. PoolImport
// refuses what another host may be using. Neither it nor PoolExport mounts or
// unmounts anything.
//
// # Contexts
//
// A context that ends makes a method return the context's error. An operation
// that the kernel cannot interrupt goes on without its caller; [Client.Stuck]
// lists those. [Error.Executed] reports whether something may have been changed.
// A context of [WithHistory] makes operations leave records of themselves in the
// pool's history, which nothing else does.
package zfs

// Package zfs is a client of the ZFS kernel module: typed operations on pools,
// filesystems, volumes, snapshots and bookmarks, issued as ioctls on /dev/zfs. It
// does not run programs or link libraries, and the same build supports every
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
// The name of a method is a noun and a verb, so that a sorted list groups the
// methods: DatasetCreate, SnapshotDestroy. Readers are a bare noun, plural for
// iterators: Pools, Snapshots. Each method's comment ends with the kernel's name
// for the operation and the release that introduced it.
//
// # Options
//
// An options struct comes last, nil means the defaults, and the zero value of
// each field is the kernel's own default.
//
// # Iterators
//
// Iterators yield pairs of a value and an error. An error is the last pair. A
// dataset that is destroyed during a walk is skipped without an error. A walk
// holds no lock, so a dataset that is created during it may or may not be
// yielded.
//
// # Errors
//
// Operations return an [*Error], which has the operation, the dataset, and for
// batches the items that failed. Use errors.Is with the sentinels of this
// package, with fs.ErrNotExist, fs.ErrExist and fs.ErrPermission, or with a
// syscall.Errno.
//
// # Composites
//
// TreeDestroy, TreeRollback, TreeSnapshot, DatasetPromoteDestroying and others
// are channel programs, which [Client.ProgramRun] runs: they check everything
// first and then do everything in one transaction group, or nothing. They need
// root, do not unmount filesystems, and work on at most [MaxCompositeItems]
// items.
//
// # Plans
//
// [Client.DatasetGraph] reads the dependencies between datasets. PlanDestroy,
// PlanRollback and PlanPromote of the graph return the steps of an operation,
// what blocks it and what is lost, and [Client.PlanExecute] executes it.
//
// # Volumes
//
// Package volumes is for storage plugins: volumes and snapshots that can be
// cloned, copied, rolled back and destroyed in any order.
//
// # Pools that are not imported
//
// PoolImportable finds pools by the labels of their devices, which package label
// reads without a module, and reads the kernel's report on each. PoolImport
// refuses a pool that may be in use by another host. Neither it nor PoolExport
// mounts or unmounts anything.
//
// # Contexts
//
// A context that ends makes a method return the context's error. An operation
// that the kernel cannot interrupt continues after the method has returned;
// [Client.Stuck] lists those. [Error.Executed] reports whether something may have
// been changed. A context of [WithHistory] makes operations log themselves in the
// pool's history; without it they do not.
package zfs

// CONTRIBUTING.md has a table of the files: which one to read first for what.

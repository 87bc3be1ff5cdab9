package ioctl

import (
	"iter"
	"slices"
	"strings"
)

// table is indexed by operation. It is read-only, and the linker fills in its
// addresses, so that importing the package costs nothing.
var table = [256]*Descriptor{
	OpPoolCreate:            &rowPoolCreate,
	OpPoolDestroy:           &rowPoolDestroy,
	OpPoolImport:            &rowPoolImport,
	OpPoolExport:            &rowPoolExport,
	OpPoolConfigs:           &rowPoolConfigs,
	OpPoolStats:             &rowPoolStats,
	OpPoolTryimport:         &rowPoolTryimport,
	OpPoolScan:              &rowPoolScan,
	OpPoolFreeze:            &rowPoolFreeze,
	OpPoolUpgrade:           &rowPoolUpgrade,
	OpPoolGetHistory:        &rowPoolGetHistory,
	OpVdevAdd:               &rowVdevAdd,
	OpVdevRemove:            &rowVdevRemove,
	OpVdevSetState:          &rowVdevSetState,
	OpVdevAttach:            &rowVdevAttach,
	OpVdevDetach:            &rowVdevDetach,
	OpVdevSetpath:           &rowVdevSetpath,
	OpVdevSetfru:            &rowVdevSetfru,
	OpObjsetStats:           &rowObjsetStats,
	OpObjsetZplprops:        &rowObjsetZplprops,
	OpDatasetListNext:       &rowDatasetListNext,
	OpSnapshotListNext:      &rowSnapshotListNext,
	OpSetProp:               &rowSetProp,
	OpCreate:                &rowCreate,
	OpDestroy:               &rowDestroy,
	OpRollback:              &rowRollback,
	OpRename:                &rowRename,
	OpRecv:                  &rowRecv,
	OpSend:                  &rowSend,
	OpInjectFault:           &rowInjectFault,
	OpClearFault:            &rowClearFault,
	OpInjectListNext:        &rowInjectListNext,
	OpErrorLog:              &rowErrorLog,
	OpClear:                 &rowClear,
	OpPromote:               &rowPromote,
	OpSnapshot:              &rowSnapshot,
	OpDsobjToDsname:         &rowDsobjToDsname,
	OpObjToPath:             &rowObjToPath,
	OpPoolSetProps:          &rowPoolSetProps,
	OpPoolGetProps:          &rowPoolGetProps,
	OpSetFsacl:              &rowSetFsacl,
	OpGetFsacl:              &rowGetFsacl,
	OpShare:                 &rowShare,
	OpInheritProp:           &rowInheritProp,
	OpSmbAcl:                &rowSmbAcl,
	OpUserspaceOne:          &rowUserspaceOne,
	OpUserspaceMany:         &rowUserspaceMany,
	OpUserspaceUpgrade:      &rowUserspaceUpgrade,
	OpHold:                  &rowHold,
	OpRelease:               &rowRelease,
	OpGetHolds:              &rowGetHolds,
	OpObjsetRecvdProps:      &rowObjsetRecvdProps,
	OpVdevSplit:             &rowVdevSplit,
	OpNextObj:               &rowNextObj,
	OpDiff:                  &rowDiff,
	OpTmpSnapshot:           &rowTmpSnapshot,
	OpObjToStats:            &rowObjToStats,
	OpSpaceWritten:          &rowSpaceWritten,
	OpSpaceSnaps:            &rowSpaceSnaps,
	OpDestroySnaps:          &rowDestroySnaps,
	OpPoolReguid:            &rowPoolReguid,
	OpPoolReopen:            &rowPoolReopen,
	OpSendProgress:          &rowSendProgress,
	OpLogHistory:            &rowLogHistory,
	OpSendNew:               &rowSendNew,
	OpSendSpace:             &rowSendSpace,
	OpClone:                 &rowClone,
	OpBookmark:              &rowBookmark,
	OpGetBookmarks:          &rowGetBookmarks,
	OpDestroyBookmarks:      &rowDestroyBookmarks,
	OpRecvNew:               &rowRecvNew,
	OpPoolSync:              &rowPoolSync,
	OpChannelProgram:        &rowChannelProgram,
	OpLoadKey:               &rowLoadKey,
	OpUnloadKey:             &rowUnloadKey,
	OpChangeKey:             &rowChangeKey,
	OpRemap:                 &rowRemap,
	OpPoolCheckpoint:        &rowPoolCheckpoint,
	OpPoolDiscardCheckpoint: &rowPoolDiscardCheckpoint,
	OpPoolInitialize:        &rowPoolInitialize,
	OpPoolTrim:              &rowPoolTrim,
	OpRedact:                &rowRedact,
	OpGetBookmarkProps:      &rowGetBookmarkProps,
	OpWait:                  &rowWait,
	OpWaitFs:                &rowWaitFs,
	OpVdevGetProps:          &rowVdevGetProps,
	OpVdevSetProps:          &rowVdevSetProps,
	OpPoolScrub:             &rowPoolScrub,
	OpPoolPrefetch:          &rowPoolPrefetch,
	OpDdtPrune:              &rowDdtPrune,
	OpPoolCondense:          &rowPoolCondense,
	OpEventsNext:            &rowEventsNext,
	OpEventsClear:           &rowEventsClear,
	OpEventsSeek:            &rowEventsSeek,
	OpNextboot:              &rowNextboot,
	OpUsernsAttach:          &rowUsernsAttach,
	OpUsernsDetach:          &rowUsernsDetach,
	OpSetBootenv:            &rowSetBootenv,
	OpGetBootenv:            &rowGetBootenv,
}

// row returns the row of op without copying it, or nil if op has no row. It is
// for this package alone, which must not modify the row.
func row(op Op) *Descriptor { return table[op] }

// Lookup returns a copy of the row of op. It reports false for a number that no
// release has used.
func Lookup(op Op) (Descriptor, bool) {
	d := row(op)
	if d == nil {
		return Descriptor{}, false
	}
	return d.clone(), true
}

// All yields a copy of each row, in the order of the numbers.
func All() iter.Seq[Descriptor] {
	return func(yield func(Descriptor) bool) {
		for _, d := range table {
			if d != nil && !yield(d.clone()) {
				return
			}
		}
	}
}

// clone returns a copy that shares no memory with the table.
func (d *Descriptor) clone() Descriptor {
	c := *d
	c.Keys = slices.Clone(d.Keys)
	return c
}

// ByName returns a copy of the row of the operation called name. It accepts, in
// upper or lower case: the C name with or without its prefix
// ("ZFS_IOC_POOL_SCRUB", "pool_scrub"), the constant of this package
// ("OpPoolScrub") and the method of zfs.Client ("PoolScrub").
//
// If a name is both one operation's C name and another's method, the C name
// wins. A method that uses two operations means the newer one.
func ByName(name string) (Descriptor, bool) {
	want := foldName(name)
	if want == "" || want == "-" {
		return Descriptor{}, false
	}
	var found *Descriptor
	for _, d := range table {
		if d == nil {
			continue
		}
		if foldName(d.C) == want || foldName(d.Alias) == want {
			return d.clone(), true
		}
		if foldName(d.Home) == want {
			found = d
		}
	}
	if found == nil {
		return Descriptor{}, false
	}
	return found.clone(), true
}

// foldName reduces all spellings of an operation to one. No C name begins with
// "op" behind its prefix, so removing that from a constant is safe.
func foldName(name string) string {
	name = strings.ToLower(name)
	name = strings.TrimPrefix(name, "zfs_ioc_")
	name = strings.TrimPrefix(name, "op")
	return strings.ReplaceAll(name, "_", "")
}

package ioctl

import "fmt"

// An Op is one operation of the kernel: the number that is added to 0x5a00 to
// make the ioctl request.
//
// Constants are the C names without ZFS_IOC_, in camel case. The C names themselves
// are in the table's rows, see [Descriptor].
type Op uint8

// The numbers of all releases up to the development branch after 2.4. A module may
// not know all of them.
const (
	OpPoolCreate            Op = 0x00
	OpPoolDestroy           Op = 0x01
	OpPoolImport            Op = 0x02
	OpPoolExport            Op = 0x03
	OpPoolConfigs           Op = 0x04
	OpPoolStats             Op = 0x05
	OpPoolTryimport         Op = 0x06
	OpPoolScan              Op = 0x07
	OpPoolFreeze            Op = 0x08
	OpPoolUpgrade           Op = 0x09
	OpPoolGetHistory        Op = 0x0a
	OpVdevAdd               Op = 0x0b
	OpVdevRemove            Op = 0x0c
	OpVdevSetState          Op = 0x0d
	OpVdevAttach            Op = 0x0e
	OpVdevDetach            Op = 0x0f
	OpVdevSetpath           Op = 0x10
	OpVdevSetfru            Op = 0x11
	OpObjsetStats           Op = 0x12
	OpObjsetZplprops        Op = 0x13
	OpDatasetListNext       Op = 0x14
	OpSnapshotListNext      Op = 0x15
	OpSetProp               Op = 0x16
	OpCreate                Op = 0x17
	OpDestroy               Op = 0x18
	OpRollback              Op = 0x19
	OpRename                Op = 0x1a
	OpRecv                  Op = 0x1b
	OpSend                  Op = 0x1c
	OpInjectFault           Op = 0x1d
	OpClearFault            Op = 0x1e
	OpInjectListNext        Op = 0x1f
	OpErrorLog              Op = 0x20
	OpClear                 Op = 0x21
	OpPromote               Op = 0x22
	OpSnapshot              Op = 0x23
	OpDsobjToDsname         Op = 0x24
	OpObjToPath             Op = 0x25
	OpPoolSetProps          Op = 0x26
	OpPoolGetProps          Op = 0x27
	OpSetFsacl              Op = 0x28
	OpGetFsacl              Op = 0x29
	OpShare                 Op = 0x2a
	OpInheritProp           Op = 0x2b
	OpSmbAcl                Op = 0x2c
	OpUserspaceOne          Op = 0x2d
	OpUserspaceMany         Op = 0x2e
	OpUserspaceUpgrade      Op = 0x2f
	OpHold                  Op = 0x30
	OpRelease               Op = 0x31
	OpGetHolds              Op = 0x32
	OpObjsetRecvdProps      Op = 0x33
	OpVdevSplit             Op = 0x34
	OpNextObj               Op = 0x35
	OpDiff                  Op = 0x36
	OpTmpSnapshot           Op = 0x37
	OpObjToStats            Op = 0x38
	OpSpaceWritten          Op = 0x39
	OpSpaceSnaps            Op = 0x3a
	OpDestroySnaps          Op = 0x3b
	OpPoolReguid            Op = 0x3c
	OpPoolReopen            Op = 0x3d
	OpSendProgress          Op = 0x3e
	OpLogHistory            Op = 0x3f
	OpSendNew               Op = 0x40
	OpSendSpace             Op = 0x41
	OpClone                 Op = 0x42
	OpBookmark              Op = 0x43
	OpGetBookmarks          Op = 0x44
	OpDestroyBookmarks      Op = 0x45
	OpRecvNew               Op = 0x46
	OpPoolSync              Op = 0x47
	OpChannelProgram        Op = 0x48
	OpLoadKey               Op = 0x49
	OpUnloadKey             Op = 0x4a
	OpChangeKey             Op = 0x4b
	OpRemap                 Op = 0x4c
	OpPoolCheckpoint        Op = 0x4d
	OpPoolDiscardCheckpoint Op = 0x4e
	OpPoolInitialize        Op = 0x4f
	OpPoolTrim              Op = 0x50
	OpRedact                Op = 0x51
	OpGetBookmarkProps      Op = 0x52
	OpWait                  Op = 0x53
	OpWaitFs                Op = 0x54
	OpVdevGetProps          Op = 0x55
	OpVdevSetProps          Op = 0x56
	OpPoolScrub             Op = 0x57
	OpPoolPrefetch          Op = 0x58
	OpDdtPrune              Op = 0x59
	OpPoolCondense          Op = 0x5a

	// The numbers from here are specific to the platform. 0x80 itself is not in
	// use.
	OpEventsNext   Op = 0x81
	OpEventsClear  Op = 0x82
	OpEventsSeek   Op = 0x83
	OpNextboot     Op = 0x84
	OpUsernsAttach Op = 0x85
	OpUsernsDetach Op = 0x86
	OpSetBootenv   Op = 0x87
	OpGetBootenv   Op = 0x88

	// Two of these numbers have another meaning on FreeBSD.
	OpJail   = OpUsernsAttach
	OpUnjail = OpUsernsDetach
)

// requestBase is the common part of all request numbers: 'Z' in the second byte. On
// Linux they encode no size and no direction.
const requestBase = 'Z' << 8

// Request returns the request number for ioctl(2) on Linux.
func (o Op) Request() uintptr { return requestBase + uintptr(o) }

// String returns the C name, such as "ZFS_IOC_POOL_SCRUB". For a number without a
// row it returns "ZFS_IOC(0xNN)".
func (o Op) String() string {
	if d := row(o); d != nil {
		return d.C
	}
	return fmt.Sprintf("ZFS_IOC(%#02x)", uint8(o))
}

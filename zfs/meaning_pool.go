package zfs

import "github.com/purezfs/purezfs/ioctl"

// poolMeaning holds what a code means for one operation on pools or devices only.
func poolMeaning(op ioctl.Op, code ioctl.Code) error {
	switch op {
	case ioctl.OpPoolCreate, ioctl.OpVdevAdd, ioctl.OpVdevAttach:
		return layoutMeaning(code)
	case ioctl.OpVdevSplit:
		if code == ioctl.CodeBusy {
			return ErrNoReplicas // or it still gets its data
		}
		return layoutMeaning(code)
	case ioctl.OpPoolSetProps, ioctl.OpVdevSetProps:
		return propMeaning(code)
	case ioctl.OpVdevDetach, ioctl.OpVdevSetState:
		if code == ioctl.CodeBusy {
			return ErrNoReplicas
		}
		return vdevMeaning(code)
	case ioctl.OpVdevRemove, ioctl.OpVdevSetpath, ioctl.OpVdevSetfru, ioctl.OpVdevGetProps, ioctl.OpPoolReguid, ioctl.OpClear:
		return vdevMeaning(code)
	case ioctl.OpPoolScan, ioctl.OpPoolScrub:
		switch code {
		case ioctl.CodeBusy:
			return ErrInProgress
		case ioctl.CodeCanceled:
			return ErrNotInProgress
		}
	case ioctl.OpPoolCheckpoint, ioctl.OpPoolDiscardCheckpoint:
		return checkpointMeaning(code)
	case ioctl.OpPoolInitialize, ioctl.OpPoolTrim:
		return workMeaning(code)
	case ioctl.OpErrorLog, ioctl.OpInjectFault, ioctl.OpClearFault, ioctl.OpInjectListNext:
		if code == ioctl.CodeAcces {
			return ErrPermission // of injecting faults, which these take
		}
	}
	return nil
}

// layoutMeaning holds what a code means for new devices.
func layoutMeaning(code ioctl.Code) error {
	switch code {
	case ioctl.CodeBusy:
		return ErrDeviceInUse
	case ioctl.CodeOverflow, ioctl.CodeDom, ioctl.CodeAshiftMismatch:
		return ErrInvalidLayout
	case ioctl.CodeNoent, ioctl.CodeIo:
		return ErrDevice
	case ioctl.CodeRange, ioctl.CodeBadprop:
		return ErrInvalidProp
	case ioctl.CodeVdevNotsup:
		return ErrNotSupported
	}
	return vdevMeaning(code)
}

// codeNotActive is ENOANO on Linux, by which the kernel says that nothing is
// being removed.
const codeNotActive ioctl.Code = 55

// vdevMeaning holds what a code means for devices that are there.
func vdevMeaning(code ioctl.Code) error {
	switch code {
	case ioctl.CodeNodev:
		return ErrNotFound // no device with that GUID
	case ioctl.CodeNxio, ioctl.CodeIo:
		return ErrDevice
	case ioctl.CodeRemoteio:
		return ErrBusy // another host may have the pool
	case ioctl.CodeCanceled, codeNotActive:
		return ErrNotInProgress
	case ioctl.CodeResilverInProgress, ioctl.CodeRebuildInProgress, ioctl.CodeRaidzExpandInProgress, ioctl.CodeDevrmInProgress:
		return ErrInProgress
	case ioctl.CodeVdevTooBig:
		return ErrCheckpoint
	}
	return checkpointMeaning(code)
}

// checkpointMeaning holds what a code means where checkpoints are concerned.
func checkpointMeaning(code ioctl.Code) error {
	switch code {
	case ioctl.CodeCheckpointExists, ioctl.CodeDiscardingCheckpoint:
		return ErrCheckpoint
	case ioctl.CodeNoCheckpoint:
		return ErrNotInProgress
	case ioctl.CodeDevrmInProgress:
		return ErrInProgress
	}
	return nil
}

// workMeaning holds what a code means for trimming or initializing a device.
func workMeaning(code ioctl.Code) error {
	switch code {
	case ioctl.CodeNodev:
		return ErrNotFound
	case ioctl.CodeBusy:
		return ErrInProgress
	case ioctl.CodeSrch:
		return ErrNotInProgress
	}
	return nil
}

package zfs

import "github.com/purezfs/purezfs/ioctl"

// poolMeaning holds what a code means for one operation on pools or devices only.
func poolMeaning(op ioctl.Op, code ioctl.Code) error {
	switch op {
	case ioctl.OpPoolCreate, ioctl.OpVdevAdd:
		return layoutMeaning(op, code)
	case ioctl.OpVdevAttach, ioctl.OpVdevSplit, ioctl.OpVdevDetach, ioctl.OpVdevRemove, ioctl.OpVdevSetState:
		return deviceMeaning(op, code)
	case ioctl.OpVdevSetpath, ioctl.OpVdevSetfru:
		if code == ioctl.CodeNotsup {
			return ErrWrongDevice
		}
	case ioctl.OpVdevSetProps:
		if code == ioctl.CodeVdevNotsup {
			return ErrWrongDevice
		}
		return propMeaning(code)
	case ioctl.OpPoolSetProps:
		if code == ioctl.CodeNotsup {
			return ErrInvalidProp // a volume to boot from
		}
		return propMeaning(code)
	case ioctl.OpPoolScan, ioctl.OpPoolScrub:
		switch code {
		case ioctl.CodeBusy:
			return ErrInProgress
		case ioctl.CodeCanceled:
			return ErrNotInProgress
		}
	case ioctl.OpPoolCheckpoint, ioctl.OpPoolDiscardCheckpoint, ioctl.OpPoolReguid:
		return checkpointMeaning(code)
	case ioctl.OpClear:
		switch code {
		case ioctl.CodeNodev:
			return ErrNotFound
		case ioctl.CodeNxio, ioctl.CodeIo:
			return ErrDevice
		case ioctl.CodeRemoteio:
			return ErrBusy // another host may have the pool
		}
	case ioctl.OpPoolInitialize, ioctl.OpPoolTrim:
		return workMeaning(code)
	case ioctl.OpErrorLog, ioctl.OpInjectFault, ioctl.OpClearFault, ioctl.OpInjectListNext:
		if code == ioctl.CodeAcces {
			return ErrPermission // of injecting faults, which these take
		}
	}
	return nil
}

// layoutMeaning holds what a code means for devices that are to be in a pool.
func layoutMeaning(op ioctl.Op, code ioctl.Code) error {
	switch code {
	case ioctl.CodeBusy:
		return ErrDeviceInUse
	case ioctl.CodeOverflow, ioctl.CodeDom:
		return ErrInvalidLayout
	case ioctl.CodeNoent, ioctl.CodeNxio, ioctl.CodeIo:
		return ErrDevice
	}
	switch op {
	case ioctl.OpPoolCreate:
		switch code {
		case ioctl.CodeRange, ioctl.CodeBadprop:
			return ErrInvalidProp
		case ioctl.CodeNotsup:
			return ErrFeatureDisabled // that the layout or encryption needs
		}
	case ioctl.OpVdevAdd:
		switch code {
		case ioctl.CodeAshiftMismatch:
			return ErrInvalidLayout
		case ioctl.CodeDevrmInProgress:
			return ErrInProgress
		}
	}
	return nil
}

// codeNotActive is ENOANO on Linux, by which the kernel says that nothing is
// being removed.
const codeNotActive ioctl.Code = 55

// deviceMeaning holds what a code means for devices that are in a pool.
func deviceMeaning(op ioctl.Op, code ioctl.Code) error {
	switch code {
	case ioctl.CodeNodev:
		return ErrNotFound // no device with that GUID
	case ioctl.CodeCheckpointExists, ioctl.CodeDiscardingCheckpoint:
		return ErrCheckpoint
	case ioctl.CodeNotsup:
		return ErrWrongDevice
	}
	switch op {
	case ioctl.OpVdevAttach:
		switch code {
		case ioctl.CodeResilverInProgress, ioctl.CodeRebuildInProgress, ioctl.CodeRaidzExpandInProgress, ioctl.CodeDevrmInProgress:
			return ErrInProgress
		case ioctl.CodeAshiftMismatch:
			return ErrInvalidLayout
		}
		return layoutMeaning(op, code)
	case ioctl.OpVdevDetach, ioctl.OpVdevSetState, ioctl.OpVdevSplit:
		if code == ioctl.CodeBusy {
			return ErrNoReplicas // or it still gets its data
		}
	case ioctl.OpVdevRemove:
		switch code {
		case ioctl.CodeIo:
			return ErrDevice
		case ioctl.CodeAlready:
			return ErrInProgress
		case codeNotActive:
			return ErrNotInProgress
		}
	}
	return nil
}

// checkpointMeaning holds what a code means for the whole pool's state.
func checkpointMeaning(code ioctl.Code) error {
	switch code {
	case ioctl.CodeCheckpointExists, ioctl.CodeDiscardingCheckpoint:
		return ErrCheckpoint
	case ioctl.CodeNoCheckpoint:
		return ErrNotInProgress
	case ioctl.CodeDevrmInProgress, ioctl.CodeRaidzExpandInProgress:
		return ErrInProgress
	case ioctl.CodeVdevTooBig:
		return ErrWrongDevice
	case ioctl.CodeNxio:
		return ErrDevice
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
	case ioctl.CodeNotsup:
		return ErrWrongDevice
	}
	return nil
}

package zfs

import "github.com/purezfs/purezfs/ioctl"

// poolMeaning returns the meaning of a code that is specific to one operation on
// pools or devices.
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
		switch code {
		case ioctl.CodeVdevNotsup:
			return ErrWrongDevice
		case ioctl.CodeInval, ioctl.Code2big:
			return ErrInvalidProp
		}
	case ioctl.OpPoolSetProps:
		switch code {
		case ioctl.CodeNotsup, ioctl.CodeInval, ioctl.Code2big: // ENOTSUP is about a pool to boot from
			return ErrInvalidProp
		}
	case ioctl.OpPoolScan, ioctl.OpPoolScrub:
		switch code {
		case ioctl.CodeBusy:
			return ErrInProgress
		case ioctl.CodeCanceled:
			return ErrNotInProgress
		}
	case ioctl.OpPoolCheckpoint, ioctl.OpPoolDiscardCheckpoint, ioctl.OpPoolReguid:
		return checkpointMeaning(op, code)
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
		return workMeaning(op, code)
	case ioctl.OpErrorLog, ioctl.OpInjectFault, ioctl.OpClearFault, ioctl.OpInjectListNext:
		if code == ioctl.CodeAcces {
			return ErrPermission // for injecting faults, which these operations need
		}
	}
	return nil
}

// layoutMeaning returns the meaning of a code for devices that are to be added to
// a pool.
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
			return ErrFeatureDisabled // required by the layout or encryption
		}
	case ioctl.OpVdevAdd, ioctl.OpVdevAttach:
		if code == ioctl.CodeAshiftMismatch {
			return ErrInvalidLayout
		}
	}
	return nil
}

// codeNotActive is ENOANO on Linux, the kernel's errno if no removal is under
// way.
const codeNotActive ioctl.Code = 55

// deviceMeaning returns the meaning of a code for devices that are in a pool.
func deviceMeaning(op ioctl.Op, code ioctl.Code) error {
	switch code {
	case ioctl.CodeCheckpointExists, ioctl.CodeDiscardingCheckpoint:
		return ErrCheckpoint
	case ioctl.CodeNotsup:
		if op != ioctl.OpVdevSplit {
			return ErrWrongDevice
		}
	case ioctl.CodeNodev:
		if op != ioctl.OpVdevRemove {
			return ErrNotFound // no device with that GUID
		}
	}
	switch op {
	case ioctl.OpVdevAttach:
		switch code {
		case ioctl.CodeResilverInProgress, ioctl.CodeRebuildInProgress, ioctl.CodeRaidzExpandInProgress, ioctl.CodeDevrmInProgress:
			return ErrInProgress
		}
		return layoutMeaning(op, code)
	case ioctl.OpVdevDetach, ioctl.OpVdevSetState, ioctl.OpVdevSplit:
		if code == ioctl.CodeBusy {
			return ErrNoReplicas // or it is still being resilvered
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

// checkpointMeaning returns the meaning of a code for taking or discarding a
// checkpoint, and for a new GUID, which is refused while there is a checkpoint.
func checkpointMeaning(op ioctl.Op, code ioctl.Code) error {
	if code == ioctl.CodeDiscardingCheckpoint {
		return ErrCheckpoint
	}
	switch op {
	case ioctl.OpPoolDiscardCheckpoint:
		if code == ioctl.CodeNoCheckpoint {
			return because(ErrNotInProgress, "pool has no checkpoint")
		}
		return nil
	case ioctl.OpPoolReguid:
		if code == ioctl.CodeNxio {
			return ErrDevice
		}
	case ioctl.OpPoolCheckpoint:
		switch code {
		case ioctl.CodeDevrmInProgress, ioctl.CodeRaidzExpandInProgress:
			return ErrInProgress
		case ioctl.CodeVdevTooBig:
			return ErrWrongDevice
		}
	}
	if code == ioctl.CodeCheckpointExists {
		return ErrCheckpoint
	}
	return nil
}

// What there is nothing of to stop.
var (
	errNoTrim           = because(ErrNotInProgress, "no trim is in progress")
	errNoInitialization = because(ErrNotInProgress, "no initialization is in progress")
)

// workMeaning holds what a code means for trimming or initializing a device.
func workMeaning(op ioctl.Op, code ioctl.Code) error {
	switch code {
	case ioctl.CodeNodev:
		return ErrNotFound
	case ioctl.CodeBusy:
		return ErrInProgress
	case ioctl.CodeSrch:
		if op == ioctl.OpPoolTrim {
			return errNoTrim
		}
		return errNoInitialization
	case ioctl.CodeNotsup:
		if op == ioctl.OpPoolTrim {
			return ErrWrongDevice
		}
	}
	return nil
}

// exportMeaning returns the meaning of a code for exporting a pool.
func exportMeaning(code ioctl.Code) error {
	switch code {
	case ioctl.CodeXdev, ioctl.CodeExportInProgress:
		return ErrBusy
	}
	return nil
}

// importMeaning returns the meaning of a code for importing a pool.
func importMeaning(code ioctl.Code) error {
	switch code {
	case ioctl.CodeRemoteio:
		return ErrOtherHost
	case ioctl.CodeNxio:
		return ErrDeviceMissing
	case ioctl.CodeIo, ioctl.CodeBade:
		return ErrDamaged
	case ioctl.CodeNotsup:
		return ErrNotSupported // a feature or version that the module lacks
	}
	return nil
}

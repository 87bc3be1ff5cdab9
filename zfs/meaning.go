package zfs

import (
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// meaning returns the sentinel that a code stands for when op fails with it on
// name, or nil if the code has only the errno's usual meaning.
func meaning(op ioctl.Op, name string, code ioctl.Code) error {
	if err := ownMeaning(op, name, code); err != nil {
		return err
	}
	return commonMeaning(code)
}

// ownMeaning returns the meaning of a code that is specific to one operation.
func ownMeaning(op ioctl.Op, name string, code ioctl.Code) error {
	switch op {
	case ioctl.OpGetBookmarkProps, ioctl.OpRelease:
		if code == ioctl.CodeSrch {
			return ErrNotFound
		}
	case ioctl.OpSpaceWritten:
		switch code {
		case ioctl.CodeSrch:
			return ErrNotFound
		case ioctl.CodeXdev: // a bookmark that is not an earlier state of the dataset
			return ErrInvalid
		}
	case ioctl.OpHold:
		if code == ioctl.Code2big {
			return ErrInvalidName // of a tag
		}
	case ioctl.OpBookmark:
		switch code {
		case ioctl.CodeSrch:
			return ErrNotFound
		case ioctl.CodeBookmarkSourceNotAncestor:
			return ErrNotAncestor
		}
	case ioctl.OpRedact:
		return redactMeaning(code)
	case ioctl.OpObjToPath, ioctl.OpObjToStats:
		return objectMeaning(code)
	case ioctl.OpDiff:
		if code == ioctl.CodeXdev {
			return ErrNotAncestor
		}
	case ioctl.OpSendNew, ioctl.OpSendSpace:
		return sendMeaning(code)
	case ioctl.OpRecvNew:
		return receiveMeaning(code)
	case ioctl.OpUsernsAttach, ioctl.OpUsernsDetach:
		return usernsMeaning(code)
	case ioctl.OpDestroy, ioctl.OpDestroySnaps:
		return destroyMeaning(op, code)
	case ioctl.OpPoolImport, ioctl.OpPoolTryimport:
		return importMeaning(code)
	case ioctl.OpPoolExport:
		return exportMeaning(code)
	case ioctl.OpLoadKey:
		return loadKeyMeaning(code)
	case ioctl.OpSetProp:
		// The location of a key that does not exist.
		if code == ioctl.CodeAcces && name == string(prop.KeyLocation) {
			return ErrInvalidProp
		}
		return propMeaning(code)
	case ioctl.OpRollback:
		switch code {
		case ioctl.CodeSrch:
			return ErrNotFound
		case ioctl.CodeExist:
			return ErrNewer
		}
	case ioctl.OpPromote:
		// The pool refuses datasets that it created itself, which is not about
		// two pools.
		if code == ioctl.CodeXdev {
			return ErrInvalid
		}
	case ioctl.OpCreate, ioctl.OpClone:
		return propMeaning(code)
	case ioctl.OpInheritProp:
		if code == ioctl.CodeInval {
			return ErrInvalidProp
		}
	}
	return poolMeaning(op, code)
}

// destroyMeaning returns the meaning of a code for destroying datasets.
func destroyMeaning(op ioctl.Op, code ioctl.Code) error {
	switch {
	case code == ioctl.CodeExist && op == ioctl.OpDestroySnaps:
		return ErrHasClones
	case code == ioctl.CodeExist:
		return ErrHasChildren
	case code == ioctl.CodeBusy && op == ioctl.OpDestroy:
		return errBusyOrSnapshots
	}
	return nil
}

// propMeaning returns the meaning of a code for values of properties.
func propMeaning(code ioctl.Code) error {
	switch code {
	case ioctl.CodeInval, ioctl.CodeRange, ioctl.CodeDom, ioctl.Code2big, ioctl.CodeBadprop:
		return ErrInvalidProp
	}
	return nil
}

// loadKeyMeaning returns the meaning of a code for loading a key.
func loadKeyMeaning(code ioctl.Code) error {
	switch code {
	case ioctl.CodeAcces:
		return ErrWrongKey
	case ioctl.CodeExist:
		return ErrKeyLoaded
	case ioctl.CodeCryptoNotsup:
		return ErrNotSupported
	}
	return nil
}

// redactMeaning returns the meaning of a code for redaction.
func redactMeaning(code ioctl.Code) error {
	switch code {
	case ioctl.CodeInval:
		return ErrNotAncestor
	case ioctl.CodeSrch:
		return ErrExists
	case ioctl.CodeAlready:
		return ErrRedacted
	case ioctl.Code2big:
		return ErrInvalid
	}
	return nil
}

// objectMeaning returns the meaning of a code for a file of a filesystem.
func objectMeaning(code ioctl.Code) error {
	switch code {
	case ioctl.CodeStale:
		return ErrNotFound // deleted, but still open
	case ioctl.CodeNotsup:
		return ErrInvalid // not a file
	}
	return nil
}

// usernsMeaning returns the meaning of a code for a user namespace.
func usernsMeaning(code ioctl.Code) error {
	switch code {
	case ioctl.CodeNotUserNamespace, ioctl.CodeBadf:
		return ErrInvalid
	case ioctl.CodeNxio, ioctl.CodeNoUserNsSupport:
		return ErrNotSupported // the system has no user namespaces
	}
	return nil
}

// errNotDelegated is the kernel's answer to a user if the pool's property
// delegation is off.
var errNotDelegated = because(ErrPermission, "delegated administration is disabled on the pool")

// commonMeaning returns the meaning of a code that is the same for every
// operation.
func commonMeaning(code ioctl.Code) error {
	switch code {
	case ioctl.CodeNoent:
		return ErrNotFound
	case ioctl.CodeExist:
		return ErrExists
	case ioctl.CodePerm:
		return ErrPermission
	case ioctl.CodeAcces:
		return ErrKey
	case ioctl.CodeCanceled:
		return errNotDelegated
	case ioctl.CodeBusy:
		return ErrBusy
	case ioctl.CodeInval:
		return ErrInvalid
	case ioctl.CodeXdev:
		return ErrCrossPool
	case ioctl.CodeNospc:
		return ErrNoSpace
	case ioctl.CodeDquot:
		return ErrQuota
	case ioctl.CodeRofs:
		return ErrReadOnly
	case ioctl.CodeAgain:
		return ErrSuspended
	case ioctl.CodeNametoolong:
		return ErrInvalidName
	case ioctl.CodeWrongParent:
		return ErrWrongParent
	case ioctl.CodeNotsup:
		return ErrUpgrade
	case ioctl.CodeIocCmdUnavail, ioctl.CodeIocArgUnavail:
		return ErrNotSupported
	}
	return nil
}

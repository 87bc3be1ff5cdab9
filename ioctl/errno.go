package ioctl

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"syscall"
)

// ErrNotSupported is matched by every error which means that the module or the
// system does not know the operation or the key.
var ErrNotSupported = errors.New("ioctl: not supported by the ZFS module")

// A Code is the number of an [Errno], for switches and tables. It does not
// implement error, so that an error cannot be compared with it by mistake.
//
// Numbers below 1024 are Linux's, and are the same on all architectures that
// this package builds for. Numbers from 1024 are OpenZFS's own, on every
// system.
type Code uint16

// The codes that OpenZFS and the calls around it are known to return. Names are
// the C names without E or ZFS_ERR_, with one capital per word.
const (
	CodePerm        Code = 1
	CodeNoent       Code = 2
	CodeSrch        Code = 3
	CodeIntr        Code = 4
	CodeIo          Code = 5
	CodeNxio        Code = 6
	Code2big        Code = 7
	CodeNoexec      Code = 8
	CodeBadf        Code = 9
	CodeChild       Code = 10
	CodeAgain       Code = 11
	CodeNomem       Code = 12
	CodeAcces       Code = 13
	CodeFault       Code = 14
	CodeNotblk      Code = 15
	CodeBusy        Code = 16
	CodeExist       Code = 17
	CodeXdev        Code = 18
	CodeNodev       Code = 19
	CodeNotdir      Code = 20
	CodeIsdir       Code = 21
	CodeInval       Code = 22
	CodeNfile       Code = 23
	CodeMfile       Code = 24
	CodeNotty       Code = 25
	CodeTxtbsy      Code = 26
	CodeFbig        Code = 27
	CodeNospc       Code = 28
	CodeSpipe       Code = 29
	CodeRofs        Code = 30
	CodeMlink       Code = 31
	CodePipe        Code = 32
	CodeDom         Code = 33
	CodeRange       Code = 34
	CodeDeadlk      Code = 35
	CodeNametoolong Code = 36
	CodeNolck       Code = 37
	CodeNosys       Code = 38
	CodeNotempty    Code = 39
	CodeNomsg       Code = 42
	CodeChrng       Code = 44
	CodeBade        Code = 52
	CodeBadr        Code = 53
	CodeTime        Code = 62
	CodeOverflow    Code = 75
	CodeIlseq       Code = 84
	CodeRestart     Code = 85
	CodeNotsup      Code = 95
	CodeShutdown    Code = 108
	CodeAlready     Code = 114
	CodeStale       Code = 116
	CodeRemoteio    Code = 121
	CodeDquot       Code = 122
	CodeCanceled    Code = 125

	// Other names of the same numbers. OpenZFS uses EBADE for a checksum
	// that does not match.
	CodeCksum     = CodeBade
	CodeOpnotsupp = CodeNotsup

	CodeCheckpointExists          Code = 1024
	CodeDiscardingCheckpoint      Code = 1025
	CodeNoCheckpoint              Code = 1026
	CodeDevrmInProgress           Code = 1027
	CodeVdevTooBig                Code = 1028
	CodeIocCmdUnavail             Code = 1029
	CodeIocArgUnavail             Code = 1030
	CodeIocArgRequired            Code = 1031
	CodeIocArgBadtype             Code = 1032
	CodeWrongParent               Code = 1033
	CodeFromIvsetGuidMissing      Code = 1034
	CodeFromIvsetGuidMismatch     Code = 1035
	CodeSpillBlockFlagMissing     Code = 1036
	CodeUnknownSendStreamFeature  Code = 1037
	CodeExportInProgress          Code = 1038
	CodeBookmarkSourceNotAncestor Code = 1039
	CodeStreamTruncated           Code = 1040
	CodeStreamLargeBlockMismatch  Code = 1041
	CodeResilverInProgress        Code = 1042
	CodeRebuildInProgress         Code = 1043
	CodeBadprop                   Code = 1044
	CodeVdevNotsup                Code = 1045
	CodeNotUserNamespace          Code = 1046
	CodeResumeExists              Code = 1047
	CodeCryptoNotsup              Code = 1048
	CodeRaidzExpandInProgress     Code = 1049
	CodeAshiftMismatch            Code = 1050
	CodeStreamLargeMicrozap       Code = 1051
	CodeTooManySitouts            Code = 1052
	CodeNoUserNsSupport           Code = 1053
)

// Err returns the error for c. Code 0 means success; its Errno is a mistake,
// and the text of the Errno reports it.
func (c Code) Err() Errno { return Errno{code: c} }

// String returns c.Name().
func (c Code) String() string { return c.Name() }

// An Errno is the module's answer to a call that failed.
//
// It cannot be compared with ==, because such a comparison fails as soon as the
// error is wrapped. Use errors.Is with a sentinel or another Errno:
//
//	errors.Is(err, fs.ErrNotExist)
//	errors.Is(err, ioctl.CodeBusy.Err())
type Errno struct {
	_    [0]func()
	code Code
}

// Code returns the number.
func (e Errno) Code() Code { return e.code }

// Error returns the name and its meaning: "EBUSY: device or resource busy".
func (e Errno) Error() string {
	if text := e.code.Text(); text != "" {
		return fmt.Sprintf("%s: %s", e.code.Name(), text)
	}
	return e.code.Name()
}

// Is reports whether target is an Errno of the same code, or one of these:
//
//   - on Linux, the syscall.Errno of the same number;
//   - fs.ErrNotExist for ENOENT, fs.ErrExist for EEXIST, and fs.ErrPermission
//     for EPERM and EACCES;
//   - [ErrNotSupported] and errors.ErrUnsupported for an operation
//     (ZFS_ERR_IOC_CMD_UNAVAIL) or a key (ZFS_ERR_IOC_ARG_UNAVAIL) that the
//     module does not know;
//   - errors.ErrUnsupported alone for ENOTSUP and ENOSYS, which depend on the
//     pool or the system and not on the module's release;
//   - fs.ErrInvalid for a key that the module does know and that is missing
//     (ZFS_ERR_IOC_ARG_REQUIRED) or of the wrong type
//     (ZFS_ERR_IOC_ARG_BADTYPE). These do not match ErrNotSupported. Input is
//     checked before it is sent, so they mean that the module's release expects
//     different input, and that a retry with fewer keys would not help.
//
// ESRCH, EINVAL and the rest have a different meaning for each operation and
// match no sentinel here.
func (e Errno) Is(target error) bool {
	switch t := target.(type) {
	case Errno:
		return t.code == e.code
	case syscall.Errno:
		// On other systems the same number is another error.
		return runtime.GOOS == "linux" && uint64(t) == uint64(e.code)
	}
	switch e.code {
	case CodeNoent:
		return target == fs.ErrNotExist
	case CodeExist:
		return target == fs.ErrExist
	case CodePerm, CodeAcces:
		return target == fs.ErrPermission
	case CodeIocCmdUnavail, CodeIocArgUnavail:
		return target == ErrNotSupported || target == errors.ErrUnsupported
	case CodeNotsup, CodeNosys:
		return target == errors.ErrUnsupported
	case CodeIocArgRequired, CodeIocArgBadtype:
		return target == fs.ErrInvalid
	}
	return false
}

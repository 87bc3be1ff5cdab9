package zfs

import (
	"errors"
	"fmt"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

func TestMeaning(t *testing.T) {
	tests := []struct {
		op     ioctl.Op
		target string
		code   ioctl.Code
		want   error
	}{
		{ioctl.OpGetBookmarkProps, "tank#m", ioctl.CodeSrch, ErrNotFound},
		{ioctl.OpBookmark, "tank", ioctl.CodeSrch, ErrNotFound},
		{ioctl.OpBookmark, "tank", ioctl.CodeBookmarkSourceNotAncestor, ErrNotAncestor},
		{ioctl.OpBookmark, "tank", ioctl.CodeNotsup, ErrUpgrade},
		{ioctl.OpDestroyBookmarks, "tank", ioctl.CodeBusy, ErrBusy},
		{ioctl.OpRedact, "tank@s", ioctl.CodeInval, ErrNotAncestor},
		{ioctl.OpRedact, "tank@s", ioctl.CodeSrch, ErrExists},
		{ioctl.OpRedact, "tank@s", ioctl.CodeAlready, ErrRedacted},
		{ioctl.OpRedact, "tank@s", ioctl.Code2big, ErrInvalid},
		{ioctl.OpRedact, "tank@s", ioctl.CodeNoent, ErrNotFound},
		{ioctl.OpLoadKey, "tank/a", ioctl.CodeAcces, ErrWrongKey},
		{ioctl.OpLoadKey, "tank/a", ioctl.CodeExist, ErrKeyLoaded},
		{ioctl.OpLoadKey, "tank/a", ioctl.CodeCryptoNotsup, ErrNotSupported},
		{ioctl.OpLoadKey, "tank/a", ioctl.CodeInval, ErrInvalid},
		{ioctl.OpUnloadKey, "tank/a", ioctl.CodeAcces, ErrKey},
		{ioctl.OpUnloadKey, "tank/a", ioctl.CodeBusy, ErrBusy},
		{ioctl.OpChangeKey, "tank/a", ioctl.CodeAcces, ErrKey},
		{ioctl.OpHold, "tank", ioctl.Code2big, ErrInvalidName},
		{ioctl.OpHold, "tank", ioctl.CodeExist, ErrExists},
		{ioctl.OpRelease, "tank", ioctl.CodeBusy, ErrBusy},
		{ioctl.OpGetHolds, "tank@s", ioctl.CodeNoent, ErrNotFound},
		{ioctl.OpCreate, "tank/a", ioctl.CodeSrch, nil},
		{ioctl.OpDestroy, "tank/a", ioctl.CodeBusy, errBusyOrSnapshots},
		{ioctl.OpDestroy, "tank/a", ioctl.CodeExist, ErrHasChildren},
		{ioctl.OpDestroy, "tank/a", ioctl.CodeNoent, ErrNotFound},
		{ioctl.OpDestroySnaps, "tank", ioctl.CodeExist, ErrHasClones},
		{ioctl.OpDestroySnaps, "tank", ioctl.CodeBusy, ErrBusy},
		{ioctl.OpSetProp, "tank", ioctl.CodeInval, ErrInvalidProp},
		{ioctl.OpSetProp, "tank", ioctl.CodeRange, ErrInvalidProp},
		{ioctl.OpSetProp, "tank", ioctl.CodeNotsup, ErrUpgrade},
		{ioctl.OpSetProp, "tank", ioctl.CodeNospc, ErrNoSpace},
		{ioctl.OpSetProp, "tank", ioctl.CodeAcces, ErrKey},
		{ioctl.OpSetProp, "keylocation", ioctl.CodeAcces, ErrInvalidProp},
		{ioctl.OpInheritProp, "tank", ioctl.CodeInval, ErrInvalidProp},
		{ioctl.OpCreate, "tank/a", ioctl.CodeInval, ErrInvalidProp},
		{ioctl.OpClone, "tank/a", ioctl.CodeInval, ErrInvalidProp},
		{ioctl.OpClone, "tank/a", ioctl.CodeXdev, ErrCrossPool},
		{ioctl.OpPromote, "tank/a", ioctl.CodeXdev, ErrInvalid},
		{ioctl.OpRollback, "tank/a", ioctl.CodeSrch, ErrNotFound},
		{ioctl.OpSpaceWritten, "tank/a", ioctl.CodeSrch, ErrNotFound},
		{ioctl.OpSpaceWritten, "tank/a", ioctl.CodeXdev, ErrInvalid},
		{ioctl.OpCreate, "tank/a", ioctl.CodeNotsup, ErrUpgrade},
		{ioctl.OpCreate, "tank/a", ioctl.CodeExist, ErrExists},
		{ioctl.OpCreate, "tank/a", ioctl.CodeWrongParent, ErrWrongParent},
		{ioctl.OpSnapshot, "tank", ioctl.CodeInval, ErrInvalid},
		{ioctl.OpSnapshot, "tank", ioctl.CodeXdev, ErrCrossPool},
		{ioctl.OpSnapshot, "tank", ioctl.CodePerm, ErrPermission},
		{ioctl.OpSnapshot, "tank", ioctl.CodeAcces, ErrKey},
		{ioctl.OpSnapshot, "tank", ioctl.CodeDquot, ErrQuota},
		{ioctl.OpSnapshot, "tank", ioctl.CodeRofs, ErrReadOnly},
		{ioctl.OpSnapshot, "tank", ioctl.CodeAgain, ErrSuspended},
		{ioctl.OpSnapshot, "tank", ioctl.CodeNametoolong, ErrInvalidName},
		{ioctl.OpSnapshot, "tank", ioctl.CodeIocArgUnavail, ErrNotSupported},
		{ioctl.OpSnapshot, "tank", ioctl.CodeIo, nil},
		{ioctl.OpSnapshot, "tank", 0, nil},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s %s %s", tt.op, tt.target, tt.code), func(t *testing.T) {
			if got := meaning(tt.op, tt.target, tt.code); got != tt.want {
				t.Errorf("meaning = %v, want %v", got, tt.want)
			}
		})
	}
}

// Each sentinel is itself alone, so that a switch over them is safe.
func TestSentinelsAreDistinct(t *testing.T) {
	all := []error{
		ErrNotFound, ErrExists, ErrPermission, ErrBusy, ErrHasChildren, ErrHasSnapshots, ErrHasClones, ErrInvalidName,
		ErrInvalidProp, ErrInvalid, ErrCrossPool, ErrNoSpace, ErrQuota, ErrReadOnly, ErrSuspended, ErrWrongParent,
		ErrKey, ErrNotSupported, ErrUpgrade, ErrWrongDevice, ErrNotAncestor, ErrRedacted,
		ErrWrongKey, ErrInvalidKey, ErrKeyLoaded, ErrNotEncrypted, ErrNotEncryptionRoot,
	}
	for i, a := range all {
		for j, b := range all {
			if errors.Is(a, b) != (i == j) {
				t.Errorf("errors.Is(%v, %v) = %t", a, b, i != j)
			}
		}
		if a.Error() == "" {
			t.Errorf("sentinel %d has no text", i)
		}
	}
}

// The reason for which all devices have failed is that of the error, and stands in
// its text once.
func TestWorkError(t *testing.T) {
	for _, tt := range []struct {
		op    ioctl.Op
		codes []ioctl.Code
		want  error
		text  string
	}{
		{ioctl.OpPoolTrim, []ioctl.Code{ioctl.CodeSrch, ioctl.CodeSrch}, ErrNotInProgress,
			`zfs: pool trim "tank": no trim is in progress (EINVAL): a0, a1`},
		{ioctl.OpPoolInitialize, []ioctl.Code{ioctl.CodeSrch}, ErrNotInProgress,
			`zfs: pool initialize "tank": no initialization is in progress (EINVAL): a0`},
		{ioctl.OpPoolTrim, []ioctl.Code{ioctl.CodeBusy, ioctl.CodeSrch}, ErrInvalid,
			`zfs: pool trim "tank": invalid argument (EINVAL): a0: another activity is in progress (EBUSY), a1: no trim is in progress (ESRCH)`},
		{ioctl.OpPoolTrim, []ioctl.Code{ioctl.CodeRofs}, ErrDevice, `zfs: pool trim "tank": device cannot be used (EINVAL): a0`},
		{ioctl.OpPoolTrim, nil, ErrInvalid, `zfs: pool trim "tank": invalid argument (EINVAL)`},
	} {
		devices, out := &nvlist.List{}, &nvlist.List{}
		for i, code := range tt.codes {
			devices.SetInt64(fmt.Sprint("a", i), int64(code))
		}
		out.SetList("vdevs", devices)
		err := workError(newError(tt.op, "tank", ioctl.CodeInval.Err(), nil), out, "vdevs", nil)
		if !errors.Is(err, tt.want) || errors.Is(err, ErrInvalid) != (tt.want == ErrInvalid) {
			t.Errorf("%v: error %v, want %v", tt.codes, err, tt.want)
		}
		if err.Error() != tt.text {
			t.Errorf("got  %v\nwant %v", err, tt.text)
		}
	}
}

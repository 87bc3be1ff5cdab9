package ioctl

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"runtime"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestErrnoIs(t *testing.T) {
	sentinels := map[string]error{
		"not exist":     fs.ErrNotExist,
		"exist":         fs.ErrExist,
		"permission":    fs.ErrPermission,
		"invalid":       fs.ErrInvalid,
		"unsupported":   errors.ErrUnsupported,
		"not supported": ErrNotSupported,
	}
	tests := []struct {
		code Code
		want []string
	}{
		{CodeNoent, []string{"not exist"}},
		{CodeExist, []string{"exist"}},
		{CodePerm, []string{"permission"}},
		{CodeAcces, []string{"permission"}},
		{CodeNotsup, []string{"unsupported"}},
		{CodeNosys, []string{"unsupported"}},
		{CodeIocCmdUnavail, []string{"unsupported", "not supported"}},
		{CodeIocArgUnavail, []string{"unsupported", "not supported"}},
		{CodeIocArgRequired, []string{"invalid"}},
		{CodeIocArgBadtype, []string{"invalid"}},
		{CodeInval, nil},
		{CodeSrch, nil},
		{CodeBusy, nil},
		{CodeNotempty, nil},
		{CodeVdevNotsup, nil},
		{CodeCryptoNotsup, nil},
	}
	for _, tt := range tests {
		t.Run(tt.code.Name(), func(t *testing.T) {
			err := fmt.Errorf("wrapped: %w", tt.code.Err())
			want, got := map[string]bool{}, map[string]bool{}
			for _, name := range tt.want {
				want[name] = true
			}
			for name, sentinel := range sentinels {
				if errors.Is(err, sentinel) {
					got[name] = true
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("sentinels matched (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrnoIsErrno(t *testing.T) {
	err := fmt.Errorf("wrapped: %w", CodeBusy.Err())
	if !errors.Is(err, CodeBusy.Err()) {
		t.Error("an errno does not match itself")
	}
	if errors.Is(err, CodeInval.Err()) {
		t.Error("EBUSY matches EINVAL")
	}
	// 16 is EBUSY on Linux. Elsewhere the number must not be trusted.
	if got, want := errors.Is(err, syscall.Errno(16)), runtime.GOOS == "linux"; got != want {
		t.Errorf("EBUSY matches the system's error 16: %v, want %v", got, want)
	}
	if errors.Is(CodeCheckpointExists.Err(), syscall.Errno(1<<16+1024)) {
		t.Error("a number beyond a code's range matches its low half")
	}
}

// A comparison with == would hold until somebody wraps the error.
func TestErrnoCannotBeCompared(t *testing.T) {
	if reflect.TypeFor[Errno]().Comparable() {
		t.Error("Errno is comparable")
	}
	// Nor may errors.Is panic where it compares.
	if errors.Is(CodeBusy.Err(), errors.New("other")) || errors.Is(errors.New("other"), CodeBusy.Err()) {
		t.Error("an unrelated error matches")
	}
}

func TestErrnoAs(t *testing.T) {
	var e Errno
	if !errors.As(fmt.Errorf("wrapped: %w", CodeAshiftMismatch.Err()), &e) || e.Code() != CodeAshiftMismatch {
		t.Errorf("errors.As gives code %d, want %d", e.Code(), CodeAshiftMismatch)
	}
}

func TestErrnoError(t *testing.T) {
	tests := map[Code]string{
		CodeBusy:          "EBUSY: device or resource busy",
		CodeNoCheckpoint:  "ZFS_ERR_NO_CHECKPOINT: the pool has no checkpoint",
		CodeIocCmdUnavail: "ZFS_ERR_IOC_CMD_UNAVAIL: the module does not know this operation",
		0:                 "errno 0",
		41:                "errno 41",
		1023:              "errno 1023",
		4095:              "errno 4095",
	}
	for code, want := range tests {
		if got := code.Err().Error(); got != want {
			t.Errorf("error of code %d is %q, want %q", code, got, want)
		}
		if got := code.String(); got != code.Name() {
			t.Errorf("Code(%d).String() = %q, want its name %q", code, got, code.Name())
		}
	}
}

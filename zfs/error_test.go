package zfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
	"github.com/purezfs/purezfs/nvlist"
)

// answer returns a list of errnos by name.
func answer(errnos map[string]int32) *nvlist.List {
	l := &nvlist.List{}
	for _, name := range []string{"tank@a", "tank@b", "tank@c", "tank@d", "tank@e", moreErrors, "negative", "zero", "huge"} {
		if errno, ok := errnos[name]; ok {
			l.SetInt32(name, errno)
		}
	}
	return l
}

func TestErrorText(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"meaning", newError(ioctl.OpDestroy, "tank/a", ioctl.CodeNoent.Err(), nil),
			`zfs: destroy "tank/a": does not exist (ENOENT)`},
		{"several words", newError(ioctl.OpSetProp, "tank", ioctl.CodeInval.Err(), nil),
			`zfs: set prop "tank": invalid property or value (EINVAL)`},
		{"no target", newError(ioctl.OpPoolConfigs, "", ioctl.CodePerm.Err(), nil),
			"zfs: pool configs: permission denied (EPERM)"},
		{"errno without meaning", newError(ioctl.OpDestroy, "tank", ioctl.CodeIo.Err(), nil),
			`zfs: destroy "tank": ` + ioctl.CodeIo.Err().Error()},
		{"not asked", inputError(ioctl.OpCreate, "9", fmt.Errorf("%w: digit", ErrInvalidName)),
			`zfs: create "9": invalid name: digit`},
		{"one item", newError(ioctl.OpSnapshot, "tank", ioctl.CodeExist.Err(), answer(map[string]int32{"tank@a": 17})),
			`zfs: snapshot "tank@a": already exists (EEXIST)`},
		{"one property", newError(ioctl.OpSetProp, "tank/a", ioctl.CodeNospc.Err(), answer(map[string]int32{"tank@a": 28})),
			`zfs: set prop "tank/a": out of space (ENOSPC): tank@a`},
		{"another object", &Error{Op: ioctl.OpSendNew, Name: "tank@a", Object: "tank@b", Code: ioctl.CodeNoent, kind: ErrBaseNotFound},
			`zfs: send "tank@a": tank@b: does not exist (ENOENT)`},
		{"not an operation", &Error{Op: NoOp, verb: "unmount", Name: "tank", err: ErrNotMounted}, `zfs: unmount "tank": is not mounted`},
		{"item without meaning", newError(ioctl.OpSnapshot, "tank", ioctl.CodeIo.Err(), answer(map[string]int32{"tank@a": 5})),
			`zfs: snapshot "tank@a": EIO: input/output error`},
		{"many items", newError(ioctl.OpSnapshot, "tank", ioctl.CodeIo.Err(),
			answer(map[string]int32{"tank@a": 5, "tank@b": 5, "tank@c": 5, "tank@d": 5, "tank@e": 5})),
			`zfs: snapshot "tank": EIO: input/output error: tank@a, tank@b, tank@c, and 2 more`},
		{"done before", withDone(newError(ioctl.OpCreate, "tank/a/b", ioctl.CodeNospc.Err(), nil), []string{"tank/a", "tank/c"}),
			`zfs: create "tank/a/b": out of space (ENOSPC); done before: tank/a, tank/c`},
		{"executed", newError(ioctl.OpSnapshot, "tank", &ioctl.Error{Err: ioctl.CodeNomem.Err(), Executed: true}, nil),
			`zfs: snapshot "tank": ` + ioctl.CodeNomem.Err().Error() + "; it may have been carried out"},
		{"hint", &Error{Op: ioctl.OpDestroy, Name: "tank/a", err: errors.New("cause"), Hint: "try this"},
			`zfs: destroy "tank/a": cause (try this)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.err.Error()); diff != "" {
				t.Errorf("Error() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorIs(t *testing.T) {
	tests := []struct {
		name string
		err  error
		is   []error
		not  []error
	}{
		{"not found", newError(ioctl.OpDestroy, "tank/a", ioctl.CodeNoent.Err(), nil),
			[]error{ErrNotFound, fs.ErrNotExist, ioctl.CodeNoent.Err()}, []error{ErrExists, fs.ErrExist, ioctl.CodeSrch.Err()}},
		{"not found as ESRCH", newError(ioctl.OpGetBookmarkProps, "tank#m", ioctl.CodeSrch.Err(), nil),
			[]error{ErrNotFound, fs.ErrNotExist, ioctl.CodeSrch.Err()}, []error{ioctl.CodeNoent.Err()}},
		{"exists", newError(ioctl.OpCreate, "tank/a", ioctl.CodeExist.Err(), nil),
			[]error{ErrExists, fs.ErrExist}, []error{ErrHasChildren, fs.ErrNotExist}},
		{"permission", newError(ioctl.OpCreate, "tank/a", ioctl.CodePerm.Err(), nil),
			[]error{ErrPermission, fs.ErrPermission}, []error{ErrKey}},
		{"unknown operation", newError(ioctl.OpPoolScrub, "tank", ioctl.CodeIocCmdUnavail.Err(), nil),
			[]error{ErrNotSupported, ioctl.ErrNotSupported, errors.ErrUnsupported}, []error{ErrInvalid}},
		{"wrapped by package ioctl", newError(ioctl.OpCreate, "tank/a", &ioctl.Error{Err: ioctl.CodeDquot.Err()}, nil),
			[]error{ErrQuota, ioctl.CodeDquot.Err()}, []error{ErrNoSpace}},
		{"refused input", inputError(ioctl.OpCreate, "", fmt.Errorf("x: %w", ErrInvalidProp)),
			[]error{ErrInvalidProp}, []error{ErrInvalid, ErrInvalidName}},
		{"item", newError(ioctl.OpSnapshot, "tank", ioctl.CodeExist.Err(), answer(map[string]int32{"tank@a": 2})).(*Error).Items[0].Err,
			[]error{ErrNotFound, fs.ErrNotExist, ioctl.CodeNoent.Err()}, []error{ErrExists}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wrapped := fmt.Errorf("outer: %w", tt.err)
			for _, target := range tt.is {
				if !errors.Is(wrapped, target) {
					t.Errorf("%v does not match %v", tt.err, target)
				}
			}
			for _, target := range tt.not {
				if errors.Is(wrapped, target) {
					t.Errorf("%v matches %v", tt.err, target)
				}
			}
		})
	}
}

func TestErrorIsSyscallErrno(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("errnos have these numbers on Linux")
	}
	err := newError(ioctl.OpDestroy, "tank/a", ioctl.CodeBusy.Err(), nil)
	if !errors.Is(err, syscall.Errno(16)) || errors.Is(err, syscall.Errno(2)) {
		t.Errorf("%v does not match the errno of its number alone", err)
	}
}

func TestNewErrorOfNothing(t *testing.T) {
	if err := newError(ioctl.OpDestroy, "tank", nil, answer(map[string]int32{"tank@a": 2})); err != nil {
		t.Errorf("newError(nil) = %v", err)
	}
	if err := withDone(nil, []string{"tank/a"}); err != nil {
		t.Errorf("withDone(nil) = %v", err)
	}
}

func TestErrorItems(t *testing.T) {
	text := answer(map[string]int32{"tank@b": 17})
	text.SetString("tank@text", "no errno")
	text.SetList("tank@list", &nvlist.List{})
	tests := []struct {
		name string
		out  *nvlist.List
		want []string
	}{
		{"no answer", nil, nil},
		{"empty answer", &nvlist.List{}, nil},
		{"two", answer(map[string]int32{"tank@a": 2, "tank@b": 17}), []string{"tank@a ENOENT", "tank@b EEXIST"}},
		{"counter of those left out", answer(map[string]int32{"tank@a": 16, moreErrors: 12}), []string{"tank@a EBUSY"}},
		{"numbers that are not errnos", answer(map[string]int32{"negative": -1, "zero": 0, "huge": 1 << 20}), nil},
		{"other types", text, []string{"tank@b EEXIST"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := newError(ioctl.OpSnapshot, "tank", ioctl.CodeExist.Err(), tt.out)
			var got []string
			for _, item := range err.(*Error).Items {
				got = append(got, item.Name+" "+ioctl.CodeOf(item.Err).Name())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Items (-want +got):\n%s", diff)
			}
		})
	}
}

// An ended context is the only error, because the caller looks for it.
func TestErrorOfContext(t *testing.T) {
	release := make(chan struct{})
	entered := make(chan struct{}, 1)
	dev := ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpDestroy: func(*ioctl.Cmd) error {
			entered <- struct{}{}
			<-release
			return nil
		},
	})
	defer close(release)
	c, err := Open(&Options{Device: dev})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-entered
		cancel()
	}()
	var e *Error
	err = c.DatasetDestroy(ctx, "tank/a")
	if !errors.Is(err, context.Canceled) || !errors.As(err, &e) {
		t.Fatalf("error %v, want the context's", err)
	}
	if !e.Executed || e.Code != 0 || e.Name != "tank/a" || e.Op != ioctl.OpDestroy {
		t.Errorf("error %+v, want one that may have been carried out", e)
	}
	if stuck := c.Stuck(); len(stuck) != 1 || stuck[0].Name != "tank/a" {
		t.Errorf("Stuck() = %v, want the call", stuck)
	}
	err = c.DatasetDestroy(ctx, "tank/b")
	if !errors.Is(err, context.Canceled) || !errors.As(err, &e) || e.Executed {
		t.Errorf("error %v, want an error before the call", err)
	}
}

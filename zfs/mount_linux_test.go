package zfs

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
)

func TestMountData(t *testing.T) {
	got, err := mountData("/mnt/a b", []string{"ro", "noexec"})
	if want := "defaults,ro,noexec,zfsutil,mntpoint=/mnt/a b"; got != want || err != nil {
		t.Errorf("data %q, %v, want %q", got, err, want)
	}
	if got, _ := mountData("/mnt/a,b", nil); got != "defaults,zfsutil" {
		t.Errorf("data %q for a path with a comma", got)
	}
	if _, err := mountData("/"+strings.Repeat("x", 4095), nil); !errors.Is(err, ErrInvalid) {
		t.Errorf("more than a page: %v, want ErrInvalid", err)
	}
}

func TestMountFlag(t *testing.T) {
	var all uintptr
	for _, word := range []string{"ro", "nosuid", "nodev", "noexec", "noatime", "nodiratime", "relatime", "strictatime", "sync", "dirsync", "mand"} {
		flag := mountFlag(word)
		if flag == 0 || all&flag != 0 {
			t.Errorf("%s has flag %#x, others have %#x", word, flag, all)
		}
		all |= flag
	}
	if got := mountFlag("rw") | mountFlag("atime") | mountFlag("acl"); got != 0 {
		t.Errorf("an unknown option has the flag %#x", got)
	}
}

func TestExplainMount(t *testing.T) {
	for errno, want := range map[syscall.Errno]error{
		syscall.EBUSY: ErrBusy, syscall.EPERM: fs.ErrPermission, syscall.ENOENT: ErrNotFound, syscall.ENODEV: ErrNotSupported,
		syscall.EOPNOTSUPP: ErrNotSupported, syscall.ENOTDIR: syscall.ENOTDIR,
	} {
		if err := explainMount(errno, "/mnt"); !errors.Is(err, want) || !errors.Is(err, errno) {
			t.Errorf("%v: %v, want %v", errno, err, want)
		}
	}
	if err := explainMount(nil, "/mnt"); err != nil {
		t.Errorf("success: %v", err)
	}
}

// A call that was interrupted by a signal of the runtime is repeated.
func TestRetried(t *testing.T) {
	calls := 0
	err := retried(func() error {
		if calls++; calls < 3 {
			return syscall.EINTR
		}
		return syscall.EBUSY
	})
	if calls != 3 || err != syscall.EBUSY {
		t.Errorf("%d calls, %v", calls, err)
	}
}

// A mount that the kernel does not finish does not block its caller.
func TestDetached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		release := make(chan struct{})
		defer close(release)
		go func() {
			synctest.Wait()
			cancel()
		}()
		err := detached(ctx, func() error { <-release; return nil })
		if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "may have been carried out") {
			t.Errorf("left behind: %v", err)
		}
		if err := detached(ctx, func() error { t.Error("called"); return nil }); err != context.Canceled {
			t.Errorf("begun too late: %v", err)
		}
	})
	if err := detached(context.Background(), func() error { return syscall.EBUSY }); err != syscall.EBUSY {
		t.Errorf("without an end: %v", err)
	}
}

func TestDatasetUnmountErrors(t *testing.T) {
	c := &Client{}
	for name, want := range map[string]error{
		"tank/nosuchdataset": ErrNotMounted, "tank#m": ErrInvalidName, "tank\x00": ErrInvalidName, "": ErrInvalidName,
	} {
		err := c.DatasetUnmount(t.Context(), name, nil)
		if !errors.Is(err, want) || !strings.Contains(err.Error(), "zfs: unmount") {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
}

package zfs_test

import (
	"errors"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

func TestDatasetUserString(t *testing.T) {
	for _, tc := range []struct {
		user zfs.DatasetUser
		want string
	}{
		{zfs.DatasetUser{Use: zfs.UseMount, Path: "/a"}, "mounted at /a"},
		{zfs.DatasetUser{Use: zfs.UseMount, Path: "/a", PID: 7, Command: "runc", Namespace: "mnt:[3]"}, "mounted at /a in the namespace of process 7 (runc)"},
		{zfs.DatasetUser{Use: zfs.UseFile, Path: "/a/f", PID: 7, Command: "vi", Count: 1}, "process 7 (vi): open file /a/f"},
		{zfs.DatasetUser{Use: zfs.UseMap, Path: "/a/f", PID: 7, Command: "vi", Count: 3}, "process 7 (vi): mapped file /a/f and 2 more"},
		{zfs.DatasetUser{Use: zfs.UseSwap, Path: "/dev/zd0", Count: 1}, "swap /dev/zd0"},
		{zfs.DatasetUser{Use: zfs.UseLoop, Path: "/dev/loop0", Count: 1}, "loop device /dev/loop0"},
	} {
		if got := tc.user.String(); got != tc.want {
			t.Errorf("%+v is %q, want %q", tc.user, got, tc.want)
		}
	}
}

func TestDatasetUsersErrors(t *testing.T) {
	c, _ := testkit.OpenFake(t, "tank")
	for name, want := range map[string]error{"tank#b": zfs.ErrInvalidName, "": zfs.ErrInvalidName, "tank/none": zfs.ErrNotFound} {
		if _, err := c.DatasetUsers(t.Context(), name, nil); !errors.Is(err, want) && !errors.Is(err, zfs.ErrNotSupported) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
}

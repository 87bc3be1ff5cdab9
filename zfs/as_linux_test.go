package zfs_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// as runs fn with the rights of an ordinary user, in a group of the same number.
// The module looks for groups among the supplementary ones only.
func as(t *testing.T, uid int, fn func() error) error {
	t.Helper()
	testkit.Must(t, os.Chmod("/dev/zfs", 0o666))
	testkit.Must(t, syscall.Setgroups([]int{uid}))
	testkit.Must(t, syscall.Setegid(uid))
	testkit.Must(t, syscall.Seteuid(uid))
	defer func() {
		testkit.Must(t, syscall.Seteuid(0))
		testkit.Must(t, syscall.Setegid(0))
		testkit.Must(t, syscall.Setgroups(nil))
	}()
	return fn()
}

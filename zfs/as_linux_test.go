package zfs_test

import (
	"os"
	"syscall"
	"testing"
)

// as runs fn with the rights of an ordinary user, in a group of the same number.
// The module looks for groups among the supplementary ones only.
func as(t *testing.T, uid int, fn func() error) error {
	t.Helper()
	must(t, os.Chmod("/dev/zfs", 0o666))
	must(t, syscall.Setgroups([]int{uid}))
	must(t, syscall.Setegid(uid))
	must(t, syscall.Seteuid(uid))
	defer func() {
		must(t, syscall.Seteuid(0))
		must(t, syscall.Setegid(0))
		must(t, syscall.Setgroups(nil))
	}()
	return fn()
}

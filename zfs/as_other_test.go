//go:build !linux

package zfs_test

import "testing"

// as is for guests, which run Linux.
func as(t *testing.T, _ int, fn func() error) error {
	t.Fatal("a test can only drop rights on Linux")
	return fn()
}

//go:build !linux

package vm

import "syscall"

// dieWithParent does nothing: the feature is specific to Linux.
func dieWithParent() *syscall.SysProcAttr { return nil }

//go:build !linux

package vm

import "syscall"

// dieWithParent asks for nothing: there is nothing portable to ask for.
func dieWithParent() *syscall.SysProcAttr { return nil }

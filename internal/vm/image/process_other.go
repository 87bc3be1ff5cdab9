//go:build !linux

package image

import (
	"os"
	"syscall"
)

// ownGroup asks for nothing: there is nothing portable to ask for.
func ownGroup() *syscall.SysProcAttr { return nil }

// stopGroup ends the child alone.
func stopGroup(p *os.Process) error { return p.Kill() }

// ownedBy cannot tell, and is not asked where images cannot be built.
func ownedBy(os.FileInfo, int) bool { return false }

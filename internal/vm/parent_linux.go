package vm

import "syscall"

// dieWithParent puts a child into a group of its own, which a terminal's Ctrl-C does
// not reach. It is killed when this process ends, however that comes about.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

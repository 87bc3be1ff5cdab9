package vm

import "syscall"

// dieWithParent puts a child into a separate process group, which a terminal's
// Ctrl-C does not reach. The kernel kills the child when this process ends for any
// reason.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

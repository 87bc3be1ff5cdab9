package image

import (
	"errors"
	"os"
	"syscall"
)

// ownGroup puts a child into a group of its own: a terminal's Ctrl-C reaches
// only us, and we decide how the child ends.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

// stopGroup asks a child and what it started to end.
func stopGroup(p *os.Process) error {
	err := syscall.Kill(-p.Pid, syscall.SIGTERM)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// ownedBy reports whether a file is a user's own.
func ownedBy(info os.FileInfo, uid int) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == uid
}

package main

import (
	"io/fs"
	"syscall"
)

// fileOwner is who a file belongs to.
func fileOwner(info fs.FileInfo) (uid, gid uint32) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Uid, st.Gid
	}
	return 0, 0
}

package main

import (
	"os"
	"syscall"
)

// maxMemory is the most memory that a process had that has ended, in bytes.
func maxMemory(p *os.ProcessState) int64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return int64(usage.Maxrss) << 10
}

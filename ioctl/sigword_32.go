//go:build linux && (386 || arm || mips || mipsle)

package ioctl

// sigWord is one word of the system's signal set.
type sigWord = uint32

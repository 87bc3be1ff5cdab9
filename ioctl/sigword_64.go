//go:build linux && (amd64 || arm64 || s390x || ppc64le || riscv64 || loong64 || ppc64 || mips64 || mips64le)

package ioctl

// sigWord is one word of the system's signal set.
type sigWord = uint64

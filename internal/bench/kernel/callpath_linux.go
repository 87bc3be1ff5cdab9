package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/purezfs/purezfs/ioctl"
	"golang.org/x/sys/unix"
)

// bare is a command that is issued with nothing around the system call: no
// checks, no signal mask, no pinning, no decoding.
type bare struct {
	fd   int
	cmd  []byte
	dst  []byte
	name string
}

// The offsets that a bare call needs.
const (
	offDst     = 4112
	offDstSize = 4120
)

func newBare(name string) (*bare, error) {
	fd, err := unix.Open(ioctl.DefaultPath, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	b := &bare{fd: fd, cmd: make([]byte, 16<<10), dst: make([]byte, 128<<10), name: name}
	copy(b.cmd, name)
	return b, nil
}

// call issues one request n times.
func (b *bare) call(request uintptr, n int, want unix.Errno) error {
	for range n {
		binary.NativeEndian.PutUint64(b.cmd[offDst:], uint64(uintptr(unsafe.Pointer(&b.dst[0]))))
		binary.NativeEndian.PutUint64(b.cmd[offDstSize:], uint64(len(b.dst)))
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(b.fd), request, uintptr(unsafe.Pointer(&b.cmd[0])))
		if errno != want {
			return fmt.Errorf("bare ioctl %#x: %v", request, errno)
		}
	}
	runtime.KeepAlive(b)
	return nil
}

// callPath compares Device.Call with a bare loop, over a call that does much
// and over one that the module refuses at once.
func (s sizes) callPath(ctx context.Context, dev *ioctl.Device) ([]result, error) {
	name := treeName(s[0]) + "/fs0000"
	b, err := newBare(name)
	if err != nil {
		return nil, err
	}
	c := dev.Cmd()
	defer c.Release()
	if err := c.SetText(ioctl.FieldName, name); err != nil {
		return nil, err
	}
	stats := func() error { return dev.Call(ctx, ioctl.OpObjsetStats, c) }
	ours, theirs, err := compare(40, repeat(100, stats), func() error { return b.call(ioctl.OpObjsetStats.Request(), 100, 0) })
	if err != nil {
		return nil, err
	}
	allocs := testing.AllocsPerRun(100, func() { err = stats() })
	if err != nil {
		return nil, err
	}
	// The module refuses FreeBSD's operation before it looks at anything else.
	refused := func() error {
		if ioctl.CodeOf(dev.Call(ctx, ioctl.OpNextboot, c)) != ioctl.CodeIocCmdUnavail {
			return fmt.Errorf("the module took an operation that it does not have")
		}
		return nil
	}
	rejected, bareRejected, err := compare(40, repeat(1000, refused), func() error {
		return b.call(ioctl.OpNextboot.Request(), 1000, unix.Errno(ioctl.CodeIocCmdUnavail))
	})
	if err != nil {
		return nil, err
	}
	per := func(d time.Duration, n int) time.Duration { return d / time.Duration(n) }
	return []result{
		{"Call / bare loop, OBJSET_STATS", per(ours, 100), per(theirs, 100), ratio(ours, theirs), "under 1.03", ratio(ours, theirs) < 1.03},
		{"Call / bare loop, rejected ioctl", per(rejected, 1000), per(bareRejected, 1000), ratio(rejected, bareRejected), "under 1.35", ratio(rejected, bareRejected) < 1.35},
		{"allocations of one Call", 0, 0, allocs, "0", allocs == 0},
	}, nil
}

// repeat makes n calls into one.
func repeat(n int, fn func() error) func() error {
	return func() error {
		for range n {
			if err := fn(); err != nil {
				return err
			}
		}
		return nil
	}
}

package ioctl

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// open opens the node and measures the layout.
func (d *Device) open() (err error) {
	if err := d.openNode(); err != nil {
		return err
	}
	if d.layout, err = measureFD(d.fd); err != nil {
		d.closeFD()
		return fmt.Errorf("%s: %w", d.path, err)
	}
	d.invoke, d.direct = d.syscall, true
	return nil
}

// reopen opens the node that from has open. The path must still lead to the
// same device.
func (d *Device) reopen(from *Device) error {
	if err := d.openNode(); err != nil {
		return err
	}
	var was, is unix.Stat_t
	if err := errors.Join(unix.Fstat(from.fd, &was), unix.Fstat(d.fd, &is)); err != nil {
		d.closeFD()
		return fmt.Errorf("%s: %w", d.path, err)
	}
	if is.Mode&unix.S_IFMT != unix.S_IFCHR || is.Rdev != was.Rdev {
		d.closeFD()
		return fmt.Errorf("%s: %w any more", d.path, ErrNotDevice)
	}
	if from.direct {
		d.invoke, d.direct = d.syscall, true
	}
	return nil
}

// openNode opens the node, for reading only if nothing else is allowed.
func (d *Device) openNode() error {
	fd, err := unix.Open(d.path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EROFS) {
		d.readOnly = true
		fd, err = unix.Open(d.path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		return fmt.Errorf("open %s: %w", d.path, err)
	}
	d.fd = fd
	return nil
}

func (d *Device) closeFD() {
	if d.fd >= 0 {
		_ = unix.Close(d.fd) // no written data can be lost
	}
}

// probeRequest is a number that no release assigns.
const probeRequest = 0x5aff

// measureFD measures the command structure of the module behind fd. The module
// copies the structure in before it looks at the number. A structure that
// extends into an unreadable page returns EFAULT; a structure that is large
// enough returns the error for an unknown number. Nothing is executed.
func measureFD(fd int) (Layout, error) {
	page := unix.Getpagesize()
	room := (cmdSize + page - 1) / page * page
	mem, err := unix.Mmap(-1, 0, room+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return Layout{}, fmt.Errorf("measure the command structure: %w", err)
	}
	defer unix.Munmap(mem)
	if err := unix.Mprotect(mem[room:], unix.PROT_NONE); err != nil {
		return Layout{}, fmt.Errorf("measure the command structure: %w", err)
	}
	return measure(func(n int) (bool, error) {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), probeRequest, uintptr(unsafe.Pointer(&mem[room-n])))
		switch {
		case errno == unix.EFAULT:
			return false, nil
		case Code(errno) == CodeIocCmdUnavail:
			return true, nil
		case errno == 0:
			return false, fmt.Errorf("%w: it accepts a number that no release has", ErrNotDevice)
		}
		return false, fmt.Errorf("%w: %w", ErrNotDevice, errno)
	})
}

// syscall is the transport to the kernel, and the only function that enters it
// with a command. The goroutine stays on its thread, with all signals blocked,
// until the mask is restored: a pending signal makes several operations return
// EINTR in the middle of their work.
func (d *Device) syscall(c *Cmd, op Op) Code {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var old unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &quietMask, &old); err != nil {
		return Code(err.(unix.Errno))
	}
	if c.watched && !c.guard.begin(unix.Gettid()) {
		_ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
		return CodeIntr
	}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(d.fd), op.Request(), uintptr(unsafe.Pointer(&c.raw)))
	if c.watched {
		c.guard.end()
	}
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	return Code(errno)
}

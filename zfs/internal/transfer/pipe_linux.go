package transfer

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// pipeRoom is the size that the pipes of streams are grown to, in bytes: what
// the system lets everybody have by default. A block and its record fit many
// times.
const pipeRoom = 1 << 20

// setPipeSize is F_SETPIPE_SZ of fcntl(2).
const setPipeSize = 1031

// RecordPipe returns a pipe into which the kernel can write: it does not come
// back to a descriptor that does not block. The end to read from is watched by
// the runtime, so that waiting for it holds no thread.
func RecordPipe() (r, w *os.File, err error) { return kernelPipe(0) }

// FeedPipe is a RecordPipe in the other direction: the kernel can read from it.
func FeedPipe() (r, w *os.File, err error) { return kernelPipe(1) }

// kernelPipe makes a pipe of which one end is ours, 0 for that to read from.
func kernelPipe(ours int) (r, w *os.File, err error) {
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
		return nil, nil, os.NewSyscallError("pipe2", err)
	}
	if err := syscall.SetNonblock(fds[ours], true); err != nil {
		_ = syscall.Close(fds[0])
		_ = syscall.Close(fds[1])
		return nil, nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fds[0]), "pipe"), os.NewFile(uintptr(fds[1]), "pipe"), nil
}

// Grow enlarges an empty pipe. If the system allows less, the pipe stays as it is.
func Grow(fd int32) { _, _ = fcntl(int(fd), setPipeSize, pipeRoom) }

// FD returns the file's descriptor, as one that blocks.
func FD(f *os.File) int32 {
	fd := f.Fd()
	_ = syscall.SetNonblock(int(fd), false)
	return int32(fd)
}

func fcntl(fd, cmd, arg int) (int, error) {
	n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), uintptr(cmd), uintptr(arg))
	if errno != 0 {
		return 0, os.NewSyscallError("fcntl", errno)
	}
	return int(n), nil
}

// KernelFile returns a descriptor of its own for the file that the kernel can
// stream through, nil if there is none: regular files, pipes, and sockets that
// block. A pipe is opened anew, for the flag that makes it not block is shared
// with everybody who has it. What is returned serves for reading too, until
// FD. The caller closes it; f stays as it is.
func KernelFile(f *os.File, write bool) (file *os.File, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	if conn.Control(func(fd uintptr) { file, err = kernelDescriptor(int(fd), write) }) != nil {
		return nil, os.ErrClosed // it has no other error, and none that errors.Is knows
	}
	return file, err
}

// kernelDescriptor is KernelFile for a descriptor that stays open meanwhile.
func kernelDescriptor(fd int, write bool) (*os.File, error) {
	flags, err := fcntl(fd, syscall.F_GETFL, 0)
	if err != nil {
		return nil, err
	}
	// The kernel's own writes to a file that is open for reading are a warning
	// with a trace in its log.
	wrong := syscall.O_RDONLY
	if !write {
		wrong = syscall.O_WRONLY
	}
	if flags&syscall.O_ACCMODE == wrong {
		return nil, os.NewSyscallError("open", syscall.EBADF)
	}
	var stat syscall.Stat_t
	if err := syscall.Fstat(fd, &stat); err != nil {
		return nil, os.NewSyscallError("fstat", err)
	}
	blocks := flags&syscall.O_NONBLOCK == 0
	switch stat.Mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		return duplicate(fd)
	case syscall.S_IFIFO:
		file, err := reopenPipe(fd, write)
		if err == nil || !blocks {
			return file, nil // nil: no way to reopen it, no way to use it
		}
		return duplicate(fd)
	case syscall.S_IFSOCK:
		if blocks {
			return duplicate(fd)
		}
	}
	return nil, nil
}

// duplicate returns another descriptor of the same open file.
func duplicate(fd int) (*os.File, error) {
	n, err := fcntl(fd, syscall.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(n), "stream"), nil
}

// reopenPipe opens one end of a pipe once more. That must not wait for somebody
// at the other end, so it does not block.
func reopenPipe(fd int, write bool) (*os.File, error) {
	mode := syscall.O_RDONLY
	if write {
		mode = syscall.O_WRONLY
	}
	n, err := syscall.Open(fmt.Sprintf("/proc/self/fd/%d", fd), mode|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: "pipe", Err: err}
	}
	return os.NewFile(uintptr(n), "stream"), nil
}

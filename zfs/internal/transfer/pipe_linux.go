package transfer

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// pipeRoom is the size of the pipes of streams in bytes: the system's default
// limit for unprivileged users. It holds a block and its record many times.
const pipeRoom = 1 << 20

// setPipeSize is F_SETPIPE_SZ of fcntl(2).
const setPipeSize = 1031

// RecordPipe returns a pipe that the kernel can write to. The write end blocks,
// because the kernel does not retry on a descriptor that does not block. The
// runtime polls the read end, so that waiting for it occupies no thread.
func RecordPipe() (r, w *os.File, err error) { return kernelPipe(0) }

// FeedPipe is a RecordPipe in the other direction: the kernel can read from it.
func FeedPipe() (r, w *os.File, err error) { return kernelPipe(1) }

// kernelPipe makes a pipe. ours is the end for the runtime, 0 for the read end.
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

// FD returns the file's descriptor and makes it block.
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

// KernelFile returns a separate descriptor of a file that the kernel can stream
// through: a regular file, a pipe, or a blocking socket. For any other file it
// returns nil. A pipe is reopened, because all holders of a descriptor share its
// non-blocking flag. The returned file can also be read, until FD is called. The
// caller closes it; f is not changed.
func KernelFile(f *os.File, write bool) (file *os.File, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	if conn.Control(func(fd uintptr) { file, err = kernelDescriptor(int(fd), write) }) != nil {
		return nil, os.ErrClosed // Control fails for a closed file only, with an error of no sentinel
	}
	return file, err
}

// kernelDescriptor is KernelFile for a descriptor that stays open during the call.
func kernelDescriptor(fd int, write bool) (*os.File, error) {
	flags, err := fcntl(fd, syscall.F_GETFL, 0)
	if err != nil {
		return nil, err
	}
	// If the kernel writes to a file that is open for reading only, it logs a
	// warning with a stack trace.
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
			return file, nil // nil: it cannot be reopened and not be used
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

// reopenPipe reopens one end of a pipe. It does not block, so that it does not
// wait for a process at the other end.
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

package ioctl

import (
	"os"
	"os/signal"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// interruptSignal ends a call whose context has ended. It is a real-time signal
// because nothing else sends it: the runtime sends SIGURG all the time, which
// would interrupt calls by mistake.
const interruptSignal = syscall.Signal(58)

// openSignals are the bits of the signals that are not blocked: the signals of a
// fault, which a thread must handle immediately, and the two that libc and the
// runtime send to every thread and wait for.
const openSignals = 1<<(unix.SIGSEGV-1) | 1<<(unix.SIGBUS-1) | 1<<(unix.SIGFPE-1) | 1<<(unix.SIGILL-1) |
	1<<(unix.SIGTRAP-1) | 1<<(unix.SIGSYS-1) | 1<<(32-1) | 1<<(33-1)

// quietMask blocks every signal that could interrupt a call, except
// interruptSignal.
var quietMask = makeQuietMask()

func makeQuietMask() (set unix.Sigset_t) {
	quiet := ^uint64(openSignals | 1<<(interruptSignal-1))
	// The words of the set are as wide as the machine's.
	width := 8 * int(unsafe.Sizeof(set.Val[0]))
	for i := 0; i*width < 64; i++ {
		set.Val[i] = sigWord(quiet >> (i * width))
	}
	return set
}

// interruptThread sends the signal to one thread of this process.
func interruptThread(tid int) {
	// The thread exists: it is in a call, and cannot end before the call
	// returns.
	_ = unix.Tgkill(os.Getpid(), tid, interruptSignal)
}

// prepareInterrupt makes sure that the signal has a handler, and that it ends an
// interrupted call. The runtime installs a handler in every program; in a library
// it does not, and the signal would end the process.
func prepareInterrupt() {
	action := getAction()
	const defaultAction, ignore = 0, 1
	if handler := action[0]; handler == defaultAction || handler == ignore {
		signal.Notify(make(chan os.Signal, 1), interruptSignal)
		action = getAction()
	}
	// The runtime's handlers let the kernel restart interrupted calls. A
	// stream would then start again, after the part that was already written
	// or read.
	if action[1]&restartAction != 0 {
		action[1] &^= restartAction
		_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(interruptSignal), uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0)
	}
}

// restartAction is SA_RESTART.
const restartAction = 0x10000000

// getAction reads how the signal is handled: the words of struct sigaction. The
// handler is the first word and the flags are the second.
func getAction() (action [16]uintptr) {
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(interruptSignal), 0, uintptr(unsafe.Pointer(&action)), 8, 0, 0)
	return action
}

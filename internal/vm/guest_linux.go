package vm

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/purezfs/purezfs/internal/vm/image"
	"golang.org/x/sys/unix"
)

// IsGuest reports whether this process is the guest's process 1.
func IsGuest() bool {
	_, err := os.Stat(guestJob)
	return os.Getpid() == 1 && err == nil
}

// Guest is the life of process 1: it prepares the machine, runs the program,
// sends its verdict and powers off. It never returns. When it fails before the
// wire works, the host sees a machine without a final message.
func Guest() {
	defer powerOff()
	if err := mountAll(); err != nil {
		fmt.Fprintln(os.Stderr, "zvm:", err)
		return
	}
	// The driver of a virtio port is a module.
	var loaded error
	if !serialWire {
		loaded = loadModules()
	}
	wire, err := openWire()
	if err != nil {
		fmt.Fprintln(os.Stderr, "zvm:", errors.Join(loaded, err))
		return
	}
	defer drain(wire)
	w := &frameWriter{w: wire}
	if serialWire {
		loaded = loadModules()
	}
	j, err := prepare()
	if err = errors.Join(loaded, err); err != nil {
		report(w, frameNoStart, []byte(err.Error()))
		return
	}
	kind, payload := perform(w, j)
	report(w, kind, payload)
}

// report sends the final message. If that fails, it prints an error to the
// console.
func report(w *frameWriter, kind byte, payload []byte) {
	if err := w.send(kind, payload); err != nil {
		fmt.Fprintln(os.Stderr, "zvm: sending the verdict:", err)
	}
}

// perform runs the job under its watchdog and returns the verdict.
func perform(w *frameWriter, j *job) (kind byte, payload []byte) {
	if j.Timeout > 0 {
		timer := time.AfterFunc(j.Timeout, func() { bark(w, j.Timeout) })
		defer timer.Stop()
	}
	if err := w.send(frameReady, nil); err != nil {
		return frameNoStart, []byte(err.Error())
	}
	for _, name := range j.Get {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return frameNoStart, []byte(err.Error())
		}
	}
	code, err := runProgram(w, j)
	if err != nil {
		return frameNoStart, []byte(err.Error())
	}
	if err := sendResults(w, j); err != nil {
		return frameNoStart, []byte("sending files back: " + err.Error())
	}
	flushDisks()
	return frameExit, []byte{byte(code)}
}

// bark lets the kernel print the stacks of blocked tasks, then sends the verdict
// itself, because a process that is stuck in the kernel cannot be killed or
// waited for.
func bark(w *frameWriter, after time.Duration) {
	const verbose, blocked = "8", "w"
	_ = os.WriteFile("/proc/sys/kernel/printk", []byte(verbose), 0)
	_ = os.WriteFile("/proc/sysrq-trigger", []byte(blocked), 0)
	report(w, frameWatchdog, []byte(fmt.Sprintf("still running after %v", after)))
	powerOff()
}

// A mount is a filesystem that the guest needs.
type mount struct{ kind, dir, options string }

// mountAll mounts the filesystems that programs expect. A kernel without debugfs
// is accepted, because no program needs it.
func mountAll() error {
	for _, m := range []mount{
		{"proc", "/proc", ""},
		{"sysfs", "/sys", ""},
		{"devtmpfs", "/dev", ""},
		{"devpts", "/dev/pts", "ptmxmode=0666"},
		{"tmpfs", "/dev/shm", "mode=1777"},
		{"tmpfs", "/run", "mode=0755"},
		{"debugfs", "/sys/kernel/debug", ""},
	} {
		if err := os.MkdirAll(m.dir, 0o755); err != nil {
			return err
		}
		err := unix.Mount(m.kind, m.dir, m.kind, unix.MS_NOSUID, m.options)
		if err != nil && m.kind != "debugfs" {
			return fmt.Errorf("mounting %s: %w", m.dir, err)
		}
	}
	return writableRoot()
}

// writableRoot lets files use most of the memory. The root of an initramfs is a
// tmpfs of half the memory; a pool on files in /tmp needs more.
func writableRoot() error {
	if err := unix.Mount("", "/", "", unix.MS_REMOUNT, "size=90%"); err != nil {
		return fmt.Errorf("resizing the root file system: %w", err)
	}
	for _, dir := range []string{"/tmp", "/var/tmp"} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
		if err := os.Chmod(dir, 0o777|os.ModeSticky); err != nil {
			return err
		}
	}
	return nil
}

// prepare finds the disks and reads the job.
func prepare() (*job, error) {
	if err := linkDisks(); err != nil {
		return nil, err
	}
	limit := unix.Rlimit{Cur: 1 << 20, Max: 1 << 20}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return nil, fmt.Errorf("raising the limit of open files: %w", err)
	}
	if err := unix.Sethostname([]byte("zvm")); err != nil {
		return nil, err
	}
	// Only a program that listens on localhost needs it.
	_ = exec.Command("/bin/busybox", "ifconfig", "lo", "up").Run()
	data, err := os.ReadFile(guestJob)
	if err != nil {
		return nil, err
	}
	j := new(job)
	if err := json.Unmarshal(data, j); err != nil {
		return nil, fmt.Errorf("%s: %w", guestJob, err)
	}
	return j, nil
}

// moduleOptions returns the options for loading a module.
func moduleOptions(name string) string {
	switch name {
	case "spl":
		// Without it an assertion stops only its thread, forever.
		return "spl_panic_halt=1"
	case "loop":
		return "max_loop=8"
	case "brd":
		return "rd_nr=2 rd_size=65536"
	}
	return ""
}

// loadModules loads the image's modules in the order that modprobe printed when
// the image was packed, so that the guest needs no tool for it.
func loadModules() error {
	order, err := os.ReadFile(image.GuestOrder)
	if err != nil {
		return err
	}
	for _, file := range strings.Fields(string(order)) {
		f, err := os.Open(filepath.Join(image.GuestModules, file))
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(file, ".ko")
		err = unix.FinitModule(int(f.Fd()), moduleOptions(name), 0)
		f.Close()
		if err != nil {
			return fmt.Errorf("loading module %s: %w", name, err)
		}
	}
	return nil
}

// serialWire reports whether the wire is the second serial port.
const serialWire = runtime.GOARCH == image.DefaultArch

// openWire opens the port that carries our frames.
func openWire() (*os.File, error) {
	if serialWire {
		return openSerial("/dev/ttyS1")
	}
	return openVirtioPort(30 * time.Second)
}

// openVirtioPort waits for the only virtio port, whose device appears once its driver has
// heard of it from the host. The file must block: then a write ends when the host
// has the bytes.
func openVirtioPort(limit time.Duration) (*os.File, error) {
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		ports, err := filepath.Glob("/dev/vport*")
		if err != nil {
			return nil, err
		}
		if len(ports) > 0 {
			fd, err := unix.Open(ports[0], unix.O_RDWR|unix.O_CLOEXEC, 0)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", ports[0], err)
			}
			return os.NewFile(uintptr(fd), ports[0]), nil
		}
		if time.Since(begun) > limit {
			return nil, errors.New("no virtio port has appeared")
		}
	}
}

// openSerial opens a serial port that passes every byte unchanged.
func openSerial(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	fd := int(f.Fd())
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B115200
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, t); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// drain waits until a serial port has sent its last byte. Other ports ignore it.
func drain(f *os.File) {
	_ = unix.IoctlSetInt(int(f.Fd()), unix.TCSBRK, 1)
}

// powerOff ends the machine. It does not sync: that would hang on a suspended
// pool, and flushDisks has written the attached disks.
func powerOff() {
	time.Sleep(100 * time.Millisecond)
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	select {}
}

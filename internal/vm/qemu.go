package vm

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/internal/vm/image"
)

// The accelerators of a Command.
const (
	AccelTCG = "tcg" // software emulation, works everywhere
	AccelKVM = "kvm" // needs a usable /dev/kvm
)

// A machine holds the parameters of qemu's command line.
type machine struct {
	arch            string // image.Arch's name
	kernel, initrd  string
	console, socket string // host paths of the console and of the wire
	scratch         string // host path of the scratch disk, or ""
	disks           []string
	memMiB, cpus    int
	accel           string
}

// args returns qemu's whole command line without the program.
func (m *machine) args() []string {
	var args []string
	for _, group := range [][]string{
		m.isolation(), m.hardware(), m.boot(), m.ports(), m.storage(),
	} {
		args = append(args, group...)
	}
	return args
}

// isolation disables the user's qemu configuration, display, monitor and network.
func (m *machine) isolation() []string {
	return []string{"-nodefaults", "-no-user-config", "-display", "none", "-nic", "none"}
}

// hardware is the machine and its size.
func (m *machine) hardware() []string {
	board, cpu := m.board()
	accel := "tcg,thread=multi"
	if m.accel == AccelKVM {
		accel, cpu = "kvm", "host"
	}
	return []string{
		"-machine", board, "-accel", accel, "-cpu", cpu,
		"-smp", strconv.Itoa(m.cpus), "-m", strconv.Itoa(m.memMiB),
	}
}

// board is the machine type and the emulated processor. On amd64 it is the oldest
// type, which boots as fast as the others and has the second serial port that
// microvm lacks. Without AVX there are fewer
// variants of checksums for the ZFS module to try out when it is loaded. Without
// CX16 the kernel makes do without an instruction after which qemu 7.2 leaves a
// pointer in the flags register: now and then that kills the kernel. On arm64 a
// processor without signed pointers and wide vectors is emulated faster.
func (m *machine) board() (board, cpu string) {
	switch m.arch {
	case "arm64":
		return "virt", "cortex-a72"
	case "s390x":
		return "s390-ccw-virtio", "max"
	}
	return "pc", "max,-avx,-avx2,-cx16"
}

// consoleDevice is the kernel's name of the first serial port.
func (m *machine) consoleDevice() string {
	switch m.arch {
	case "arm64":
		return "ttyAMA0"
	case "s390x":
		return "ttysclp0"
	}
	return "ttyS0"
}

// bus is the last part of the names of virtio devices.
func (m *machine) bus() string {
	if m.arch == "s390x" {
		return "ccw"
	}
	return "pci"
}

// boot passes the kernel and what it is told.
func (m *machine) boot() []string {
	kernelArgs := []string{
		"console=" + m.consoleDevice(),
		"quiet",
		// A panic restarts immediately, which -no-reboot turns into an exit.
		"panic=-1",
		// Without it a machine hangs after a thread has died in the kernel.
		"oops=panic",
		// The check of certificates for signed modules takes more than a
		// second.
		"initcall_blacklist=load_system_certificate_list",
		// The machine runs only trusted code; mitigations cost emulated
		// time.
		"mitigations=off",
	}
	return []string{
		"-no-reboot", "-kernel", m.kernel, "-initrd", m.initrd,
		"-append", strings.Join(kernelArgs, " "),
	}
}

// ports are the kernel's console, kept in a file, and ours. A socket says that qemu
// is gone, which a file cannot. Ours is a second serial port on amd64, where old
// kernels have the driver of no other port built in. Other machines have no second
// one.
func (m *machine) ports() []string {
	args := []string{
		"-chardev", "file,id=console,path=" + escape(m.console),
		"-serial", "chardev:console",
		"-chardev", "socket,id=wire,path=" + escape(m.socket),
	}
	if m.arch == image.DefaultArch {
		return append(args, "-serial", "chardev:wire")
	}
	return append(args, "-device", "virtio-serial-"+m.bus(), "-device", "virtserialport,chardev=wire,name=zvm")
}

// storage attaches raw files. The order determines the device names, so the caller's
// disks come first.
func (m *machine) storage() []string {
	var args []string
	add := func(serial, path string) {
		args = append(args,
			"-drive", fmt.Sprintf("if=none,id=%s,format=raw,cache=unsafe,discard=unmap,file=%s", serial, escape(path)),
			"-device", fmt.Sprintf("virtio-blk-%s,drive=%s,serial=%s", m.bus(), serial, serial))
	}
	for i, path := range m.disks {
		add(diskSerial+strconv.Itoa(i), path)
	}
	if m.scratch != "" {
		add(scratchSerial, m.scratch)
	}
	return args
}

// escape doubles commas, which separate the parts of a qemu option.
func escape(path string) string { return strings.ReplaceAll(path, ",", ",,") }

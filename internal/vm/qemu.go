package vm

import (
	"fmt"
	"strconv"
	"strings"
)

// The accelerators of a Command.
const (
	AccelTCG = "tcg" // software emulation, works everywhere
	AccelKVM = "kvm" // needs a usable /dev/kvm
)

// A machine holds the parameters of qemu's command line.
type machine struct {
	kernel, initrd  string
	console, socket string // host paths of the two serial ports
	scratch         string // host path of the scratch disk, or ""
	disks           []string
	memMiB, cpus    int
	accel           string
}

// args returns qemu's whole command line without the program.
func (m *machine) args() []string {
	var args []string
	for _, group := range [][]string{
		m.isolation(), m.hardware(), m.boot(), m.serialPorts(), m.storage(),
	} {
		args = append(args, group...)
	}
	return args
}

// isolation disables the user's qemu configuration, display, monitor and network.
func (m *machine) isolation() []string {
	return []string{"-nodefaults", "-no-user-config", "-display", "none", "-nic", "none"}
}

// hardware selects the oldest machine type, which boots as fast as the others and
// has the second serial port that microvm lacks. Without AVX the ZFS module
// benchmarks fewer checksum variants when it is loaded. Without CX16 the kernel
// avoids an instruction after which qemu 7.2 leaves a pointer in the flags register,
// which sometimes crashes the kernel.
func (m *machine) hardware() []string {
	accel, cpu := "tcg,thread=multi", "max,-avx,-avx2,-cx16"
	if m.accel == AccelKVM {
		accel, cpu = "kvm", "host"
	}
	return []string{
		"-machine", "pc", "-accel", accel, "-cpu", cpu,
		"-smp", strconv.Itoa(m.cpus), "-m", strconv.Itoa(m.memMiB),
	}
}

// boot returns the flags for the kernel and its parameters.
func (m *machine) boot() []string {
	kernelArgs := []string{
		"console=ttyS0",
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

// serialPorts are the kernel's console, stored in a file, and ours. A socket reports
// the end of qemu, which a file cannot.
func (m *machine) serialPorts() []string {
	return []string{
		"-chardev", "file,id=console,path=" + escape(m.console),
		"-serial", "chardev:console",
		"-chardev", "socket,id=wire,path=" + escape(m.socket),
		"-serial", "chardev:wire",
	}
}

// storage attaches raw files. The order determines the device names, so the caller's
// disks come first.
func (m *machine) storage() []string {
	var args []string
	add := func(serial, path string) {
		args = append(args,
			"-drive", fmt.Sprintf("if=none,id=%s,format=raw,cache=unsafe,discard=unmap,file=%s", serial, escape(path)),
			"-device", fmt.Sprintf("virtio-blk-pci,drive=%s,serial=%s", serial, serial))
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

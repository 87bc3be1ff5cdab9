package image

import "fmt"

// An Arch is a kind of machine that images are built for.
type Arch struct {
	Name string // as Debian and Go both call it: arm64
	QEMU string // the program that emulates it
	// qemuPackage is Debian's package of QEMU, and olderPackage the one that has
	// it in releases without that package, "" for none.
	qemuPackage, olderPackage string
	triplet                   string // what the names of the cross tools begin with, "" for amd64
	kernel                    string // the kernel's name of it
	flavour                   string // Debian's kernel
	modules                   string // what a guest loads, besides what these need
}

// guestModuleNames are the modules that a guest on amd64 loads, besides what they
// need.
const guestModuleNames = "virtio_pci virtio_blk loop zfs"

// DefaultArch is the machine of a release that names none.
const DefaultArch = "amd64"

// arches lists the machines. The tools of the recipe run on the first one.
func arches() []Arch {
	return []Arch{
		{
			Name: DefaultArch, QEMU: "qemu-system-x86_64", qemuPackage: "qemu-system-x86",
			kernel: "x86", flavour: "cloud-amd64", modules: guestModuleNames,
		},
		{
			Name: "arm64", QEMU: "qemu-system-aarch64", qemuPackage: "qemu-system-arm",
			triplet: "aarch64-linux-gnu", kernel: "arm64", flavour: "cloud-arm64",
			modules: "virtio_pci virtio_blk virtio_console loop zfs",
		},
		{
			Name: "s390x", QEMU: "qemu-system-s390x", qemuPackage: "qemu-system-s390x", olderPackage: "qemu-system-misc",
			triplet: "s390x-linux-gnu", kernel: "s390", flavour: "s390x",
			modules: "virtio_blk virtio_console loop zfs",
		},
	}
}

// Machine is the kind of machine that the release's image runs on.
func (r Release) Machine() Arch {
	name := r.Arch
	if name == "" {
		name = DefaultArch
	}
	for _, a := range arches() {
		if a.Name == name {
			return a
		}
	}
	// Releases and their machines are parts of the program.
	panic(fmt.Sprintf("image %s: no machine %q", r.Name, name))
}

// cross reports whether the programs of the image do not run in its chroot.
func (a Arch) cross() bool { return a.triplet != "" }

// script is the name of one of the recipe's scripts for the machine.
func (a Arch) script(name string) string {
	if a.cross() {
		return "recipe/cross/" + name
	}
	return "recipe/" + name
}

// env is what the scripts for another machine are told.
func (a Arch) env() []string {
	if !a.cross() {
		return nil
	}
	return []string{
		"ZVM_ARCH=" + a.Name, "ZVM_TRIPLET=" + a.triplet,
		"ZVM_KARCH=" + a.kernel, "ZVM_FLAVOUR=" + a.flavour,
	}
}

// tool is the emulator as a program that the machine needs.
func (a Arch) tool() Tool {
	return Tool{Program: a.QEMU, Package: a.qemuPackage, Older: a.olderPackage, Why: "boots the images of " + a.Name}
}

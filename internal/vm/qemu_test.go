package vm

import (
	"slices"
	"strings"
	"testing"
)

func TestMachineArgs(t *testing.T) {
	tests := []struct {
		arch       string
		want, lack []string
	}{
		{"amd64", []string{"-machine pc", "console=ttyS0", "-serial chardev:wire", "virtio-blk-pci"}, []string{"virtserialport"}},
		{"arm64", []string{"-machine virt", "-cpu cortex-a72", "console=ttyAMA0", "-device virtio-serial-pci -device virtserialport,chardev=wire", "virtio-blk-pci"},
			[]string{"-serial chardev:wire", "-avx"}},
		{"s390x", []string{"-machine s390-ccw-virtio", "-cpu max ", "console=ttysclp0", "-device virtio-serial-ccw -device virtserialport,chardev=wire", "virtio-blk-ccw"},
			[]string{"-serial chardev:wire", "-pci", "-avx"}},
	}
	for _, tt := range tests {
		t.Run(tt.arch, func(t *testing.T) {
			m := &machine{
				arch: tt.arch, kernel: "/k", initrd: "i", console: "c", socket: "s", scratch: "x",
				disks: []string{"/d,1"}, memMiB: 512, cpus: 3, accel: AccelTCG,
			}
			args := m.args()
			for _, want := range []string{"-nodefaults", "-no-reboot", "512", "3", "/k", "i", "tcg,thread=multi"} {
				if !slices.Contains(args, want) {
					t.Errorf("no argument %q in %q", want, args)
				}
			}
			line := strings.Join(args, " ")
			want := append(tt.want, "panic=-1", "oops=panic", "file=/d,,1", "serial=zvm-disk0", "serial=zvm-scratch", "-serial chardev:console")
			for _, want := range want {
				if !strings.Contains(line, want) {
					t.Errorf("no %q in %s", want, line)
				}
			}
			for _, lack := range append(tt.lack, "kvm") {
				if strings.Contains(line, lack) {
					t.Errorf("%q in %s", lack, line)
				}
			}
			if strings.Index(line, "zvm-disk0") > strings.Index(line, "zvm-scratch") {
				t.Error("the scratch disk takes the first device name")
			}
		})
	}
}

func TestMachineKVM(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64", "s390x"} {
		args := (&machine{arch: arch, accel: AccelKVM}).args()
		i, cpu := slices.Index(args, "-accel"), slices.Index(args, "-cpu")
		if i < 0 || args[i+1] != "kvm" || cpu < 0 || args[cpu+1] != "host" {
			t.Errorf("no kvm in %q", args)
		}
	}
}

package vm

import (
	"slices"
	"strings"
	"testing"
)

func TestMachineArgs(t *testing.T) {
	m := &machine{
		kernel: "/k", initrd: "i", console: "c", socket: "s", scratch: "x",
		disks: []string{"/d,1"}, memMiB: 512, cpus: 3, accel: AccelTCG,
	}
	args := m.args()
	for _, want := range []string{"-nodefaults", "-no-reboot", "512", "3", "/k", "i", "tcg,thread=multi"} {
		if !slices.Contains(args, want) {
			t.Errorf("no argument %q in %q", want, args)
		}
	}
	line := strings.Join(args, " ")
	for _, want := range []string{"panic=-1", "oops=panic", "console=ttyS0", "file=/d,,1", "serial=zvm-disk0", "serial=zvm-scratch"} {
		if !strings.Contains(line, want) {
			t.Errorf("no %q in %s", want, line)
		}
	}
	if strings.Index(line, "zvm-disk0") > strings.Index(line, "zvm-scratch") {
		t.Error("the scratch disk takes the first device name")
	}
	if strings.Contains(line, "kvm") {
		t.Error("hardware virtualisation was not asked for")
	}
}

func TestMachineKVM(t *testing.T) {
	args := (&machine{accel: AccelKVM}).args()
	i := slices.Index(args, "-accel")
	if i < 0 || args[i+1] != "kvm" {
		t.Errorf("no kvm in %q", args)
	}
}

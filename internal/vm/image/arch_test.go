package image

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMachines(t *testing.T) {
	tests := []struct{ arch, name, qemu, script string }{
		{"", "amd64", "qemu-system-x86_64", "recipe/pack.sh"},
		{"amd64", "amd64", "qemu-system-x86_64", "recipe/pack.sh"},
		{"arm64", "arm64", "qemu-system-aarch64", "recipe/cross/pack.sh"},
		{"s390x", "s390x", "qemu-system-s390x", "recipe/cross/pack.sh"},
	}
	for _, tt := range tests {
		m := Release{Arch: tt.arch}.Machine()
		if m.Name != tt.name || m.QEMU != tt.qemu || m.script("pack.sh") != tt.script {
			t.Errorf("%q is %+v", tt.arch, m)
		}
		if !strings.Contains(" "+m.modules+" ", " zfs ") {
			t.Errorf("a guest on %s does not load zfs: %q", m.Name, m.modules)
		}
	}
}

// What the scripts of another machine are told, which those of amd64 must not be: a
// release's hash depends on it.
func TestMachineEnv(t *testing.T) {
	want := []string{"ZVM_ARCH=s390x", "ZVM_TRIPLET=s390x-linux-gnu", "ZVM_KARCH=s390", "ZVM_FLAVOUR=s390x"}
	if diff := cmp.Diff(want, Release{Arch: "s390x"}.Machine().env()); diff != "" {
		t.Errorf("s390x (-want +got):\n%s", diff)
	}
	if env := (Release{}).Machine().env(); env != nil {
		t.Errorf("amd64 has %q", env)
	}
	a, b := Release{Name: "x", Suite: "trixie", Target: "trixie", Arch: "s390x"}, Release{Name: "x", Suite: "trixie", Target: "trixie", Arch: "arm64"}
	if a.ID() == b.ID() || a.workID() == b.workID() {
		t.Errorf("two machines have one image %s", a.ID())
	}
}

// Each script of a machine exists, with the names of the others.
func TestMachineScripts(t *testing.T) {
	for _, a := range arches() {
		for _, name := range []string{"packages.sh", "modules.sh", "collect.sh", nvrefScript} {
			text, err := recipe.ReadFile(a.script(name))
			if err != nil || !strings.HasPrefix(string(text), "#!/bin/sh\n") {
				t.Errorf("%s: %s: %v", a.Name, name, err)
			}
			for _, kv := range (Release{Arch: "s390x"}).Machine().env() {
				key, _, _ := strings.Cut(kv, "=")
				if !a.cross() && strings.Contains(string(text), key) {
					t.Errorf("%s of %s reads %s, which it is not told", name, a.Name, key)
				}
			}
		}
	}
}

// Packages are only needed for the machines that are asked for.
func TestToolsOfMachines(t *testing.T) {
	programs := func(tools []Tool) []string {
		var names []string
		for _, tool := range tools {
			if strings.HasPrefix(tool.Program, "qemu") {
				names = append(names, tool.Program)
			}
		}
		return names
	}
	tests := []struct {
		releases []Release
		want     []string
	}{
		{nil, []string{"qemu-system-x86_64"}},
		{[]Release{{Name: "a"}, {Name: "b"}}, []string{"qemu-system-x86_64"}},
		{[]Release{{Arch: "s390x"}}, []string{"qemu-system-s390x"}},
		{[]Release{{}, {Arch: "arm64"}}, []string{"qemu-system-x86_64", "qemu-system-aarch64"}},
	}
	for _, tt := range tests {
		if got := programs(Tools(tt.releases...)); !slices.Equal(got, tt.want) {
			t.Errorf("%+v need %q, want %q", tt.releases, got, tt.want)
		}
	}
	if got := programs(BuildTools()); got != nil {
		t.Errorf("building needs %q", got)
	}
}

package vm

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/internal/vm/image"
	"github.com/purezfs/purezfs/internal/vm/vmtest"
)

func TestTestBinaryCommand(t *testing.T) {
	tests := []struct {
		name    string
		args    []string
		env     []string
		want    []string // arguments after the binary
		get     []string
		timeout time.Duration
	}{
		{name: "plain"},
		{
			name: "timeout", args: []string{"-test.timeout=10m0s", "-test.v=true"},
			want: []string{"-test.timeout=10m0s", "-test.v=true"}, timeout: 10*time.Minute + watchdogGrace,
		},
		{name: "no timeout", args: []string{"-test.timeout=0s"}, want: []string{"-test.timeout=0s"}},
		{
			name: "separate value", args: []string{"-test.timeout", "1s", "--test.run", "X"},
			want: []string{"-test.timeout", "1s", "--test.run", "X"}, timeout: time.Second + watchdogGrace,
		},
		{
			name: "coverage", args: []string{"-test.coverprofile=c.out", "-test.gocoverdir=/tmp/cov"},
			want: []string{"-test.coverprofile=c.out", "-test.gocoverdir=/tmp/cov"},
			get:  []string{"/m/p/c.out", "/tmp/cov"},
		},
		{
			name: "output directory", args: []string{"-test.outputdir=/out", "-test.cpuprofile=cpu", "-test.trace=/t"},
			want: []string{"-test.outputdir=/out", "-test.cpuprofile=cpu", "-test.trace=/t"},
			get:  []string{"/out/cpu", "/t"},
		},
		{
			name: "relative output directory", args: []string{"-test.outputdir=..", "-test.memprofile=mem"},
			want: []string{"-test.outputdir=..", "-test.memprofile=mem"}, get: []string{"/m/mem"},
		},
		{name: "log file is dropped", args: []string{"-test.testlogfile=/x", "-test.short"}, want: []string{"-test.short"}},
		{name: "coverage directory from the environment", env: []string{"GOCOVERDIR=/cov"}, get: []string{"/cov"}},
		{name: "the program's own arguments", args: []string{"test.timeout=x", "-pool=a"}, want: []string{"test.timeout=x", "-pool=a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &TestBinary{Args: append([]string{"/b/x.test"}, tt.args...), Dir: "/m/p", Env: tt.env}
			c, err := b.Command(&image.Image{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(append([]string{"/b/x.test"}, tt.want...), c.Args); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
			var get []string
			for _, g := range c.Get {
				if g.Host != g.Guest {
					t.Errorf("%+v moves a file", g)
				}
				get = append(get, g.Guest)
			}
			if diff := cmp.Diff(tt.get, get); diff != "" {
				t.Errorf("fetched (-want +got):\n%s", diff)
			}
			if c.Timeout != tt.timeout || c.Dir != "/m/p" {
				t.Errorf("timeout %v in %s, want %v", c.Timeout, c.Dir, tt.timeout)
			}
		})
	}
}

func TestTestBinaryErrors(t *testing.T) {
	for _, args := range [][]string{nil, {"x", "-test.timeout=soon"}} {
		b := &TestBinary{Args: args, Dir: "/"}
		if _, err := b.Command(&image.Image{}); !errors.Is(err, ErrStart) {
			t.Errorf("%q: got %v, want ErrStart", args, err)
		}
	}
}

func TestTestBinaryTakesTestdataAlong(t *testing.T) {
	root := t.TempDir()
	pkg := filepath.Join(root, "a", "b")
	vmtest.Write(t, filepath.Join(root, "go.mod"), "module x\n")
	vmtest.Write(t, filepath.Join(root, "testdata", "shared"), "1")
	vmtest.Write(t, filepath.Join(pkg, "testdata", "own"), "2")
	tests := []struct {
		dir  string
		want []string
	}{
		{pkg, []string{"a/b/t.test", "a/b/testdata", "go.mod", "testdata"}},
		{filepath.Join(root, "a"), []string{"a/t.test", "go.mod", "testdata"}},
		{root, []string{"t.test", "go.mod", "testdata"}},
	}
	for _, tt := range tests {
		b := &TestBinary{Args: []string{"./t.test"}, Dir: tt.dir}
		c, err := b.Command(&image.Image{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range c.Put {
			rel, err := filepath.Rel(root, p.Host)
			if err != nil || p.Host != p.Guest {
				t.Errorf("%+v: %v", p, err)
			}
			got = append(got, rel)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("in %s (-want +got):\n%s", tt.dir, diff)
		}
	}
}

func TestTestBinaryMakesTheCoverageFolder(t *testing.T) {
	dir := t.TempDir()
	b := &TestBinary{Args: []string{"/b/x.test", "-test.gocoverdir=" + dir}, Dir: "/"}
	c, err := b.Command(&image.Image{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Copy{same("/b/x.test"), same(dir)}, c.Put); diff != "" {
		t.Errorf("sent along (-want +got):\n%s", diff)
	}
}

func TestPassedEnv(t *testing.T) {
	env := []string{"GOFLAGS=-x", "HOME=/root", "ZFS_DEBUG=1", "ZFSDEBUG=2", "XGO=1", "PUREZFS_VM=1", "PATH=/bin"}
	want := []string{"GOFLAGS=-x", "ZFS_DEBUG=1", "ZFSDEBUG=2", "PUREZFS_VM=1"}
	if diff := cmp.Diff(want, PassedEnv(env)); diff != "" {
		t.Errorf("passed (-want +got):\n%s", diff)
	}
}

// A test binary for another machine is refused before the boot.
func TestCheckMachine(t *testing.T) {
	dir := t.TempDir()
	program := func(order binary.ByteOrder, data elf.Data, machine elf.Machine) string {
		t.Helper()
		h := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Ehsize: 64, Phentsize: 56, Shentsize: 64}
		copy(h.Ident[:], elf.ELFMAG)
		h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(data), 1
		var buf bytes.Buffer
		if err := binary.Write(&buf, order, h); err != nil {
			t.Fatal(err)
		}
		return vmtest.Write(t, filepath.Join(dir, machine.String()), buf.String())
	}
	little := program(binary.LittleEndian, elf.ELFDATA2LSB, elf.EM_X86_64)
	big := program(binary.BigEndian, elf.ELFDATA2MSB, elf.EM_S390)
	script := vmtest.Write(t, filepath.Join(dir, "script"), "#!/bin/sh\n")
	tests := []struct {
		path, arch string
		ok         bool
	}{
		{little, "amd64", true}, {little, "arm64", false}, {little, "s390x", false},
		{big, "s390x", true}, {big, "amd64", false},
		{program(binary.LittleEndian, elf.ELFDATA2LSB, elf.EM_386), "amd64", false},
		{script, "arm64", true}, {filepath.Join(dir, "absent"), "arm64", true},
	}
	for _, tt := range tests {
		err := checkMachine(tt.path, tt.arch)
		if tt.ok != (err == nil) || err != nil && (!errors.Is(err, ErrStart) || !strings.Contains(err.Error(), "GOARCH="+tt.arch)) {
			t.Errorf("%s on %s: %v", tt.path, tt.arch, err)
		}
	}
}

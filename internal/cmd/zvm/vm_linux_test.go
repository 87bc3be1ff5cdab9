package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/internal/vm"
	"github.com/purezfs/purezfs/internal/vm/image"
)

// demand is the variable that turns a missing image or qemu into a failure.
const demand = "PUREZFS_VM"

// mustZVM builds zvm as it is used, a static binary, and returns its path and the
// name of the image to boot: 2.4, or the one that PUREZFS_VM_IMAGE names.
func mustZVM(t *testing.T) (zvm, name string) {
	t.Helper()
	name = os.Getenv("PUREZFS_VM_IMAGE")
	if name == "" {
		name = "2.4"
	}
	if reason := cannotBoot(t, name); reason != "" {
		if os.Getenv(demand) == "1" {
			t.Fatal(reason)
		}
		t.Skip(reason)
	}
	r, err := image.FindRelease(name)
	if err != nil {
		t.Fatal(err)
	}
	zvm = filepath.Join(t.TempDir(), "zvm")
	mustBuild(t, zvm, runtime.GOARCH)
	if arch := r.Machine().Name; arch != runtime.GOARCH {
		mustBuild(t, zvm+"-"+arch, arch)
		// The go command builds test binaries for the image.
		t.Setenv("GOARCH", arch)
	}
	return zvm, name
}

// mustBuild builds zvm for a machine.
func mustBuild(t *testing.T, path, arch string) {
	t.Helper()
	cmd := exec.Command("go", "build", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOARCH="+arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building zvm for %s: %v\n%s", arch, err, out)
	}
}

// cannotBoot says why no machine can be booted here, or "".
func cannotBoot(t *testing.T, name string) string {
	t.Helper()
	r, err := image.FindRelease(name)
	if err != nil {
		t.Fatal(err)
	}
	if r.Emulator().Path == "" {
		return "qemu is missing: zvm deps -install " + name
	}
	cache, err := image.DefaultCache()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cache.Find(r); err != nil {
		return err.Error()
	}
	return ""
}

// A result is what a finished program left.
type result struct {
	code        int
	out, errOut string
}

// mustRun runs a program of the host to its end.
func mustRun(t *testing.T, dir, name string, args ...string) result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var out, errOut bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errOut
	cmd.Env = append(os.Environ(), "GOFLAGS=", "CGO_ENABLED=0", "GOWORK=off")
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", name, err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errOut.String()}
}

// The four failures, and success, end to end.
func TestVMVerdicts(t *testing.T) {
	zvm, image := mustZVM(t)
	tests := []struct {
		name  string
		flags []string
		shell string
		code  int
		out   string
		err   string
	}{
		{"success", nil, "echo out; echo err >&2; test -e /dev/zfs", 0, "out\n", "err\n"},
		{"failure", nil, "echo before; exit 3", 3, "before\n", ""},
		{"code of the runner's own", nil, "exit 125", 123, "", ""},
		{"signal", nil, "kill -9 $$", 137, "", ""},
		{"panic", nil, "echo c >/proc/sysrq-trigger; sleep 60", 125, "", "kernel panic"},
		{"power-off", nil, "echo PASS; poweroff -f; sleep 60", 125, "PASS\n", "missing final message"},
		{"hang", []string{"-timeout", "2s"}, "echo waiting; sleep 1000", 124, "waiting\n", "hang: still running"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"run", "-image", image}, tt.flags...)
			got := mustRun(t, "", zvm, append(args, "--", "sh", "-c", tt.shell)...)
			if got.code != tt.code || got.out != tt.out || !strings.Contains(got.errOut, tt.err) {
				t.Errorf("exit code %d, want %d\nstdout: %q\nstderr: %s", got.code, tt.code, got.out, got.errOut)
			}
		})
	}
}

func TestVMUnknownProgram(t *testing.T) {
	zvm, image := mustZVM(t)
	got := mustRun(t, "", zvm, "run", "-image", image, "--", "no-such-program")
	if got.code != vm.ExitStart || !strings.Contains(got.errOut, "could not start") {
		t.Errorf("exit code %d\n%s", got.code, got.errOut)
	}
}

// A ZFS assertion must not leave a thread parked and the test waiting.
func TestVMAssertionsPanic(t *testing.T) {
	zvm, image := mustZVM(t)
	got := mustRun(t, "", zvm, "run", "-image", image, "--", "cat", "/sys/module/spl/parameters/spl_panic_halt")
	if got.code != 0 || strings.TrimSpace(got.out) != "1" {
		t.Errorf("exit code %d, spl_panic_halt is %q\n%s", got.code, got.out, got.errOut)
	}
}

// What the guest contract promises, looked at from within.
func TestVMContract(t *testing.T) {
	zvm, image := mustZVM(t)
	dir := t.TempDir()
	in, disk := filepath.Join(dir, "in"), filepath.Join(dir, "disk")
	payload := bytes.Repeat([]byte("\x00\r\n\x04binary"), 100_000)
	if err := os.WriteFile(in, payload, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(disk, make([]byte, 1<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	script := `set -ex
test "$ZVM_GUEST $ZVM_IMAGE $HOME $GOTEST $EXTRA" = "1 @ /tmp yes more"
case $(cat /sys/module/zfs/version) in "$ZVM_ZFS_VERSION"*) ;; *) exit 10 ;; esac
test "$(cat)" = ""
test "$(id -u alice)$(id -u bob)" = 10011002
for p in zfs zpool zdb zstream zinject busybox; do command -v $p >/dev/null || { echo no $p; exit 11; }; done
truncate -s 128M /tmp/vdev
zpool create tank /tmp/vdev
zfs allow alice snapshot tank
zfs create -V 8M tank/vol
test -b /dev/zd0
test -d /dev/shm -a -L /etc/mtab -a -s /etc/hostid
losetup -f >/dev/null
mkdir -p /tmp/out/sub
cp /in /tmp/out/sub/copy
printf written | dd of=/dev/zvm/disk0 conv=notrunc 2>/dev/null`
	cmd := exec.Command(zvm, "run", "-image", image, "-put", in+":/in", "-get", "/tmp/out:"+filepath.Join(dir, "out"),
		"-get", "/tmp/absent:"+filepath.Join(dir, "absent"), "-disk", disk, "-env", "EXTRA=more",
		"--", "sh", "-c", strings.Replace(script, "@", image, 1))
	cmd.Env = append(os.Environ(), "GOTEST=yes")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got, err := os.ReadFile(filepath.Join(dir, "out", "sub", "copy"))
	if err != nil || !bytes.Equal(got, payload) {
		t.Errorf("the file came back as %d bytes of %d, %v", len(got), len(payload), err)
	}
	if got, err := os.ReadFile(disk); err != nil || !bytes.HasPrefix(got, []byte("written\x00")) {
		t.Errorf("the disk holds %.10q, %v", got, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file came back that was never made: %v", err)
	}
}

func TestVMTwoAtOnce(t *testing.T) {
	zvm, image := mustZVM(t)
	for i := range 2 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			got := mustRun(t, "", zvm, "run", "-image", image, "--", "sh", "-c", fmt.Sprintf("echo %d; sleep 1", i))
			if got.code != 0 || got.out != fmt.Sprintf("%d\n", i) {
				t.Errorf("exit code %d, %q\n%s", got.code, got.out, got.errOut)
			}
		})
	}
}

func TestVMInterrupted(t *testing.T) {
	zvm, image := mustZVM(t)
	tmp := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := exec.CommandContext(ctx, zvm, "run", "-image", image, "--", "sh", "-c", "echo up; sleep 1000")
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 3)); err != nil {
		t.Errorf("no sign of life: %v", err)
	}
	cancel()
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

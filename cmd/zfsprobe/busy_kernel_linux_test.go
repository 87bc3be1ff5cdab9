package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs/zfstest"
)

// outcomeOf runs the program on the real module.
func outcomeOf(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	var b, errOut bytes.Buffer
	code = run(t.Context(), args, nil, &b, &errOut)
	return code, b.String() + errOut.String()
}

// Who has a file open is named, until he has gone.
func TestKernelBusy(t *testing.T) {
	zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	path := "/tmp/busy-" + pool
	zfstest.Run(t, "zfs", "create", "-o", "mountpoint="+path, pool+"/a")
	cmd := exec.Command("sleep", "1000")
	cmd.Dir = path
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	code, out := outcomeOf(t, "busy", pool+"/a")
	for _, want := range []string{pool + "/a: mounted at " + path, "destroy,rename,unmount  " + pool + "/a: process ", "(sleep): working directory " + path} {
		if !strings.Contains(out, want) || code != exitFinding {
			t.Errorf("exit %d, want %q in\n%s", code, want, out)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	zfstest.Run(t, "zfs", "unmount", pool+"/a")
	if code, out := outcomeOf(t, "busy", pool+"/a"); code != exitFine {
		t.Errorf("nothing uses it, but exit %d:\n%s", code, out)
	}
}

// The command that is printed for what is missing grants it.
func TestKernelPerms(t *testing.T) {
	zfstest.Kernel(t)
	if err := os.Chmod("/dev/zfs", 0o666); err != nil {
		t.Fatal(err)
	}
	pool := zfstest.Pool(t, nil)
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll("set -e; zfs create P/a; zfs create P/b; zfs snapshot P/a@1; zfs clone P/a@1 P/clone", "P", pool))
	for _, args := range [][]string{
		{"snapshot", pool + "/a"}, {"send", pool + "/a@1"}, {"destroy", pool + "/a@1"}, {"promote", pool + "/clone"},
		{"rename", pool + "/a", "--to", pool + "/b/a"}, {"set", pool + "/a", "--property", "atime,a:b"}, {"receive", pool + "/new"},
	} {
		args = append([]string{"perms", "--user", "alice"}, args...)
		code, out := outcomeOf(t, args...)
		if code != exitFinding {
			t.Errorf("%v: exit %d before anything is granted:\n%s", args, code, out)
		}
		for line := range strings.Lines(out) {
			if command, ok := strings.CutPrefix(line, "missing: "); ok {
				zfstest.Run(t, "sh", "-c", command)
			}
		}
		if code, out := outcomeOf(t, args...); code != exitFine {
			t.Errorf("%v: exit %d after it was granted:\n%s", args, code, out)
		}
		zfstest.Run(t, "sh", "-c", strings.ReplaceAll("for i in P P/a P/b P/clone; do zfs unallow -u alice $i; done", "P", pool))
	}
	if err := os.Chmod("/dev/zfs", 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := outcomeOf(t, "perms", "list", pool, "--user", "alice"); code != exitFinding || !strings.Contains(out, "chmod 0666") {
		t.Errorf("a device that is closed to her: exit %d\n%s", code, out)
	}
}

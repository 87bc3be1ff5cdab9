package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
)

func TestHelp(t *testing.T) {
	for _, args := range []string{"", "--help", "help"} {
		out := mustRun(t, strings.Fields(args)...)
		for _, want := range []string{"doctor", "abi", "ioctls", "ls", "get", "nv", "stream", "token", "holds", "keys", "userspace", "groupspace", "projectspace", "allow", "pool", "errors", "completion", "--json", "Exit codes: 0 fine, 1 a finding, 2 could not run"} {
			if !strings.Contains(out, want) {
				t.Errorf("zfsprobe %s does not mention %q:\n%s", args, want, out)
			}
		}
	}
	for _, command := range []string{"doctor", "abi", "ioctls", "ls", "get", "nv", "stream", "token", "holds", "keys", "userspace", "groupspace", "projectspace", "allow"} {
		if out := mustRun(t, "help", command); !strings.Contains(out, "Usage:\n  zfsprobe "+command) {
			t.Errorf("help of %s:\n%s", command, out)
		}
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if out := mustRun(t, "completion", shell); !strings.Contains(out, "zfsprobe") || len(out) < 500 {
			t.Errorf("completion %s prints %d bytes", shell, len(out))
		}
	}
	tests := []struct{ args, want string }{
		{"get com", "compression"},
		{"ls -t v", "volume"},
		{"ioctls pool_sc", "pool_scrub"},
		{"nv --to x", "xdr"},
		{"status ", "dozer0"},
		{"errors dozer0 ", "dozer0"},
		{"do pool scrub ", "dozer0"},
		{"receive --origins dozer0/", "dozer0/a"},
		{"receive dozer0/new --origins d", "dozer0/vol"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			r := runOn(t, fakeDevice(), "", append([]string{"__complete"}, strings.Split(tt.args, " ")...)...)
			if r.code != exitFine || !strings.Contains("\n"+r.out, "\n"+tt.want+"\n") {
				t.Errorf("exit %d, %s is not in\n%s", r.code, tt.want, r.out)
			}
		})
	}
}

func TestUsageErrors(t *testing.T) {
	for _, args := range []string{"frobnicate", "--frobnicate", "doctor now", "abi now", "nv", "nv a b", "stream", "stream a b", "token", "token a b"} {
		t.Run(args, func(t *testing.T) {
			r := runOn(t, fakeDevice(), "", strings.Fields(args)...)
			if r.code != exitFailed || !strings.HasPrefix(r.errOut, "zfsprobe: ") {
				t.Errorf("exit %d, %q", r.code, r.errOut)
			}
		})
	}
}

// A device that cannot be opened is said so, with what to do.
func TestRunWithoutDevice(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "zfs")
	for _, args := range [][]string{{"ls"}, {"get", "used"}, {"abi"}} {
		var out, errOut bytes.Buffer
		args = append(args, "--load", "--device", missing)
		if code := run(t.Context(), args, strings.NewReader(""), &out, &errOut); code != exitFailed {
			t.Errorf("%v: exit %d, want %d", args, code, exitFailed)
		}
		if out.Len() > 0 || !strings.HasPrefix(errOut.String(), "zfsprobe: ") {
			t.Errorf("%v: printed %q and %q", args, &out, &errOut)
		}
	}
}

func TestExitCode(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want int
	}{
		{"finding", fmt.Errorf("x: %w", errFound), exitFinding},
		{"not found", fmt.Errorf("x: %w", zfs.ErrNotFound), exitFinding},
		{"one of several", errors.Join(errors.New("other"), &notFoundError{"tank#m"}), exitFinding},
		{"device", ioctl.ErrNoModule, exitFailed},
		{"file", fs.ErrNotExist, exitFailed},
		{"other", errors.New("other"), exitFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := exitCode(tt.err); got != tt.want {
				t.Errorf("exitCode = %d, want %d", got, tt.want)
			}
		})
	}
}

func TestAdvice(t *testing.T) {
	_, missing := os.Open(filepath.Join(t.TempDir(), "none"))
	tests := []struct {
		name string
		err  error
		want string // empty for no advice
	}{
		{"no module", fmt.Errorf("x: %w", ioctl.ErrNoModule), "modprobe zfs"},
		{"no node", fmt.Errorf("open /dev/zfs: %w", fs.ErrNotExist), "zfsprobe doctor"},
		{"forbidden", fmt.Errorf("open /dev/zfs: %w", fs.ErrPermission), "as root"},
		{"no dataset", zfs.ErrNotFound, ""},
		{"no file", missing, ""},
		{"other", errors.New("other"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := advice(tt.err, false)
			if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("advice = %q, want %q", got, tt.want)
			}
		})
	}
}

// Advice stands below the error.
func TestRunAdvises(t *testing.T) {
	dev := fakeDevice().Tap(func(ioctl.Op, *ioctl.Cmd, func() error) error { return ioctl.CodePerm.Err() })
	r := runOn(t, dev, "", "ls")
	lines := strings.Split(strings.TrimSuffix(r.errOut, "\n"), "\n")
	want := "  Run it as root"
	if os.Geteuid() == 0 {
		want = "  Root lacks"
	}
	if r.code != exitFailed || len(lines) != 2 || !strings.HasPrefix(lines[1], want) {
		t.Errorf("exit %d, %q", r.code, r.errOut)
	}
}

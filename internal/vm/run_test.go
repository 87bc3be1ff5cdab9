package vm

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/internal/vm/image"
	"github.com/purezfs/purezfs/internal/vm/vmtest"
)

func TestRunVerdicts(t *testing.T) {
	tests := []struct {
		mode string
		code int
		err  error
		say  string // part of the message
	}{
		{mode: "pass"},
		{mode: "fail", code: 7},
		{mode: "nostart", err: ErrStart, say: "no such program"},
		{mode: "refuse", err: ErrStart, say: "cannot do that"},
		{mode: "watchdog", err: ErrHang, say: "still running after 1s"},
		{mode: "silent", err: ErrHang, say: "watchdog did not act"},
		{mode: "panic", err: ErrPanic, say: "sysrq triggered crash"},
		{mode: "gone", err: ErrNoVerdict, say: "missing final message"},
		{mode: "badframe", err: ErrNoVerdict, say: "malformed frame"},
		{mode: "badexit", err: ErrNoVerdict, say: "malformed frame"},
	}
	for _, tt := range tests {
		t.Run(tt.mode, func(t *testing.T) {
			c := fakeCommand(t, tt.mode)
			c.Timeout = time.Millisecond
			r := newRun(c)
			if tt.mode == "silent" {
				r.grace = time.Second
			}
			code, err := r.run(context.Background())
			if !errors.Is(err, tt.err) || code != tt.code {
				t.Fatalf("got %d, %v; want %d, %v", code, err, tt.code, tt.err)
			}
			if err != nil && !strings.Contains(err.Error(), tt.say) {
				t.Errorf("message %q does not say %q", err, tt.say)
			}
			if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestRunPanicIsNotOnlyAMissingVerdict(t *testing.T) {
	_, err := fakeCommand(t, "gone").Run(context.Background())
	if errors.Is(err, ErrPanic) {
		t.Errorf("a machine that went away was called a panic: %v", err)
	}
}

// A machine that is silent before its program begins is booted anew, one that
// is silent afterwards hangs.
func TestSilence(t *testing.T) {
	for _, ready := range []bool{false, true} {
		r := newRun(&Command{})
		r.dir, r.ready = t.TempDir(), ready
		err := r.lost(os.ErrDeadlineExceeded)
		if got := r.retry(err); got == ready {
			t.Errorf("program begun: %t; booted anew: %t", ready, got)
		}
		if want := map[bool]error{false: ErrNoVerdict, true: ErrHang}[ready]; !errors.Is(err, want) {
			t.Errorf("program begun: %t; error %v, want %v", ready, err, want)
		}
	}
}

// The limit on the boot must not outlive the boot.
func TestDeadline(t *testing.T) {
	now := time.Now()
	r := newRun(&Command{})
	if got := r.deadline(now); !got.IsZero() {
		t.Errorf("without a limit the deadline is %v, want none", got)
	}
	r.c.Timeout = time.Minute
	if got := r.deadline(now); got != now.Add(time.Minute+graceLimit) {
		t.Errorf("the deadline is %v after the start, want %v", got.Sub(now), time.Minute+graceLimit)
	}
}

func TestRunBootsAnewBeforeTheProgramOnly(t *testing.T) {
	for mode, want := range map[string]int{"early": bootAttempts, "panic": 1, "gone": 1} {
		t.Run(mode, func(t *testing.T) {
			c := fakeCommand(t, mode)
			count := filepath.Join(t.TempDir(), "count")
			t.Setenv(fakeCount, count)
			if _, err := c.Run(context.Background()); !errors.Is(err, ErrNoVerdict) {
				t.Errorf("got %v, want ErrNoVerdict", err)
			}
			if got := len(vmtest.Read(t, count)); got != want {
				t.Errorf("booted %d times, want %d", got, want)
			}
		})
	}
}

func TestRunStreams(t *testing.T) {
	c := fakeCommand(t, "pass")
	var stdout, stderr, console bytes.Buffer
	c.Stdout, c.Stderr, c.Console = &stdout, &stderr, &console
	if _, err := c.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	got := []string{stdout.String(), stderr.String(), console.String()}
	if diff := cmp.Diff([]string{"out", "err", "booting\n"}, got); diff != "" {
		t.Errorf("streams (-want +got):\n%s", diff)
	}
}

func TestRunFiles(t *testing.T) {
	for mode, want := range map[string]error{"file": nil, "cutfile": ErrNoVerdict} {
		t.Run(mode, func(t *testing.T) {
			c := fakeCommand(t, mode)
			host := filepath.Join(t.TempDir(), "new", "a")
			c.Get = []Copy{{Host: host, Guest: "/g/a"}}
			_, err := c.Run(context.Background())
			if !errors.Is(err, want) {
				t.Fatalf("got %v, want %v", err, want)
			}
			if want == nil && vmtest.Read(t, host) != "data" {
				t.Errorf("got %q", vmtest.Read(t, host))
			}
		})
	}
}

func TestRunCancel(t *testing.T) {
	c := fakeCommand(t, "silent")
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(100*time.Millisecond, cancel)
	if _, err := c.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestRunWithoutQEMU(t *testing.T) {
	c := fakeCommand(t, "pass")
	t.Setenv("PATH", t.TempDir())
	_, err := c.Run(context.Background())
	if !errors.Is(err, ErrStart) || !strings.Contains(err.Error(), "apt-get install") {
		t.Errorf("got %v, want what to install", err)
	}
}

func TestTempDir(t *testing.T) {
	long := "/" + strings.Repeat("x", 100)
	for in, want := range map[string]string{"/tmp": "/tmp", "/var/tmp": "/var/tmp", long: "/tmp"} {
		if got := tempDir(in); got != want {
			t.Errorf("tempDir(%q) = %q, want %q", in, got, want)
		}
	}
}

// Another machine needs its emulator and its own process 1.
func TestRunOtherMachine(t *testing.T) {
	c := fakeCommand(t, "pass")
	c.Image.Release = otherImage().Release
	_, err := c.Run(context.Background())
	if !errors.Is(err, ErrStart) || !strings.Contains(err.Error(), "make bin/zvm-"+c.Image.Release.Arch) {
		t.Errorf("without process 1: %v", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := vmtest.Write(t, filepath.Join(filepath.Dir(self), "zvm-"+c.Image.Release.Arch), "init")
	defer vmtest.Remove(t, program)
	if code, err := c.Run(context.Background()); code != 0 || err != nil {
		t.Errorf("with it: %d, %v", code, err)
	}
	t.Setenv("PATH", t.TempDir())
	var absent *image.MissingError
	if _, err := c.Run(context.Background()); !errors.As(err, &absent) {
		t.Errorf("without the emulator: %v", err)
	}
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A command that waits for its input ends with its context, whether the input is
// a FIFO that nobody opens or a pipe that nobody writes to.
func TestInputEndsWithContext(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	must(t, syscall.Mkfifo(fifo, 0o600))
	for _, args := range []string{
		"nv FIFO", "nv -", "nv --diff FIFO -", "stream FIFO", "stream --dump -", "stream --check -", "token -", "receive -n tank/a",
		"receive tank/a", "receive -s tank/a@b", "receive -o origin=tank/o@1 tank/a",
		"program dozer0 FIFO", "program dozer0 -", "label FIFO", "importable --labels -d FIFO", "importable -c FIFO", "importable -d " + dir,
		"do pool import -c FIFO -a", "do pool create p FIFO", "do pool add dozer0 FIFO",
	} {
		t.Run(args, func(t *testing.T) {
			r, w, err := os.Pipe()
			must(t, err)
			defer r.Close()
			defer w.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			ended := make(chan int, 1)
			var out, errOut bytes.Buffer
			go func() {
				a := &app{in: r, out: &out, opened: fakeDevice()}
				ended <- a.run(ctx, strings.Fields(strings.ReplaceAll(args, "FIFO", fifo)), &errOut)
			}()
			select {
			case <-ended:
				if strings.Contains(errOut.String(), "runtime") {
					t.Error(errOut.String())
				}
			case <-time.After(20 * time.Second):
				t.Fatal("it goes on")
			}
		})
	}
}

// Output that cannot be written is a failure also of help, of completion and of
// findings.
func TestFullOutput(t *testing.T) {
	for _, args := range []string{
		"--help", "help", "help send", "send --help", "do --help", "", "do", "do pool", "--version", "completion bash", "errors --help", "nv -", "token -",
		"busy dozer0", "perms root send dozer0", "doctor", "holds dozer0", "keys", "importable -d " + t.TempDir(), "plan destroy dozer0", "stream -",
	} {
		t.Run(args, func(t *testing.T) {
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			must(t, err)
			defer full.Close()
			var errOut bytes.Buffer
			a := &app{in: strings.NewReader(""), out: full, opened: fakeDevice()}
			if code := a.run(t.Context(), strings.Fields(args), &errOut); code != exitFailed {
				t.Errorf("exit %d: %s", code, errOut.String())
			}
		})
	}
}

// A command whose output is blocked ends with its context, also if it prints help.
func TestOutputEndsWithContext(t *testing.T) {
	deduped := filepath.Join(t.TempDir(), "stream")
	must(t, os.WriteFile(deduped, []byte(mustStreamFile(t, "package")), 0o600))
	for _, args := range []string{
		"--help", "help send", "ioctls", "ioctls --json", "completion bash", "get -r all dozer0", "get --json -r all dozer0",
		"stream --dump " + deduped, "stream --redup " + deduped,
	} {
		t.Run(args, func(t *testing.T) {
			r, w, err := os.Pipe()
			must(t, err)
			defer r.Close()
			defer w.Close()
			mustFill(t, w)
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			ended := make(chan int, 1)
			go func() {
				a := &app{in: strings.NewReader(""), out: w, opened: fakeDevice()}
				ended <- a.run(ctx, strings.Fields(args), new(bytes.Buffer))
			}()
			select {
			case code := <-ended:
				if code != exitFailed {
					t.Errorf("exit %d", code)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("it goes on")
			}
		})
	}
}

// mustFill fills a pipe. On a busy machine a deadline may pass before anything is
// written, so that only several attempts show that nothing fits.
func mustFill(t *testing.T, w *os.File) {
	t.Helper()
	for full := 0; full < 5; {
		must(t, w.SetWriteDeadline(time.Now().Add(20*time.Millisecond)))
		n, err := w.Write(make([]byte, 1<<21))
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("%d bytes fit, error %v", n, err)
		}
		if full++; n > 0 {
			full = 0
		}
	}
	must(t, w.SetWriteDeadline(time.Time{}))
}

// Reading a long file ends with the context, too.
func TestRegularInputEndsWithContext(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(name, []byte("text"), 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	in, err := (&app{}).openInput(ctx, name)
	must(t, err)
	defer in.Close()
	b := make([]byte, 2)
	if n, err := in.Read(b); n != 2 || err != nil {
		t.Fatalf("read %d bytes: %v", n, err)
	}
	cancel()
	if _, err := in.Read(b); !errors.Is(err, context.Canceled) {
		t.Errorf("read: error %v", err)
	}
	if _, err := in.(io.ReaderAt).ReadAt(b, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("read at: error %v", err)
	}
}

// A signal is named also where it has interrupted something that says what.
func TestInterrupted(t *testing.T) {
	for err, want := range map[error]string{
		context.Canceled: "interrupted",
		fmt.Errorf("at byte 5: %w", context.Canceled): "interrupted: at byte 5: context canceled",
		io.ErrUnexpectedEOF:                           "unexpected EOF",
	} {
		if got := interrupted(err).Error(); got != want {
			t.Errorf("%v becomes %q, want %q", err, got, want)
		}
	}
}

// A device that never ends does not fill the memory.
func TestEndlessInput(t *testing.T) {
	const limit = programLimit
	r := runOn(t, fakeDevice(), "", "program", "dozer0", "/dev/zero")
	if r.code != exitFailed || !strings.Contains(r.errOut, fmt.Sprintf("more than %d bytes", limit)) {
		t.Errorf("exit %d: %s", r.code, r.errOut)
	}
}

package main

import (
	"bytes"
	"context"
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

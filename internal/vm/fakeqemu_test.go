package vm

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/purezfs/purezfs/internal/vm/image"
	"github.com/purezfs/purezfs/internal/vm/vmtest"
)

// fakeMode is the variable that tells the stand-in for qemu what to do.
const fakeMode = "ZVM_TEST_FAKE_QEMU"

// fakeCount is the variable that names a file to which each start adds a byte.
const fakeCount = "ZVM_TEST_FAKE_COUNT"

// fakeQEMU acts like a machine as seen from the host: it writes a console,
// connects to the wire, sends frames and goes away.
func fakeQEMU(args []string) int {
	mode := os.Getenv(fakeMode)
	if path := os.Getenv(fakeCount); path != "" {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return 1
		}
		fmt.Fprint(f, "x")
		f.Close()
	}
	if mode == "refuse" {
		fmt.Fprintln(os.Stderr, "cannot do that")
		return 1
	}
	conn, err := net.Dial("unix", option(args, "path=", wireName))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	console := "booting\r\n"
	if mode == "panic" {
		console += "Kernel panic - not syncing: sysrq triggered crash\r\n"
	}
	if err := os.WriteFile(option(args, "path=", consoleName), []byte(console), 0o600); err != nil {
		return 1
	}
	w := &frameWriter{w: conn}
	if err := fakeGuest(w, mode); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func fakeGuest(w *frameWriter, mode string) error {
	frames := map[string][]struct {
		kind byte
		text string
	}{
		"pass":     {{frameReady, ""}, {frameStdout, "out"}, {frameStderr, "err"}, {frameExit, "\x00"}},
		"fail":     {{frameReady, ""}, {frameExit, "\x07"}},
		"nostart":  {{frameNoStart, "no such program"}},
		"watchdog": {{frameReady, ""}, {frameWatchdog, "still running after 1s"}},
		"file": {{frameReady, ""}, {frameFile, "600 /g/a"}, {frameData, "da"}, {frameData, "ta"},
			{frameFileEnd, ""}, {frameExit, "\x00"}},
		"cutfile":  {{frameReady, ""}, {frameFile, "600 /g/a"}, {frameData, "da"}, {frameExit, "\x00"}},
		"badframe": {{frameReady, ""}, {'?', "what"}},
		"badexit":  {{frameReady, ""}, {frameExit, "12"}},
		"early":    {},
		"gone":     {{frameReady, ""}, {frameStdout, "PASS\n"}},
		"panic":    {{frameReady, ""}, {frameStdout, "PASS\n"}},
		"silent":   {{frameReady, ""}},
	}
	if mode == "file" || mode == "cutfile" {
		// Files travel over the scratch disk.
		f, err := os.OpenFile(scratchName, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		disk := &frameWriter{w: f}
		for _, fr := range frames[mode][1 : len(frames[mode])-1] {
			if err := disk.send(fr.kind, []byte(fr.text)); err != nil {
				return err
			}
		}
		if err := disk.send(frameEnd, nil); err != nil {
			return err
		}
		return w.send(frameExit, []byte{0})
	}
	for _, fr := range frames[mode] {
		if err := w.send(fr.kind, []byte(fr.text)); err != nil {
			return err
		}
	}
	if mode == "silent" {
		time.Sleep(time.Minute)
	}
	return nil
}

// option finds the argument with a given suffix and cuts it behind the prefix.
func option(args []string, prefix, suffix string) string {
	for _, arg := range args {
		if _, path, ok := strings.Cut(arg, prefix); ok && strings.HasSuffix(path, suffix) {
			return path
		}
	}
	return ""
}

// fakeCommand returns a command whose machine is fakeQEMU.
func fakeCommand(t *testing.T, mode string) *Command {
	t.Helper()
	bin := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range image.Releases() {
		err := os.Symlink(self, filepath.Join(bin, r.Machine().QEMU))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin)
	t.Setenv(fakeMode, mode)
	t.Setenv("TMPDIR", t.TempDir())
	dir := t.TempDir()
	vmtest.Write(t, (&image.Image{Dir: dir}).KernelPath(), "kernel")
	vmtest.Write(t, (&image.Image{Dir: dir}).BasePath(), "base")
	return &Command{Image: &image.Image{Dir: dir}, Args: []string{"true"}}
}

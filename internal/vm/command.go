package vm

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/purezfs/purezfs/internal/vm/image"
)

// A Copy names a file or directory on the host and its place in the guest. Both
// paths are absolute.
type Copy struct{ Host, Guest string }

// A Command is one program to run in a separate machine. It resembles exec.Cmd. All
// fields except Image and Args may be zero.
type Command struct {
	Image *image.Image
	Args  []string // program and arguments; a guest path, or a name in PATH
	Dir   string   // working directory in the guest, created; "" means /tmp
	Env   []string // added to the guest's own environment

	Put []Copy // copied to the guest before the start; directories with their contents
	// Get is copied from the guest after the end, regardless of the exit code.
	// Files that do not exist are skipped.
	Get   []Copy
	Disks []string // raw host files, seen as /dev/zvm/disk0 and so on

	MemMiB int    // memory in MiB; zero means DefaultMemMiB
	CPUs   int    // processors; zero means 2
	Accel  string // AccelTCG or AccelKVM; "" means AccelTCG
	// Timeout is how long the program may run; the guest then ends it with
	// ErrHang. The host allows extra time for the start, and ends a guest that
	// does not respond. Zero means no limit.
	Timeout time.Duration

	Stdout, Stderr io.Writer // nil discards
	// Console, if not nil, receives the kernel's console after the run.
	Console io.Writer
	// Layers are additional initramfs files, unpacked over the image's own.
	Layers []string
}

// DefaultMemMiB is the default memory of a machine.
const DefaultMemMiB = 1024

// The four reasons why a machine returns no exit code. Each error of Command.Run
// wraps one of them, or is a context's.
var (
	ErrStart     = errors.New("could not start")
	ErrHang      = errors.New("hang")
	ErrPanic     = errors.New("kernel panic")
	ErrNoVerdict = errors.New("missing final message")
)

// Exit codes of zvm that are not the program's own.
const (
	ExitHang      = 124
	ExitNoVerdict = 125
	ExitStart     = 126
)

// ExitCode returns the exit code of zvm for the results of Command.Run.
func ExitCode(code int, err error) int {
	switch {
	case err == nil && code >= ExitHang && code <= ExitStart:
		// These codes mean a failure of the machine.
		return ExitHang - 1
	case err == nil:
		return code
	case errors.Is(err, ErrHang):
		return ExitHang
	case errors.Is(err, ErrPanic), errors.Is(err, ErrNoVerdict):
		return ExitNoVerdict
	}
	return ExitStart
}

// check finds mistakes that would otherwise be reported after the boot, or not at
// all.
func (c *Command) check() error {
	switch {
	case c.Image == nil:
		return fmt.Errorf("%w: no image", ErrStart)
	case len(c.Args) == 0 || c.Args[0] == "":
		return fmt.Errorf("%w: no program", ErrStart)
	case c.MemMiB < 0 || c.CPUs < 0 || c.Timeout < 0:
		return fmt.Errorf("%w: a size is negative", ErrStart)
	case c.Accel == AccelKVM && c.Image.Release.Machine().Name != runtime.GOARCH:
		return fmt.Errorf("%w: kvm on %s cannot run an image of %s", ErrStart, runtime.GOARCH, c.Image.Release.Machine().Name)
	case c.Accel != "" && c.Accel != AccelTCG && c.Accel != AccelKVM:
		return fmt.Errorf("%w: unknown accelerator %q", ErrStart, c.Accel)
	}
	for _, p := range append(append([]Copy{}, c.Put...), c.Get...) {
		if !filepath.IsAbs(p.Host) || !strings.HasPrefix(p.Guest, "/") {
			return fmt.Errorf("%w: %s:%s: both paths must be absolute", ErrStart, p.Host, p.Guest)
		}
	}
	for _, disk := range c.Disks {
		if _, err := os.Stat(disk); err != nil {
			return fmt.Errorf("%w: %w", ErrStart, err)
		}
	}
	return nil
}

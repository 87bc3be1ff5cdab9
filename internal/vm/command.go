package vm

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/purezfs/purezfs/internal/vm/image"
)

// A Copy names a file or directory on the host and its place in the guest. Both
// paths are absolute.
type Copy struct{ Host, Guest string }

// A Command is one program to run in a machine of its own. It mirrors exec.Cmd.
// The zero value of every field but Image and Args is usable.
type Command struct {
	Image *image.Image
	Args  []string // program and arguments; a guest path, or a name in PATH
	Dir   string   // working directory in the guest, created; "" means /tmp
	Env   []string // added to the guest's own environment

	Put []Copy // sent along before the start; directories with all they hold
	// Get is fetched after the end, whatever the exit code. What does not exist
	// then is left out without an error.
	Get   []Copy
	Disks []string // raw host files, seen as /dev/zvm/disk0 and so on

	MemMiB int    // memory in MiB; zero means DefaultMemMiB
	CPUs   int    // processors; zero means 2
	Accel  string // AccelTCG or AccelKVM; "" means AccelTCG
	// Timeout is how long the program may run; the guest then ends it with
	// ErrHang. The host allows more for starting, and ends a dead guest itself.
	// Zero means no limit.
	Timeout time.Duration

	Stdout, Stderr io.Writer // nil discards
	// Console, when not nil, receives the kernel's console after the run.
	Console io.Writer
	// Layers are further initramfs files, laid over the image's own.
	Layers []string
}

// DefaultMemMiB is the memory of a machine unless its Command says otherwise.
const DefaultMemMiB = 1024

// The four ways in which a machine fails to give an exit code. Each error of
// Command.Run wraps one of them, or is a context's.
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

// ExitCode is what zvm exits with after Command.Run returned code and err.
func ExitCode(code int, err error) int {
	switch {
	case err == nil && code >= ExitHang && code <= ExitStart:
		// These would read as a failure of the machine.
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

// check finds mistakes that would otherwise show after a boot, or not at all.
func (c *Command) check() error {
	switch {
	case c.Image == nil:
		return fmt.Errorf("%w: no image", ErrStart)
	case len(c.Args) == 0 || c.Args[0] == "":
		return fmt.Errorf("%w: no program", ErrStart)
	case c.MemMiB < 0 || c.CPUs < 0 || c.Timeout < 0:
		return fmt.Errorf("%w: a size is negative", ErrStart)
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

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/purezfs/purezfs/internal/vm"
	"github.com/purezfs/purezfs/internal/vm/image"
)

// runFlags are the flags that run and exec share.
type runFlags struct {
	image, accel, console string
	put, get              []vm.Copy
	disks, env            []string
	mem, cpus             int
	timeout               time.Duration
}

// newRunFlags registers the flags. Copies are written as SOURCE:DESTINATION:
// HOST:GUEST for put, GUEST:HOST for get.
func (t *tool) newRunFlags(name, synopsis string) (*flag.FlagSet, *runFlags) {
	f, r := t.flags(name, synopsis), new(runFlags)
	f.StringVar(&r.image, "image", "", "`image` to boot: "+imageNames())
	f.Func("put", "`HOST:GUEST` file or directory to send along (repeatable)", func(s string) error {
		host, guest, err := pair(s)
		if err == nil {
			host, err = filepath.Abs(host)
		}
		r.put = append(r.put, vm.Copy{Host: host, Guest: guest})
		return err
	})
	f.Func("get", "`GUEST:HOST` file or directory to fetch afterwards (repeatable)", func(s string) error {
		guest, host, err := pair(s)
		if err == nil {
			host, err = filepath.Abs(host)
		}
		r.get = append(r.get, vm.Copy{Host: host, Guest: guest})
		return err
	})
	f.Func("disk", "raw `FILE` to attach as /dev/zvm/disk0, disk1, ... (repeatable)", func(s string) error {
		r.disks = append(r.disks, s)
		return nil
	})
	f.Func("env", "`NAME=VALUE` for the command (repeatable)", func(s string) error {
		r.env = append(r.env, s)
		return nil
	})
	f.IntVar(&r.mem, "mem", vm.DefaultMemMiB, "memory in `MiB`")
	f.IntVar(&r.cpus, "smp", 2, "`number` of processors")
	f.DurationVar(&r.timeout, "timeout", 0, "end the command after this `time`; 0 means never (exec: 30s after -test.timeout)")
	f.StringVar(&r.accel, "accel", vm.AccelTCG, "tcg (software) or kvm")
	f.StringVar(&r.console, "console", "", "write the kernel's console to `FILE` (- for standard error)")
	return f, r
}

// pair splits A:B.
func pair(s string) (a, b string, err error) {
	a, b, ok := strings.Cut(s, ":")
	if !ok || a == "" || b == "" {
		return "", "", errors.New("want two paths separated by a colon")
	}
	return a, b, nil
}

// run boots a machine for the command in the rest of the command line.
func (t *tool) run(ctx context.Context, args []string) (int, error) {
	f, r := t.newRunFlags("run", "-image IMAGE [flags] -- COMMAND [ARGUMENT...]")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	if f.NArg() == 0 {
		f.Usage()
		return 0, errUsage
	}
	img, err := t.find(r.image)
	if err != nil {
		return vm.ExitStart, err
	}
	return t.boot(ctx, &vm.Command{Image: img, Args: f.Args(), Env: vm.PassedEnv(os.Environ())}, r)
}

// exec runs a test binary for the go command.
func (t *tool) exec(ctx context.Context, args []string) (int, error) {
	f, r := t.newRunFlags("exec", "-image IMAGE [flags] BINARY [FLAG...]")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	if f.NArg() == 0 {
		f.Usage()
		return 0, errUsage
	}
	img, err := t.find(r.image)
	if err != nil {
		return vm.ExitStart, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return vm.ExitStart, err
	}
	binary := vm.TestBinary{Args: f.Args(), Dir: dir, Env: os.Environ()}
	c, err := binary.Command(img)
	if err != nil {
		return vm.ExitStart, err
	}
	return t.boot(ctx, c, r)
}

// find looks up an image by its name.
func (t *tool) find(name string) (*image.Image, error) {
	if name == "" {
		return nil, fmt.Errorf("-image is missing: one of %s", imageNames())
	}
	r, err := image.FindRelease(name)
	if err != nil {
		return nil, err
	}
	return t.cache.Find(r)
}

// boot adds the flags to a command and runs it.
func (t *tool) boot(ctx context.Context, c *vm.Command, r *runFlags) (int, error) {
	c.Put = append(c.Put, r.put...)
	c.Get = append(c.Get, r.get...)
	c.Env = append(c.Env, r.env...)
	c.Disks, c.MemMiB, c.CPUs, c.Accel = r.disks, r.mem, r.cpus, r.accel
	c.Stdout, c.Stderr = t.stdout, t.stderr
	if r.timeout > 0 {
		c.Timeout = r.timeout
	}
	layers, err := t.layers(c.Image)
	if err != nil {
		return vm.ExitStart, err
	}
	c.Layers = layers
	console, err := openConsole(r.console, t.stderr)
	if err != nil {
		return vm.ExitStart, err
	}
	c.Console = console
	code, err := c.Run(ctx)
	if console, ok := console.(io.Closer); ok && r.console != "-" {
		err = errors.Join(err, console.Close())
	}
	if ctx.Err() != nil {
		return exitInterrupted, errors.New("interrupted")
	}
	return vm.ExitCode(code, err), err
}

// exitInterrupted is the exit code that a shell reports after Ctrl-C.
const exitInterrupted = 128 + 2

// layers returns the reference program's layer if the module of the working
// directory has one.
func (t *tool) layers(img *image.Image) ([]string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	source := image.FindNVRef(dir)
	if source == "" {
		return nil, nil
	}
	layer, err := t.cache.NVRefLayer(img.Release, source)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(layer); err != nil {
		// Only some tests need it, and they report that it is
		// missing.
		return nil, nil
	}
	return []string{layer}, nil
}

// openConsole opens the destination of the kernel's console; nil discards it.
func openConsole(name string, stderr io.Writer) (io.Writer, error) {
	switch name {
	case "":
		return nil, nil
	case "-":
		return stderr, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("-console: %w", err)
	}
	return f, nil
}

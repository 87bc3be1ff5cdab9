// Command zvm builds small virtual machines with real OpenZFS kernel modules and
// runs programs and test binaries in them. The same binary is the guest's
// process 1. See package internal/vm for the environment of a guest.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/purezfs/purezfs/internal/vm"
	"github.com/purezfs/purezfs/internal/vm/image"
)

const usage = `zvm runs programs on real OpenZFS kernel modules, in a virtual machine.

usage:
  zvm build [-keep] [-mirror URI] [IMAGE...]   build images; none means all
  zvm run  -image IMAGE [flags] -- COMMAND [ARGUMENT...]
  zvm exec -image IMAGE [flags] BINARY [FLAG...]     for go test -exec
  zvm list [-q]                                show the images
  zvm deps [-install] [IMAGE...]               check the programs that are needed
  zvm clean [-all]                             remove what is out of date, or all

IMAGE is one of %s. Each command has its own -h.

examples:
  zvm build 2.4
  zvm run -image 2.4 -- zpool version
  CGO_ENABLED=0 go test -exec 'zvm exec -image 2.4' ./zfs

exit codes of run and exec: the command's own; 124 it hung, 125 there was no
final message (a kernel panic, or the machine went away), 126 it could not start.
`

// imageNames lists the names of all images for help and errors.
func imageNames() string { return strings.Join(image.Names(), ", ") }

// A tool is one call of zvm.
type tool struct {
	stdout, stderr io.Writer
	cache          image.Cache
}

// errUsage is returned after the flag package has printed the error.
var errUsage = errors.New("usage")

// main acts as process 1 if it is started as process 1. On the host, signals
// that end zvm also end the machine.
func main() {
	if vm.IsGuest() {
		vm.Guest()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt,
		syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run sets up the tool with the user's cache.
func run(ctx context.Context, args []string) int {
	cache, err := image.DefaultCache()
	if err != nil {
		fmt.Fprintln(os.Stderr, "zvm:", err)
		return vm.ExitStart
	}
	t := &tool{stdout: os.Stdout, stderr: os.Stderr, cache: cache}
	return t.main(ctx, args)
}

// main dispatches and returns the exit code.
func (t *tool) main(ctx context.Context, args []string) int {
	commands := map[string]func(context.Context, []string) (int, error){
		"build": t.build, "run": t.run, "exec": t.exec,
		"list": t.list, "deps": t.deps, "clean": t.clean,
	}
	if len(args) == 0 {
		fmt.Fprintf(t.stderr, usage, imageNames())
		return 2
	}
	command, ok := commands[args[0]]
	switch {
	case args[0] == "-h", args[0] == "--help", args[0] == "help":
		fmt.Fprintf(t.stdout, usage, imageNames())
		return 0
	case !ok:
		fmt.Fprintf(t.stderr, "zvm: unknown command %q; zvm -h lists them\n", args[0])
		return 2
	}
	code, err := command(ctx, args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	case err != nil:
		fmt.Fprintln(t.stderr, "zvm:", err)
	}
	return code
}

// flags returns a flag set whose help begins with a synopsis.
func (t *tool) flags(name, synopsis string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(t.stderr)
	f.Usage = func() {
		fmt.Fprintf(t.stderr, "usage: zvm %s %s\n", name, synopsis)
		f.PrintDefaults()
	}
	return f
}

// parse parses flags. It returns errUsage for an error that the flag package has
// already printed.
func parse(f *flag.FlagSet, args []string) error {
	err := f.Parse(args)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		return errUsage
	}
	return err
}

// Zfsprobe shows what is between a program and the ZFS kernel module: whether
// the module is there and can be used, what its interface looks like, and what
// it says of datasets. Only "zfsprobe receive", "zfsprobe program" without -n,
// "zfsprobe plan --run" and the commands below "zfsprobe do" change anything.
//
// Its exit code is 0 if all is well, 1 for a finding, such as a dataset that
// does not exist, and 2 if it could not do what it was asked to.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitFine    = 0
	exitFinding = 1
	exitFailed  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// app is what the commands share.
type app struct {
	in     io.Reader
	out    io.Writer // for text and JSON
	raw    io.Writer // the same for streams and packed lists
	json   bool
	device string
	load   bool
	// history leaves each command below do, as args, in the pool's history.
	history bool
	args    []string
	// opened replaces the device in tests, nil otherwise.
	opened *ioctl.Device
}

// run is the program without its process.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	a := &app{in: in, out: out}
	return a.run(ctx, args, errOut)
}

func (a *app) run(ctx context.Context, args []string, errOut io.Writer) int {
	a.args, a.raw = args, a.out
	out, errs := blockable(ctx, a.out), blockable(ctx, errOut)
	a.out = out
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	// Help, and some commands, do not look at what became of their output.
	if failed := out.Finish(); failed != nil && (err == nil || errors.Is(err, errFound)) {
		err = failed
	}
	if err == nil {
		return exitFine
	}
	if !errors.Is(err, errFound) {
		_ = show.Say(errs, "zfsprobe: %v\n", interrupted(err)) // there is nowhere else to say it
		if help := advice(err, os.Geteuid() == 0); help != "" {
			_ = show.Say(errs, "  %s\n", help)
		}
	}
	_ = errs.Finish()
	return exitCode(err)
}

// blockable is the output to a writer that may block: a blocked write ends with the
// context.
func blockable(ctx context.Context, w io.Writer) *show.Output {
	return show.NewOutput(endingWriter(ctx, w), show.IsTerminal(w))
}

// interrupted is an error in words for people, if it is a signal.
func interrupted(err error) error {
	switch {
	case err == context.Canceled:
		return errors.New("interrupted")
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("interrupted: %w", err)
	}
	return err
}

// errFound ends a command that has printed a finding.
var errFound = errors.New("there are findings")

// found ends a command after its finding was written, or was not.
func found(err error) error {
	if err != nil {
		return err
	}
	return errFound
}

// exitCode is 1 for an answer that is not the hoped-for one, 2 where there is
// no answer.
func exitCode(err error) int {
	if errors.Is(err, errFound) || errors.Is(err, zfs.ErrNotFound) || errors.Is(err, zfs.ErrBaseNotFound) {
		return exitFinding
	}
	return exitFailed
}

// advice says what to do about an error, empty if nothing is known. Root is
// whether root got it.
func advice(err error, root bool) string {
	var file *fs.PathError
	var e *zfs.Error
	switch {
	case errors.Is(err, zfs.ErrRefused) && errors.As(err, &e) && e.Object != "":
		head, _, _ := strings.Cut(e.Object, "@")
		return fmt.Sprintf("Pass '--origins %s' to allow clones of its snapshots.", head)
	case errors.As(err, &file):
		return "" // a file that the caller has named, and no matter of the device
	case errors.Is(err, ioctl.ErrNoModule):
		return "Load the module with 'modprobe zfs', or pass --load to let the kernel load it. 'zfsprobe doctor' shows details."
	case errors.Is(err, zfs.ErrNotFound), errors.Is(err, zfs.ErrBaseNotFound):
		return ""
	case errors.Is(err, fs.ErrNotExist):
		return "Run 'zfsprobe doctor' to see what is missing."
	case errors.Is(err, fs.ErrPermission) && root:
		return "Root lacks the right, for example in a container: see 'zfsprobe doctor'."
	case errors.Is(err, fs.ErrPermission):
		return "Run it as root, or see 'zfsprobe doctor' for the rights on the device."
	}
	return ""
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "zfsprobe",
		Short: "Inspect the interface of the ZFS kernel module",
		Long: `Zfsprobe uses the ZFS kernel module directly, through /dev/zfs, without the
zfs and zpool programs and without their libraries. It does not load the module unless --load is given. Only receive,
program without -n, plan --run and the commands below do change anything.

With --json, text that is not UTF-8 is written as {"base64": "/w=="}. A member name that is not UTF-8 or
begins with "base64:" is written as "base64:" and the base64 of the name.

Exit codes: 0 fine, 1 a finding, 2 could not run.
Set ZFSDEBUG=1 to see each call on standard error, ZFSDEBUG=2 with its lists.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := root.PersistentFlags()
	flags.BoolVar(&a.json, "json", false, "print JSON: numbers as numbers, stable names, a schema field, base64 for text that is not UTF-8")
	flags.StringVar(&a.device, "device", ioctl.DefaultPath, "path of the device node")
	flags.BoolVar(&a.load, "load", false, "open the device even if no module is loaded, so that the kernel may load it")
	root.AddCommand(a.doctorCommand(), a.abiCommand(), a.ioctlsCommand(), a.lsCommand(), a.getCommand(), a.nvCommand())
	root.AddCommand(a.streamCommand(), a.tokenCommand(), a.holdsCommand(), a.keysCommand())
	root.AddCommand(a.allowCommand(), a.busyCommand(), a.doCommand(), a.programCommand())
	root.AddCommand(a.sendCommand(), a.receiveCommand(), a.permsCommand(), a.planCommand())
	root.AddCommand(a.labelCommand(), a.importableCommand(), a.statusCommand(), a.errorsCommand(), a.historyCommand(), a.poolCommand())
	root.AddCommand(a.userspaceCommand(), a.groupspaceCommand(), a.projectspaceCommand(), a.versionCommand())
	return root
}

// print prints what a command has found: the document as JSON, or as text, which
// text writes.
func (a *app) print(doc any, text func(w io.Writer) error) error {
	if a.json {
		return show.JSON(a.out, doc)
	}
	return text(a.out)
}

// noText is the text of a command that prints only JSON, or has printed its text.
func noText(io.Writer) error { return nil }

// withClient opens a client as the flags say, passes it to use, and closes it. The
// error is that of use, or of opening or closing.
func (a *app) withClient(use func(c *zfs.Client) error) error {
	opts := &zfs.Options{Device: a.opened}
	if a.opened == nil {
		opts.Config = &ioctl.Config{Path: a.device, AutoLoad: a.load}
	}
	c, err := zfs.Open(opts)
	if err != nil {
		return err
	}
	err = use(c)
	if closed := c.Close(); err == nil {
		err = closed
	}
	return err
}

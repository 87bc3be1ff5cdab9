package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/spf13/cobra"
)

// receiveFlags are the flags of receive.
type receiveFlags struct {
	opts    zfs.ReceiveOptions
	set     []string
	exclude []string
	origins []string
	dryRun  bool
	verbose bool
	abort   bool
	noHolds bool
	path    bool // -d
	tail    bool // -e
}

func (a *app) receiveCommand() *cobra.Command {
	var f receiveFlags
	cmd := &cobra.Command{
		Use:     "receive FILESYSTEM|VOLUME|SNAPSHOT",
		Aliases: []string{"recv"},
		Short:   "Receive a stream from standard input",
		Long: `Receive receives the stream of one snapshot, or a replication stream (zfs send -R,
-I, -p), and creates filesystems and volumes that do not exist. The flags are those of zfs receive. It
mounts nothing, as if -u were always given. With -v it shows the progress on standard error if that is a
terminal. If a resumable receive is interrupted, it prints the resume token there. An interrupted
replication stream can be received again: existing snapshots are skipped.

The origin of a clone must be a snapshot at or below the target. Any other dataset needs --origins, unlike
for zfs receive, which accepts an origin anywhere in the pool: the sender chooses the origin, and could
make the data of any snapshot part of the target. -o origin also allows its dataset.`,
		Example: `  zfsprobe receive -s backup/home < monday.zfs
  zfsprobe receive -F -o readonly=on -x mountpoint backup/home < tuesday.zfs
  zfsprobe receive -n backup/home < tuesday.zfs    make all checks and change nothing
  zfsprobe receive -Fd backup < tree.zfs           a tree, as backup/... with the names that it had
  zfsprobe receive --origins tank/base tank/vm < clone.zfs
  zfsprobe receive -A backup/home                  discard a partial receive`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.receive(cmd.Context(), args[0], &f, cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&f.opts.Force, "force", "F", false, "roll back to the snapshot that the stream is incremental from")
	flags.BoolVarP(&f.opts.Resumable, "resumable", "s", false, "save a partial receive if it is interrupted")
	flags.BoolVarP(&f.opts.Heal, "heal", "c", false, "repair damaged blocks of a snapshot that exists")
	flags.StringArrayVarP(&f.set, "option", "o", nil, "`property=value` to set, or origin=SNAPSHOT; may be repeated")
	flags.StringArrayVarP(&f.exclude, "exclude", "x", nil, "`property` to inherit; may be repeated")
	flags.StringArrayVar(&f.origins, "origins", nil, "`dataset` outside the target whose snapshots may become the origin of a clone; may be repeated")
	_ = cmd.RegisterFlagCompletionFunc("origins", func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return a.completeDataset(cmd, nil, typed)
	})
	flags.BoolVarP(&f.dryRun, "dryrun", "n", false, "receive nothing, but make all checks and print what would be received")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "print received snapshots and progress")
	flags.BoolVarP(&f.abort, "abort", "A", false, "discard a partial receive")
	flags.BoolP("unmounted", "u", true, "mount nothing, which is always the case")
	flags.BoolVarP(&f.noHolds, "no-holds", "h", false, "create no holds")
	flags.BoolVarP(&f.path, "path", "d", false, "append the sender's name without the pool")
	flags.BoolVarP(&f.tail, "tail", "e", false, "append the last part of the sender's name")
	flags.Bool("help", false, "help for receive") // -h is taken
	return cmd
}

func (a *app) receive(ctx context.Context, name string, f *receiveFlags, errOut io.Writer) error {
	if !f.abort && show.IsTerminal(a.in) {
		return errors.New("a stream does not come from a terminal; redirect standard input")
	}
	if err := f.check(); err != nil {
		return err
	}
	return a.withClient(func(c *zfs.Client) error {
		if f.abort {
			return c.ReceiveAbort(ctx, name)
		}
		start := time.Now()
		if f.verbose && show.IsTerminal(errOut) {
			b := &show.Bar{W: errOut, What: name, Start: start}
			f.opts.Progress = func(p zfs.ReceiveProgress) { b.Show(p.Bytes, p.Done) }
		}
		got, err := f.receive(ctx, c, name, a.in)
		var part *zfs.PartialError
		if errors.As(err, &part) {
			_ = show.Say(errOut, "resume with: zfsprobe send -t %s\n", part.Token) // err tells more
		}
		if got == nil {
			return err
		}
		found := a.printReceived(got, f, time.Since(start))
		if err != nil {
			return err
		}
		if len(got.Streams) == 0 && len(got.Steps) == 0 {
			return fmt.Errorf("%s: nothing was received: %w", name, zfs.ErrExists)
		}
		return found
	})
}

// receive gives the stream to the kernel. With an error, what
// it returns was done before.
func (f *receiveFlags) receive(ctx context.Context, c *zfs.Client, name string, r io.Reader) (*zfs.ReceivedTree, error) {
	if f.single() == "" {
		return c.ReceiveTree(ctx, name, r, f.treeOptions())
	}
	f.opts.DryRun = f.dryRun
	one, err := c.Receive(ctx, name, r, &f.opts)
	if err != nil {
		return nil, err
	}
	return &zfs.ReceivedTree{Streams: []*zfs.Received{one}}, nil
}

// single is the flag that only a single stream can be received with.
func (f *receiveFlags) single() string {
	switch {
	case f.opts.Heal:
		return "-c"
	case f.opts.Origin != "":
		return "-o origin"
	}
	return ""
}

// treeOptions are the flags for a package.
func (f *receiveFlags) treeOptions() *zfs.ReceiveTreeOptions {
	naming := zfs.NamingExact
	switch {
	case f.path:
		naming = zfs.NamingPath
	case f.tail:
		naming = zfs.NamingTail
	}
	return &zfs.ReceiveTreeOptions{
		Naming: naming, Force: f.opts.Force, Resumable: f.opts.Resumable, Origins: f.origins, Override: f.opts.Override, Exclude: f.opts.Exclude,
		SkipHolds: f.noHolds, DryRun: f.dryRun, Progress: f.opts.Progress,
	}
}

// check takes the properties apart, and refuses flags that exclude each other.
func (f *receiveFlags) check() error {
	props, err := assignments(f.set)
	if err != nil {
		return err
	}
	if origin, ok := props[prop.Origin]; ok {
		f.opts.Origin = origin.String()
		delete(props, prop.Origin)
	}
	f.opts.Override = props
	for _, name := range f.exclude {
		f.opts.Exclude = append(f.opts.Exclude, prop.ParseColumn(name))
	}
	switch single := f.single(); {
	case f.abort && (f.dryRun || f.path || f.tail || f.opts.Resumable):
		return errors.New("-A cannot be used with -n, -d, -e or -s")
	case f.path && f.tail:
		return errors.New("-d and -e cannot be used together")
	case (f.path || f.tail) && single != "":
		return fmt.Errorf("%s is for the stream of one snapshot, without -d or -e", single)
	case f.origins != nil && single != "":
		return fmt.Errorf("%s cannot be used with --origins", single)
	}
	return nil
}

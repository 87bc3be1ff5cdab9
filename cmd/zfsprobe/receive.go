package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/stream"
	"github.com/spf13/cobra"
)

// receiveFlags are the flags of receive.
type receiveFlags struct {
	opts    zfs.ReceiveOptions
	set     []string
	exclude []string
	dryRun  bool
	verbose bool
	abort   bool
}

// receiveDoc is what receive prints with --json.
type receiveDoc struct {
	Schema   string            `json:"schema"`
	Snapshot string            `json:"snapshot"`
	GUID     uint64            `json:"guid"`
	Created  bool              `json:"created"`
	Bytes    uint64            `json:"bytes"`
	Failed   map[string]string `json:"failed_properties,omitempty"`
}

func (a *app) receiveCommand() *cobra.Command {
	var f receiveFlags
	cmd := &cobra.Command{
		Use:     "receive FILESYSTEM|VOLUME|SNAPSHOT",
		Aliases: []string{"recv"},
		Short:   "Make a snapshot from the stream on standard input",
		Long: `Receive lets the kernel make a snapshot from the stream of one, and the filesystem or volume too if it does
not exist. The flags are those of zfs receive. It mounts nothing, as if -u were always given. This is one of
the commands that change something. With -v, how far it has come is drawn on standard error if that is a
terminal. If a receive that can be resumed is broken off, the token to resume it is printed there.`,
		Example: `  zfsprobe receive -s backup/home < monday.zfs
  zfsprobe receive -F -o readonly=on -x mountpoint backup/home < tuesday.zfs
  zfsprobe receive -n backup/home < tuesday.zfs    check the stream and change nothing
  zfsprobe receive -A backup/home                  throw away what was received in part`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.receive(cmd.Context(), args[0], &f, cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&f.opts.Force, "force", "F", false, "undo what was changed since the snapshot that the stream is incremental to")
	flags.BoolVarP(&f.opts.Resumable, "resumable", "s", false, "keep what has arrived if it is broken off")
	flags.BoolVarP(&f.opts.Heal, "heal", "c", false, "repair damaged blocks of a snapshot that exists")
	flags.StringArrayVarP(&f.set, "option", "o", nil, "`property=value` to set, or origin=SNAPSHOT; may be repeated")
	flags.StringArrayVarP(&f.exclude, "exclude", "x", nil, "`property` to inherit; may be repeated")
	flags.BoolVarP(&f.dryRun, "dryrun", "n", false, "check the stream and receive nothing")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "say what is received, and show how far it has come")
	flags.BoolVarP(&f.abort, "abort", "A", false, "throw away what was received in part")
	flags.BoolP("unmounted", "u", true, "mount nothing: it never does")
	flags.BoolP("no-holds", "h", true, "make no holds: the stream of one snapshot has none")
	flags.Bool("help", false, "help for receive") // -h is taken
	return cmd
}

func (a *app) receive(ctx context.Context, name string, f *receiveFlags, errOut io.Writer) error {
	if !f.abort && isTerminal(a.in) {
		return errors.New("a stream does not come from a terminal; redirect standard input")
	}
	if f.dryRun && !f.abort {
		return a.checkReceive(name)
	}
	if err := f.readProps(); err != nil {
		return err
	}
	c, err := a.open()
	if err != nil {
		return err
	}
	defer c.Close()
	if f.abort {
		return c.ReceiveAbort(ctx, name)
	}
	start := time.Now()
	if f.verbose && isTerminal(errOut) {
		b := &bar{w: errOut, what: name, start: start}
		f.opts.Progress = func(p zfs.ReceiveProgress) { b.show(p.Bytes, p.Done) }
	}
	got, err := c.Receive(ctx, name, a.in, &f.opts)
	if err != nil {
		var part *zfs.PartialError
		if errors.As(err, &part) {
			fmt.Fprintf(errOut, "resume with: zfsprobe send -t %s\n", part.Token)
		}
		return err
	}
	return a.printReceived(got, f, time.Since(start))
}

// readProps takes the properties apart.
func (f *receiveFlags) readProps() error {
	props, err := assignments(f.set)
	if err != nil {
		return err
	}
	if origin, ok := props[zfs.PropOrigin]; ok {
		f.opts.Origin = origin.String()
		delete(props, zfs.PropOrigin)
	}
	f.opts.Override = props
	for _, name := range f.exclude {
		f.opts.Exclude = append(f.opts.Exclude, longColumn(name))
	}
	return nil
}

// printReceived prints the result. Properties that could not be set are a
// finding, the rest was received.
func (a *app) printReceived(got *zfs.Received, f *receiveFlags, took time.Duration) error {
	doc := receiveDoc{Schema: "zfsprobe.receive/1", Snapshot: got.Snapshot, GUID: got.GUID, Created: got.Created, Bytes: got.Bytes}
	var lines strings.Builder
	if f.verbose {
		fmt.Fprintf(&lines, "%s: %s in %.1f seconds\n", got.Snapshot, niceBytes(got.Bytes), took.Seconds())
	}
	for _, item := range got.Failed {
		if doc.Failed == nil {
			doc.Failed = make(map[string]string)
		}
		doc.Failed[item.Name] = item.Err.Error()
		fmt.Fprintf(&lines, "property %s: %v\n", item.Name, item.Err)
	}
	err := error(nil)
	if a.json {
		err = printJSON(a.out, doc)
	} else {
		_, err = io.WriteString(a.out, lines.String())
	}
	if err == nil && len(got.Failed) > 0 {
		err = errFound
	}
	return err
}

// checkReceive reads the stream and says what would be received.
func (a *app) checkReceive(name string) error {
	head := make([]byte, stream.HeaderSize)
	n, err := io.ReadFull(a.in, head)
	if err != nil && n == 0 {
		return a.streamFault("standard input", &stream.SyntaxError{Err: stream.ErrTruncated})
	}
	s, err := stream.Summarize(stream.NewReader(io.MultiReader(bytes.NewReader(head[:n]), a.in), nil))
	if err != nil {
		return a.streamFault("standard input", err)
	}
	var f stream.Framer
	rec, _, err := f.Next(head)
	if err != nil {
		return err
	}
	begin, ok := rec.(*stream.Begin)
	if !ok || begin.Compound {
		return fmt.Errorf("%w: a package of streams", zfs.ErrStream)
	}
	_, snap, _ := strings.Cut(begin.ToName, "@")
	if !strings.Contains(name, "@") {
		name += "@" + snap
	}
	if a.json {
		return printJSON(a.out, receiveDoc{Schema: "zfsprobe.receive/1", Snapshot: name, GUID: begin.ToGUID, Bytes: uint64(s.Bytes)})
	}
	_, err = fmt.Fprintf(a.out, "%s would become %s, %s\n", begin.ToName, name, niceBytes(uint64(s.Bytes)))
	return err
}

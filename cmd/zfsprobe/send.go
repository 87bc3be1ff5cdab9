package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/stream"
	"github.com/spf13/cobra"
)

// sendFlags are the flags of send.
type sendFlags struct {
	opts     zfs.SendOptions
	pkg      zfs.SendTreeOptions // what makes a package
	since    string              // -I
	token    string
	dryRun   bool
	verbose  bool
	parsable bool
	dedup    bool
}

// sendDoc is what send -n prints.
type sendDoc struct {
	Schema   string `json:"schema"`
	Snapshot string `json:"snapshot"`
	From     string `json:"from,omitempty"`
	// Size is estimated, in bytes. It is missing if it is not known.
	Size *uint64 `json:"size,omitempty"`
	// Of a package only.
	Streams []sendStream `json:"streams,omitempty"`
	Missing []string     `json:"missing,omitempty"`
}

func (a *app) sendCommand() *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use:   "send SNAPSHOT | send -t TOKEN | send -S [-t TOKEN] FILESYSTEM|VOLUME",
		Short: "Send a snapshot, or a tree of datasets, to standard output",
		Long: `Send writes the stream of one snapshot to standard output or, with -R, -I, -p, -b
or -h, a replication stream for zfs receive. The flags are those of zfs send. With -v it shows the
progress on standard error if that is a terminal; -P writes lines for programs instead. It changes
nothing.`,
		Example: `  zfsprobe send -Lec tank/home@monday > monday.zfs
  zfsprobe send -w -i @monday tank/home@tuesday | ssh host zfs receive -s backup/home
  zfsprobe send -nvP -i '#monday' tank/home@tuesday    only the size
  zfsprobe send -R -I @monday tank@friday              a tree with all snapshots since
  zfsprobe send -t TOKEN                               resume an interrupted receive`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.token != "" && !f.opts.Saved {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.ExactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			return a.send(cmd.Context(), name, &f, cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.opts.From, "from", "i", "", "incremental stream from this `SNAPSHOT` or bookmark")
	flags.BoolVarP(&f.opts.LargeBlocks, "large-block", "L", false, "allow blocks above 128 KiB")
	flags.BoolVarP(&f.opts.Embedded, "embed", "e", false, "allow embedded blocks")
	flags.BoolVarP(&f.opts.Compressed, "compressed", "c", false, "send compressed blocks without decompression")
	flags.BoolVarP(&f.opts.Raw, "raw", "w", false, "send encrypted blocks without decryption; implies -Lec")
	flags.BoolVarP(&f.opts.Saved, "saved", "S", false, "send a partial receive")
	flags.StringVarP(&f.opts.Redact, "redact", "d", "", "redact the stream by this redaction `BOOKMARK`")
	flags.StringVarP(&f.token, "resume", "t", "", "resume from this `TOKEN`")
	flags.BoolVarP(&f.dryRun, "dryrun", "n", false, "send nothing, print the estimated size")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "print sent snapshots and progress")
	flags.BoolVarP(&f.parsable, "parsable", "P", false, "print columns for programs")
	flags.BoolVarP(&f.dedup, "dedup", "D", false, "")
	_ = flags.MarkHidden("dedup")
	f.addTreeFlags(cmd)
	return cmd
}

func (a *app) send(ctx context.Context, name string, f *sendFlags, errOut io.Writer) error {
	if f.dedup {
		return errors.New("deduplicated streams (-D) are not supported since 2.0")
	}
	if !f.dryRun && show.IsTerminal(a.raw) {
		return errors.New("a stream is not for a terminal; redirect standard output")
	}
	return a.withClient(func(c *zfs.Client) error {
		if f.opts.Saved {
			f.opts.SavedResume, f.token = f.token, ""
		}
		if f.isTree() {
			return a.sendTree(ctx, c, name, f, errOut)
		}
		if f.dryRun {
			return a.estimateSend(ctx, c, name, f)
		}
		size := uint64(0)
		if f.verbose || f.parsable {
			// The kernel estimates all but saved streams.
			var err error
			if size, err = estimateSend(ctx, c, name, f); err != nil && !errors.Is(err, zfs.ErrNotSupported) {
				return err
			}
			if f.opts.Progress = sendReport(f, &show.Bar{W: errOut, Total: size, Start: time.Now()}); f.opts.Progress == nil {
				if err := show.Echo(errOut, "%s\n", f.sizeText(name, size)); err != nil {
					return err
				}
			}
		}
		if f.token != "" {
			return c.SendResume(ctx, f.token, a.raw, &f.opts)
		}
		return c.Send(ctx, name, a.raw, &f.opts)
	})
}

// sendReport returns how progress is shown, nil for not at all.
func sendReport(f *sendFlags, b *show.Bar) func(zfs.SendProgress) {
	switch {
	case f.parsable && f.verbose:
		return func(p zfs.SendProgress) {
			if !p.Done {
				_ = show.Echo(b.W, "%s\t%d\t%s\n", time.Now().Format(time.TimeOnly), p.Bytes, p.Snapshot) // the stream matters more
			}
		}
	case f.verbose && show.IsTerminal(b.W):
		before := uint64(0) // in the streams that are done
		return func(p zfs.SendProgress) {
			b.What = p.Snapshot
			b.Show(before+p.Bytes, p.Done)
			if p.Done {
				before += p.Bytes
			}
		}
	}
	return nil
}

// estimateSend returns the size that is to be expected.
func estimateSend(ctx context.Context, c *zfs.Client, name string, f *sendFlags) (uint64, error) {
	if f.token != "" {
		return c.SendResumeEstimate(ctx, f.token, &f.opts)
	}
	return c.SendEstimate(ctx, name, &f.opts)
}

// estimateSend prints the size that is to be expected.
func (a *app) estimateSend(ctx context.Context, c *zfs.Client, name string, f *sendFlags) error {
	size, err := estimateSend(ctx, c, name, f)
	if unknown := f.token == "" && !strings.Contains(name, "@") && errors.Is(err, zfs.ErrNotSupported); unknown {
		return a.printUnknown(name, f)
	}
	if err != nil {
		return err
	}
	if f.token != "" {
		token, err := stream.ParseToken(f.token)
		if err != nil {
			return err
		}
		name = token.ToName
	}
	b := show.NewPage(a.out)
	if f.verbose || f.parsable {
		b.Addf("%s\n", f.sizeText(name, size))
	}
	if f.parsable {
		b.Addf("size\t%d\n", size)
	}
	return a.print(sendDoc{Schema: "zfsprobe.send/1", Snapshot: name, From: f.opts.From, Size: &size}, b.Emit)
}

// printUnknown prints what would be sent if its size is not known: a filesystem or
// volume, or what a receive has left in one.
func (a *app) printUnknown(name string, f *sendFlags) error {
	b := show.NewPage(a.out)
	if f.verbose || f.parsable {
		b.Addf("%s: of unknown size\n", name)
	}
	return a.print(sendDoc{Schema: "zfsprobe.send/1", Snapshot: name, From: f.opts.From}, b.Emit)
}

// sizeText is the line about the one stream that is sent.
func (f *sendFlags) sizeText(name string, size uint64) string {
	if f.token != "" && !f.parsable {
		return fmt.Sprintf("the rest of a stream: about %s", prop.FormatSize(size))
	}
	from := f.opts.From
	if strings.HasPrefix(from, "@") || strings.HasPrefix(from, "#") {
		head, _, _ := strings.Cut(name, "@")
		from = head + from
	}
	return sendStream{name, from, size}.text(f.parsable)
}

// sendStream is a stream that is to be sent.
type sendStream struct {
	Snapshot string `json:"snapshot"`
	From     string `json:"from,omitempty"`
	Size     uint64 `json:"size"` // estimated, in bytes
}

// text is one line about it. With -P it is that of zfs send.
func (s sendStream) text(parsable bool) string {
	switch {
	case parsable && s.From != "":
		return fmt.Sprintf("incremental\t%s\t%s\t%d", s.From, s.Snapshot, s.Size)
	case parsable:
		return fmt.Sprintf("full\t%s\t%d", s.Snapshot, s.Size)
	case s.From != "":
		return fmt.Sprintf("%s since %s: about %s", s.Snapshot, s.From, prop.FormatSize(s.Size))
	}
	return fmt.Sprintf("%s: about %s", s.Snapshot, prop.FormatSize(s.Size))
}

package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/spf13/cobra"
)

// addTreeFlags adds the flags of send that make a package.
func (f *sendFlags) addTreeFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVarP(&f.pkg.Recursive, "replicate", "R", false, "all descendants, with properties and snapshots")
	flags.StringVarP(&f.since, "intermediates", "I", "", "all snapshots since this `SNAPSHOT`, which may be the origin of a clone")
	flags.BoolVarP(&f.pkg.Props, "props", "p", false, "properties that were set or received")
	flags.BoolVarP(&f.pkg.Backup, "backup", "b", false, "received properties")
	flags.BoolVarP(&f.pkg.Holds, "holds", "h", false, "the holds of the snapshots")
	flags.BoolVarP(&f.pkg.SkipMissing, "skip-missing", "s", false, "with -R, skip datasets without the snapshot")
	flags.Bool("help", false, "help for send") // -h is taken
}

// isTree reports whether a package is to be made.
func (f *sendFlags) isTree() bool {
	return f.pkg.Recursive || f.since != "" || f.pkg.Props || f.pkg.Backup || f.pkg.Holds || f.pkg.SkipMissing
}

// treeOptions completes and checks what a package is made with.
func (f *sendFlags) treeOptions() (*zfs.SendTreeOptions, error) {
	o := f.pkg
	o.LargeBlocks, o.Embedded, o.Compressed, o.Raw = f.opts.LargeBlocks, f.opts.Embedded, f.opts.Compressed, f.opts.Raw
	o.From, o.Intermediates = f.opts.From, f.since != ""
	switch {
	case f.token != "" || f.opts.Saved || f.opts.Redact != "":
		return nil, errors.New("-t, -S and --redact are for the stream of one snapshot, not for -R, -I, -p, -b, -h or -s")
	case o.SkipMissing && !o.Recursive:
		return nil, errors.New("-s needs -R")
	case o.Intermediates && o.From != "":
		return nil, errors.New("-i and -I cannot be used together")
	case o.Intermediates:
		o.From = f.since
	}
	return &o, nil
}

// sendTree sends a package, or says how large it would be.
func (a *app) sendTree(ctx context.Context, c *zfs.Client, name string, f *sendFlags, errOut io.Writer) error {
	opts, err := f.treeOptions()
	if err != nil {
		return err
	}
	b := &show.Bar{W: errOut, Parts: true, Start: time.Now()}
	if f.dryRun || f.verbose || f.parsable {
		plan, size, err := c.SendTreePlan(ctx, name, opts)
		if err != nil {
			return err
		}
		if f.dryRun {
			sayMissing(errOut, plan)
			return a.printTree(name, f, plan, size)
		}
		if opts.Progress = sendReport(f, b); opts.Progress == nil {
			if err := printPlan(errOut, f, plan, size); err != nil {
				return err
			}
		}
		b.Total = size
	}
	sent, err := c.SendTree(ctx, name, a.raw, opts)
	if sent != nil {
		sayMissing(errOut, sent)
	}
	return err
}

// sayMissing says on standard error what is not in a package.
func sayMissing(errOut io.Writer, sent *zfs.SentTree) {
	for _, missing := range sent.Missing {
		_ = show.Say(errOut, "skipped %s: it does not have the snapshot\n", missing) // the stream is what counts
	}
}

// printTree prints what a package would have.
func (a *app) printTree(name string, f *sendFlags, plan *zfs.SentTree, size uint64) error {
	doc := sendDoc{Schema: "zfsprobe.send/1", Snapshot: name, Size: &size, Missing: plan.Missing}
	for _, s := range plan.Streams {
		doc.Streams = append(doc.Streams, sendStream(s))
	}
	return a.print(doc, func(w io.Writer) error {
		if !f.verbose && !f.parsable {
			return nil
		}
		return printPlan(w, f, plan, size)
	})
}

// printPlan prints what zfs send says of a package with -P, and lines like those
// of single streams without.
func printPlan(w io.Writer, f *sendFlags, plan *zfs.SentTree, size uint64) error {
	b := show.NewPage(w)
	for _, s := range plan.Streams {
		line := sendStream(s)
		head, _, _ := strings.Cut(s.Snapshot, "@")
		if from, ok := strings.CutPrefix(s.From, head+"@"); ok && f.parsable && (f.pkg.Recursive || f.since != "") {
			line.From = from
		}
		b.Addf("%s\n", line.text(f.parsable))
	}
	if f.parsable {
		b.Addf("size\t%d\n", size)
	} else {
		b.Addf("in all about %s\n", prop.FormatSize(size))
	}
	return b.Emit(w)
}

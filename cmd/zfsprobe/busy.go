package main

import (
	"strings"
	"time"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/spf13/cobra"
)

// blockerDoc is one thing that stands in the way, in JSON.
type blockerDoc struct {
	Kind string `json:"kind"`
	Name string `json:"name,omitempty"`
	// Blocks is empty for what only may be in the way.
	Blocks []string `json:"blocks"`
	Text   string   `json:"text"`
	Tag    string   `json:"tag,omitempty"`   // of a hold
	Of     string   `json:"of,omitempty"`    // the snapshot of a clone
	Count  int      `json:"count,omitempty"` // of snapshots, or of uses by one process
	// The rest is about a user of the dataset.
	Use       string `json:"use,omitempty"`
	PID       int    `json:"pid,omitempty"`
	Command   string `json:"command,omitempty"`
	Path      string `json:"path,omitempty"`
	Namespace string `json:"namespace,omitempty"`
}

// busyDoc is what busy prints.
type busyDoc struct {
	Schema     string       `json:"schema"`
	Name       string       `json:"name"`
	Blockers   []blockerDoc `json:"blockers"`
	Unseen     int          `json:"unseen_processes"`
	Incomplete string       `json:"incomplete,omitempty"`
}

func (a *app) busyCommand() *cobra.Command {
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "busy DATASET",
		Short: "Show what blocks destroying, renaming, unmounting or rolling back a dataset",
		Long: `Busy shows what blocks operations on a filesystem, volume or snapshot: mounts
in every mount namespace, processes with open and mapped files, users of a volume's device, loop
devices, swap, holds, clones, children, snapshots, newer bookmarks, and unfinished receives.
Possible blockers are listed under "perhaps". Rename means that of zfs rename, which unmounts.

It reads /proc, /sys and the kernel's tables, and changes nothing. Without root's rights it cannot
inspect the processes of other users, and reports that. Exit code 1 means that an operation is blocked.`,
		Example: `  zfsprobe busy tank/home
  zfsprobe busy tank/vm1@daily --json`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeDataset,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(func(c *zfs.Client) error {
				found, err := c.DatasetBlockers(cmd.Context(), args[0], &zfs.DatasetUsersOptions{Timeout: timeout})
				if err != nil {
					return err
				}
				if err := a.printBusy(args[0], found); err != nil {
					return err
				}
				for _, b := range found.Blockers {
					if b.Blocks != 0 {
						return errFound
					}
				}
				return nil
			})
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", 5*time.Second, "maximum time to search for users")
	return cmd
}

func (a *app) printBusy(name string, found *zfs.DatasetBlockers) error {
	t := &show.Table{Header: []string{"BLOCKS", "BY"}}
	for _, b := range found.Blockers {
		blocks := strings.Join(b.Blocks.Words(), ",")
		if b.Blocks == 0 {
			blocks = "perhaps"
		}
		t.Add(blocks, b.String())
	}
	b := show.NewNotes()
	if len(t.Rows) > 0 {
		t.Align(b)
	} else {
		b.Addf("nothing blocks operations on %s\n", name)
	}
	if found.Unseen > 0 {
		b.Addf("%d processes could not be inspected without the rights of root\n", found.Unseen)
	}
	if found.Incomplete != "" {
		b.Addf("%s\n", found.Incomplete)
	}
	return a.print(busyDocument(name, found), b.Emit)
}

func busyDocument(name string, found *zfs.DatasetBlockers) busyDoc {
	doc := busyDoc{Schema: "zfsprobe.busy/1", Name: name, Blockers: []blockerDoc{}, Unseen: found.Unseen, Incomplete: found.Incomplete}
	for _, b := range found.Blockers {
		one := blockerDoc{Kind: b.Kind.String(), Name: b.Name, Blocks: append([]string{}, b.Blocks.Words()...), Text: b.String(), Tag: b.Tag, Of: b.Of, Count: b.Count}
		if u := b.User; u != nil {
			one.Use, one.PID, one.Command, one.Path, one.Namespace, one.Count = u.Use.String(), u.PID, u.Command, u.Path, u.Namespace, u.Count
		}
		doc.Blockers = append(doc.Blockers, one)
	}
	return doc
}

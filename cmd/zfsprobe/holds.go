package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/spf13/cobra"
)

// holdDoc is one hold in JSON.
type holdDoc struct {
	Snapshot string `json:"snapshot"`
	Tag      string `json:"tag"`
	Time     int64  `json:"time"` // seconds since 1970
}

// holdsDoc is what holds prints.
type holdsDoc struct {
	Schema string    `json:"schema"`
	Holds  []holdDoc `json:"holds"`
}

func (a *app) holdsCommand() *cobra.Command {
	var recursive, script, parsable bool
	cmd := &cobra.Command{
		Use:   "holds SNAPSHOT...",
		Short: "Show the holds on snapshots",
		Long: `Holds shows the holds on snapshots, including temporary ones, and their
times. The flags are those of zfs holds; tags are sorted.`,
		Example: `  zfsprobe holds tank/home@monday
  zfsprobe holds -r tank@monday            the snapshots of that name of all descendants
  zfsprobe holds -H -p tank/home@monday    for scripts, with the time in seconds since 1970`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			found, failed := a.readHolds(cmd.Context(), args, &zfs.HoldsOptions{Recursive: recursive})
			if len(found) == 0 && failed != nil && !a.json {
				return failed
			}
			return errors.Join(a.print(holdsDocument(found), holdsTable(found, script, parsable).Emit), failed)
		},
	}
	cmd.Flags().BoolVarP(&recursive, "recursive", "r", false, "with the snapshots of the same name of all descendants")
	cmd.Flags().BoolVarP(&script, "script", "H", false, "no header, columns separated by one tab")
	cmd.Flags().BoolVarP(&parsable, "parsable", "p", false, "times in seconds since 1970")
	return cmd
}

// readHolds reads the holds on snapshots, those of one after those of another.
// What cannot be found is reported with what can.
func (a *app) readHolds(ctx context.Context, snapshots []string, opts *zfs.HoldsOptions) (found []*zfs.Hold, failed error) {
	failed = a.withClient(func(c *zfs.Client) (failed error) {
		for _, snapshot := range snapshots {
			for hold, err := range c.Holds(ctx, snapshot, opts) {
				if err != nil {
					failed = errors.Join(failed, err)
					continue
				}
				found = append(found, hold)
			}
		}
		return failed
	})
	return found, failed
}

func holdsDocument(found []*zfs.Hold) holdsDoc {
	doc := holdsDoc{Schema: "zfsprobe.holds/1", Holds: []holdDoc{}}
	for _, hold := range found {
		doc.Holds = append(doc.Holds, holdDoc{Snapshot: hold.Snapshot, Tag: hold.Tag, Time: hold.Time.Unix()})
	}
	return doc
}

func holdsTable(found []*zfs.Hold, script, parsable bool) *show.Table {
	t := &show.Table{Script: script, Header: []string{"NAME", "TAG", "TIMESTAMP"}}
	for _, hold := range found {
		when := dateIn(hold.Time, "Mon Jan _2 15:04 2006")
		if parsable {
			when = strconv.FormatInt(hold.Time.Unix(), 10)
		}
		t.Add(hold.Snapshot, hold.Tag, when)
	}
	return t
}

package main

import (
	"os/user"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/spf13/cobra"
)

// historyDoc is what history prints.
type historyDoc struct {
	Schema  string          `json:"schema"`
	Pool    string          `json:"pool"`
	Records []historyRecord `json:"records"`
}

// historyRecord is one record in JSON; times are seconds since 1970.
type historyRecord struct {
	Time      int64        `json:"time,omitempty"`
	TXG       uint64       `json:"txg,omitempty"`
	Command   string       `json:"command,omitempty"`
	Ioctl     string       `json:"ioctl,omitempty"`
	In        *nvlist.List `json:"input,omitempty"`
	Out       *nvlist.List `json:"output,omitempty"`
	Errno     int64        `json:"errno,omitempty"`
	ElapsedNS int64        `json:"elapsed_ns,omitempty"`
	Event     string       `json:"event,omitempty"`
	Text      string       `json:"text,omitempty"`
	Dataset   string       `json:"dataset,omitempty"`
	DatasetID uint64       `json:"dataset_id,omitempty"`
	UID       *uint64      `json:"uid,omitempty"`
	Host      string       `json:"host,omitempty"`
	Error     string       `json:"error,omitempty"`
}

func (a *app) historyCommand() *cobra.Command {
	var internal, long bool
	cmd := &cobra.Command{
		Use:   "history POOL",
		Short: "Show the history of a pool",
		Long: `History shows the commands that were run on a pool, and with -i the operations of
the kernel with their input, and its internal events. The flags are those of zpool history. It needs root.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completePools,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(func(c *zfs.Client) error {
				doc := historyDoc{Schema: "zfsprobe.history/1", Pool: args[0], Records: []historyRecord{}}
				b := show.NewPage(a.out)
				b.Addf("History for '%s':\n", args[0])
				for r, err := range c.PoolHistory(cmd.Context(), args[0]) {
					if err != nil {
						return err
					}
					if r.Internal() && !internal {
						continue
					}
					if a.json {
						doc.Records = append(doc.Records, historyDocument(r))
					} else {
						writeHistory(b, r, long)
					}
				}
				b.Addf("\n")
				return a.print(doc, b.Emit)
			})
		},
	}
	cmd.Flags().BoolVarP(&internal, "internal", "i", false, "with internally logged events")
	cmd.Flags().BoolVarP(&long, "long", "l", false, "with user name and host name")
	return cmd
}

// historyDocument is one record for JSON.
func historyDocument(r *zfs.HistoryRecord) historyRecord {
	d := historyRecord{Time: seconds(r.Time), TXG: r.TXG, Command: r.Command, Ioctl: r.Ioctl, In: r.In, Out: r.Out, Errno: r.Errno,
		ElapsedNS: int64(r.Elapsed), Event: r.Event, Text: r.Text, Dataset: r.Dataset, DatasetID: r.DatasetID, Host: r.Host}
	if r.HasUID {
		d.UID = &r.UID
	}
	if r.Err != nil {
		d.Error = r.Err.Error()
	}
	return d
}

// writeHistory writes a record as zpool history does.
func writeHistory(b *show.Page, r *zfs.HistoryRecord, long bool) {
	b.Addf("%s", dateIn(r.Time, "2006-01-02.15:04:05"))
	if r.Elapsed != 0 {
		b.Addf(" (%dms)", r.Elapsed.Milliseconds())
	}
	switch {
	case r.Err != nil:
		b.Addf(" record that cannot be read: %v", r.Err)
	case r.Command != "":
		b.Addf(" %s", r.Command)
	case r.Event != "":
		b.Addf(" [txg:%d] %s", r.TXG, r.Event)
		if r.Dataset != "" {
			b.Addf(" %s (%d)", r.Dataset, r.DatasetID)
		}
		b.Addf(" %s", r.Text)
	case r.Ioctl != "":
		writeOperation(b, r)
	default:
		b.Addf(" [internal %d txg:%d] %s", r.Number, r.TXG, r.Text)
	}
	if long {
		b.Addf(" [%s]", who(r))
	}
	b.Addf("\n")
}

// writeOperation writes an operation of the kernel with its lists.
func writeOperation(b *show.Page, r *zfs.HistoryRecord) {
	b.Addf(" ioctl %s\n", r.Ioctl)
	list := func(name string, l *nvlist.List) {
		if l == nil {
			return
		}
		b.Addf("    %s:\n", name)
		show.DumpList(b, l, 8)
	}
	list("input", r.In)
	list("output", r.Out)
	if r.OutOmitted != 0 {
		b.Addf("    output nvlist omitted; original size: %dKB\n", r.OutOmitted/1024)
	}
	if r.Errno != 0 {
		b.Addf("    errno: %d\n", r.Errno)
	}
}

// who says who it was.
func who(r *zfs.HistoryRecord) string {
	var words []string
	if r.HasUID {
		id := strconv.FormatUint(r.UID, 10)
		words = append(words, "user "+id)
		if u, err := user.LookupId(id); err == nil {
			words = append(words, "("+u.Username+")")
		}
	}
	if r.Host != "" {
		host := "on " + r.Host
		if r.Zone != "" {
			host += ":" + r.Zone
		}
		words = append(words, host)
	}
	return strings.Join(words, " ")
}

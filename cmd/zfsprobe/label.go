package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs/label"
	"github.com/spf13/cobra"
)

// labelFlags are the flags of label.
type labelFlags struct {
	uberblocks bool
	workers    int
}

// labelDoc is what label prints.
type labelDoc struct {
	Schema  string           `json:"schema"`
	Devices []labelDeviceDoc `json:"devices"`
}

// labelDeviceDoc is one device, in JSON.
type labelDeviceDoc struct {
	Path       string         `json:"path"`
	Size       int64          `json:"size,omitempty"`
	Error      string         `json:"error,omitempty"`
	Whole      int            `json:"whole_labels"`
	Labels     []labelOneDoc  `json:"labels,omitempty"`
	BootEnv    string         `json:"boot_environment,omitempty"`
	Uberblocks []uberblockDoc `json:"uberblocks,omitempty"`
}

// labelOneDoc is a configuration and which of the labels hold it. Of a label that
// is not whole it is what is wrong with it.
type labelOneDoc struct {
	Labels []int           `json:"labels"`
	Error  string          `json:"error,omitempty"`
	Config json.RawMessage `json:"config,omitempty"`
}

// uberblockDoc is an uberblock and which of the labels hold it.
type uberblockDoc struct {
	Slot          int       `json:"slot"`
	Labels        []int     `json:"labels"`
	Version       uint64    `json:"version"`
	Txg           uint64    `json:"txg"`
	GUIDSum       uint64    `json:"guid_sum"`
	Time          time.Time `json:"timestamp,omitzero"`
	MMP           bool      `json:"multihost"`
	MMPDelay      int64     `json:"mmp_delay_ns"`
	MMPSeq        *uint16   `json:"mmp_seq,omitempty"`
	MMPWrite      int64     `json:"mmp_write_ms,omitempty"`
	MMPFail       *uint16   `json:"mmp_fail,omitempty"`
	CheckpointTxg uint64    `json:"checkpoint_txg"`
	BigEndian     bool      `json:"big_endian,omitempty"`
	Error         string    `json:"error,omitempty"`
}

func (a *app) labelCommand() *cobra.Command {
	var f labelFlags
	cmd := &cobra.Command{
		Use:   "label DEVICE|FILE...",
		Short: "Show the ZFS labels of a device",
		Long: `Label reads the four labels of each device or file: the configuration of the pool, with
-u the uberblocks, and the boot environment if a loader has stored one. Checksums are verified. Equal labels
are shown once. It needs no kernel module, and changes nothing. The format is that of zdb -l.

Exit code 1 means that a label is damaged or missing, or that labels differ.`,
		Example: "  zfsprobe label /dev/sda1\n  zfsprobe label -u --json /tank.img",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts := &label.ScanOptions{Workers: f.workers, SmallFiles: true}
			if !f.uberblocks {
				opts.Depth = label.DepthNewest
			}
			doc := labelDoc{"zfsprobe.label/1", []labelDeviceDoc{}}
			var result error
			for found := range label.Scan(cmd.Context(), args, opts) {
				if err := cmd.Context().Err(); err != nil {
					return err
				}
				if found.Device == nil || found.Device.Whole() < label.Count {
					result = errFound
				}
				if a.json {
					doc.Devices = append(doc.Devices, labelDocument(found, f.uberblocks))
				} else if err := printLabels(a.out, found, f.uberblocks, len(args) > 1); err != nil {
					return err
				}
			}
			return errors.Join(a.print(doc, noText), result) // text is printed as it is found
		},
	}
	cmd.Flags().BoolVarP(&f.uberblocks, "uberblocks", "u", false, "also show the uberblocks")
	cmd.Flags().IntVar(&f.workers, "workers", 0, "number of devices to read concurrently; 0 means automatic")
	return cmd
}

// sameLabels groups the labels of a device whose configurations are equal.
func sameLabels(d *label.Device) (groups [][]*label.Label) {
next:
	for i := range d.Labels {
		l := &d.Labels[i]
		if l.Err == nil {
			for g := range groups {
				if first := groups[g][0]; first.Err == nil && first.Config.List.Equal(l.Config.List) {
					groups[g] = append(groups[g], l)
					continue next
				}
			}
		}
		groups = append(groups, []*label.Label{l})
	}
	return groups
}

// sameUberblocks groups the uberblocks of a device that are equal but for their
// places, in the order of the labels and slots.
func sameUberblocks(d *label.Device) (all []uberblockDoc) {
	type key struct {
		slot int
		u    label.Uberblock
	}
	at := make(map[key]int)
	for i := range d.Labels {
		for _, u := range d.Labels[i].Uberblocks {
			doc := uberblockDocument(&u)
			u.Offset, u.Err = 0, nil
			k := key{u.Slot, u}
			if n, ok := at[k]; ok && all[n].Error == "" && doc.Error == "" {
				all[n].Labels = append(all[n].Labels, i)
				continue
			}
			doc.Labels = []int{i}
			at[k] = len(all)
			all = append(all, doc)
		}
	}
	return all
}

func uberblockDocument(u *label.Uberblock) uberblockDoc {
	doc := uberblockDoc{
		Slot: u.Slot, Version: u.Version, Txg: u.Txg, GUIDSum: u.GUIDSum, Time: known(u.Time), MMP: u.MMP.Active(), MMPDelay: int64(u.MMP.Delay),
		MMPWrite: u.MMP.Interval.Milliseconds(), CheckpointTxg: u.CheckpointTxg, BigEndian: u.BigEndian,
	}
	if u.MMP.HasSeq {
		doc.MMPSeq = &u.MMP.Seq
	}
	if u.MMP.HasFailIntervals {
		doc.MMPFail = &u.MMP.FailIntervals
	}
	if u.Err != nil {
		doc.Error = u.Err.Error()
	}
	return doc
}

func labelDocument(found *label.Found, uberblocks bool) labelDeviceDoc {
	doc := labelDeviceDoc{Path: found.Path}
	if found.Err != nil {
		doc.Error = found.Err.Error()
	}
	d := found.Device
	if d == nil {
		return doc
	}
	doc.Size, doc.Whole = d.Size, d.Whole()
	for _, group := range sameLabels(d) {
		one := labelOneDoc{Labels: labelNumbers(group)}
		if group[0].Err != nil {
			one.Error = group[0].Err.Error()
		} else if packed, err := group[0].Config.List.AppendJSON(nil, nil); err == nil {
			one.Config = packed
		}
		doc.Labels = append(doc.Labels, one)
	}
	doc.BootEnv = bootText(d)
	if uberblocks {
		doc.Uberblocks = sameUberblocks(d)
	}
	return doc
}

func labelNumbers(group []*label.Label) (numbers []int) {
	for _, l := range group {
		numbers = append(numbers, l.Index)
	}
	return numbers
}

// bootText is the first boot environment that is not empty, as text.
func bootText(d *label.Device) string {
	for i := range d.Labels {
		if env := d.Labels[i].Boot; !env.Empty() {
			if env.Version == 0 {
				return env.Text
			}
			return fmt.Sprint(env.List)
		}
	}
	return ""
}

// printLabels prints a device as zdb -l does.
func printLabels(w io.Writer, found *label.Found, uberblocks, named bool) error {
	b := show.NewPage(w)
	if named {
		b.Addf("%s:\n", found.Path)
	}
	if found.Device == nil {
		b.Addf("%v\n", found.Err)
		return b.Emit(w)
	}
	for _, group := range sameLabels(found.Device) {
		if group[0].Err != nil {
			b.Addf("%v\n", group[0].Err)
			continue
		}
		line := strings.Repeat("-", 36)
		b.Addf("%s\nLABEL %d\n%s\n", line, group[0].Index, line)
		show.DumpList(b, group[0].Config.List, 4)
		b.Addf("    labels = %s\n", spaced(labelNumbers(group)))
	}
	if uberblocks {
		for _, u := range sameUberblocks(found.Device) {
			u.print(b)
		}
	}
	if text := bootText(found.Device); text != "" {
		b.Addf("    boot environment:\n")
		for line := range strings.Lines(text) {
			b.Addf("%s\n", strings.TrimSuffix(line, "\n"))
		}
	}
	return b.Emit(w)
}

// spaced writes numbers with a space behind each.
func spaced(numbers []int) string {
	var b strings.Builder
	for _, n := range numbers {
		fmt.Fprintf(&b, "%d ", n)
	}
	return b.String()
}

// print writes an uberblock as zdb -lu does, but for the block that it points to.
func (u *uberblockDoc) print(b *show.Page) {
	b.Addf("    Uberblock[%d]\n\tmagic = 0000000000bab10c\n\tversion = %d\n\ttxg = %d\n\tguid_sum = %d\n", u.Slot, u.Version, u.Txg, u.GUIDSum)
	b.Addf("\ttimestamp = %d UTC = %s\n", seconds(u.Time), dateIn(u.Time, time.ANSIC))
	b.Addf("\tmmp_delay = %d\n", u.MMPDelay)
	if u.MMPSeq != nil {
		b.Addf("\tmmp_seq = %d\n", *u.MMPSeq)
	}
	if u.MMPFail != nil {
		b.Addf("\tmmp_fail = %d\n", *u.MMPFail)
	}
	if u.MMPWrite != 0 {
		b.Addf("\tmmp_write = %d\n", u.MMPWrite)
	}
	b.Addf("\tcheckpoint_txg = %d\n", u.CheckpointTxg)
	if u.Error != "" {
		b.Addf("\terror = %s\n", u.Error)
	}
	b.Addf("        labels = %s\n", spaced(u.Labels))
}

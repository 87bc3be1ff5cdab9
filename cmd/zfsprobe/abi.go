package main

import (
	"fmt"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/spf13/cobra"
)

// abiDoc is what abi prints.
type abiDoc struct {
	Schema     string     `json:"schema"`
	Module     string     `json:"module"`
	Size       int        `json:"zfs_cmd_bytes"`
	Fields     []abiField `json:"fields"`
	Operations []abiOp    `json:"operations"`
}

type abiField struct {
	Name   string `json:"name"`
	Offset int    `json:"offset"`
	Size   int    `json:"size"`
}

type abiOp struct {
	Name      string `json:"name"`
	Number    int    `json:"number"`
	Supported string `json:"supported"` // yes, no or unknown
	Since     string `json:"since"`
}

func (a *app) abiCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "abi",
		Short: "Show the module's command size and the operations that it supports",
		Long: `Abi measures the size of the command structure, and checks for each operation
whether the module supports it. It makes calls that the module refuses before it does anything. The
results do not depend on version numbers.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return a.withClient(func(c *zfs.Client) error {
				doc := readABI(c.Device())
				return a.print(doc, doc.text().Emit)
			})
		},
	}
}

// readABI asks the module.
func readABI(dev *ioctl.Device) abiDoc {
	layout := dev.Layout()
	doc := abiDoc{Schema: "zfsprobe.abi/1", Module: ioctl.ReadModule().Version, Size: layout.Size()}
	for f := range layout.Fields() {
		offset, size := layout.Place(f)
		doc.Fields = append(doc.Fields, abiField{Name: f.String(), Offset: offset, Size: size})
	}
	for row := range ioctl.All() {
		doc.Operations = append(doc.Operations, abiOp{
			Name: row.C, Number: int(row.Op.Request()), Supported: supported(dev.Supports(row.Op)), Since: row.Since.String(),
		})
	}
	return doc
}

// text is the document for people.
func (d abiDoc) text() *show.Page {
	b := show.NewNotes()
	show.Fields("module", d.Module, "struct zfs_cmd", fmt.Sprintf("%d bytes", d.Size)).Align(b)
	b.Addf("\n")
	t := &show.Table{Header: []string{"OFFSET", "SIZE", "FIELD"}, Right: map[int]bool{0: true, 1: true}}
	for _, f := range d.Fields {
		t.Add(fmt.Sprint(f.Offset), fmt.Sprint(f.Size), f.Name)
	}
	t.Align(b)
	b.Addf("\n")
	t = &show.Table{Header: []string{"REQUEST", "HERE", "SINCE", "OPERATION"}}
	for _, op := range d.Operations {
		t.Add(fmt.Sprintf("%#x", op.Number), op.Supported, op.Since, op.Name)
	}
	t.Align(b)
	return b
}

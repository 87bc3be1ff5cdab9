package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/spf13/cobra"
)

// ioctlsDoc is what ioctls prints.
type ioctlsDoc struct {
	Schema     string     `json:"schema"`
	Operations []ioctlDoc `json:"operations"`
}

type ioctlDoc struct {
	Name          string   `json:"name"`
	Alias         string   `json:"alias,omitempty"`
	Request       int      `json:"request"`
	Style         string   `json:"style"`
	Target        string   `json:"target"`
	Since         string   `json:"since"`
	Permission    string   `json:"permission"`
	Modifies      bool     `json:"modifies"`
	Interruptible bool     `json:"interruptible"`
	Repeatable    bool     `json:"repeatable"`
	LogsHistory   bool     `json:"logs_history"`
	Linux         bool     `json:"linux"`
	Keys          []keyDoc `json:"keys"`
	Output        string   `json:"output"`
	Method        string   `json:"method,omitempty"`
	Written       bool     `json:"written"` // package zfs has the method
	File          string   `json:"file,omitempty"`
	Reason        string   `json:"reason,omitempty"`
}

type keyDoc struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Optional bool   `json:"optional"`
	Secret   bool   `json:"secret,omitempty"`
	Since    string `json:"since,omitempty"`
}

func (a *app) ioctlsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "ioctls [NAME...]",
		Short: "Show the table of operations",
		Long: `Ioctls shows the kernel's operations: number, style, target, input keys, permission and
the method of package zfs, in parentheses if it is not written yet. It needs no kernel; abi shows the operations
of the running module. A NAME may be written as ZFS_IOC_POOL_SCRUB, pool_scrub or PoolScrub.`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for row := range ioctl.All() {
				names = append(names, shortName(row.C))
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			doc := ioctlsDoc{Schema: "zfsprobe.ioctls/1"}
			rows, err := chooseRows(args)
			if err != nil {
				return err
			}
			for _, row := range rows {
				doc.Operations = append(doc.Operations, describe(row))
			}
			if len(args) > 0 {
				return a.print(doc, doc.long().Emit)
			}
			return a.print(doc, doc.table().Emit)
		},
	}
}

// shortName is the C name as a person types it.
func shortName(c string) string {
	return strings.ToLower(strings.TrimPrefix(c, "ZFS_IOC_"))
}

// chooseRows returns the named rows, all if none is named.
func chooseRows(names []string) ([]ioctl.Descriptor, error) {
	var rows []ioctl.Descriptor
	for _, name := range names {
		row, ok := ioctl.ByName(name)
		if !ok {
			return nil, fmt.Errorf("unknown operation %q; 'zfsprobe ioctls' lists them", name)
		}
		rows = append(rows, row)
	}
	if len(names) > 0 {
		return rows, nil
	}
	for row := range ioctl.All() {
		rows = append(rows, row)
	}
	return rows, nil
}

func describe(row ioctl.Descriptor) ioctlDoc {
	doc := ioctlDoc{
		Name: row.C, Alias: row.Alias, Request: int(row.Op.Request()), Style: row.Style.String(), Target: row.Target.String(),
		Since: row.Since.String(), Permission: row.Permission, Modifies: row.Modifies, Interruptible: row.Interruptible,
		Repeatable: row.Repeatable, LogsHistory: row.LogsHistory, Linux: row.Linux, Output: row.Output,
		Method: row.Home, File: row.File, Reason: row.Reason, Keys: []keyDoc{}, Written: written(row.Home),
	}
	if row.Home == "-" {
		doc.Method = ""
	}
	for _, k := range row.Keys {
		doc.Keys = append(doc.Keys, describeKey(k))
	}
	return doc
}

// written reports whether package zfs has the method that a row names as its
// home. The table knows every operation; not all have been written.
func written(method string) bool {
	_, ok := reflect.TypeFor[*zfs.Client]().MethodByName(method)
	return ok
}

func describeKey(k ioctl.Key) keyDoc {
	doc := keyDoc{Name: k.Name, Type: k.Type.String(), Optional: k.Optional, Secret: k.Secret}
	if k.Wildcard {
		doc.Name = "*"
	}
	if k.Any {
		doc.Type = "any"
	}
	if !k.Since.IsZero() {
		doc.Since = k.Since.String()
	}
	return doc
}

// table has a line for each operation.
func (d ioctlsDoc) table() *show.Table {
	t := &show.Table{Notes: true, Header: []string{"REQUEST", "OPERATION", "STYLE", "TARGET", "SINCE", "PERMISSION", "METHOD"}}
	for _, op := range d.Operations {
		method := op.Method
		switch {
		case method == "":
			method = "-"
		case !op.Written:
			method = "(" + method + ")"
		}
		t.Add(fmt.Sprintf("%#x", op.Request), op.Name, op.Style, op.Target, op.Since, op.Permission, method)
	}
	return t
}

// long tells all about each operation.
func (d ioctlsDoc) long() *show.Page {
	b := show.NewNotes()
	for i, op := range d.Operations {
		if i > 0 {
			b.Addf("\n")
		}
		op.text(b)
	}
	return b
}

// text writes one operation with its keys.
func (o ioctlDoc) text(b *show.Page) {
	method := "none: " + o.Reason
	if o.Method != "" {
		method = o.Method + " in " + o.File
		if !o.Written {
			method += " (not written yet)"
		}
	}
	show.Fields(
		"operation", o.Name,
		"request", fmt.Sprintf("%#x", o.Request),
		"style", o.Style,
		"target", o.Target,
		"since", o.Since,
		"permission", o.Permission,
		"modifies", yesNo(o.Modifies),
		"interruptible", yesNo(o.Interruptible),
		"repeatable", yesNo(o.Repeatable),
		"logs history", yesNo(o.LogsHistory),
		"output", o.Output,
		"method", method).Align(b)
	if len(o.Keys) == 0 {
		return
	}
	t := &show.Table{Header: []string{"KEY", "TYPE", "", "SINCE"}}
	for _, k := range o.Keys {
		word := "required"
		if k.Optional {
			word = "optional"
		}
		t.Add(k.Name, k.Type, word, k.Since)
	}
	t.Align(b)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// supported is a module's answer in a word.
func supported(err error) string {
	switch {
	case err == nil:
		return "yes"
	case errors.Is(err, ioctl.ErrNotSupported):
		return "no"
	}
	return "unknown"
}

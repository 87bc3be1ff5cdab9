package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/spf13/cobra"
)

// grantDoc is one grant in JSON.
type grantDoc struct {
	Dataset string  `json:"dataset"` // where it is stored
	Kind    string  `json:"kind"`    // set, create, user, group or everyone
	ID      *uint32 `json:"id,omitempty"`
	Name    string  `json:"name,omitempty"`  // of a user or group that this system knows, or of a set
	Scope   string  `json:"scope,omitempty"` // local, descendent or local+descendent
	// Permissions are in the order of their names.
	Permissions []string `json:"permissions"`
}

// allowDoc is what allow prints.
type allowDoc struct {
	Schema  string     `json:"schema"`
	Dataset string     `json:"dataset"`
	Grants  []grantDoc `json:"grants"`
}

func (a *app) allowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "allow DATASET",
		Short: "Show delegated permissions on a filesystem or volume",
		Long: `Allow shows the permissions that are delegated on a filesystem or volume, and on its ancestors,
as zfs allow DATASET does. It grants nothing.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(func(c *zfs.Client) error {
				grants, err := c.Delegation(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				return a.print(allowDoc{"zfsprobe.allow/1", args[0], grantDocs(grants)}, func(w io.Writer) error {
					b := show.NewPage(w)
					allowText(b, grants)
					return b.Emit(w)
				})
			})
		},
	}
}

func grantDocs(grants []zfs.Grant) []grantDoc {
	docs := make([]grantDoc, 0, len(grants))
	for _, g := range grants {
		doc := grantDoc{Dataset: g.Dataset, Kind: g.Holder.Kind.String(), Name: g.Holder.Set, Permissions: g.Permissions}
		if g.Scope != 0 {
			doc.Scope = g.Scope.String()
		}
		if g.Holder.Kind == zfs.HolderUser || g.Holder.Kind == zfs.HolderGroup {
			doc.ID = &g.Holder.ID
			doc.Name, _ = holderName(g.Holder)
		}
		docs = append(docs, doc)
	}
	return docs
}

// holderName is the name that this system has for a user or group.
func holderName(h zfs.Holder) (name string, ok bool) {
	return ownerName("posix"+h.Kind.String(), zfs.UserspaceID{RID: h.ID})
}

// allowWidth is the width of the line above the permissions on a dataset.
const allowWidth = 70

// allowText writes grants as zfs allow does: a part for each dataset, in it a
// title for each scope.
func allowText(b *show.Page, grants []zfs.Grant) {
	dataset, title := "", ""
	for _, g := range grants {
		if g.Dataset != dataset {
			dataset, title = g.Dataset, ""
			head := "---- Permissions on " + dataset + " "
			b.Addf("%s%s\n", head, strings.Repeat("-", max(0, allowWidth-len(head))))
		}
		if t := allowTitle(g); t != title {
			title = t
			b.Addf("%s:\n", title)
		}
		b.Addf("\t%s%s\n", allowHolder(g.Holder), strings.Join(g.Permissions, ","))
	}
}

// allowTitle is the title that a grant stands under.
func allowTitle(g zfs.Grant) string {
	switch g.Holder.Kind {
	case zfs.HolderSet:
		return "Permission sets"
	case zfs.HolderCreator:
		return "Create time permissions"
	}
	switch g.Scope {
	case zfs.ScopeLocal:
		return "Local permissions"
	case zfs.ScopeDescendent:
		return "Descendent permissions"
	}
	return "Local+Descendent permissions"
}

// allowHolder is what stands before the permissions.
func allowHolder(h zfs.Holder) string {
	switch h.Kind {
	case zfs.HolderCreator:
		return ""
	case zfs.HolderUser, zfs.HolderGroup:
		name, ok := holderName(h)
		if !ok {
			// Zfs(8) shows the number as a signed one.
			name = fmt.Sprintf("(unknown: %d)", int32(h.ID))
		}
		return h.Kind.String() + " " + name + " "
	}
	return h.String() + " "
}

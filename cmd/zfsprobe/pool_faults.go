package main

import (
	"fmt"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/spf13/cobra"
)

// faultDoc is a fault that is injected, in JSON.
type faultDoc struct {
	ID     uint64 `json:"id"`
	Pool   string `json:"pool"`
	Kind   string `json:"kind"`
	Vdev   uint64 `json:"vdev,omitempty"`
	Objset uint64 `json:"objset,omitempty"`
	Object uint64 `json:"object,omitempty"`
	Error  string `json:"error"`
}

// faultsDoc is what pool faults prints.
type faultsDoc struct {
	Schema string     `json:"schema"`
	Faults []faultDoc `json:"faults"`
}

func (a *app) poolFaults() *cobra.Command {
	return &cobra.Command{
		Use: "faults", Short: "Show injected faults",
		Long: `Faults shows the faults that zinject(8), or a test, has injected into any pool. A
pool with a fault cannot be exported or destroyed. 'zinject -c ID' clears a fault.

Exit code 1 means that faults exist.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withClient(func(c *zfs.Client) error {
				doc := faultsDoc{Schema: "zfsprobe.pool.faults/1", Faults: []faultDoc{}}
				t := &show.Table{Notes: true, Header: []string{"ID", "POOL", "KIND", "VDEV", "OBJSET", "OBJECT", "ERROR"}}
				for f, err := range c.Faults(cmd.Context()) {
					if err != nil {
						return err
					}
					doc.Faults = append(doc.Faults, faultDoc{f.ID, f.Pool, f.Kind.String(), f.Vdev, f.Objset, f.Object, f.Error.String()})
					t.Add(fmt.Sprint(f.ID), f.Pool, f.Kind.String(), fmt.Sprint(f.Vdev), fmt.Sprint(f.Objset), fmt.Sprint(f.Object), f.Error.String())
				}
				if len(t.Rows) == 0 {
					t.Header = nil
				}
				err := a.print(doc, t.Emit)
				if len(doc.Faults) > 0 {
					return found(err)
				}
				return err
			})
		},
	}
}

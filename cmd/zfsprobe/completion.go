package main

import (
	"context"
	"strings"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/spf13/cobra"
)

// completePools completes the name of a pool; what follows it may be files.
func (a *app) completePools(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 && !strings.Contains(cmd.Use, "POOL...") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var names []string
	_ = a.withClient(func(c *zfs.Client) (err error) { // nothing is offered then
		names, err = poolNames(cmd.Context(), c, poolPatience)
		return err
	})
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeDataset offers the names of datasets, and of the snapshots of one as
// soon as an at sign is there.
func (a *app) completeDataset(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	const stop = cobra.ShellCompDirectiveNoFileComp
	if len(args) > 0 {
		return nil, stop
	}
	var names []string
	_ = a.withClient(func(c *zfs.Client) error { // nothing is offered then
		head, _, snapshots := strings.Cut(typed, "@")
		if snapshots {
			names = datasetNames(cmd.Context(), c, head, prop.TypeSnapshot)
			return nil
		}
		pools, err := poolNames(cmd.Context(), c, poolPatience)
		for _, pool := range pools {
			names = append(names, datasetNames(cmd.Context(), c, pool, 0)...)
		}
		return err
	})
	return names, stop
}

// datasetNames are the names below a dataset, or of its own snapshots.
func datasetNames(ctx context.Context, c *zfs.Client, name string, types prop.DatasetType) (names []string) {
	for ds, err := range c.Datasets(ctx, name, &zfs.DatasetsOptions{Recursive: types == 0, Types: types}) {
		if err != nil {
			break // what is known so far is better than nothing
		}
		names = append(names, ds.Name)
	}
	return names
}

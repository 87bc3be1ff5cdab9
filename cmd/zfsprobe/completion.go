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
	c, err := a.open()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer c.Close()
	names, _ := poolNames(cmd.Context(), c, poolPatience) // nothing is offered then
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeDataset offers the names of datasets, and of the snapshots of one as
// soon as an at sign is there.
func (a *app) completeDataset(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	const stop = cobra.ShellCompDirectiveNoFileComp
	c, err := a.open()
	if err != nil || len(args) > 0 {
		return nil, stop
	}
	defer c.Close()
	head, _, snapshots := strings.Cut(typed, "@")
	if snapshots {
		return datasetNames(cmd.Context(), c, head, prop.TypeSnapshot), stop
	}
	pools, _ := poolNames(cmd.Context(), c, poolPatience) // nothing is offered then
	var names []string
	for _, pool := range pools {
		names = append(names, datasetNames(cmd.Context(), c, pool, 0)...)
	}
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

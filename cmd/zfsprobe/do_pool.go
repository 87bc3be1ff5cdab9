package main

import (
	"github.com/spf13/cobra"
)

func (a *app) doPool() *cobra.Command {
	cmd := &cobra.Command{
		Use: "pool", Short: "Change pools", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.doPoolImport(), a.doPoolExport())
	return cmd
}

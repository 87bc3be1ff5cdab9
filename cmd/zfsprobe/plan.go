package main

import (
	"context"
	"errors"
	"strings"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/spf13/cobra"
)

// planDoc is what plan prints with --json.
type planDoc struct {
	Schema string     `json:"schema"`
	Plan   *zfs.Plan  `json:"plan"`
	Graph  *zfs.Graph `json:"graph"`
	// Executed reports whether --run has carried the plan out.
	Executed bool `json:"executed"`
}

// planFlags are the flags of all commands below plan.
type planFlags struct{ dot, run, steps bool }

// planWork is what one of the commands below plan does.
type planWork struct {
	plan func(g *zfs.Graph, name string) (*zfs.Plan, error)
	// alone reports whether nothing below the dataset plays a part.
	alone func() bool
}

func (a *app) planCommand() *cobra.Command {
	var f planFlags
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show the steps of a destroy, rollback or promote, what blocks it, and what is lost",
		Long: `Plan reads the dependents of a dataset: snapshots, clones anywhere in the
pool, holds, bookmarks and mounts. It shows the steps of an operation, in an order that the kernel
allows. It changes nothing unless --run is given. Then it carries out the plan, as one atomic
channel program if possible. Otherwise it runs step by step, and an error reports the steps that
were done before it.

Exit code 1 means that the operation is blocked.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := cmd.PersistentFlags()
	flags.BoolVar(&f.dot, "dot", false, "print a graph for Graphviz")
	flags.BoolVar(&f.run, "run", false, "carry out the plan")
	flags.BoolVar(&f.steps, "steps", false, "with --run: run the steps one after the other, which does not need root")
	cmd.AddCommand(a.planDestroy(&f), a.planRollback(&f), a.planPromote(&f))
	return cmd
}

// planning gives one of the commands its work.
func (a *app) planning(cmd *cobra.Command, f *planFlags, work planWork) *cobra.Command {
	cmd.Args = cobra.ExactArgs(1)
	cmd.ValidArgsFunction = a.completeDataset
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if f.dot && a.json {
			return errors.New("--dot and --json cannot be used together")
		}
		return a.withClient(func(c *zfs.Client) error {
			head, _, _ := strings.Cut(args[0], "@")
			graph, err := c.DatasetGraph(cmd.Context(), head, &zfs.GraphOptions{Alone: work.alone()})
			if err != nil {
				return err
			}
			made, err := work.plan(graph, args[0])
			if err != nil {
				return err
			}
			return a.showPlan(cmd.Context(), c, f, planDoc{Schema: "zfsprobe.plan/1", Plan: made, Graph: graph})
		})
	}
	return cmd
}

// showPlan prints a plan, and executes it if it is to be.
func (a *app) showPlan(ctx context.Context, c *zfs.Client, f *planFlags, doc planDoc) error {
	blocked := len(doc.Plan.Blocked) > 0
	var failed error
	if f.run && !blocked {
		failed = c.PlanExecute(ctx, doc.Plan, &zfs.PlanExecuteOptions{Stepwise: f.steps})
		doc.Executed = failed == nil
	}
	b := show.NewNotes()
	if f.dot {
		b.Addf("%s", show.Lines(doc.Graph.DOT(doc.Plan)))
	} else {
		b.Addf("%s", show.Lines(doc.Plan.String()))
	}
	if doc.Executed && !f.dot {
		b.Addf("done\n")
	}
	err := a.print(doc, b.Emit)
	if err == nil && blocked {
		err = errFound
	}
	return errors.Join(failed, err)
}

func (a *app) planDestroy(f *planFlags) *cobra.Command {
	var opts zfs.PlanDestroyOptions
	cmd := a.planning(&cobra.Command{
		Use: "destroy NAME", Short: "Destroy a filesystem, volume or snapshot",
		Example: "  zfsprobe plan destroy -R tank/base\n  zfsprobe plan destroy -r --promote tank/base --run",
	}, f, planWork{
		plan:  func(g *zfs.Graph, name string) (*zfs.Plan, error) { return g.PlanDestroy(name, &opts) },
		alone: func() bool { return !opts.Recursive && !opts.Dependents },
	})
	cmd.Flags().BoolVarP(&opts.Recursive, "recursive", "r", false, "with all descendants and snapshots")
	cmd.Flags().BoolVarP(&opts.Dependents, "dependents", "R", false, "with all descendants and all their clones anywhere")
	cmd.Flags().BoolVarP(&opts.Defer, "defer", "d", false, "mark a snapshot that is in use for deferred destroy")
	cmd.Flags().BoolVarP(&opts.Promote, "promote", "p", false, "promote clones outside the tree first, to preserve them")
	return cmd
}

func (a *app) planRollback(f *planFlags) *cobra.Command {
	var opts zfs.PlanRollbackOptions
	cmd := a.planning(&cobra.Command{
		Use: "rollback SNAPSHOT", Short: "Roll back a filesystem or volume to any snapshot",
		Long: `Rollback plans the rollback of a filesystem or volume to one of its snapshots.
The flags -r and -R are those of zfs rollback.`,
		Example: "  zfsprobe plan rollback -r tank/home@monday\n  zfsprobe plan rollback --tree -r tank/vms@before --run",
	}, f, planWork{
		plan:  func(g *zfs.Graph, name string) (*zfs.Plan, error) { return g.PlanRollback(name, &opts) },
		alone: func() bool { return !opts.Recursive },
	})
	cmd.Flags().BoolVarP(&opts.DestroyNewer, "newer", "r", false, "destroy newer snapshots and bookmarks")
	cmd.Flags().BoolVarP(&opts.Dependents, "dependents", "R", false, "also destroy clones of newer snapshots")
	cmd.Flags().BoolVar(&opts.Recursive, "tree", false, "also roll back all descendants, to their snapshots of that name")
	cmd.Flags().BoolVar(&opts.SkipMissing, "skip-missing", false, "with --tree: skip descendants without that snapshot")
	return cmd
}

func (a *app) planPromote(f *planFlags) *cobra.Command {
	var opts zfs.PlanPromoteOptions
	cmd := a.planning(&cobra.Command{
		Use: "promote CLONE", Short: "Promote a clone",
	}, f, planWork{
		plan:  func(g *zfs.Graph, name string) (*zfs.Plan, error) { return g.PlanPromote(name, &opts) },
		alone: func() bool { return true },
	})
	cmd.Flags().BoolVar(&opts.Independent, "independent", false, "promote repeatedly until the dataset is not a clone")
	return cmd
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/spf13/cobra"
)

// doDoc is what the commands below do print with --json: what they were called
// for, and which names they worked on.
type doDoc struct {
	Schema  string   `json:"schema"`
	Command string   `json:"command"`
	Names   []string `json:"names"`
}

// doWork carries out a command and returns the names that it worked on.
type doWork func(ctx context.Context, c *zfs.Client, args []string) ([]string, error)

func (a *app) doCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "do",
		Short: "Change datasets and pools, to reproduce a problem",
		Long: `Only the commands below do, and receive, program and plan --run, change anything.
Their arguments and flags are those of zfs(8). They call the kernel directly and do nothing else: create and
clone do not mount, destroy and rename do not unmount, and shares are not changed. The pool's history has no
record of the command unless --history is given.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().BoolVar(&a.history, "history", false, "record the command line in the pool's history")
	cmd.AddCommand(a.doCreate(), a.doClone(), a.doPromote(), a.doRename(), a.doRollback(), a.doDestroy())
	cmd.AddCommand(a.doSnapshot(), a.doBookmark(), a.doHold(), a.doRelease())
	cmd.AddCommand(a.doSet(), a.doInherit(), a.doMount(), a.doUnmount(), a.doPool())
	return cmd
}

// doing gives one of the commands its work. It says nothing if all went well.
func (a *app) doing(cmd *cobra.Command, work doWork) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.withClient(func(c *zfs.Client) error {
			ctx := cmd.Context()
			if a.history {
				ctx = ioctl.HistoryOnce(zfs.WithHistory(ctx, "zfsprobe "+strings.Join(a.args, " ")))
			}
			names, err := work(ctx, c, args)
			if err != nil {
				return err
			}
			return a.print(doDoc{Schema: "zfsprobe.do/1", Command: cmd.Name(), Names: names}, noText)
		})
	}
	return cmd
}

// assignments reads property=value, as often as it is given. The text of a
// value is left to package zfs, which knows the property.
func assignments(list []string) (prop.Values, error) { return assign(list, prop.ParseColumn) }

// poolAssignments is assignments for properties of a pool.
func poolAssignments(list []string) (prop.Values, error) { return assign(list, prop.ParsePoolColumn) }

// assign reads assignments to the properties that column finds.
func assign(list []string, column func(name string) prop.Prop) (prop.Values, error) {
	props := make(prop.Values, len(list))
	for _, text := range list {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("%q is not of the form property=value", text)
		}
		property := column(name)
		if _, twice := props[property]; twice {
			return nil, fmt.Errorf("property %s is given twice", property)
		}
		props[property] = prop.String(value)
	}
	return props, nil
}

// newVolume is what the flags of create say about a volume.
type newVolume struct {
	size, block string
	sparse      bool
}

// complete adds what the flags stand for to the options of a new dataset.
func (v newVolume) complete(opts *zfs.DatasetCreateOptions, rel ioctl.Release) error {
	if v.size == "" {
		if v.block != "" || v.sparse {
			return errors.New("-b and -s are for a volume, which has -V")
		}
		return nil
	}
	size, err := prop.Parse(prop.VolSize, v.size, rel)
	if err != nil {
		return err
	}
	opts.VolumeSize, opts.VolumeRound = size.Uint64(), true
	if v.block != "" {
		opts.Props[prop.VolBlockSize] = prop.String(v.block)
	}
	if _, given := opts.Props[prop.RefReservation]; !given && !v.sparse {
		opts.Props[prop.RefReservation] = prop.String("auto")
	}
	return nil
}

func (a *app) doCreate() *cobra.Command {
	var props []string
	var volume newVolume
	var parents bool
	cmd := a.doing(&cobra.Command{
		Use: "create NAME", Short: "Create a filesystem, or a volume with -V", Args: cobra.ExactArgs(1),
		Example: "  zfsprobe do create -p -o compression=zstd tank/home/alice\n  zfsprobe do create -V 10G tank/disk",
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		set, err := assignments(props)
		if err != nil {
			return nil, err
		}
		opts := &zfs.DatasetCreateOptions{Props: set, Parents: parents}
		if err := volume.complete(opts, c.Release()); err != nil {
			return nil, err
		}
		return args, c.DatasetCreate(ctx, args[0], opts)
	})
	cmd.Flags().StringArrayVarP(&props, "option", "o", nil, "property=value; may be repeated")
	cmd.Flags().StringVarP(&volume.size, "volume", "V", "", "create a volume of this size, and reserve the space")
	cmd.Flags().StringVarP(&volume.block, "blocksize", "b", "", "block size of the volume, as -o volblocksize")
	cmd.Flags().BoolVarP(&volume.sparse, "sparse", "s", false, "reserve no space for the volume")
	cmd.Flags().BoolVarP(&parents, "parents", "p", false, "create missing ancestors first")
	return cmd
}

func (a *app) doClone() *cobra.Command {
	var props []string
	var parents bool
	cmd := a.doing(&cobra.Command{
		Use: "clone SNAPSHOT NAME", Short: "Create a clone of a snapshot", Args: cobra.ExactArgs(2),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		set, err := assignments(props)
		if err != nil {
			return nil, err
		}
		return args[1:], c.DatasetClone(ctx, args[1], args[0], &zfs.DatasetCloneOptions{Props: set, Parents: parents})
	})
	cmd.Flags().StringArrayVarP(&props, "option", "o", nil, "property=value; may be repeated")
	cmd.Flags().BoolVarP(&parents, "parents", "p", false, "create missing ancestors first")
	return cmd
}

func (a *app) doPromote() *cobra.Command {
	return a.doing(&cobra.Command{
		Use: "promote CLONE", Short: "Promote a clone, so that it no longer depends on its origin", Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		return args, c.DatasetPromote(ctx, args[0])
	})
}

func (a *app) doRename() *cobra.Command {
	var opts zfs.DatasetRenameOptions
	cmd := a.doing(&cobra.Command{
		Use: "rename OLD NEW", Short: "Rename a filesystem, volume or snapshot", Args: cobra.ExactArgs(2),
		Example: "  zfsprobe do rename -p tank/a tank/archive/2026/a\n  zfsprobe do rename -r tank@today tank@monday",
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		to := args[1]
		if head, _, isSnap := strings.Cut(args[0], "@"); isSnap && (to == "" || to[0] == '@' || !strings.ContainsAny(to, "@/")) {
			to = head + "@" + strings.TrimPrefix(to, "@") // as zfs rename completes it
		}
		return []string{args[0], to}, c.DatasetRename(ctx, args[0], to, &opts)
	})
	cmd.Flags().BoolVarP(&opts.Parents, "parents", "p", false, "create missing ancestors of the new name first")
	cmd.Flags().BoolVarP(&opts.Recursive, "recursive", "r", false, "also the snapshots of that name of all descendants")
	cmd.Flags().BoolVarP(&opts.NoUnmount, "no-unmount", "u", false, "leave a mounted snapshot mounted")
	return cmd
}

func (a *app) doRollback() *cobra.Command {
	var newer bool
	cmd := a.doing(&cobra.Command{
		Use: "rollback SNAPSHOT", Short: "Roll back a dataset to a snapshot, discarding later changes", Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		head, _, _ := strings.Cut(args[0], "@")
		to, err := c.DatasetRollback(ctx, head, &zfs.DatasetRollbackOptions{To: args[0], DestroyNewer: newer})
		return []string{to}, err
	})
	cmd.Flags().BoolVarP(&newer, "recursive", "r", false, "destroy newer snapshots and bookmarks")
	return cmd
}

// destroyFlags are the flags of destroy.
type destroyFlags struct {
	plan         zfs.PlanDestroyOptions
	dry, verbose bool
}

func (a *app) doDestroy() *cobra.Command {
	var f destroyFlags
	cmd := a.doing(&cobra.Command{
		Use: "destroy NAME", Short: "Destroy a dataset, snapshots, or a bookmark", Args: cobra.ExactArgs(1),
		Example: `  zfsprobe do destroy -rnv tank/a            what would be destroyed, and what blocks it
  zfsprobe do destroy tank/a@monday%friday   a range of snapshots`,
	}, func(ctx context.Context, c *zfs.Client, args []string) (names []string, err error) {
		name := args[0]
		switch {
		case strings.Contains(name, "#"):
			if f.dry || f.plan != (zfs.PlanDestroyOptions{}) {
				return nil, errors.New("only -v can be used to destroy a bookmark")
			}
			if _, err := c.BookmarkProps(ctx, name); err != nil {
				return nil, err // destroying what is not there would succeed
			}
			return args, c.BookmarkDestroy(ctx, args)
		case strings.ContainsAny(name, "%,"):
			names, err = f.destroyRange(ctx, c, name)
		default:
			names, err = f.destroyPlanned(ctx, c, name)
		}
		if err != nil {
			return nil, err
		}
		return names, a.sayDestroyed(names, &f)
	})
	cmd.Flags().BoolVarP(&f.plan.Recursive, "recursive", "r", false, "with all descendants")
	cmd.Flags().BoolVarP(&f.plan.Dependents, "dependents", "R", false, "with all descendants and all their clones anywhere")
	cmd.Flags().BoolVarP(&f.plan.Defer, "defer", "d", false, "mark a snapshot that is in use for deferred destroy")
	cmd.Flags().BoolVarP(&f.dry, "dry-run", "n", false, "destroy nothing; with -v print what would be destroyed")
	cmd.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "print the names")
	return cmd
}

// destroyRange destroys several snapshots of one dataset and returns them.
func (f *destroyFlags) destroyRange(ctx context.Context, c *zfs.Client, spec string) ([]string, error) {
	if f.plan.Recursive || f.plan.Dependents {
		return nil, errors.New("-r and -R cannot be used with a range of snapshots")
	}
	names, err := c.SnapshotRange(ctx, spec)
	if err != nil {
		return nil, err
	}
	if f.dry {
		return names, f.checkRange(ctx, c, names)
	}
	return names, c.SnapshotDestroy(ctx, names, &zfs.SnapshotDestroyOptions{Defer: f.plan.Defer})
}

// checkRange reports what keeps snapshots of one dataset from being destroyed.
func (f *destroyFlags) checkRange(ctx context.Context, c *zfs.Client, names []string) error {
	if len(names) == 0 {
		return nil
	}
	head, _, _ := strings.Cut(names[0], "@")
	graph, err := c.DatasetGraph(ctx, head, &zfs.GraphOptions{Alone: true})
	if err != nil {
		return err
	}
	for _, name := range names {
		plan, err := graph.PlanDestroy(name, &zfs.PlanDestroyOptions{Defer: f.plan.Defer})
		if err == nil && len(plan.Blocked) > 0 {
			err = c.PlanExecute(ctx, plan, nil) // which does nothing but say what blocks it
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// destroyPlanned destroys what a plan says and returns it. Also a dry run fails
// if something is in the way.
func (f *destroyFlags) destroyPlanned(ctx context.Context, c *zfs.Client, name string) (names []string, err error) {
	head, _, _ := strings.Cut(name, "@")
	graph, err := c.DatasetGraph(ctx, head, &zfs.GraphOptions{Alone: !f.plan.Recursive && !f.plan.Dependents})
	if err != nil {
		return nil, err
	}
	plan, err := graph.PlanDestroy(name, &f.plan)
	if err != nil {
		return nil, err
	}
	for _, step := range plan.Steps {
		names = append(names, step.Names...)
	}
	if f.dry && len(plan.Blocked) == 0 {
		return names, nil
	}
	// Whom destruction is delegated to may run no program.
	return names, c.PlanExecute(ctx, plan, &zfs.PlanExecuteOptions{Stepwise: true})
}

// sayDestroyed prints what has gone or would go.
func (a *app) sayDestroyed(names []string, f *destroyFlags) error {
	verb := "destroyed"
	if f.dry {
		verb = "would destroy"
	}
	if !f.verbose || a.json {
		return nil
	}
	for _, name := range names {
		if err := show.Echo(a.out, "%s %s\n", verb, name); err != nil {
			return err
		}
	}
	return nil
}

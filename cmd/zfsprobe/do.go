package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/zfs"
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
		Short: "Change datasets: what a problem needs to be seen again",
		Long: `The commands below do are the only ones that change anything. Their arguments and flags are those
of zfs(8). They go straight to the kernel and do nothing besides: create and clone mount nothing,
destroy and rename unmount nothing, no share is touched and no record is left in the pool's history.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.doCreate(), a.doClone(), a.doPromote(), a.doRename(), a.doRollback(), a.doDestroy())
	cmd.AddCommand(a.doSnapshot(), a.doBookmark(), a.doHold(), a.doRelease())
	cmd.AddCommand(a.doSet(), a.doInherit(), a.doMount(), a.doUnmount())
	return cmd
}

// doing makes one of the commands. It says nothing if all went well.
func (a *app) doing(use, short, example string, args cobra.PositionalArgs, work doWork) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args, Example: example,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.open()
			if err != nil {
				return err
			}
			defer c.Close()
			names, err := work(cmd.Context(), c, args)
			if err != nil || !a.json {
				return err
			}
			return printJSON(a.out, doDoc{Schema: "zfsprobe.do/1", Command: cmd.Name(), Names: names})
		},
	}
}

// assignments reads property=value, as often as it is given. The text of a
// value is left to package zfs, which knows the property.
func assignments(list []string) (map[zfs.Prop]zfs.Value, error) {
	props := make(map[zfs.Prop]zfs.Value, len(list))
	for _, text := range list {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("%q is not of the form property=value", text)
		}
		prop := longColumn(name)
		if _, twice := props[prop]; twice {
			return nil, fmt.Errorf("property %s is given twice", prop)
		}
		props[prop] = zfs.StringValue(value)
	}
	return props, nil
}

func (a *app) doCreate() *cobra.Command {
	var props []string
	var size string
	var parents bool
	cmd := a.doing("create NAME", "Create a filesystem, or a volume with -V",
		"  zfsprobe do create -p -o compression=zstd tank/home/alice\n  zfsprobe do create -V 10G tank/disk", cobra.ExactArgs(1),
		func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
			set, err := assignments(props)
			if err != nil {
				return nil, err
			}
			opts := &zfs.DatasetCreateOptions{Props: set, Parents: parents}
			if size != "" {
				v, err := zfs.ParsePropValue(zfs.PropVolSize, size, c.Release())
				if err != nil {
					return nil, err
				}
				opts.VolumeSize = v.Uint64()
			}
			return args, c.DatasetCreate(ctx, args[0], opts)
		})
	cmd.Flags().StringArrayVarP(&props, "option", "o", nil, "property=value; may be repeated")
	cmd.Flags().StringVarP(&size, "volume", "V", "", "make a volume of this size, without a reservation")
	cmd.Flags().BoolVarP(&parents, "parents", "p", false, "first make the ancestors that are missing")
	return cmd
}

func (a *app) doClone() *cobra.Command {
	var props []string
	var parents bool
	cmd := a.doing("clone SNAPSHOT NAME", "Make a dataset that begins as a snapshot", "", cobra.ExactArgs(2),
		func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
			set, err := assignments(props)
			if err != nil {
				return nil, err
			}
			return args[1:], c.DatasetClone(ctx, args[1], args[0], &zfs.DatasetCloneOptions{Props: set, Parents: parents})
		})
	cmd.Flags().StringArrayVarP(&props, "option", "o", nil, "property=value; may be repeated")
	cmd.Flags().BoolVarP(&parents, "parents", "p", false, "first make the ancestors that are missing")
	return cmd
}

func (a *app) doPromote() *cobra.Command {
	return a.doing("promote CLONE", "Make a clone independent of its origin", "", cobra.ExactArgs(1),
		func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
			return args, c.DatasetPromote(ctx, args[0])
		})
}

func (a *app) doRename() *cobra.Command {
	var opts zfs.DatasetRenameOptions
	cmd := a.doing("rename OLD NEW", "Rename a filesystem, volume or snapshot",
		"  zfsprobe do rename -p tank/a tank/archive/2026/a\n  zfsprobe do rename -r tank@today tank@monday", cobra.ExactArgs(2),
		func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
			return args, c.DatasetRename(ctx, args[0], args[1], &opts)
		})
	cmd.Flags().BoolVarP(&opts.Parents, "parents", "p", false, "first make the ancestors of the new name that are missing")
	cmd.Flags().BoolVarP(&opts.Recursive, "recursive", "r", false, "the snapshots of that name of all descendants as well")
	cmd.Flags().BoolVarP(&opts.NoUnmount, "no-unmount", "u", false, "leave a mounted snapshot mounted")
	return cmd
}

func (a *app) doRollback() *cobra.Command {
	var newer bool
	cmd := a.doing("rollback SNAPSHOT", "Take a dataset back to a snapshot: what was written since is lost", "", cobra.ExactArgs(1),
		func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
			head, _, _ := strings.Cut(args[0], "@")
			to, err := c.DatasetRollback(ctx, head, &zfs.DatasetRollbackOptions{To: args[0], DestroyNewer: newer})
			return []string{to}, err
		})
	cmd.Flags().BoolVarP(&newer, "recursive", "r", false, "destroy the snapshots and bookmarks that are newer")
	return cmd
}

func (a *app) doDestroy() *cobra.Command {
	var opts zfs.DatasetDestroyPlanOptions
	var dry, verbose bool
	cmd := a.doing("destroy NAME", "Destroy a dataset, snapshots, or a bookmark",
		`  zfsprobe do destroy -rnv tank/a            what would go, and what is in the way
  zfsprobe do destroy tank/a@monday%friday   a range of snapshots`, cobra.ExactArgs(1),
		func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
			name := args[0]
			switch {
			case strings.Contains(name, "#"):
				if dry || opts != (zfs.DatasetDestroyPlanOptions{}) {
					return nil, errors.New("a bookmark is destroyed alone: only -v goes with it")
				}
				return args, c.BookmarkDestroy(ctx, args)
			case strings.ContainsAny(name, "%,"):
				return a.destroyRange(ctx, c, name, dry, verbose, &opts)
			}
			return a.destroyPlanned(ctx, c, name, dry, verbose, &opts)
		})
	cmd.Flags().BoolVarP(&opts.Recursive, "recursive", "r", false, "with all descendants")
	cmd.Flags().BoolVarP(&opts.Dependents, "dependents", "R", false, "with all descendants and all clones of them, wherever they lie")
	cmd.Flags().BoolVarP(&opts.Defer, "defer", "d", false, "let a snapshot that is in use go when it no longer is")
	cmd.Flags().BoolVarP(&dry, "dry-run", "n", false, "destroy nothing; with -v say what would go")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "print the names")
	return cmd
}

// destroyRange destroys several snapshots of one dataset.
func (a *app) destroyRange(ctx context.Context, c *zfs.Client, spec string, dry, verbose bool, opts *zfs.DatasetDestroyPlanOptions) ([]string, error) {
	if opts.Recursive || opts.Dependents {
		return nil, errors.New("-r and -R do not go with a range of snapshots")
	}
	names, err := c.SnapshotRange(ctx, spec)
	if err != nil {
		return nil, err
	}
	if !dry {
		if err := c.SnapshotDestroy(ctx, names, &zfs.SnapshotDestroyOptions{Defer: opts.Defer}); err != nil {
			return nil, err
		}
	}
	return names, a.sayDestroyed(names, dry, verbose)
}

// destroyPlanned destroys what a plan says.
func (a *app) destroyPlanned(ctx context.Context, c *zfs.Client, name string, dry, verbose bool, opts *zfs.DatasetDestroyPlanOptions) ([]string, error) {
	plan, err := c.DatasetDestroyPlan(ctx, name, opts)
	if err != nil {
		return nil, err
	}
	if !dry || len(plan.Blocked) > 0 {
		if err := plan.Execute(ctx); err != nil {
			return nil, err
		}
	}
	var names []string
	for _, step := range plan.Steps {
		names = append(names, step.Names()...)
	}
	return names, a.sayDestroyed(names, dry, verbose)
}

// sayDestroyed prints what has gone or would go.
func (a *app) sayDestroyed(names []string, dry, verbose bool) error {
	verb := "destroyed"
	if dry {
		verb = "would destroy"
	}
	if !verbose || a.json {
		return nil
	}
	for _, name := range names {
		if _, err := fmt.Fprintln(a.out, verb, name); err != nil {
			return err
		}
	}
	return nil
}

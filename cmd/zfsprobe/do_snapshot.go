package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/zfs"
	"github.com/spf13/cobra"
)

// snapshotNames returns the names of snapshots, and with recursive those of the
// same name for all descendants: the existing ones, or all of them for who
// makes them.
func snapshotNames(ctx context.Context, c *zfs.Client, names []string, recursive, existing bool) ([]string, error) {
	if !recursive {
		return names, nil
	}
	var all []string
	for _, name := range names {
		head, snap, ok := strings.Cut(name, "@")
		if !ok {
			return nil, fmt.Errorf("%w %q: not a snapshot's name", zfs.ErrInvalidName, name)
		}
		found := 0
		for ds, err := range c.Datasets(ctx, head, &zfs.DatasetsOptions{Recursive: true}) {
			if err != nil {
				return nil, err
			}
			if existing {
				there, err := c.DatasetExists(ctx, ds.Name+"@"+snap)
				if err != nil {
					return nil, err
				}
				if !there {
					continue
				}
			}
			found++
			all = append(all, ds.Name+"@"+snap)
		}
		if found == 0 {
			return nil, &notFoundError{name}
		}
	}
	return all, nil
}

func (a *app) doSnapshot() *cobra.Command {
	var props []string
	var recursive bool
	cmd := a.doing(&cobra.Command{
		Use: "snapshot NAME@SNAPSHOT...", Short: "Create snapshots in one transaction group", Args: cobra.MinimumNArgs(1),
		Example: "  zfsprobe do snapshot -r -o com.example:why=upgrade tank@before",
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		set, err := assignments(props)
		if err != nil {
			return nil, err
		}
		names, err := snapshotNames(ctx, c, args, recursive, false)
		if err != nil {
			return nil, err
		}
		return names, c.SnapshotCreate(ctx, names, &zfs.SnapshotCreateOptions{Props: set})
	})
	cmd.Flags().StringArrayVarP(&props, "option", "o", nil, "user property=value; may be repeated")
	cmd.Flags().BoolVarP(&recursive, "recursive", "r", false, "also of all descendants")
	return cmd
}

func (a *app) doBookmark() *cobra.Command {
	return a.doing(&cobra.Command{
		Use: "bookmark SNAPSHOT|BOOKMARK NAME#BOOKMARK", Short: "Create a bookmark of a snapshot or of another bookmark", Args: cobra.ExactArgs(2),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		source, mark := args[0], args[1]
		switch {
		case strings.HasPrefix(mark, "#"): // as zfs bookmark completes them
			n, _ := zfs.ParseName(source) // or it is refused below
			mark = n.Dataset + mark
		case strings.HasPrefix(source, "@"), strings.HasPrefix(source, "#"):
			n, _ := zfs.ParseName(mark)
			source = n.Dataset + source
		}
		return []string{mark}, c.BookmarkCreate(ctx, map[string]string{mark: source})
	})
}

func (a *app) doHold() *cobra.Command {
	var recursive bool
	cmd := a.doing(&cobra.Command{
		Use: "hold TAG SNAPSHOT...", Short: "Place a hold on snapshots", Args: cobra.MinimumNArgs(2),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		names, err := snapshotNames(ctx, c, args[1:], recursive, true)
		if err != nil {
			return nil, err
		}
		holds := make(map[string]string, len(names))
		for _, name := range names {
			holds[name] = args[0]
		}
		return names, c.HoldAdd(ctx, holds, nil)
	})
	cmd.Flags().BoolVarP(&recursive, "recursive", "r", false, "also the snapshots of that name of all descendants")
	return cmd
}

func (a *app) doRelease() *cobra.Command {
	var recursive bool
	cmd := a.doing(&cobra.Command{
		Use: "release TAG SNAPSHOT...", Short: "Release a hold on snapshots", Args: cobra.MinimumNArgs(2),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		names, err := snapshotNames(ctx, c, args[1:], recursive, true)
		if err != nil {
			return nil, err
		}
		holds := make(map[string][]string, len(names))
		for _, name := range names {
			holds[name] = []string{args[0]}
		}
		return names, c.HoldRelease(ctx, holds)
	})
	cmd.Flags().BoolVarP(&recursive, "recursive", "r", false, "also from the snapshots of that name of all descendants")
	return cmd
}

package main

import (
	"context"
	"errors"
	"strings"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/spf13/cobra"
)

func (a *app) doSet() *cobra.Command {
	return a.doing(&cobra.Command{
		Use: "set PROPERTY=VALUE... NAME...", Short: "Set properties", Args: cobra.MinimumNArgs(2),
		Example: "  zfsprobe do set compression=zstd quota=10G tank/home",
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		n := 0
		for n < len(args) && strings.Contains(args[n], "=") {
			n++
		}
		if n == 0 || n == len(args) {
			return nil, errors.New("want properties as property=value, then names")
		}
		props, err := assignments(args[:n])
		if err != nil {
			return nil, err
		}
		return eachName(args[n:], func(name string) error { return c.DatasetSetProps(ctx, name, props) })
	})
}

func (a *app) doInherit() *cobra.Command {
	var recursive, received bool
	cmd := a.doing(&cobra.Command{
		Use: "inherit PROPERTY NAME...", Short: "Clear a property, so that its value is inherited", Args: cobra.MinimumNArgs(2),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		property := prop.ParseColumn(args[0])
		names := args[1:]
		if recursive {
			var err error
			if names, err = havingProp(ctx, c, names, property); err != nil {
				return nil, err
			}
		}
		opts := &zfs.InheritOptions{Received: received}
		return eachName(names, func(name string) error { return c.DatasetInheritProp(ctx, name, property, opts) })
	})
	cmd.Flags().BoolVarP(&recursive, "recursive", "r", false, "also from all descendants")
	cmd.Flags().BoolVarP(&received, "received", "S", false, "revert to the received value, if any")
	return cmd
}

// havingProp returns datasets with those of their descendants that can have a
// property, as zfs inherit -r chooses them.
func havingProp(ctx context.Context, c *zfs.Client, tops []string, property prop.Prop) ([]string, error) {
	info, native := prop.Lookup(property)
	var names []string
	for _, top := range tops {
		for ds, err := range c.Datasets(ctx, top, &zfs.DatasetsOptions{Recursive: true}) {
			switch {
			case err != nil:
				return nil, err
			case !native || !info.ExistsIn(c.Release()) || info.AppliesTo(ds.Type, c.Release()):
				names = append(names, ds.Name)
			}
		}
	}
	return names, nil
}

// eachName does something to one name after the other. What fails does not keep
// the others from being done; the names that were done are returned.
func eachName(names []string, fn func(name string) error) (done []string, failed error) {
	for _, name := range names {
		if err := fn(name); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		done = append(done, name)
	}
	return done, failed
}

func (a *app) doMount() *cobra.Command {
	var opts zfs.DatasetMountOptions
	var options string
	cmd := a.doing(&cobra.Command{
		Use: "mount NAME", Short: "Mount a filesystem at its mountpoint", Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		if options != "" {
			opts.Options = strings.Split(options, ",")
		}
		_, err := c.DatasetMount(ctx, args[0], &opts)
		return args, err
	})
	cmd.Flags().StringVarP(&options, "options", "o", "", "temporary mount options, separated by commas")
	cmd.Flags().BoolVarP(&opts.Overlay, "overlay", "O", false, "mount over a directory that is not empty")
	cmd.Flags().StringVar(&opts.Path, "path", "", "mount there instead")
	return cmd
}

func (a *app) doUnmount() *cobra.Command {
	var opts zfs.DatasetUnmountOptions
	cmd := a.doing(&cobra.Command{
		Use: "unmount NAME", Short: "Unmount a filesystem", Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		return args, c.DatasetUnmount(ctx, args[0], &opts)
	})
	cmd.Aliases = []string{"umount"}
	cmd.Flags().BoolVarP(&opts.Force, "force", "f", false, "abort pending operations")
	return cmd
}

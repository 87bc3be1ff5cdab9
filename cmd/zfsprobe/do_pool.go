package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/spf13/cobra"
)

func (a *app) doPool() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pool",
		Short: "Change pools and their devices",
		Long: `The commands below pool have the arguments and flags of zpool(8). Disks are
not partitioned. Nothing is mounted.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.poolCreate(), a.poolDestroy(), a.poolAdd(), a.poolAttach(), a.poolReplace(), a.poolDetach(), a.poolRemove())
	cmd.AddCommand(a.poolOnline(), a.poolOffline(), a.poolSplit(), a.poolClear(), a.poolReguid(), a.poolReopen(), a.poolSync())
	cmd.AddCommand(a.poolSet(), a.poolUpgrade(), a.poolScrub(), a.poolTrim(), a.poolInitialize(), a.poolCheckpoint(), a.poolWait())
	cmd.AddCommand(a.doPoolExport())
	for _, sub := range cmd.Commands() {
		sub.ValidArgsFunction = a.completePools
	}
	cmd.AddCommand(a.doPoolImport()) // of pools that are not there yet
	return cmd
}

// devFolder is where a name without a slash is looked for.
const devFolder = "/dev"

// deviceWords completes the names of devices among the words of a layout: one
// without a slash is a disk in /dev.
func deviceWords(words []string) []string {
	full := slices.Clone(words)
	for i, word := range full {
		full[i] = devicePath(word)
	}
	return full
}

// devicePath is the path of a device, or the word itself if it is none.
func devicePath(word string) string {
	if strings.Contains(word, "/") {
		return word
	}
	path := filepath.Join(devFolder, word)
	if info, err := os.Stat(path); err != nil || info.Mode()&os.ModeDevice == 0 {
		return word
	}
	return path
}

func (a *app) poolCreate() *cobra.Command {
	var props, rootProps []string
	var mountpoint, root, temp string
	var force, none, dry bool
	cmd := a.doing(&cobra.Command{
		Use: "create POOL VDEV...", Short: "Create a pool", Args: cobra.MinimumNArgs(2),
		Example: `  zfsprobe do pool create tank mirror sda sdb log sdc
  zfsprobe do pool create -o ashift=12 -O compression=zstd tank raidz2 /dev/disk/by-id/a /dev/disk/by-id/b /dev/disk/by-id/c`,
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		opts := &zfs.PoolCreateOptions{AllFeatures: !none, TempName: temp, Force: force}
		var err error
		if opts.Props, opts.Features, err = createProps(props, root); err != nil {
			return nil, err
		}
		if _, old := opts.Props[prop.PoolVersion]; old {
			opts.AllFeatures = false
		}
		if opts.RootProps, err = assignments(rootProps); err != nil {
			return nil, err
		}
		if mountpoint != "" {
			opts.RootProps[prop.Mountpoint] = prop.String(mountpoint)
		}
		layout, err := zfs.ParseLayout(deviceWords(args[1:]))
		if err != nil {
			return nil, err
		}
		opts.DryRun = dry
		return unlessDry(dry, args[:1]), c.PoolCreate(ctx, args[0], layout, opts)
	})
	flags := cmd.Flags()
	flags.StringArrayVarP(&props, "option", "o", nil, "property=value of the pool, including feature@x=enabled or disabled; may be repeated")
	flags.StringArrayVarP(&rootProps, "root-option", "O", nil, "property=value of the root dataset; may be repeated")
	flags.StringVarP(&mountpoint, "mountpoint", "m", "", "as -O mountpoint")
	flags.StringVarP(&root, "root", "R", "", "as -o altroot, without a cachefile")
	flags.StringVarP(&temp, "temporary", "t", "", "name of the pool until it is exported")
	flags.BoolVarP(&force, "force", "f", false, "also use devices that are in use")
	flags.BoolVarP(&none, "no-features", "d", false, "enable only the features that -o names")
	flags.BoolVarP(&dry, "dry-run", "n", false, "make all checks and change nothing")
	return cmd
}

// unlessDry are the names that were worked on: none in a dry run.
func unlessDry(dry bool, names []string) []string {
	if dry {
		return nil
	}
	return names
}

// createProps takes the features out of the properties of a pool. One that is
// disabled cannot be left out of all of them, so it is an error unless none is
// enabled by itself.
func createProps(list []string, root string) (props prop.Values, features []string, err error) {
	if props, err = poolAssignments(list); err != nil {
		return nil, nil, err
	}
	if root != "" {
		props[prop.PoolAltroot] = prop.String(root)
		if _, given := props[prop.PoolCacheFile]; !given {
			props[prop.PoolCacheFile] = prop.String("none")
		}
	}
	for name, v := range props {
		feature, ok := strings.CutPrefix(string(name), "feature@")
		if !ok {
			continue
		}
		if v.String() != "enabled" {
			return nil, nil, fmt.Errorf("%s=%s: use -d, and name the features to enable", name, v)
		}
		features = append(features, feature)
		delete(props, name)
	}
	return props, features, nil
}

func (a *app) poolDestroy() *cobra.Command {
	var force bool
	cmd := a.doing(&cobra.Command{
		Use: "destroy POOL", Short: "Destroy a pool and everything in it", Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		return args, c.PoolDestroy(ctx, args[0], &zfs.PoolDestroyOptions{Unmount: true, Force: force})
	})
	cmd.Flags().BoolVarP(&force, "force", "f", false, "also unmount filesystems that are in use")
	return cmd
}

// ashiftFlag reads -o of the commands where nothing but ashift can be given.
func ashiftFlag(list []string) (ashift int, err error) {
	props, err := poolAssignments(list)
	if err != nil {
		return 0, err
	}
	for name, v := range props {
		if name != prop.PoolAshift {
			return 0, fmt.Errorf("property %s cannot be set here, only ashift", name)
		}
		if _, err := fmt.Sscan(v.String(), &ashift); err != nil {
			return 0, fmt.Errorf("ashift=%s is not a number", v)
		}
	}
	return ashift, nil
}

func (a *app) poolAdd() *cobra.Command {
	var props []string
	var force, dry bool
	cmd := a.doing(&cobra.Command{
		Use: "add POOL VDEV...", Short: "Add devices to a pool", Args: cobra.MinimumNArgs(2),
		Example: "  zfsprobe do pool add tank mirror sdc sdd\n  zfsprobe do pool add tank cache sde",
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		ashift, err := ashiftFlag(props)
		if err != nil {
			return nil, err
		}
		layout, err := zfs.ParseLayout(deviceWords(args[1:]))
		if err != nil {
			return nil, err
		}
		opts := &zfs.VdevAddOptions{Ashift: ashift, Force: force, DryRun: dry}
		return unlessDry(dry, args[:1]), c.VdevAdd(ctx, args[0], layout, opts)
	})
	cmd.Flags().StringArrayVarP(&props, "option", "o", nil, "ashift=N")
	cmd.Flags().BoolVarP(&force, "force", "f", false, "also devices that are in use, or that make the pool less redundant")
	cmd.Flags().BoolVarP(&dry, "dry-run", "n", false, "make all checks and change nothing")
	return cmd
}

// attachFlags adds the flags that attach and replace share.
func attachFlags(cmd *cobra.Command, opts *zfs.VdevAttachOptions, props *[]string, wait *bool) *cobra.Command {
	cmd.Flags().BoolVarP(&opts.Force, "force", "f", false, "also a device that is in use")
	cmd.Flags().BoolVarP(&opts.Sequential, "sequential", "s", false, "copy sequentially, and scrub afterwards")
	cmd.Flags().BoolVarP(wait, "wait", "w", false, "wait until all data is copied to the device")
	cmd.Flags().StringArrayVarP(props, "option", "o", nil, "ashift=N")
	return cmd
}

// attach attaches or replaces, and waits if that is asked for.
func attach(ctx context.Context, c *zfs.Client, args []string, do attaching) ([]string, error) {
	ashift, err := ashiftFlag(do.props)
	if err != nil {
		return nil, err
	}
	do.opts.Ashift = ashift
	pair := zfs.VdevPair{Old: args[1]}
	if len(args) > 2 {
		pair.New = devicePath(args[2])
	}
	if err := c.VdevAttach(ctx, args[0], pair, &do.opts); err != nil || !do.wait {
		return args[:1], err
	}
	activity := zfs.ActivityResilver
	if do.opts.Replace {
		activity = zfs.ActivityReplace
	}
	_, err = c.PoolWait(ctx, args[0], activity, nil)
	return args[:1], err
}

// attaching is what attach and replace are told.
type attaching struct {
	opts  zfs.VdevAttachOptions
	props []string
	wait  bool
}

func (a *app) poolAttach() *cobra.Command {
	var do attaching
	return attachFlags(a.doing(&cobra.Command{
		Use: "attach POOL DEVICE NEW", Short: "Attach a device to a mirror, a single device or a raidz", Args: cobra.ExactArgs(3),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		return attach(ctx, c, args, do)
	}), &do.opts, &do.props, &do.wait)
}

func (a *app) poolReplace() *cobra.Command {
	do := attaching{opts: zfs.VdevAttachOptions{Replace: true}}
	return attachFlags(a.doing(&cobra.Command{
		Use: "replace POOL DEVICE [NEW]", Short: "Replace a device", Args: cobra.RangeArgs(2, 3),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		return attach(ctx, c, args, do)
	}), &do.opts, &do.props, &do.wait)
}

func (a *app) poolDetach() *cobra.Command {
	return a.doing(&cobra.Command{
		Use: "detach POOL DEVICE", Short: "Detach a device from a mirror", Args: cobra.ExactArgs(2),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		return args[:1], c.VdevDetach(ctx, args[0], args[1])
	})
}

func (a *app) poolRemove() *cobra.Command {
	var stop, wait bool
	cmd := a.doing(&cobra.Command{
		Use: "remove POOL [DEVICE...]", Short: "Remove devices from a pool, or cancel a removal with -s", Args: cobra.MinimumNArgs(1),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		switch {
		case stop && len(args) > 1:
			return nil, errors.New("-s cancels the running removal and has no device")
		case stop:
			return args, c.VdevRemoveCancel(ctx, args[0])
		case len(args) == 1:
			return nil, errors.New("name the devices to remove")
		}
		done, err := eachName(args[1:], func(name string) error { return c.VdevRemove(ctx, args[0], name) })
		if err == nil && wait {
			_, err = c.PoolWait(ctx, args[0], zfs.ActivityRemove, nil)
		}
		return done, err
	})
	cmd.Flags().BoolVarP(&stop, "stop", "s", false, "cancel the running removal")
	cmd.Flags().BoolVarP(&wait, "wait", "w", false, "wait until all data is copied to other devices")
	return cmd
}

func (a *app) poolSplit() *cobra.Command {
	var props []string
	var root string
	cmd := a.doing(&cobra.Command{
		Use: "split POOL NEWPOOL [DEVICE...]", Short: "Split a pool of mirrors into two pools", Args: cobra.MinimumNArgs(2),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		set, err := poolAssignments(props)
		if err != nil {
			return nil, err
		}
		if root != "" {
			set[prop.PoolAltroot] = prop.String(root)
		}
		opts := &zfs.VdevSplitOptions{Devices: args[2:], Props: set, Import: root != ""}
		return args[1:2], c.VdevSplit(ctx, args[0], args[1], opts)
	})
	cmd.Flags().StringArrayVarP(&props, "option", "o", nil, "property=value of the new pool; may be repeated")
	cmd.Flags().StringVarP(&root, "root", "R", "", "import the new pool below this directory")
	return cmd
}

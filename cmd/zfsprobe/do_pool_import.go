package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/zfs"
	"github.com/spf13/cobra"
)

// importFlags are the flags of do pool import.
type importFlags struct {
	opts             zfs.PoolImportOptions
	search           zfs.PoolSearch
	props            []string
	recover, extreme bool
	noMount          bool
}

func (a *app) doPoolImport() *cobra.Command {
	var f importFlags
	cmd := a.doing(&cobra.Command{
		Use: "import POOL|GUID [NEWNAME]", Short: "Import a pool", Args: cobra.RangeArgs(1, 2),
		Long: `Import looks for the devices of a pool, has the kernel open it for a look, and imports it. It mounts and
shares nothing and loads no keys, with and without -N. The flags are those of zpool import; of its
properties -o takes readonly, altroot and cachefile.`,
		Example: "  zfsprobe do pool import -d /images -o readonly=on -R /mnt tank\n  zfsprobe do pool import -f 6504978260106102853 rescue",
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		if err := f.complete(args); err != nil {
			return nil, err
		}
		p, err := c.PoolImport(ctx, args[0], &f.opts)
		if err != nil {
			return nil, err
		}
		return []string{p.Name}, nil
	})
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.search.Places, "dir", "d", nil, "look in this directory, or at this device or file; may be repeated")
	flags.StringVarP(&f.search.Cachefile, "cachefile", "c", "", "take the pool from this cachefile")
	flags.BoolVarP(&f.opts.Destroyed, "destroyed", "D", false, "import a pool that was destroyed")
	flags.BoolVarP(&f.opts.Force, "force", "f", false, "import it although another host had it and did not export it")
	flags.BoolVarP(&f.recover, "recover", "F", false, "go back a little if the latest state cannot be read")
	flags.BoolVarP(&f.extreme, "extreme", "X", false, "with -F: as far as it takes")
	flags.Uint64VarP(&f.opts.Txg, "txg", "T", 0, "go back to this transaction group")
	flags.BoolVar(&f.opts.Checkpoint, "rewind-to-checkpoint", false, "go back to the pool's checkpoint")
	flags.BoolVarP(&f.opts.MissingLog, "missing-log", "m", false, "import it without its log devices")
	flags.BoolVarP(&f.noMount, "no-mount", "N", false, "mount nothing, which is so anyway")
	flags.StringArrayVarP(&f.props, "option", "o", nil, "property=value; may be repeated")
	flags.StringVarP(&f.opts.AltRoot, "root", "R", "", "put this in front of all mount points, and the pool in no cachefile")
	flags.BoolVarP(&f.opts.Temporary, "temporary", "t", false, "the new name is for this import only")
	return cmd
}

// complete takes what the flags and arguments mean together.
func (f *importFlags) complete(args []string) error {
	f.opts.Search = &f.search
	if len(args) > 1 {
		f.opts.NewName = args[1]
	}
	if f.extreme && !f.recover {
		return errors.New("-X goes with -F only")
	}
	switch {
	case f.extreme:
		f.opts.Rewind = zfs.RewindExtreme
	case f.recover:
		f.opts.Rewind = zfs.RewindRecent
	}
	for _, text := range f.props {
		name, value, ok := strings.Cut(text, "=")
		switch {
		case !ok:
			return fmt.Errorf("%q is not of the form property=value", text)
		case name == "readonly" && (value == "on" || value == "off"):
			f.opts.ReadOnly = value == "on"
		case name == "altroot":
			f.opts.AltRoot = value
		case name == "cachefile":
			f.opts.Cachefile = value
		default:
			return fmt.Errorf("%s: -o takes readonly=on, altroot and cachefile", text)
		}
	}
	return nil
}

func (a *app) doPoolExport() *cobra.Command {
	var opts zfs.PoolExportOptions
	cmd := a.doing(&cobra.Command{
		Use: "export POOL...", Short: "Export pools", Args: cobra.MinimumNArgs(1),
		Long: "Export lets go of pools. It unmounts nothing: a pool of which something is mounted is busy.",
	}, func(ctx context.Context, c *zfs.Client, args []string) (done []string, err error) {
		for _, name := range args {
			if err := c.PoolExport(ctx, name, &opts); err != nil {
				return done, err
			}
			done = append(done, name)
		}
		return done, nil
	})
	cmd.Flags().BoolVarP(&opts.Force, "force", "f", false, "although a device is a spare that other pools share")
	cmd.Flags().BoolVarP(&opts.Hard, "hard", "F", false, "leave the labels as they are, as if the host had crashed")
	return cmd
}

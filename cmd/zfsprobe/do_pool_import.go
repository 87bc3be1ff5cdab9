package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/label"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/spf13/cobra"
)

// importFlags are the flags of do pool import.
type importFlags struct {
	opts             zfs.PoolImportOptions
	search           zfs.PoolSearch
	props            []string
	all, keys        bool
	recover, extreme bool
	ignored          bool // what is so anyway
	errOut           io.Writer
}

func (a *app) doPoolImport() *cobra.Command {
	var f importFlags
	var cmd *cobra.Command
	cmd = a.doing(&cobra.Command{
		Use: "import {-a | POOL|GUID [NEWNAME]}", Short: "Import a pool, or all pools that are found", Args: cobra.MaximumNArgs(2),
		Long: `Import searches for the devices of a pool, checks the pool with a trial import in
the kernel, and imports it. It mounts and shares nothing, with and without -N. The flags are those of
zpool import. With -a it imports all pools that it finds, and continues with the next pool if one cannot
be imported.

With -n it makes all checks and imports nothing; with -nF it also reports how far the pool would be rewound.

With -l it loads the keys of the pool's datasets from their keylocation, and prompts for keys that are
not in a file: on a terminal without echo, from other input it reads one line for each.`,
		Example: `  zfsprobe do pool import -d /images -o readonly=on -R /mnt tank
  zfsprobe do pool import -f 6504978260106102853 rescue
  zfsprobe do pool import -F -n tank
  zfsprobe do pool import -a -l`,
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		if err := f.complete(args); err != nil {
			return nil, err
		}
		f.errOut = cmd.ErrOrStderr()
		if f.all {
			return f.importAll(ctx, a, c)
		}
		p, err := f.importOne(ctx, a, c, args[0])
		if p == "" {
			return nil, err
		}
		return []string{p}, err
	})
	flags := cmd.Flags()
	flags.BoolVarP(&f.all, "all", "a", false, "import all pools that are found")
	flags.BoolVarP(&f.keys, "load-keys", "l", false, "load the keys of the pool's datasets")
	flags.StringArrayVarP(&f.search.Places, "dir", "d", nil, "search this directory, device or file; may be repeated")
	flags.StringVarP(&f.search.Cachefile, "cachefile", "c", "", "read the pool from this cachefile")
	flags.BoolVarP(&f.opts.Destroyed, "destroyed", "D", false, "import a pool that was destroyed")
	flags.BoolVarP(&f.opts.Force, "force", "f", false, "import the pool even if another host did not export it")
	flags.BoolVarP(&f.recover, "recover", "F", false, "rewind a little if the latest state cannot be read")
	flags.BoolVarP(&f.extreme, "extreme", "X", false, "with -F: rewind as far as necessary")
	flags.Uint64VarP(&f.opts.Txg, "txg", "T", 0, "rewind to this transaction group")
	flags.BoolVarP(&f.opts.DryRun, "dry-run", "n", false, "import nothing, but report whether the import would succeed and with -F what would be lost")
	flags.BoolVar(&f.opts.Checkpoint, "rewind-to-checkpoint", false, "rewind to the pool's checkpoint")
	flags.BoolVarP(&f.opts.MissingLog, "missing-log", "m", false, "import the pool without its log devices")
	flags.BoolVarP(&f.ignored, "no-mount", "N", false, "mount nothing, which is the default")
	flags.BoolVarP(&f.ignored, "scan", "s", false, "search devices instead of a cachefile, which is the default without -c")
	flags.StringArrayVarP(&f.props, "option", "o", nil, "property=value of the pool; may be repeated")
	flags.StringVarP(&f.opts.AltRoot, "root", "R", "", "prefix for all mount points; the pool is not added to a cachefile")
	flags.BoolVarP(&f.opts.Temporary, "temporary", "t", false, "the new name is for this import only")
	return cmd
}

// complete takes what the flags and arguments mean together.
func (f *importFlags) complete(args []string) error {
	f.opts.Search = &f.search
	switch {
	case f.all && len(args) > 0:
		return errors.New("-a imports all pools and cannot be used with a name")
	case !f.all && len(args) == 0:
		return errors.New("want the name or GUID of a pool, or -a for all; 'zfsprobe importable' lists them")
	case f.extreme && !f.recover:
		return errors.New("-X needs -F")
	case f.extreme:
		f.opts.Rewind = zfs.RewindExtreme
	case f.recover:
		f.opts.Rewind = zfs.RewindRecent
	}
	if len(args) > 1 {
		f.opts.NewName = args[1]
	}
	props, err := poolAssignments(f.props)
	if err != nil {
		return err
	}
	for p, v := range props {
		switch text := v.String(); {
		case p == prop.PoolReadOnly && text != "on" && text != "off":
			return fmt.Errorf("readonly=%s: want on or off", text)
		case p == prop.PoolReadOnly:
			f.opts.ReadOnly = text == "on"
		case p == prop.PoolAltroot:
			f.opts.AltRoot = text
		case p == prop.PoolCacheFile:
			f.opts.Cachefile = text
		default:
			continue
		}
		delete(props, p)
	}
	f.opts.Props = props
	return nil
}

// importOne imports a pool and returns the name that it has then, also with an
// error about its keys.
func (f *importFlags) importOne(ctx context.Context, a *app, c *zfs.Client, pool string) (string, error) {
	p, err := c.PoolImport(ctx, pool, &f.opts)
	if err != nil {
		return "", err
	}
	err = f.sayState(p)
	if f.opts.DryRun {
		return "", err
	}
	if f.keys {
		err = errors.Join(err, a.loadKeys(ctx, c, p.Name, f.errOut))
	}
	return p.Name, err
}

// sayState says which state of a pool was imported, or would be.
func (f *importFlags) sayState(p *zfs.ImportedPool) error {
	is, was := "was rewound to", "is"
	if f.opts.DryRun {
		is, was = "would be rewound to", "would be"
	}
	switch r := p.Rewound; {
	case r != nil:
		return show.Say(f.errOut, "%s %s its state of %s; data written in the %v after it %s lost\n", p.Name, is, dateIn(r.Time, time.DateTime), r.Lost, was)
	case f.opts.DryRun:
		return show.Say(f.errOut, "%s can be imported without a rewind\n", p.Name)
	}
	return nil
}

// importAll imports what is found, each pool by its GUID.
func (f *importFlags) importAll(ctx context.Context, a *app, c *zfs.Client) (names []string, err error) {
	search := f.search
	search.LabelsOnly = true // each import asks the kernel anyway
	all, err := c.PoolImportable(ctx, &search)
	if err != nil {
		return nil, err
	}
	errs := []error{all.Incomplete}
	f.opts.Search, f.opts.Found = nil, all
	for _, p := range all.Pools {
		if f.opts.Destroyed != (p.State == label.StateDestroyed) {
			continue
		}
		name, err := f.importOne(ctx, a, c, strconv.FormatUint(p.GUID, 10))
		if name != "" {
			names = append(names, name)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.Name, err))
		}
	}
	return names, errors.Join(errs...)
}

func (a *app) doPoolExport() *cobra.Command {
	var opts zfs.PoolExportOptions
	cmd := a.doing(&cobra.Command{
		Use: "export POOL...", Short: "Export pools", Args: cobra.MinimumNArgs(1),
		Long: "Export exports pools. It unmounts nothing: a pool with mounted filesystems is busy.",
	}, func(ctx context.Context, c *zfs.Client, args []string) (done []string, err error) {
		for _, name := range args {
			if err := c.PoolExport(ctx, name, &opts); err != nil {
				return done, err
			}
			done = append(done, name)
		}
		return done, nil
	})
	cmd.Flags().BoolVarP(&opts.Force, "force", "f", false, "even if a device is a spare that other pools share")
	cmd.Flags().BoolVarP(&opts.Hard, "hard", "F", false, "do not update the labels, as if the host had crashed")
	return cmd
}

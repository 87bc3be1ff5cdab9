package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/spf13/cobra"
)

// statusFlags are the flags of status.
type statusFlags struct {
	try                         time.Duration
	unhealthy, verbose, literal bool
	initialize, trim, slow      bool
}

func (a *app) statusCommand() *cobra.Command {
	var f statusFlags
	cmd := &cobra.Command{
		Use:   "status [POOL...]",
		Short: "Show pool status, without hanging on a suspended pool",
		Long: `Status shows the pool status as zpool status does: devices with their states and
counters, scrubs and the like, and data errors. The flags are those of zpool status, and --json has the
names of zpool status -j --json-int. It waits for the kernel's names of the pools, and for each pool, only
as long as --try. If the kernel does not respond in time, it shows the state of the pool in /proc, which
never hangs.

Exit code 1 means that a pool has a problem, or that the kernel did not respond in time.`,
		Example: `  zfsprobe status
  zfsprobe status -x
  zfsprobe status --try 1s -v tank`,
		RunE: func(cmd *cobra.Command, args []string) error {
			all, err := a.readStatus(cmd.Context(), args, &f)
			if err != nil && len(all) == 0 {
				return err
			}
			if err = errors.Join(a.print(statusDocument(all, &f), statusPage(a.out, all, args, &f).Emit), err); err == nil && slices.ContainsFunc(all, sick) {
				return errFound
			}
			return err
		},
		ValidArgsFunction: a.completePools,
	}
	cmd.Flags().DurationVar(&f.try, "try", poolPatience, "how long to wait for the kernel's answer about each pool")
	cmd.Flags().BoolVarP(&f.unhealthy, "unhealthy", "x", false, "only pools that have a problem")
	cmd.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "list damaged files")
	cmd.Flags().BoolVarP(&f.literal, "parsable", "p", false, "exact numbers")
	cmd.Flags().BoolVarP(&f.initialize, "initialize", "i", false, "show the progress of initializing")
	cmd.Flags().BoolVarP(&f.trim, "trim", "t", false, "show the progress of TRIM")
	cmd.Flags().BoolVarP(&f.slow, "slow", "s", false, "count slow I/Os")
	return cmd
}

// sick reports whether a pool has a problem.
func sick(s *zfs.PoolStatus) bool { return !s.Healthy() }

// readStatus reads the pools that are named, or all.
func (a *app) readStatus(ctx context.Context, args []string, f *statusFlags) (all []*zfs.PoolStatus, failed error) {
	failed = a.withClient(func(c *zfs.Client) (failed error) {
		pools, err := poolsAsked(ctx, c, args, f.try)
		if err != nil {
			return err
		}
		for _, pool := range pools {
			s, err := c.PoolStatus(ctx, pool, &zfs.PoolStatusOptions{Patience: f.try, Errors: f.verbose})
			switch {
			case err != nil:
				failed = errors.Join(failed, err)
			case !f.unhealthy || sick(s):
				all = append(all, s)
			}
		}
		return failed
	})
	return all, failed
}

// poolPatience is how long the kernel is waited for when it is asked about pools.
const poolPatience = 5 * time.Second

// poolsAsked are the pools that are named, or all if none is.
func poolsAsked(ctx context.Context, c *zfs.Client, named []string, patience time.Duration) ([]string, error) {
	if len(named) > 0 {
		return named, nil
	}
	return poolNames(ctx, c, patience)
}

// poolNames are the pools that the kernel tells of, in order. If it does not
// answer in time, they are those that /proc shows: that never hangs, but in a
// user namespace or a container it shows pools that are not to be used there.
func poolNames(ctx context.Context, c *zfs.Client, patience time.Duration) ([]string, error) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var names []string
	for pool, err := range c.Pools(limited) {
		if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			if names := zfs.PoolNamesInProc(); len(names) > 0 {
				return names, nil
			}
		}
		if err != nil {
			return nil, err
		}
		names = append(names, pool.Name)
	}
	slices.Sort(names)
	return names, nil
}

// statusPage is what zpool status prints.
func statusPage(w io.Writer, all []*zfs.PoolStatus, asked []string, f *statusFlags) *show.Page {
	b := show.NewPage(w)
	switch {
	case len(all) == 0 && f.unhealthy && len(asked) == 1:
		b.Addf("pool '%s' is healthy\n", asked[0])
	case len(all) == 0 && f.unhealthy:
		b.Addf("all pools are healthy\n")
	case len(all) == 0:
		b.Addf("no pools available\n")
	}
	for i, s := range all {
		if i > 0 {
			b.Addf("\n")
		}
		(&statusText{s: s, f: f, Page: b, now: time.Now()}).write()
	}
	return b
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/spf13/cobra"
)

// setStates sets the state of devices one after the other.
func setStates(ctx context.Context, c *zfs.Client, args []string, set stateSetting) ([]string, error) {
	return eachName(args[1:], func(name string) error {
		got, err := c.VdevSetState(ctx, args[0], zfs.VdevChange{Vdev: name, State: set.state}, &set.opts)
		// A degraded device is online too, and a device that the pool cannot do
		// without is degraded in place of out of use.
		if err == nil && set.state == zfs.VdevHealthy && got < zfs.VdevDegraded {
			err = fmt.Errorf("%s was brought online, and is %v", name, got)
		}
		return err
	})
}

// stateSetting is what online and offline are told.
type stateSetting struct {
	state zfs.VdevState
	opts  zfs.VdevSetStateOptions
}

func (a *app) poolOnline() *cobra.Command {
	set := stateSetting{state: zfs.VdevHealthy}
	cmd := a.doing(&cobra.Command{
		Use: "online POOL DEVICE...", Short: "Bring devices online", Args: cobra.MinimumNArgs(2),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		return setStates(ctx, c, args, set)
	})
	cmd.Flags().BoolVarP(&set.opts.Expand, "expand", "e", false, "use all space of a device that has grown")
	return cmd
}

func (a *app) poolOffline() *cobra.Command {
	set := stateSetting{state: zfs.VdevOffline}
	var fault bool
	cmd := a.doing(&cobra.Command{
		Use: "offline POOL DEVICE...", Short: "Take devices offline", Args: cobra.MinimumNArgs(2),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		if fault {
			set.state = zfs.VdevFaulted
		}
		return setStates(ctx, c, args, set)
	})
	cmd.Flags().BoolVarP(&set.opts.Temporary, "temporary", "t", false, "only until the pool is imported again")
	cmd.Flags().BoolVarP(&fault, "fault", "f", false, "mark the devices as faulted")
	return cmd
}

func (a *app) poolClear() *cobra.Command {
	return a.doing(&cobra.Command{
		Use: "clear POOL [DEVICE...]", Short: "Clear device errors and retry the devices", Args: cobra.MinimumNArgs(1),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		if len(args) == 1 {
			return args, c.PoolClear(ctx, args[0], nil)
		}
		return eachName(args[1:], func(name string) error {
			return c.PoolClear(ctx, args[0], &zfs.PoolClearOptions{Vdev: name})
		})
	})
}

func (a *app) poolReguid() *cobra.Command {
	var guid uint64
	cmd := a.doing(&cobra.Command{
		Use: "reguid POOL", Short: "Give a pool a new GUID", Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		return args, c.PoolReguid(ctx, args[0], &zfs.PoolReguidOptions{GUID: guid})
	})
	cmd.Flags().Uint64VarP(&guid, "guid", "g", 0, "the new GUID, since 2.3")
	return cmd
}

func (a *app) poolReopen() *cobra.Command {
	var opts zfs.PoolReopenOptions
	cmd := a.doing(&cobra.Command{
		Use: "reopen POOL...", Short: "Reopen all devices of pools", Args: cobra.MinimumNArgs(1),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		return eachName(args, func(name string) error { return c.PoolReopen(ctx, name, &opts) })
	})
	cmd.Flags().BoolVarP(&opts.KeepScrub, "no-restart", "n", false, "let a running scrub continue")
	return cmd
}

func (a *app) poolSync() *cobra.Command {
	return a.doing(&cobra.Command{
		Use: "sync POOL...", Short: "Write all unsaved data to the devices", Args: cobra.MinimumNArgs(1),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		return eachName(args, func(name string) error { return c.PoolSync(ctx, name, &zfs.PoolSyncOptions{Force: true}) })
	})
}

func (a *app) poolSet() *cobra.Command {
	return a.doing(&cobra.Command{
		Use: "set PROPERTY=VALUE POOL [DEVICE]", Short: "Set a property of a pool or of one of its devices", Args: cobra.RangeArgs(2, 3),
		Long: `Set sets a property of a pool or, with DEVICE, of a device, since OpenZFS 2.2.
The device root is the pool's root vdev.`,
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		props, err := poolAssignments(args[:1])
		if err != nil {
			return nil, err
		}
		if len(args) == 2 {
			return args[1:], c.PoolSetProps(ctx, args[1], props)
		}
		return args[1:], c.VdevSetProps(ctx, args[1], deviceName(args[2]), props)
	})
}

func (a *app) poolUpgrade() *cobra.Command {
	var version uint64
	cmd := a.doing(&cobra.Command{
		Use: "upgrade POOL...", Short: "Upgrade pools to version 5000 and enable all features", Args: cobra.MinimumNArgs(1),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		opts := &zfs.PoolUpgradeOptions{Version: version, AtLeast: true, AllFeatures: version == 0}
		return eachName(args, func(name string) error { return c.PoolUpgrade(ctx, name, opts) })
	})
	cmd.Flags().Uint64VarP(&version, "version", "V", 0, "only to this version")
	return cmd
}

func (a *app) poolScrub() *cobra.Command {
	var opts zfs.PoolScrubOptions
	var wait bool
	cmd := a.doing(&cobra.Command{
		Use: "scrub POOL...", Short: "Start, pause or stop a scrub", Args: cobra.MinimumNArgs(1),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		return eachName(args, func(name string) error {
			return waitAfter(ctx, c, name, zfs.ActivityScrub, wait, c.PoolScrub(ctx, name, &opts))
		})
	})
	cmd.Flags().BoolVarP(&opts.Pause, "pause", "p", false, "pause it")
	cmd.Flags().BoolVarP(&opts.Stop, "stop", "s", false, "stop it")
	cmd.Flags().BoolVarP(&opts.ErrorsOnly, "errors", "e", false, "only blocks with known errors")
	cmd.Flags().BoolVarP(&opts.FromLast, "continue", "C", false, "continue where the last scrub ended")
	cmd.Flags().BoolVarP(&wait, "wait", "w", false, "wait until it ends")
	return cmd
}

// waitAfter waits for an activity if it is to be waited for and has begun.
func waitAfter(ctx context.Context, c *zfs.Client, pool string, activity zfs.PoolActivity, wait bool, err error) error {
	if err == nil && wait {
		_, err = c.PoolWait(ctx, pool, activity, nil)
	}
	return err
}

// workFlags adds the flags that trim and initialize share, and returns what
// reads them.
func workFlags(cmd *cobra.Command, wait *bool) func() (zfs.WorkCommand, error) {
	var cancel, suspend, uninit bool
	cmd.Flags().BoolVarP(&cancel, "cancel", "c", false, "cancel it, and discard its progress")
	cmd.Flags().BoolVarP(&suspend, "suspend", "s", false, "suspend it")
	cmd.Flags().BoolVarP(wait, "wait", "w", false, "wait until it ends")
	if cmd.Name() == "initialize" {
		cmd.Flags().BoolVarP(&uninit, "uninit", "u", false, "forget that devices were initialized")
	}
	return func() (zfs.WorkCommand, error) {
		switch {
		case cancel && suspend || cancel && uninit || suspend && uninit:
			return 0, errors.New("only one of -c, -s and -u can be given")
		case cancel:
			return zfs.WorkCancel, nil
		case suspend:
			return zfs.WorkSuspend, nil
		case uninit:
			return zfs.WorkUninit, nil
		}
		return zfs.WorkStart, nil
	}
}

// someOrAll are the devices that are named, nil for all.
func someOrAll(args []string) []string {
	if len(args) == 0 {
		return nil
	}
	return args
}

func (a *app) poolTrim() *cobra.Command {
	var rate string
	var secure, wait bool
	var command func() (zfs.WorkCommand, error)
	cmd := a.doing(&cobra.Command{
		Use: "trim POOL [DEVICE...]", Short: "Start, suspend or cancel a TRIM of free space", Args: cobra.MinimumNArgs(1),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		opts := &zfs.PoolTrimOptions{Vdevs: someOrAll(args[1:]), Secure: secure}
		var err error
		if opts.Command, err = command(); err != nil {
			return nil, err
		}
		if rate != "" {
			n, allowed := prop.ParseSize(rate)
			if allowed != "" || n == 0 {
				return nil, fmt.Errorf("-r %s: want a number of bytes, such as 100M", rate)
			}
			opts.Rate = n
		}
		return args[:1], waitAfter(ctx, c, args[0], zfs.ActivityTrim, wait, c.PoolTrim(ctx, args[0], opts))
	})
	command = workFlags(cmd, &wait)
	cmd.Flags().StringVarP(&rate, "rate", "r", "", "bytes per second for each device")
	cmd.Flags().BoolVarP(&secure, "secure", "d", false, "secure TRIM")
	return cmd
}

func (a *app) poolInitialize() *cobra.Command {
	var wait bool
	var command func() (zfs.WorkCommand, error)
	cmd := a.doing(&cobra.Command{
		Use: "initialize POOL [DEVICE...]", Short: "Start, suspend or cancel initializing free space", Args: cobra.MinimumNArgs(1),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		opts := &zfs.PoolInitializeOptions{Vdevs: someOrAll(args[1:])}
		var err error
		if opts.Command, err = command(); err != nil {
			return nil, err
		}
		return args[:1], waitAfter(ctx, c, args[0], zfs.ActivityInitialize, wait, c.PoolInitialize(ctx, args[0], opts))
	})
	command = workFlags(cmd, &wait)
	return cmd
}

func (a *app) poolCheckpoint() *cobra.Command {
	var discard, wait bool
	cmd := a.doing(&cobra.Command{
		Use: "checkpoint POOL", Short: "Create a checkpoint of a pool, or discard it with -d", Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		if !discard {
			return args, c.PoolCheckpoint(ctx, args[0])
		}
		return args, waitAfter(ctx, c, args[0], zfs.ActivityDiscard, wait, c.PoolDiscardCheckpoint(ctx, args[0]))
	})
	cmd.Flags().BoolVarP(&discard, "discard", "d", false, "discard the checkpoint")
	cmd.Flags().BoolVarP(&wait, "wait", "w", false, "with -d, wait until it is discarded")
	return cmd
}

// activities are what can be waited for, by name.
func activities() map[string]zfs.PoolActivity {
	all := make(map[string]zfs.PoolActivity)
	for act := zfs.ActivityDiscard; act <= zfs.ActivityExpand; act++ {
		all[act.String()] = act
	}
	return all
}

func (a *app) poolWait() *cobra.Command {
	var list string
	var interval time.Duration
	cmd := a.doing(&cobra.Command{
		Use: "wait POOL", Short: "Wait until background activity in a pool ends", Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, c *zfs.Client, args []string) ([]string, error) {
		known := activities()
		for name := range strings.SplitSeq(list, ",") {
			act, ok := known[name]
			if !ok {
				return nil, fmt.Errorf("unknown activity %q", name)
			}
			opts := &zfs.PoolWaitOptions{Interval: interval}
			if interval > 0 && !a.json {
				opts.Progress = a.sayProgress
			}
			if _, err := c.PoolWait(ctx, args[0], act, opts); err != nil && (!errors.Is(err, zfs.ErrNotSupported) && !errors.Is(err, zfs.ErrInvalid)) {
				return nil, err
			}
		}
		return args, nil
	})
	cmd.Flags().StringVarP(&list, "activities", "t", "discard,free,initialize,replace,remove,resilver,scrub,trim", "activities to wait for")
	cmd.Flags().DurationVar(&interval, "interval", 0, "how often to print the progress; 0 means never")
	return cmd
}

// sayProgress prints how far a scan is.
func (a *app) sayProgress(s *zfs.PoolStatus) {
	if s.Scan.Active() {
		_ = show.Say(a.out, "%v: %.2f%% done\n", s.Scan.Func, 100*s.Scan.Fraction()) // a.out keeps the error
	}
}

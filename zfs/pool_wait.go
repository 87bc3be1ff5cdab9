package zfs

import (
	"context"
	"fmt"
	"time"

	"github.com/purezfs/purezfs/internal/enum"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// PoolActivity is a background activity of a pool.
type PoolActivity uint8

// The activities to wait for, with the kernel's numbers.
const (
	ActivityDiscard    PoolActivity = iota // a checkpoint is discarded
	ActivityFree                           // the space of destroyed datasets is freed
	ActivityInitialize                     // devices are initialized
	ActivityReplace                        // a device is replaced
	ActivityRemove                         // a device is removed
	ActivityResilver                       // a device is resilvered
	ActivityScrub                          // a scrub
	ActivityTrim                           // devices are trimmed
	ActivityExpand                         // a raidz is expanded, since 2.3
)

// String returns the activity as in zpool wait -t.
func (a PoolActivity) String() string {
	return enum.Name(a, "discard", "free", "initialize", "replace", "remove", "resilver", "scrub", "trim", "raidz_expand")
}

// PoolWaitOptions are the options of PoolWait.
type PoolWaitOptions struct {
	// Vdev waits for the trimming or initializing of this device only, in the
	// form of PoolStatus.Vdev.
	Vdev string
	// Progress is called with the pool's status every Interval, and before
	// PoolWait returns. It is never called concurrently. A zero interval is a
	// second.
	Progress func(*PoolStatus)
	Interval time.Duration
}

// PoolWait waits until an activity has ended or is paused, and reports whether it
// had to wait. It stops waiting when the context ends.
//
// Errors match ErrNotFound, ErrInvalid (the activity is not known, or has no
// device), ErrNotSupported, ErrInvalidName, ErrReadOnly, ErrSuspended, and the
// context's.
//
// Kernel: ZFS_IOC_WAIT (nvlist, since 2.0).
func (c *Client) PoolWait(ctx context.Context, pool string, activity PoolActivity, opts *PoolWaitOptions) (waited bool, err error) {
	if opts == nil {
		opts = &PoolWaitOptions{}
	}
	in := &nvlist.List{}
	in.SetInt32("wait_activity", int32(activity))
	if opts.Vdev != "" {
		if activity != ActivityInitialize && activity != ActivityTrim {
			return false, inputError(ioctl.OpWait, pool, fmt.Errorf("%w: %v is not an activity of one device", ErrInvalid, activity))
		}
		s, err := c.PoolStatus(ctx, pool, nil)
		if err != nil {
			return false, err
		}
		v, err := s.Vdev(opts.Vdev)
		if err != nil {
			return false, inputError(ioctl.OpWait, pool, err)
		}
		in.SetUint64("wait_tag", v.GUID)
	}
	stop := c.reportProgress(ctx, pool, opts)
	out, err := c.callPoolList(ctx, ioctl.OpWait, pool, in)
	stop(err == nil)
	if err != nil {
		return false, err
	}
	waited, _ = out.BooleanValue("wait_waited")
	return waited, nil
}

// reportProgress reports until stop is called, which reports once more after a
// success.
func (c *Client) reportProgress(ctx context.Context, pool string, opts *PoolWaitOptions) (stop func(last bool)) {
	if opts.Progress == nil {
		return func(bool) {}
	}
	interval := opts.Interval
	if interval <= 0 {
		interval = time.Second
	}
	ended, done := make(chan struct{}), make(chan struct{})
	report := func() {
		if s, err := c.PoolStatus(ctx, pool, nil); err == nil {
			opts.Progress(s)
		}
	}
	go func() {
		defer close(done)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				report()
			}
		}
	}()
	return func(last bool) {
		close(ended)
		<-done
		if last {
			report()
		}
	}
}

// PrefetchKind is a table that PoolPrefetch loads.
type PrefetchKind int32

// The kinds, with the kernel's numbers.
const (
	PrefetchDDT PrefetchKind = 1 // the deduplication table
	PrefetchBRT PrefetchKind = 2 // the block reference table, since 2.4
)

// PoolPrefetch loads a table of a pool into memory, and waits until it is loaded.
//
// Errors match ErrNotFound, ErrNotSupported, ErrInvalid, ErrInvalidName,
// ErrPermission, ErrSuspended.
//
// Kernel: ZFS_IOC_POOL_PREFETCH (nvlist, since 2.3).
func (c *Client) PoolPrefetch(ctx context.Context, pool string, kind PrefetchKind) error {
	in := &nvlist.List{}
	in.SetInt32("prefetch_type", int32(kind))
	_, err := c.callPoolList(ctx, ioctl.OpPoolPrefetch, pool, in)
	return err
}

// DDTPrune selects the entries that PoolDDTPrune removes from the deduplication
// table, of those that only one block refers to: the oldest Percent of them, or
// those older than Age. Exactly one of the two must be set.
type DDTPrune struct {
	Percent uint64 // 1 to 100
	Age     time.Duration
}

// PoolDDTPrune removes entries from the deduplication table. Data of removed
// entries is not deduplicated when it is written again.
//
// Errors match ErrNotFound, ErrNotSupported, ErrFeatureDisabled (fast_dedup),
// ErrInvalid, ErrBusy, ErrInvalidName, ErrPermission, ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_DDT_PRUNE (nvlist, since 2.3).
func (c *Client) PoolDDTPrune(ctx context.Context, pool string, prune DDTPrune) error {
	const byAge, byPercent = 1, 2
	unit, amount := int32(byPercent), prune.Percent
	if prune.Age != 0 {
		unit, amount = byAge, uint64(prune.Age/time.Second)
	}
	if (prune.Percent == 0) == (prune.Age == 0) || prune.Percent > 100 || prune.Age < 0 || amount == 0 {
		return inputError(ioctl.OpDdtPrune, pool, fmt.Errorf("%w: want 1 to 100 percent, or an age of seconds", ErrInvalid))
	}
	in := &nvlist.List{}
	in.SetInt32("ddt_prune_unit", unit)
	in.SetUint64("ddt_prune_amount", amount)
	_, err := c.callPoolList(ctx, ioctl.OpDdtPrune, pool, in)
	return c.explainFeature(ctx, err, "fast_dedup")
}

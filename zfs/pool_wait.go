package zfs

import (
	"context"
	"fmt"
	"time"

	"github.com/purezfs/purezfs/internal/enum"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// PoolActivity is something that takes a pool time.
type PoolActivity uint8

// What can be waited for, with the kernel's numbers.
const (
	ActivityDiscard    PoolActivity = iota // a checkpoint goes
	ActivityFree                           // space is freed behind a destroyed dataset
	ActivityInitialize                     // devices are initialized
	ActivityReplace                        // a device is replaced
	ActivityRemove                         // a device is removed
	ActivityResilver                       // a device gets its data
	ActivityScrub                          // a scrub
	ActivityTrim                           // devices are trimmed
	ActivityExpand                         // a raidz is expanded, since 2.3
)

// String returns the activity as zpool wait -t has it.
func (a PoolActivity) String() string {
	return enum.Name(a, "discard", "free", "initialize", "replace", "remove", "resilver", "scrub", "trim", "raidz_expand")
}

// PoolWaitOptions says how PoolWait goes about it.
type PoolWaitOptions struct {
	// Vdev waits for that device's trimming or initializing only, as
	// PoolStatus.Vdev takes it.
	Vdev string
	// Progress is called with the pool's status every Interval, and before
	// PoolWait returns. It is called from one goroutine at a time. A zero
	// interval is a second.
	Progress func(*PoolStatus)
	Interval time.Duration
}

// PoolWait waits until an activity has ended or is paused, and reports whether
// there was anything to wait for. The context ends the waiting.
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
			return false, inputError(ioctl.OpWait, pool, fmt.Errorf("%w: %v is not of one device", ErrInvalid, activity))
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

// reportProgress reports until stop is called, which reports once more if all
// went well.
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

// PrefetchKind is what PoolPrefetch loads.
type PrefetchKind int32

// The kinds, with the kernel's numbers.
const (
	PrefetchDDT PrefetchKind = 1 // the table of deduplication
	PrefetchBRT PrefetchKind = 2 // the table of cloned blocks, since 2.4
)

// PoolPrefetch loads a table of a pool into memory, and waits for that.
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

// DDTPrune says which entries of the table of deduplication PoolDDTPrune takes
// out, of those that stand for one block only: the oldest so many percent, or
// those older than an age. One of the two is not zero.
type DDTPrune struct {
	Percent uint64 // 1 to 100
	Age     time.Duration
}

// PoolDDTPrune makes the table of deduplication smaller. What is taken out is
// not found again when the same data is written once more.
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

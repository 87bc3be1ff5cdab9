package zfs

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// PoolScrubOptions are the options of PoolScrub. Nil scrubs all data.
type PoolScrubOptions struct {
	// Pause pauses a scrub; starting it again resumes it. Stop stops it.
	Pause, Stop bool
	// ErrorsOnly scrubs only blocks that are known to be damaged, since 2.2.
	ErrorsOnly bool
	// Resilver starts the resilvers that are deferred until the present one ends.
	Resilver bool
	// FromLast starts at the last transaction group that a complete scrub has
	// seen, since 2.3.
	FromLast bool
	// From and To select blocks by the time when they were written, since 2.4.
	// The zero time means no bound.
	From, To time.Time
}

// The kernel's numbers of scans and their commands.
const (
	scrubNormal   = 0
	scrubPause    = 1
	scrubFromLast = 2
)

// check returns what does not go together.
func (o *PoolScrubOptions) check() error {
	ranged := o.ranged()
	switch {
	case o.Pause && o.Stop:
		return fmt.Errorf("%w: a scrub is either paused or stopped", ErrInvalid)
	case o.Resilver && (o.Pause || o.Stop || o.ErrorsOnly || o.FromLast || ranged):
		return fmt.Errorf("%w: a resilver can only be started", ErrInvalid)
	case (o.Pause || o.Stop) && (o.FromLast || ranged):
		return fmt.Errorf("%w: the range can only be chosen when a scrub starts", ErrInvalid)
	case o.FromLast && (o.ErrorsOnly || ranged), o.ErrorsOnly && ranged:
		return fmt.Errorf("%w: ErrorsOnly, FromLast, and From or To exclude each other", ErrInvalid)
	case !o.From.IsZero() && !o.To.IsZero() && !o.From.Before(o.To):
		return fmt.Errorf("%w: the end is not after the beginning", ErrInvalid)
	}
	return nil
}

// ranged reports whether a time bounds what is scrubbed.
func (o *PoolScrubOptions) ranged() bool { return !o.From.IsZero() || !o.To.IsZero() }

// numbers are what the kernel knows the scan by.
func (o *PoolScrubOptions) numbers() (scan ScanFunc, command uint64) {
	scan = ScanScrub
	switch {
	case o.Stop:
		return ScanNone, scrubNormal
	case o.Resilver:
		scan = ScanResilver
	case o.ErrorsOnly:
		scan = ScanErrorScrub
	}
	switch {
	case o.Pause:
		command = scrubPause
	case o.FromLast:
		command = scrubFromLast
	}
	return scan, command
}

// PoolScrub starts or resumes a scrub, which reads all data of a pool and repairs
// damaged blocks, or pauses or stops it. It does not wait for the end: PoolStatus
// shows the progress, PoolWait waits for the scrub.
//
// Errors match ErrNotFound, ErrInProgress (a scrub or resilver is under way),
// ErrNotInProgress (no scrub is under way, or no errors are known),
// ErrNotSupported, ErrFeatureDisabled, ErrInvalid, ErrInvalidName, ErrPermission,
// ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_POOL_SCRUB (nvlist, since 2.2).
func (c *Client) PoolScrub(ctx context.Context, pool string, opts *PoolScrubOptions) error {
	if opts == nil {
		opts = &PoolScrubOptions{}
	}
	if err := opts.check(); err != nil {
		return inputError(ioctl.OpPoolScrub, pool, err)
	}
	scan, command := opts.numbers()
	in := &nvlist.List{}
	in.SetUint64("scan_type", uint64(scan))
	in.SetUint64("scan_command", command)
	if !opts.From.IsZero() {
		in.SetUint64("scan_date_start", uint64(opts.From.Unix()))
	}
	if !opts.To.IsZero() {
		in.SetUint64("scan_date_end", uint64(opts.To.Unix()))
	}
	_, err := c.callPoolList(ctx, ioctl.OpPoolScrub, pool, in)
	// Older kernels: the operation before it has the same numbers, and scrubs all.
	if all := !opts.ErrorsOnly && !opts.FromLast && !opts.ranged(); all && matches(err, ioctl.CodeIocCmdUnavail) {
		err = c.callPool(ctx, ioctl.OpPoolScan, pool, func(cmd *ioctl.Cmd) error {
			cmd.SetUint64(ioctl.FieldCookie, uint64(scan))
			cmd.SetUint64(ioctl.FieldFlags, command)
			return nil
		})
	}
	if opts.Resilver {
		err = c.explainFeature(ctx, err, "resilver_defer")
	}
	if opts.ErrorsOnly {
		err = c.explainFeature(ctx, err, "head_errlog")
	}
	return c.scrubError(ctx, pool, err, opts)
}

// scrubError distinguishes a missing pool from a missing scrub. Resuming a paused
// scrub is a success.
func (c *Client) scrubError(ctx context.Context, pool string, err error, opts *PoolScrubOptions) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Code == ioctl.CodeCanceled && !opts.ErrorsOnly:
		return nil // an older kernel's word for going on
	case e.Code == ioctl.CodeInval && opts.FromLast:
		e.kind = because(ErrNotSupported, "this module, %s, cannot scrub from the last transaction group on", c.release)
	case e.Code == ioctl.CodeNoent && (opts.Stop || opts.Pause):
		if _, serr := c.PoolStatus(ctx, pool, nil); serr == nil {
			e.kind = ErrNotInProgress
		}
	}
	return err
}

// PoolClearOptions are the options of PoolClear.
type PoolClearOptions struct {
	// Vdev is the only device whose errors are cleared, in the form of
	// PoolStatus.Vdev; empty means all devices.
	Vdev string
}

// PoolClear resets the error counters, reopens faulted devices, and resumes a
// suspended pool.
//
// Errors match ErrNotFound (the pool or the device), ErrDevice (it still does not
// work), ErrBusy (another host may have the pool), ErrInvalid, ErrInvalidName,
// ErrPermission, ErrReadOnly.
//
// Kernel: ZFS_IOC_CLEAR (legacy, since 0.8).
func (c *Client) PoolClear(ctx context.Context, pool string, opts *PoolClearOptions) error {
	const noRewind = 1
	if opts == nil || opts.Vdev == "" {
		return c.callPool(ctx, ioctl.OpClear, pool, func(cmd *ioctl.Cmd) error {
			cmd.SetUint64(ioctl.FieldCookie, noRewind)
			return nil
		})
	}
	cmd, _, err := c.vdevCmd(ctx, ioctl.OpClear, pool, opts.Vdev)
	if err != nil {
		return err
	}
	defer cmd.Release()
	cmd.SetUint64(ioctl.FieldCookie, noRewind)
	return c.vdevHint(c.call(ctx, ioctl.OpClear, cmd), opts.Vdev)
}

// PoolCheckpoint checkpoints the current state of a pool. An import can rewind to
// it. A pool has at most one checkpoint.
//
// Errors match ErrCheckpoint (the pool has one), ErrInProgress (a device is being
// removed), ErrNotFound, ErrFeatureDisabled, ErrNoSpace, ErrInvalidName,
// ErrPermission, ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_POOL_CHECKPOINT (nvlist, since 0.8).
func (c *Client) PoolCheckpoint(ctx context.Context, pool string) error {
	_, err := c.callPoolList(ctx, ioctl.OpPoolCheckpoint, pool, nil)
	return c.explainFeature(ctx, err, "zpool_checkpoint")
}

// PoolDiscardCheckpoint discards the checkpoint of a pool. It does not wait for
// the end: PoolWait does.
//
// Errors match ErrNotInProgress (the pool has no checkpoint), ErrCheckpoint (it
// is being discarded), ErrNotFound, ErrInvalidName, ErrPermission, ErrReadOnly,
// ErrSuspended.
//
// Kernel: ZFS_IOC_POOL_DISCARD_CHECKPOINT (nvlist, since 0.8).
func (c *Client) PoolDiscardCheckpoint(ctx context.Context, pool string) error {
	_, err := c.callPoolList(ctx, ioctl.OpPoolDiscardCheckpoint, pool, nil)
	return err
}

// WorkCommand is a command for trimming or initializing.
type WorkCommand uint8

// The commands, with the kernel's numbers.
const (
	WorkStart   WorkCommand = iota // start or resume
	WorkCancel                     // stop, and discard the progress
	WorkSuspend                    // stop, and keep the progress
	WorkUninit                     // discard that a device was initialized, since 2.1.12
)

// PoolTrimOptions are the options of PoolTrim. Nil starts it on all devices.
type PoolTrimOptions struct {
	Command WorkCommand
	// Vdevs are disks and files in the form of PoolStatus.Vdev; nil means all
	// that can be trimmed.
	Vdevs []string
	// Rate is the number of bytes per second to trim on each device; zero means
	// no limit.
	Rate uint64
	// Secure makes devices overwrite the trimmed data. Few devices support it.
	Secure bool
}

// PoolTrim starts, resumes, suspends or cancels trimming, which informs devices
// about their free space. It does not wait for the end: PoolStatus shows the
// progress, PoolWait waits for it.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission, ErrReadOnly,
// ErrSuspended. If devices have failed, Items names them, and their errors match
// ErrWrongDevice, ErrInProgress, ErrNotInProgress, ErrDevice, ErrInvalid. The error
// itself matches the one that all of them match, otherwise ErrInvalid.
//
// Kernel: ZFS_IOC_POOL_TRIM (nvlist, since 0.8).
func (c *Client) PoolTrim(ctx context.Context, pool string, opts *PoolTrimOptions) error {
	if opts == nil {
		opts = &PoolTrimOptions{}
	}
	if opts.Command > WorkSuspend {
		return inputError(ioctl.OpPoolTrim, pool, fmt.Errorf("%w: trimming cannot be undone", ErrInvalid))
	}
	in := &nvlist.List{}
	in.SetUint64("trim_command", uint64(opts.Command))
	names, err := c.workVdevs(ctx, ioctl.OpPoolTrim, pool, workList{in, "trim_vdevs", opts.Vdevs})
	if err != nil {
		return err
	}
	if opts.Rate != 0 {
		in.SetUint64("trim_rate", opts.Rate)
	}
	if opts.Secure {
		in.SetBooleanValue("trim_secure", true)
	}
	out, err := c.callPoolList(ctx, ioctl.OpPoolTrim, pool, in)
	return workError(err, out, "trim_vdevs", names)
}

// PoolInitializeOptions are the options of PoolInitialize. Nil starts it on all
// devices.
type PoolInitializeOptions struct {
	Command WorkCommand
	// Vdevs are disks and files in the form of PoolStatus.Vdev; nil means all.
	Vdevs []string
}

// PoolInitialize starts, resumes, suspends or cancels the initialization of
// devices, which writes to their free space: some disks are slow before that. It
// does not wait for the end: PoolStatus shows the progress, PoolWait waits for
// it.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission, ErrReadOnly,
// ErrSuspended. If devices have failed, Items names them, and their errors match
// ErrInProgress, ErrNotInProgress, ErrDevice, ErrInvalid. The error itself matches
// the one that all of them match, otherwise ErrInvalid.
//
// Kernel: ZFS_IOC_POOL_INITIALIZE (nvlist, since 0.8).
func (c *Client) PoolInitialize(ctx context.Context, pool string, opts *PoolInitializeOptions) error {
	if opts == nil {
		opts = &PoolInitializeOptions{}
	}
	in := &nvlist.List{}
	in.SetUint64("initialize_command", uint64(opts.Command))
	names, err := c.workVdevs(ctx, ioctl.OpPoolInitialize, pool, workList{in, "initialize_vdevs", opts.Vdevs})
	if err != nil {
		return err
	}
	out, err := c.callPoolList(ctx, ioctl.OpPoolInitialize, pool, in)
	return workError(err, out, "initialize_vdevs", names)
}

// workList is what workVdevs adds to an input.
type workList struct {
	in    *nvlist.List
	key   string
	vdevs []string
}

// workVdevs adds the devices to an input, and returns their names by the keys of
// the kernel's answer.
func (c *Client) workVdevs(ctx context.Context, op ioctl.Op, pool string, w workList) (map[string]string, error) {
	s, err := c.PoolStatus(ctx, pool, nil)
	if err != nil {
		return nil, err
	}
	if s.Unanswered != nil {
		return nil, inputError(op, pool, s.Unanswered)
	}
	var vdevs []*Vdev
	for _, name := range w.vdevs {
		v, err := s.Vdev(name)
		if err != nil {
			return nil, inputError(op, pool, err)
		}
		vdevs = append(vdevs, v)
	}
	if w.vdevs == nil {
		s.Root.All(func(v *Vdev) bool {
			trimmable := op != ioctl.OpPoolTrim || !v.Trim.NotSupported
			if v.Leaf() && v.Path != "" && v.Type != "hole" && v.State >= VdevDegraded && trimmable {
				vdevs = append(vdevs, v)
			}
			return true
		})
	}
	if len(vdevs) == 0 {
		return nil, inputError(op, pool, fmt.Errorf("%w: no device supports it", ErrWrongDevice))
	}
	list, names := &nvlist.List{}, make(map[string]string)
	for _, v := range vdevs {
		list.SetUint64(v.Name, v.GUID)
		names[fmt.Sprint(v.GUID)], names[v.Path], names[v.Name] = v.Name, v.Name, v.Name
	}
	w.in.SetList(w.key, list)
	return names, nil
}

// workKind is the sentinel that the errors of all devices match, nil if there is
// none.
func workKind(items []Item) error {
	for _, kind := range []error{errNoTrim, errNoInitialization, ErrInProgress, ErrWrongDevice, ErrDevice, ErrNotFound} {
		matched := 0
		for _, item := range items {
			if errors.Is(item.Err, kind) {
				matched++
			}
		}
		if matched > 0 && matched == len(items) {
			return kind
		}
	}
	return nil
}

// workError adds the devices that have failed to an error. The errno of the whole
// is always EINVAL; if all devices have failed for one reason, that is the error.
func workError(err error, out *nvlist.List, key string, names map[string]string) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	list, _ := out.List(key)
	for pair := range list.All() {
		n, ok := pair.Int()
		if !ok || n <= 0 || n > math.MaxUint16 {
			continue
		}
		name := pair.Name()
		if known, ok := names[name]; ok {
			name = known
		}
		item := itemError(e.Op, name, ioctl.Code(n))
		if ioctl.Code(n) == ioctl.CodeRofs { // about one device, and not the pool
			item = newItemError(ErrDevice, ioctl.CodeRofs)
		}
		e.Items = append(e.Items, Item{Name: name, Err: item})
	}
	if kind := workKind(e.Items); kind != nil && e.Code == ioctl.CodeInval {
		e.kind = kind
	}
	return err
}

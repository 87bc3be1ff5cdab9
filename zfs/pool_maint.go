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

// PoolScrubOptions says what PoolScrub does. Nil scrubs all.
type PoolScrubOptions struct {
	// Pause holds a scrub for a while; starting it again lets it go on. Stop
	// ends it.
	Pause, Stop bool
	// ErrorsOnly looks at the blocks only that are known to be damaged, since 2.2.
	ErrorsOnly bool
	// Resilver starts the resilvers that wait for the one under way to end.
	Resilver bool
	// FromLast goes on from the last transaction group that a scrub has seen to
	// its end, since 2.3.
	FromLast bool
	// From and To bound the time in which the blocks were written, since 2.4. The
	// zero time is no bound.
	From, To time.Time
}

// The kernel's numbers of what a scan does and of what is done with it.
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
		return fmt.Errorf("%w: a resilver is only started", ErrInvalid)
	case (o.Pause || o.Stop) && (o.FromLast || ranged):
		return fmt.Errorf("%w: the range can only be chosen when a scrub starts", ErrInvalid)
	case o.FromLast && (o.ErrorsOnly || ranged), o.ErrorsOnly && ranged:
		return fmt.Errorf("%w: errors only, from the last one on, and a time exclude each other", ErrInvalid)
	case !o.From.IsZero() && !o.To.IsZero() && !o.From.Before(o.To):
		return fmt.Errorf("%w: the end is not after the beginning", ErrInvalid)
	case o.ErrorsOnly && !rel.AtLeast(release.V2_2), o.FromLast && !rel.AtLeast(release.V2_3), ranged && !rel.AtLeast(release.V2_4):
		return fmt.Errorf("%w: errors only was added in 2.2, from the last one on in 2.3, a time in 2.4; this is %v", ErrNotSupported, rel)
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

// PoolScrub starts a scrub, which reads all of a pool and repairs what is
// damaged, or lets a paused one go on; or pauses or stops it. It returns at
// once: PoolStatus shows how far it is, PoolWait waits for it.
//
// Errors match ErrNotFound, ErrInProgress (a scrub or resilver is under way),
// ErrNotInProgress (there is none, or no errors are known), ErrNotSupported,
// ErrFeatureDisabled, ErrInvalid, ErrInvalidName, ErrPermission, ErrReadOnly, ErrSuspended.
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

// scrubError tells a pool that is not there from a scrub that is not, and takes
// a paused scrub that goes on for what it is.
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

// PoolClearOptions says how PoolClear goes about it.
type PoolClearOptions struct {
	// Vdev is a device whose errors alone are cleared, as PoolStatus.Vdev takes
	// it; empty is all.
	Vdev string
}

// PoolClear sets the counters of errors to zero, tries devices that are out of
// use again, and lets a suspended pool go on.
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

// PoolCheckpoint keeps the pool's state of now, for an import to go back to. A
// pool has one checkpoint at most.
//
// Errors match ErrCheckpoint (there is one), ErrInProgress (a device is being
// removed), ErrNotFound, ErrFeatureDisabled, ErrNoSpace, ErrInvalidName,
// ErrPermission, ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_POOL_CHECKPOINT (nvlist, since 0.8).
func (c *Client) PoolCheckpoint(ctx context.Context, pool string) error {
	_, err := c.callPoolList(ctx, ioctl.OpPoolCheckpoint, pool, nil)
	return c.explainFeature(ctx, err, "zpool_checkpoint")
}

// PoolDiscardCheckpoint lets a checkpoint go. It returns at once: PoolWait waits
// for the end.
//
// Errors match ErrNotInProgress (there is none), ErrCheckpoint (it is being
// discarded), ErrNotFound, ErrInvalidName, ErrPermission, ErrReadOnly,
// ErrSuspended.
//
// Kernel: ZFS_IOC_POOL_DISCARD_CHECKPOINT (nvlist, since 0.8).
func (c *Client) PoolDiscardCheckpoint(ctx context.Context, pool string) error {
	_, err := c.callPoolList(ctx, ioctl.OpPoolDiscardCheckpoint, pool, nil)
	return err
}

// WorkCommand is what is done with trimming or initializing.
type WorkCommand uint8

// The commands, with the kernel's numbers.
const (
	WorkStart   WorkCommand = iota // or go on
	WorkCancel                     // end, and forget how far it was
	WorkSuspend                    // end for now
	WorkUninit                     // forget that a device was initialized, since 2.1.12
)

// PoolTrimOptions says what PoolTrim does. Nil starts it on all devices.
type PoolTrimOptions struct {
	Command WorkCommand
	// Vdevs are disks and files, as PoolStatus.Vdev takes them; nil is all that
	// can be trimmed.
	Vdevs []string
	// Rate is how many bytes per second each device gets to trim; zero is as many
	// as it takes.
	Rate uint64
	// Secure makes devices overwrite what is trimmed. Few can.
	Secure bool
}

// PoolTrim tells devices which space is free, or stops doing so. It returns at
// once: PoolStatus shows how far it is, PoolWait waits for it.
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

// PoolInitializeOptions says what PoolInitialize does. Nil starts it on all
// devices.
type PoolInitializeOptions struct {
	Command WorkCommand
	// Vdevs are disks and files, as PoolStatus.Vdev takes them; nil is all.
	Vdevs []string
}

// PoolInitialize writes to the free space of devices, as some disks need before
// they are fast, or stops doing so. It returns at once: PoolStatus shows how far
// it is, PoolWait waits for it.
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
		return nil, inputError(op, pool, fmt.Errorf("%w: no device can do that", ErrWrongDevice))
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
		if ioctl.Code(n) == ioctl.CodeRofs { // of one device, and not of the pool
			item = newItemError(ErrDevice, ioctl.CodeRofs)
		}
		e.Items = append(e.Items, Item{Name: name, Err: item})
	}
	if kind := workKind(e.Items); kind != nil && e.Code == ioctl.CodeInval {
		e.kind = kind
	}
	return err
}

package zfs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// vdevCmd looks up a device by a name as in PoolStatus.Vdev, and fills in a
// command with pool and GUID.
func (c *Client) vdevCmd(ctx context.Context, op ioctl.Op, pool, name string) (*ioctl.Cmd, *Vdev, error) {
	s, err := c.PoolStatus(ctx, pool, nil)
	switch {
	case err != nil:
		return nil, nil, err
	case s.Unanswered != nil:
		return nil, nil, inputError(op, pool, s.Unanswered)
	}
	v, err := s.Vdev(name)
	if err != nil {
		return nil, nil, inputError(op, pool, err)
	}
	cmd := c.dev.Cmd()
	if err := cmd.SetText(ioctl.FieldName, pool); err != nil {
		cmd.Release()
		return nil, nil, inputError(op, pool, err)
	}
	cmd.SetUint64(ioctl.FieldGUID, v.GUID)
	return cmd, v, nil
}

// callVdev makes a call whose only operand is a device.
func (c *Client) callVdev(ctx context.Context, op ioctl.Op, pool, vdev string) error {
	cmd, _, err := c.vdevCmd(ctx, op, pool, vdev)
	if err != nil {
		return err
	}
	defer cmd.Release()
	return c.vdevHint(c.call(ctx, op, cmd), vdev)
}

// vdevHint adds the device of a call.
func (c *Client) vdevHint(err error, vdev string) error {
	var e *Error
	if errors.As(err, &e) && e.Hint == "" {
		e.Hint = "device " + vdev
	}
	return err
}

// VdevAddOptions are the options of VdevAdd.
type VdevAddOptions struct {
	// Ashift is the ashift of parts without one; zero means the pool's property,
	// or else depends on the devices.
	Ashift int
	// Force adds devices that are in use by something else, and parts with less
	// redundancy than the pool's. A disk in exclusive use is still refused.
	Force bool
	// DryRun makes all checks, but adds nothing.
	DryRun bool
}

// VdevAdd adds parts, spares and caches to a pool. Parts cannot always be removed
// again. As for PoolCreate, devices are checked first, and are used without
// partitioning them.
//
// Errors match ErrInvalidLayout, ErrDeviceInUse, ErrDevice, ErrNotFound (the
// pool), ErrCheckpoint, ErrInProgress, ErrFeatureDisabled, ErrInvalid,
// ErrInvalidName, ErrPermission, ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_VDEV_ADD (legacy, since 0.8).
func (c *Client) VdevAdd(ctx context.Context, pool string, layout *Layout, opts *VdevAddOptions) error {
	if opts == nil {
		opts = &VdevAddOptions{}
	}
	if layout == nil {
		layout = &Layout{}
	}
	if err := errors.Join(checkPool(pool), layout.check(), checkAshift(opts.Ashift)); err != nil {
		return inputError(ioctl.OpVdevAdd, pool, err)
	}
	s, err := c.PoolStatus(ctx, pool, nil)
	if err != nil {
		return err
	}
	if s.Unanswered != nil {
		return inputError(ioctl.OpVdevAdd, pool, s.Unanswered)
	}
	conf, err := c.prepare(ctx, layout, ashiftOf(opts.Ashift), opts.Force)
	if err != nil {
		return inputError(ioctl.OpVdevAdd, pool, err)
	}
	if !opts.Force {
		if err := checkRedundancy(append(s.redundancies(), layout.redundancies()...)); err != nil {
			return inputError(ioctl.OpVdevAdd, pool, err)
		}
	}
	if opts.DryRun {
		return c.dryVdevAdd(ctx, s, layout)
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := errors.Join(cmd.SetText(ioctl.FieldName, pool), cmd.SetConf(conf)); err != nil {
		return inputError(ioctl.OpVdevAdd, pool, err)
	}
	return c.explainFeature(ctx, c.call(ctx, ioctl.OpVdevAdd, cmd), layout.features()...)
}

// dryVdevAdd makes the kernel's checks of the pool. A pool that cannot be synced
// cannot be changed.
func (c *Client) dryVdevAdd(ctx context.Context, s *PoolStatus, layout *Layout) error {
	err := c.PoolSync(ctx, s.Name, nil)
	code := ioctl.CodeOf(err)
	removed := s.removing() || slices.ContainsFunc(s.Root.Children, func(v *Vdev) bool { return v.Type == "indirect" })
	parity := func(v LayoutVdev) bool { return v.Kind == LayoutRaidz || v.Kind == LayoutDraid }
	if err == nil && removed && slices.ContainsFunc(layout.Vdevs, parity) {
		code = ioctl.CodeInval // data of a removed device cannot be mapped to such a device
	}
	if code != 0 {
		err = newError(ioctl.OpVdevAdd, s.Name, code.Err(), nil)
	}
	return err
}

// checkAshift refuses a value that the kernel refuses.
func checkAshift(ashift int) error {
	if ashift != 0 && (ashift < prop.MinAshift || ashift > prop.MaxAshift) {
		return fmt.Errorf("%w: ashift is %d, want %d to %d", ErrInvalidLayout, ashift, prop.MinAshift, prop.MaxAshift)
	}
	return nil
}

// ashiftOf returns the property for new devices, or nil.
func ashiftOf(ashift int) prop.Values {
	if ashift == 0 {
		return nil
	}
	return prop.Values{prop.PoolAshift: prop.Uint64(uint64(ashift))}
}

// redundancies returns how many failures the pool's parts survive, without logs.
func (s *PoolStatus) redundancies() (all []redundancy) {
	for _, v := range s.Root.Children {
		if v.Class == ClassLog || v.Type == "hole" || v.Type == "indirect" || v.Type == "missing" {
			continue
		}
		r := redundancy{name: v.Name, class: v.Class}
		switch v.Type {
		case "mirror":
			r.parity = len(v.Children) - 1
		case "raidz", "draid":
			r.parity = int(v.parity)
		}
		all = append(all, r)
	}
	return all
}

// VdevRemove removes a top-level device, or a spare or cache. The data of a
// top-level device is copied to the others in the background: PoolStatus shows
// the progress, PoolWait waits for it.
//
// Errors match ErrNotFound (the pool or the device), ErrWrongDevice, ErrInvalid
// (raidz, or devices with different sector sizes), ErrBusy, ErrNoSpace,
// ErrCheckpoint, ErrInProgress, ErrKey (a key must be loaded), ErrInvalidName,
// ErrPermission, ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_VDEV_REMOVE (legacy, since 0.8).
func (c *Client) VdevRemove(ctx context.Context, pool, vdev string) error {
	err := c.explainRemoval(ctx, c.callVdev(ctx, ioctl.OpVdevRemove, pool, vdev))
	return c.explainFeature(ctx, err, "device_removal")
}

// VdevRemoveCancel stops the removal under way.
//
// Errors match ErrNotInProgress, ErrNotFound, ErrInvalidName, ErrPermission,
// ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_VDEV_REMOVE (legacy, since 0.8), as VdevRemove.
func (c *Client) VdevRemoveCancel(ctx context.Context, pool string) error {
	if err := checkPool(pool); err != nil {
		return inputError(ioctl.OpVdevRemove, pool, err)
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, pool); err != nil {
		return inputError(ioctl.OpVdevRemove, pool, err)
	}
	cmd.SetUint64(ioctl.FieldCookie, 1)
	return c.call(ctx, ioctl.OpVdevRemove, cmd)
}

// VdevSetStateOptions are the options of VdevSetState.
type VdevSetStateOptions struct {
	// Temporary takes a device offline until the next import of the pool.
	Temporary bool
	// Expand lets a device that comes online use all of a disk that has grown.
	Expand bool
}

// The kernel's flags for bringing a device online or taking it offline, and its
// reasons for faulting one.
const (
	onlineExpand     = 8
	offlineTemporary = 1
	auxExternal      = 14
	auxPersistent    = 17
)

// VdevSetState takes a device offline (VdevOffline), brings it online
// (VdevHealthy), or marks it as failed (VdevFaulted, VdevDegraded), permanently
// unless Temporary is set. It returns the new state of the device, which may
// differ from the requested one.
//
// Errors match ErrNotFound (the pool or the device), ErrNoReplicas, ErrInvalid,
// ErrWrongDevice (a group, a spare or a cache), ErrInvalidName, ErrPermission,
// ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_VDEV_SET_STATE (legacy, since 0.8).
func (c *Client) VdevSetState(ctx context.Context, pool string, change VdevChange, opts *VdevSetStateOptions) (VdevState, error) {
	if opts == nil {
		opts = &VdevSetStateOptions{}
	}
	flags := uint64(0)
	switch change.State {
	case VdevHealthy:
		if opts.Expand {
			flags = onlineExpand
		}
	case VdevOffline:
		if opts.Temporary {
			flags = offlineTemporary
		}
	case VdevFaulted, VdevDegraded:
		flags = auxPersistent
		if opts.Temporary {
			flags = auxExternal
		}
	default:
		return 0, inputError(ioctl.OpVdevSetState, pool, fmt.Errorf("%w: a device cannot be set to %v", ErrInvalid, change.State))
	}
	cmd, _, err := c.vdevCmd(ctx, ioctl.OpVdevSetState, pool, change.Vdev)
	if err != nil {
		return 0, err
	}
	defer cmd.Release()
	cmd.SetUint64(ioctl.FieldCookie, uint64(change.State))
	cmd.SetUint64(ioctl.FieldObj, flags)
	if err := c.call(ctx, ioctl.OpVdevSetState, cmd); err != nil {
		return 0, c.vdevHint(err, change.Vdev)
	}
	return VdevState(cmd.Uint64(ioctl.FieldCookie)), nil
}

// VdevChange is a new state for a device.
type VdevChange struct {
	Vdev  string // as in PoolStatus.Vdev
	State VdevState
}

// VdevAttachOptions are the options of VdevAttach.
type VdevAttachOptions struct {
	// Replace replaces the old device, which is detached when the new one has all
	// the data.
	Replace bool
	// Sequential resilvers in the order of the disk, which is faster but does not
	// verify checksums. It requires a mirror or a draid.
	Sequential bool
	// Ashift is that of the new device; with zero the kernel chooses it.
	Ashift int
	// Force also attaches a device that is in use by something else.
	Force bool
}

// VdevAttach attaches a new device to one of a pool: a single device becomes a
// mirror, a device of a mirror makes the mirror larger, and a raidz, such as
// "raidz1-0", is expanded (since 2.3). With Replace it replaces the other device,
// and an empty path means a new device at the same path. The name of a
// distributed spare of a draid, such as "draid1-0-0", selects that spare.
//
// Errors match ErrNotFound (the pool or the device), ErrInvalidLayout (too small,
// or another sector size), ErrDeviceInUse, ErrDevice, ErrInProgress,
// ErrCheckpoint, ErrWrongDevice, ErrFeatureDisabled, ErrInvalid, ErrInvalidName,
// ErrPermission, ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_VDEV_ATTACH (legacy, since 0.8).
func (c *Client) VdevAttach(ctx context.Context, pool string, pair VdevPair, opts *VdevAttachOptions) error {
	if opts == nil {
		opts = &VdevAttachOptions{}
	}
	cmd, old, err := c.vdevCmd(ctx, ioctl.OpVdevAttach, pool, pair.Old)
	if err != nil {
		return err
	}
	defer cmd.Release()
	path, force := pair.New, opts.Force
	if path == "" && opts.Replace {
		path, force = old.Path, true // its label is the old device's
	}
	if path == "" {
		return inputError(ioctl.OpVdevAttach, pool, &LayoutError{Reason: "no device is given"})
	}
	layout := &Layout{Vdevs: []LayoutVdev{{Devices: []string{path}, Ashift: opts.Ashift}}}
	if !isDistributedSpare(path) {
		if err := layout.check(); err != nil {
			return inputError(ioctl.OpVdevAttach, pool, err)
		}
	}
	s, err := c.PoolStatus(ctx, pool, nil)
	if err != nil {
		return err
	}
	// A spare of the pool may be used without force.
	force = force || slices.ContainsFunc(s.Spares, func(v *Vdev) bool { return opts.Replace && v.Path == path })
	conf, err := c.prepare(ctx, layout, nil, force)
	if err == nil {
		err = cmd.SetConf(conf)
	}
	if err != nil {
		return inputError(ioctl.OpVdevAttach, pool, err)
	}
	if opts.Replace {
		cmd.SetUint64(ioctl.FieldCookie, 1)
	}
	if opts.Sequential {
		cmd.SetUint64(ioctl.FieldSimple, 1)
	}
	var features []string
	if opts.Sequential {
		features = append(features, "device_rebuild")
	}
	if old.Type == "raidz" {
		features = append(features, "raidz_expansion")
	}
	err = c.explainRemoval(ctx, c.call(ctx, ioctl.OpVdevAttach, cmd))
	explainExpansion(err, old)
	return c.vdevHint(c.explainFeature(ctx, err, features...), pair.Old)
}

// VdevPair is a device of a pool, as in PoolStatus.Vdev, and the path of a new
// one.
type VdevPair struct{ Old, New string }

// VdevDetach detaches a device from a mirror, or one of the two from a
// replacement.
//
// Errors match ErrNotFound (the pool or the device), ErrNoReplicas,
// ErrWrongDevice (it is not in a mirror), ErrInvalidName, ErrPermission,
// ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_VDEV_DETACH (legacy, since 0.8).
func (c *Client) VdevDetach(ctx context.Context, pool, vdev string) error {
	return c.callVdev(ctx, ioctl.OpVdevDetach, pool, vdev)
}

// VdevSetPath changes where the pool looks for a device when it is imported.
//
// Errors match ErrNotFound (the pool or the device), ErrWrongDevice (a group),
// ErrInvalid, ErrInvalidName, ErrPermission, ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_VDEV_SETPATH (legacy, since 0.8).
func (c *Client) VdevSetPath(ctx context.Context, pool, vdev, path string) error {
	if err := checkPaths(vdev, []string{path}, map[string]bool{}); err != nil {
		return inputError(ioctl.OpVdevSetpath, pool, fmt.Errorf("%w: %w", ErrInvalid, err))
	}
	return c.setVdevText(ctx, ioctl.OpVdevSetpath, pool, [2]string{vdev, path})
}

// VdevSetFRU changes the name of a device as a field-replaceable unit.
//
// Errors match ErrNotFound (the pool or the device), ErrWrongDevice (a group),
// ErrInvalid, ErrInvalidName, ErrPermission, ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_VDEV_SETFRU (legacy, since 0.8).
func (c *Client) VdevSetFRU(ctx context.Context, pool, vdev, fru string) error {
	return c.setVdevText(ctx, ioctl.OpVdevSetfru, pool, [2]string{vdev, fru})
}

// setVdevText makes a call with a device and a text.
func (c *Client) setVdevText(ctx context.Context, op ioctl.Op, pool string, set [2]string) error {
	cmd, _, err := c.vdevCmd(ctx, op, pool, set[0])
	if err != nil {
		return err
	}
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldValue, set[1]); err != nil {
		return inputError(op, pool, fmt.Errorf("%w: %w", ErrInvalid, err))
	}
	return c.vdevHint(c.call(ctx, op, cmd), set[0])
}

// VdevSplitOptions are the options of VdevSplit.
type VdevSplitOptions struct {
	// Devices are the devices of the new pool, one of each mirror, as in
	// PoolStatus.Vdev; nil is the last of each.
	Devices []string
	// Props are properties of the new pool.
	Props prop.Values
	// Import leaves the new pool imported; its filesystems are not mounted. Props
	// should then have an altroot.
	Import bool
}

// VdevSplit splits one device from each mirror of a pool into a new pool, with
// all datasets of the pool.
//
// Errors match ErrNotFound, ErrExists, ErrInvalidLayout (a part is not a mirror),
// ErrNoReplicas, ErrInProgress, ErrDevice, ErrInvalid, ErrInvalidProp,
// ErrInvalidName, ErrPermission, ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_VDEV_SPLIT (legacy, since 0.8).
func (c *Client) VdevSplit(ctx context.Context, pool, newPool string, opts *VdevSplitOptions) error {
	if opts == nil {
		opts = &VdevSplitOptions{}
	}
	props, err := c.encodePoolProps(opts.Props, true)
	if err = errors.Join(checkPool(pool), checkNewPool(newPool), err); err != nil {
		return inputError(ioctl.OpVdevSplit, pool, err)
	}
	s, err := c.PoolStatus(ctx, pool, nil)
	if err != nil {
		return err
	}
	if s.Unanswered != nil {
		return inputError(ioctl.OpVdevSplit, pool, s.Unanswered)
	}
	tree, err := s.splitTree(opts.Devices)
	if err != nil {
		return inputError(ioctl.OpVdevSplit, pool, err)
	}
	conf := &nvlist.List{}
	conf.SetList("vdev_tree", tree)
	conf.SetString("name", newPool)
	cmd := c.dev.Cmd()
	defer cmd.Release()
	err = errors.Join(cmd.SetText(ioctl.FieldName, pool), cmd.SetText(ioctl.FieldString, newPool), cmd.SetConf(conf))
	if props.Len() > 0 {
		err = errors.Join(err, cmd.SetIn(props))
	}
	if err != nil {
		return inputError(ioctl.OpVdevSplit, pool, err)
	}
	if !opts.Import {
		cmd.SetUint64(ioctl.FieldCookie, 1)
	}
	return c.call(ctx, ioctl.OpVdevSplit, cmd)
}

// splitTree selects one device of each mirror. Logs, holes and removed devices
// keep their places, as holes.
func (s *PoolStatus) splitTree(devices []string) (*nvlist.List, error) {
	left := slices.Clone(devices)
	var children []*nvlist.List
	whole := 0 // without the holes at the end
	for _, top := range s.Root.Children {
		if top.Type == "indirect" {
			children = append(children, top.Config)
			whole = len(children)
			continue
		}
		if top.Class == ClassLog || top.Type == "hole" {
			hole := &nvlist.List{}
			hole.SetString("type", "hole")
			hole.SetUint64("is_hole", 1)
			hole.SetUint64("is_log", 0)
			children = append(children, hole)
			continue
		}
		if top.Type != "mirror" {
			return nil, &LayoutError{Vdev: top.Name, Reason: "it is not a mirror"}
		}
		pick := top.Children[len(top.Children)-1]
		for _, child := range top.Children {
			if i := slices.IndexFunc(left, child.is); i >= 0 {
				pick, left = child, slices.Delete(left, i, i+1)
				break
			}
		}
		if pick.Path == "" {
			return nil, &LayoutError{Vdev: top.Name, Reason: pick.Name + " is being replaced"}
		}
		children = append(children, pick.Config)
		whole = len(children)
	}
	if len(left) > 0 {
		return nil, fmt.Errorf("%w: device %q, or its mirror already has another one", ErrNotFound, left[0])
	}
	root := &nvlist.List{}
	root.SetString("type", "root")
	root.SetLists("children", children[:whole])
	return root, nil
}

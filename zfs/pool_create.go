package zfs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// PoolCreateOptions are the options of PoolCreate.
type PoolCreateOptions struct {
	// Props are the pool's properties. A text is parsed as by zpool(8). Features
	// are set by the fields below.
	Props prop.Values
	// RootProps are those of the root dataset, as in DatasetCreateOptions.
	RootProps prop.Values
	// AllFeatures enables all features of the module, as zpool create does.
	// Features are the names of further features to enable, such as those of a
	// compatibility set. Without both, no features are enabled.
	AllFeatures bool
	Features    []string
	// Key encrypts the root dataset with this key, which is loaded at the same
	// time. PoolCreate consumes the key: see NewKey. It requires the feature
	// encryption.
	Key *NewKey
	// TempName is the pool's name until it is exported.
	TempName string
	// Force creates the pool even on devices that are in use by something else,
	// or whose parts differ in size or redundancy. A disk in exclusive use is
	// still refused.
	Force bool
	// DryRun makes all these checks, but does not create the pool.
	DryRun bool
}

// PoolCreate creates a pool. It uses whole disks without partitioning them, and
// existing partitions are lost. The root dataset is not mounted. The kernel
// chooses sizes and alignment unless the layout has an ashift.
//
// PoolCreate first checks the layout, that each device can be opened and is large
// enough, and that it does not belong to a pool. An error of these checks is a
// *LayoutError, which names the device.
//
// Errors match ErrInvalidLayout, ErrDeviceInUse, ErrDevice (it cannot be opened),
// ErrExists, ErrInvalidName, ErrInvalidProp, ErrInvalidKey, ErrFeatureDisabled,
// ErrPermission, ErrNoSpace, ErrInvalid.
//
// Kernel: ZFS_IOC_POOL_CREATE (legacy, since 0.8).
func (c *Client) PoolCreate(ctx context.Context, pool string, layout *Layout, opts *PoolCreateOptions) error {
	if opts == nil {
		opts = &PoolCreateOptions{}
	}
	defer opts.Key.wipe()
	in, wrapping, err := c.poolCreateInput(pool, layout, opts)
	defer clear(wrapping)
	if err != nil {
		return inputError(ioctl.OpPoolCreate, pool, err)
	}
	conf, err := c.prepare(ctx, layout, opts.Props, opts.Force)
	if err != nil {
		return inputError(ioctl.OpPoolCreate, pool, err)
	}
	if opts.DryRun {
		return c.dryPoolCreate(ctx, cmp.Or(opts.TempName, pool))
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	err = errors.Join(cmd.SetText(ioctl.FieldName, pool), cmd.SetConf(conf))
	if wrapping != nil {
		err = errors.Join(err, cmd.SetInKey(ioctl.KeyInput{List: in, Key: wrapping}))
	} else {
		err = errors.Join(err, cmd.SetIn(in))
	}
	if err != nil {
		return inputError(ioctl.OpPoolCreate, pool, err)
	}
	err = c.call(ctx, ioctl.OpPoolCreate, cmd)
	var e *Error
	if _, given := opts.RootProps[prop.RecordSize]; given && errors.As(err, &e) && e.Code == ioctl.CodeRange {
		e.Hint = "the recordsize of the root dataset is larger than the module allows"
	}
	return err
}

// dryPoolCreate checks the name as the kernel does.
func (c *Client) dryPoolCreate(ctx context.Context, pool string) error {
	_, err := c.PoolStatus(ctx, pool, nil)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err == nil:
		err = newError(ioctl.OpPoolCreate, pool, ioctl.CodeExist.Err(), nil)
	}
	return err
}

// prepare examines the devices and returns the kernel's tree. Parts without an
// ashift use the pool's property ashift.
func (c *Client) prepare(ctx context.Context, l *Layout, props prop.Values, force bool) (*nvlist.List, error) {
	devices, err := c.examine(ctx, l, force)
	if err != nil {
		return nil, err
	}
	if !force {
		if err := checkRedundancy(l.redundancies()); err != nil {
			return nil, err
		}
	}
	full := *l
	full.Vdevs = slices.Clone(l.Vdevs)
	if v, ok := props[prop.PoolAshift]; ok {
		row, _ := prop.LookupPool(prop.PoolAshift)
		n, _ := row.Parse(v) // it was checked with the other properties
		for i := range full.Vdevs {
			if full.Vdevs[i].Ashift == 0 {
				full.Vdevs[i].Ashift = int(n.Uint64())
			}
		}
	}
	return full.tree(devices), nil
}

// poolCreateInput checks everything except the devices, and returns the list of
// properties and, if there is a key, the wrapping key.
func (c *Client) poolCreateInput(pool string, layout *Layout, opts *PoolCreateOptions) (in *nvlist.List, wrapping []byte, err error) {
	if err := errors.Join(checkNewPool(pool), checkTempName(opts.TempName)); err != nil {
		return nil, nil, err
	}
	if layout == nil {
		layout = &Layout{}
	}
	if err := layout.Check(); err != nil {
		return nil, nil, err
	}
	if in, err = c.encodePoolProps(opts.Props, true); err != nil {
		return nil, nil, err
	}
	if err := c.addFeatures(in, opts); err != nil {
		return nil, nil, err
	}
	root, err := c.encodeProps(opts.RootProps, prop.TypeFilesystem, true)
	if err != nil {
		return nil, nil, err
	}
	holder := &nvlist.List{}
	holder.SetList("props", root)
	if wrapping, err = c.addKey(holder, &DatasetCreateOptions{Props: opts.RootProps, Key: opts.Key}); err != nil {
		return nil, wrapping, err
	}
	if why := lacksKey(root, "", false); opts.Key == nil && why != "" {
		return nil, nil, fmt.Errorf("%w: %s", ErrInvalidProp, why)
	}
	if root, _ = holder.List("props"); root.Len() > 0 {
		in.SetList("root-props-nvl", root)
	}
	if opts.TempName != "" {
		in.SetString(string(prop.PoolTName), opts.TempName)
	}
	return in, wrapping, nil
}

// addFeatures adds the features to the list of properties.
func (c *Client) addFeatures(in *nvlist.List, opts *PoolCreateOptions) error {
	names := make(map[string]bool)
	if opts.AllFeatures {
		for _, f := range c.PoolFeatures() {
			names[f.Name] = true
		}
	}
	for _, name := range opts.Features {
		if !knownFeature(name) {
			return poolPropError(prop.Prop(featurePrefix+name), "unknown feature")
		}
		names[name] = true
	}
	if version, ok := in.Uint64(string(prop.PoolVersion)); ok && version != prop.VersionFeatures && len(names) > 0 {
		return poolPropError(prop.PoolVersion, fmt.Sprintf("a pool of version %d has no features", version))
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		in.SetUint64(featurePrefix+name, 0)
	}
	return nil
}

// checkTempName checks the temporary name of a pool, which may be empty.
func checkTempName(name string) error {
	if name == "" {
		return nil
	}
	return checkNewPool(name)
}

// checkNewPool checks the name of a new pool. Some names are those of vdev types,
// which zpool(8) could not distinguish from it.
func checkNewPool(name string) error {
	if err := checkPool(name); err != nil {
		return err
	}
	for _, prefix := range [...]string{"mirror", "raidz", "draid", "spare"} {
		if strings.HasPrefix(name, prefix) {
			return fmt.Errorf("%w %q: it starts with %q, which is reserved for devices", ErrInvalidName, name, prefix)
		}
	}
	if name == "log" {
		return fmt.Errorf("%w %q: the name is reserved for devices", ErrInvalidName, name)
	}
	return nil
}

// checkPool checks the name of a pool.
func checkPool(name string) error {
	n, err := parseHead(name)
	if err == nil && n.Pool != name {
		err = fmt.Errorf("%w %q: not a pool's name, which has one component", ErrInvalidName, name)
	}
	return err
}

// PoolDestroyOptions are the options of PoolDestroy.
type PoolDestroyOptions struct {
	// Unmount first unmounts the pool's filesystems in this mount namespace, the
	// deepest first. Force also unmounts those in use.
	Unmount, Force bool
}

// PoolDestroy destroys a pool with all its datasets. Its devices keep the labels
// of a destroyed pool, which zpool import -D finds until they are overwritten.
//
// Errors match ErrNotFound, ErrBusy (a filesystem is mounted, a volume open, or a
// fault injected), ErrInvalidName, ErrPermission, ErrSuspended.
//
// Kernel: ZFS_IOC_POOL_DESTROY (legacy, since 0.8).
func (c *Client) PoolDestroy(ctx context.Context, pool string, opts *PoolDestroyOptions) error {
	if err := checkPool(pool); err != nil {
		return inputError(ioctl.OpPoolDestroy, pool, err)
	}
	var done []string
	if opts != nil && opts.Unmount {
		var err error
		if done, err = c.unmountAll(ctx, pool, opts.Force); err != nil {
			return err
		}
	}
	return withDone(c.callPool(ctx, ioctl.OpPoolDestroy, pool, nil), done)
}

// unmountAll unmounts the filesystems of a pool, and returns their names.
func (c *Client) unmountAll(ctx context.Context, pool string, force bool) (done []string, err error) {
	var names []string
	for name := range readMounts().entries {
		if poolOf(name) == pool {
			names = append(names, name)
		}
	}
	// A descendant's name sorts after its ancestor's.
	slices.Sort(names)
	for _, name := range slices.Backward(names) {
		if err := c.DatasetUnmount(ctx, name, &DatasetUnmountOptions{Force: force}); err != nil && !errors.Is(err, ErrNotMounted) {
			return done, withDone(err, done)
		}
		done = append(done, "unmount "+name)
	}
	return done, nil
}

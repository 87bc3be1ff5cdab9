package zfs

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// Pool is an imported pool.
type Pool struct {
	Name string
	GUID uint64
	// Config is the pool's configuration, without statistics. It is shared and
	// must not be changed.
	Config *nvlist.List
}

// Pools yields the imported pools, in the kernel's order.
//
// Errors match ErrPermission.
//
// Kernel: ZFS_IOC_POOL_CONFIGS (legacy, since 0.8).
func (c *Client) Pools(ctx context.Context) iter.Seq2[*Pool, error] {
	return func(yield func(*Pool, error) bool) {
		configs, err := c.poolConfigs(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		for pair := range configs.All() {
			config, ok := pair.List()
			if !ok {
				continue
			}
			r := config.Reader()
			pool := &Pool{Name: pair.Name(), GUID: r.Uint("pool_guid"), Config: config}
			if r.Err() != nil {
				yield(nil, inputError(ioctl.OpPoolConfigs, pool.Name, r.Err()))
				return
			}
			if !yield(pool, nil) {
				return
			}
		}
	}
}

// poolConfigs reads the configurations of all pools, by name.
func (c *Client) poolConfigs(ctx context.Context) (*nvlist.List, error) {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := c.call(ctx, ioctl.OpPoolConfigs, cmd); err != nil {
		return nil, err
	}
	return cmd.OutList()
}

// headOf returns the filesystem or volume of a snapshot. Other names are returned
// unchanged.
func headOf(name string) string {
	head, _, _ := strings.Cut(name, "@")
	return head
}

// callPool makes a call whose only operand is a pool.
func (c *Client) callPool(ctx context.Context, op ioctl.Op, pool string, fill func(*ioctl.Cmd) error) error {
	if err := checkPool(pool); err != nil {
		return inputError(op, pool, err)
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	err := cmd.SetText(ioctl.FieldName, pool)
	if err == nil && fill != nil {
		err = fill(cmd)
	}
	if err != nil {
		return inputError(op, pool, err)
	}
	return c.call(ctx, op, cmd)
}

// callPoolList makes an nvlist-style call on a pool.
func (c *Client) callPoolList(ctx context.Context, op ioctl.Op, pool string, in *nvlist.List) (*nvlist.List, error) {
	if err := checkPool(pool); err != nil {
		return nil, inputError(op, pool, err)
	}
	return c.callList(ctx, op, pool, in)
}

// PoolUpgradeOptions are the options of PoolUpgrade.
type PoolUpgradeOptions struct {
	// Version is the pool's new version; zero means [prop.VersionFeatures].
	Version uint64
	// AtLeast leaves a pool of this or a newer version as it is, as zpool upgrade does.
	// Without it that is an error if the version is newer.
	AtLeast bool
	// AllFeatures also enables the features that the module has and the pool does not
	// use, as zpool upgrade does without -V. It implies AtLeast. It goes with no other
	// version than [prop.VersionFeatures], and not with a pool whose property
	// compatibility leaves features out: PoolSetProps enables them one by one.
	AllFeatures bool
}

// PoolUpgrade brings a pool of an old version to a newer one. That of features
// enables none of them unless AllFeatures is set. There is no way back.
//
// Errors match ErrNotFound, ErrInvalid (the version is older than that of the pool, or
// unknown, or AllFeatures does not go with it or with the pool), ErrInvalidName,
// ErrPermission, ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_POOL_UPGRADE (legacy, since 0.8).
func (c *Client) PoolUpgrade(ctx context.Context, pool string, opts *PoolUpgradeOptions) error {
	var o PoolUpgradeOptions
	if opts != nil {
		o = *opts
	}
	o.Version = cmp.Or(o.Version, prop.VersionFeatures)
	if err := o.check(); err != nil {
		return inputError(ioctl.OpPoolUpgrade, pool, err)
	}
	if o.AtLeast || o.AllFeatures {
		return c.poolUpgradeTo(ctx, pool, o)
	}
	return c.poolUpgrade(ctx, pool, o.Version)
}

// check refuses what no pool can be upgraded to.
func (o *PoolUpgradeOptions) check() error {
	row, _ := prop.LookupPool(prop.PoolVersion)
	if _, err := row.Parse(prop.Uint64(o.Version)); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if o.AllFeatures && o.Version != prop.VersionFeatures {
		return fmt.Errorf("%w: a pool of version %d has no features", ErrInvalid, o.Version)
	}
	return nil
}

// poolUpgradeTo upgrades a pool if it is not there yet.
func (c *Client) poolUpgradeTo(ctx context.Context, pool string, o PoolUpgradeOptions) error {
	ctx = ioctl.HistoryOnce(ctx)
	s, err := c.PoolStatus(ctx, pool, nil)
	switch {
	case err != nil:
		return err
	case s.Unanswered != nil:
		return s.Unanswered
	case o.AllFeatures && s.compatibility() != "":
		return inputError(ioctl.OpPoolUpgrade, pool, fmt.Errorf("%w: property compatibility=%s leaves features out", ErrInvalid, s.compatibility()))
	}
	if s.Version < o.Version {
		if err := c.poolUpgrade(ctx, pool, o.Version); err != nil {
			return err
		}
	}
	missing := make(prop.Values)
	for _, f := range c.PoolFeatures() {
		if o.AllFeatures && s.Features[f.Name] == FeatureDisabled {
			missing[prop.Prop(featurePrefix+f.Name)] = prop.String(FeatureEnabled.String())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return c.PoolSetProps(ctx, pool, missing)
}

// poolUpgrade makes the call.
func (c *Client) poolUpgrade(ctx context.Context, pool string, version uint64) error {
	return c.callPool(ctx, ioctl.OpPoolUpgrade, pool, func(cmd *ioctl.Cmd) error {
		cmd.SetUint64(ioctl.FieldCookie, version)
		return nil
	})
}

// PoolReguidOptions are the options of PoolReguid.
type PoolReguidOptions struct {
	// GUID is the new GUID, since 2.3; zero means a random one.
	GUID uint64
}

// PoolReguid changes the GUID of a pool.
//
// Errors match ErrNotFound, ErrDevice (a device is missing), ErrCheckpoint,
// ErrExists (another pool has the GUID), ErrNotSupported, ErrInvalidName,
// ErrPermission, ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_POOL_REGUID (legacy, since 0.8).
func (c *Client) PoolReguid(ctx context.Context, pool string, opts *PoolReguidOptions) error {
	guid := uint64(0)
	if opts != nil {
		guid = opts.GUID
	}
	// An older module does not read the number, and would take one at random.
	// It cannot be asked without a change, so that this is the one refusal by a number.
	if since := release.V2_3; guid != 0 && !release.Has(c.release, since) {
		return inputError(ioctl.OpPoolReguid, pool, fmt.Errorf("%w: a GUID of choice came with %v, this is %v", ErrNotSupported, since, c.release))
	}
	return c.callPool(ctx, ioctl.OpPoolReguid, pool, func(cmd *ioctl.Cmd) error {
		if guid == 0 {
			return nil
		}
		in := &nvlist.List{}
		in.SetUint64("guid", guid)
		return cmd.SetIn(in)
	})
}

// PoolReopenOptions are the options of PoolReopen.
type PoolReopenOptions struct {
	// KeepScrub lets a scrub that is under way continue. Otherwise it restarts if
	// a device has reappeared.
	KeepScrub bool
}

// PoolReopen reopens the devices of a pool, so that it notices which are present.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission, ErrSuspended.
//
// Kernel: ZFS_IOC_POOL_REOPEN (nvlist, since 0.8).
func (c *Client) PoolReopen(ctx context.Context, pool string, opts *PoolReopenOptions) error {
	in := &nvlist.List{}
	in.SetBooleanValue("scrub_restart", opts == nil || !opts.KeepScrub)
	_, err := c.callPoolList(ctx, ioctl.OpPoolReopen, pool, in)
	return err
}

// PoolSyncOptions are the options of PoolSync.
type PoolSyncOptions struct {
	// Force ends a transaction group even if it is empty.
	Force bool
}

// PoolSync writes the dirty data of a pool to its devices, and waits until it is
// written.
//
// Errors match ErrNotFound, ErrInvalidName, ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_POOL_SYNC (nvlist, since 0.8).
func (c *Client) PoolSync(ctx context.Context, pool string, opts *PoolSyncOptions) error {
	in := &nvlist.List{}
	in.SetBooleanValue("force", opts != nil && opts.Force)
	_, err := c.callPoolList(ctx, ioctl.OpPoolSync, pool, in)
	return err
}

package zfs

import (
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

// poolOf returns the first component of a dataset's name.
func poolOf(name string) string {
	if i := strings.IndexAny(name, "/@#"); i >= 0 {
		return name[:i]
	}
	return name
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
}

// PoolUpgrade upgrades a pool of an old version to a newer version. An upgrade to
// VersionFeatures enables no features. An upgrade cannot be reverted.
//
// Errors match ErrNotFound, ErrInvalid (the version is not newer, or unknown),
// ErrInvalidName, ErrPermission, ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_POOL_UPGRADE (legacy, since 0.8).
func (c *Client) PoolUpgrade(ctx context.Context, pool string, opts *PoolUpgradeOptions) error {
	version := uint64(prop.VersionFeatures)
	if opts != nil && opts.Version != 0 {
		version = opts.Version
	}
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

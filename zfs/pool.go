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

// Pool is an imported pool as the module knows it.
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
			config, ok := configs.List(pair.Name())
			if !ok {
				continue
			}
			guid, _ := config.Uint("pool_guid")
			if !yield(&Pool{Name: pair.Name(), GUID: guid, Config: config}, nil) {
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

// headOf returns the filesystem or volume that a snapshot is of. Other names it
// returns as they are.
func headOf(name string) string {
	head, _, _ := strings.Cut(name, "@")
	return head
}

// callPool makes a call that has no more than a pool.
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

// PoolUpgradeOptions says how far PoolUpgrade goes.
type PoolUpgradeOptions struct {
	// Version is the pool's new version; zero stands for [prop.VersionFeatures].
	Version uint64
}

// PoolUpgrade brings a pool of an old version to a newer one. That of features
// enables none of them. There is no way back.
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

// PoolReguidOptions says which GUID a pool gets.
type PoolReguidOptions struct {
	// GUID is the new one, since 2.3; zero stands for a random one.
	GUID uint64
}

// PoolReguid gives a pool a new GUID.
//
// Errors match ErrNotFound, ErrDevice (not all devices are there), ErrCheckpoint,
// ErrExists (the GUID is another pool's), ErrNotSupported, ErrInvalidName,
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

// PoolReopenOptions says how PoolReopen goes about it.
type PoolReopenOptions struct {
	// KeepScrub lets a scrub that is under way go on. Otherwise it begins again,
	// if a device has come back.
	KeepScrub bool
}

// PoolReopen opens the pool's devices anew, so that it notices which are there.
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

// PoolSyncOptions says what PoolSync does.
type PoolSyncOptions struct {
	// Force ends a transaction group even if there is nothing to write.
	Force bool
}

// PoolSync writes what a pool has in memory to its devices, and waits for that.
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

package zfs

import (
	"context"
	"iter"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
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

// poolProps reads a pool's properties: name to value and source.
//
// Kernel: ZFS_IOC_POOL_GET_PROPS (nvlist, since 0.8).
func (c *Client) poolProps(ctx context.Context, pool string) (*nvlist.List, error) {
	return c.callList(ctx, ioctl.OpPoolGetProps, pool, nil)
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

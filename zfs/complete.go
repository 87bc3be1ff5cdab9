package zfs

import (
	"context"
	"sync"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// completion reads what several datasets of one pool share beyond their own
// properties. It reads each value once, when it is first needed. It may be used
// concurrently.
type completion struct {
	parts   parts
	extras  func() []extra
	mounts  func() *mountTable
	altroot func() (string, error)
}

// newCompletion returns a completion for the pool that name is in.
func (c *Client) newCompletion(ctx context.Context, name string, parts parts, props []prop.Prop) *completion {
	return &completion{
		parts:   parts,
		extras:  sync.OnceValue(func() []extra { return extrasOf(props) }),
		mounts:  sync.OnceValue(readMounts),
		altroot: sync.OnceValues(func() (string, error) { return c.altroot(ctx, poolOf(name)) }),
	}
}

// complete reads the properties of ds that are not in the answer about it. A
// filesystem that cannot be opened, because its key is not loaded or a receive
// has not finished, lacks those that it stores itself.
func (c *Client) complete(ctx context.Context, ds *Dataset, shared *completion) error {
	p, parts := ds.Props, shared.parts
	if parts.has(partExtra) {
		if err := c.readExtras(ctx, ds, shared.extras()); err != nil {
			return err
		}
	}
	if !ds.Type.Has(prop.TypeFilesystem) {
		return nil
	}
	var err error
	if parts.has(partZPL) {
		if p.zpl, err = c.zplProps(ctx, ds.Name); err != nil && ctx.Err() != nil {
			return err
		}
	}
	if parts.has(partMounts) {
		p.mounts = shared.mounts()
	}
	if !parts.has(partAltroot) {
		return nil
	}
	p.altroot, err = shared.altroot()
	return err
}

// zplProps reads the properties that a filesystem stores itself.
//
// Kernel: ZFS_IOC_OBJSET_ZPLPROPS (legacy, since 0.8).
func (c *Client) zplProps(ctx context.Context, name string) (*nvlist.List, error) {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, name); err != nil {
		return nil, inputError(ioctl.OpObjsetZplprops, name, err)
	}
	if err := c.call(ctx, ioctl.OpObjsetZplprops, cmd); err != nil {
		return nil, err
	}
	return cmd.OutList()
}

// altroot returns the directory that all mountpoints of a pool are below, or "".
func (c *Client) altroot(ctx context.Context, pool string) (string, error) {
	props, err := c.poolProps(ctx, pool)
	if err != nil {
		return "", err
	}
	pair, _ := props.List("altroot")
	root, _ := pair.Text(keyValue)
	return root, nil
}

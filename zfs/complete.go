package zfs

import (
	"context"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// completion holds what several datasets of one walk share beyond their own
// properties. The zero value has read nothing.
type completion struct {
	mounts   *mountTable
	altroots map[string]string // by pool
}

// complete reads the properties of ds that do not come with it. A filesystem
// that cannot be opened, for want of a key or because a receive has not
// finished, lacks those that it holds itself.
func (c *Client) complete(ctx context.Context, ds *Dataset, shared *completion) error {
	p := ds.Props
	if !ds.Type.Has(TypeFilesystem) {
		return nil
	}
	zpl, err := c.zplProps(ctx, ds.Name)
	if err != nil && ctx.Err() != nil {
		return err
	}
	p.zpl = zpl
	if shared.mounts == nil {
		shared.mounts = readMounts()
	}
	p.mounts = shared.mounts
	p.altroot, err = c.altroot(ctx, ds.Name, shared)
	return err
}

// zplProps reads the properties that a filesystem itself holds.
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

// altroot returns the folder that all mountpoints of a dataset's pool lie
// under, empty for none.
func (c *Client) altroot(ctx context.Context, name string, shared *completion) (string, error) {
	pool := poolOf(name)
	if root, ok := shared.altroots[pool]; ok {
		return root, nil
	}
	props, err := c.poolProps(ctx, pool)
	if err != nil {
		return "", err
	}
	pair, _ := props.List("altroot")
	root, _ := pair.String(keyValue)
	if shared.altroots == nil {
		shared.altroots = make(map[string]string)
	}
	shared.altroots[pool] = root
	return root, nil
}

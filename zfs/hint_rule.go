package zfs

import (
	"context"
	"errors"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// explainRule says which rule a refused value breaks, if that can be read from a
// dataset: the one whose properties are set, or the origin of a clone. The kernel
// answers EINVAL to each.
func (c *Client) explainRule(ctx context.Context, err error, name string, in *nvlist.List) error {
	return c.explainValues(ctx, err, in, func(property prop.Prop, n uint64) error {
		switch property {
		case prop.VolSize:
			if v, verr := c.volumeOf(ctx, name); verr == nil {
				return blockRule(n, v.block)
			}
		case prop.Version:
			list, verr := c.zplProps(ctx, name)
			if now, ok := list.Uint(string(prop.Version)); verr == nil && ok && n < now {
				return because(ErrInvalidProp, "version %d is lower than the filesystem's, %d", n, now)
			}
		}
		return nil
	})
}

// explainNewRule is explainRule for a dataset that is to be created.
func (c *Client) explainNewRule(ctx context.Context, err error, in *nvlist.List) error {
	return c.explainValues(ctx, err, in, func(property prop.Prop, n uint64) error {
		if property != prop.VolSize {
			return nil
		}
		block, ok := in.Uint64(string(prop.VolBlockSize))
		if !ok {
			info, _ := prop.Lookup(prop.VolBlockSize)
			v, _ := info.DefaultFor(c.release, prop.TypeVolume)
			block = v.Uint64()
		}
		return blockRule(n, block)
	})
}

// blockRule is the error of a volume's size that has no whole number of blocks.
func blockRule(size, block uint64) error {
	if block == 0 || size%block == 0 {
		return nil
	}
	return because(ErrInvalidProp, "volsize %d is not a multiple of volblocksize, %d", size, block)
}

// explainValues has a rule looked for by each value that was refused: those of the
// items, or all if the kernel names none.
func (c *Client) explainValues(ctx context.Context, err error, in *nvlist.List, rule func(prop.Prop, uint64) error) error {
	var e *Error
	if !errors.As(err, &e) || e.Code != ioctl.CodeInval || ctx.Err() != nil {
		return err
	}
	for i, item := range e.Items {
		n, ok := in.Uint64(item.Name)
		if !ok || !matches(item.Err, ioctl.CodeInval) {
			continue
		}
		if broken := rule(prop.Prop(item.Name), n); broken != nil {
			e.Items[i].Err = newItemError(broken, ioctl.CodeInval)
			if len(e.Items) == 1 {
				e.kind = broken
			}
		}
	}
	if len(e.Items) > 0 {
		return err
	}
	for pair := range in.All() {
		if n, ok := pair.Uint(); ok {
			if broken := rule(prop.Prop(pair.Name()), n); broken != nil {
				e.kind = broken
				return err
			}
		}
	}
	return err
}

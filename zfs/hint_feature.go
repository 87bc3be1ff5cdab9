package zfs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// explainFeature adds which of the pool features that an operation may need are
// not enabled. It reads their states, and adds nothing unless one is disabled.
func (c *Client) explainFeature(ctx context.Context, err error, features ...string) error {
	var e *Error
	if !errors.As(err, &e) || ctx.Err() != nil || len(features) == 0 {
		return err
	}
	items := 0
	for _, item := range e.Items {
		if matches(item.Err, ioctl.CodeNotsup) {
			items++
		}
	}
	if e.Code != ioctl.CodeNotsup && items == 0 {
		return err
	}
	disabled := c.disabledFeatures(ctx, poolOf(e.Name), features)
	if len(disabled) == 0 {
		return err
	}
	e.Hint = fmt.Sprintf("pool %q has not enabled %s", poolOf(e.Name), strings.Join(disabled, ", "))
	if e.Code == ioctl.CodeNotsup {
		e.kind = ErrFeatureDisabled
	}
	for i, item := range e.Items {
		if matches(item.Err, ioctl.CodeNotsup) {
			e.Items[i].Err = newItemError(ErrFeatureDisabled, ioctl.CodeNotsup)
		}
	}
	return err
}

// disabledFeatures returns those of the features that the pool has not enabled,
// as far as that can be read.
func (c *Client) disabledFeatures(ctx context.Context, pool string, features []string) (disabled []string) {
	status, err := c.PoolStatus(ctx, pool, nil)
	if err != nil || status.Features == nil {
		return nil
	}
	for _, name := range features {
		if c.hasFeature(name) && status.Features[name] == FeatureDisabled {
			disabled = append(disabled, featurePrefix+name)
		}
	}
	return disabled
}

// hasFeature reports whether the running module has a pool feature.
func (c *Client) hasFeature(name string) bool {
	return slices.ContainsFunc(c.PoolFeatures(), func(f PoolFeature) bool { return f.Name == name })
}

// propFeatures returns the pool features that values of properties need, in the
// form sent to the kernel.
func propFeatures(props *nvlist.List) (features []string) {
	for pair := range props.All() {
		n, _ := props.Uint64(pair.Name())
		features = append(features, propFeature(prop.Prop(pair.Name()), n)...)
	}
	return features
}

// propFeature returns the features that one value needs.
func propFeature(property prop.Prop, n uint64) []string {
	info, _ := prop.Lookup(property)
	text, _ := info.ValueName(n, ioctl.Release{})
	switch property {
	case prop.RecordSize, prop.VolBlockSize:
		if n > 128<<10 {
			return []string{"large_blocks"}
		}
	case prop.Compression:
		switch {
		case strings.HasPrefix(text, "zstd"):
			return []string{"zstd_compress"}
		case text == "lz4":
			return []string{"lz4_compress"}
		}
	case prop.Checksum, prop.Dedup:
		for _, sum := range []string{"sha512", "skein", "edonr", "blake3"} {
			if strings.HasPrefix(text, sum) {
				return []string{sum}
			}
		}
	case prop.DnodeSize:
		return []string{"large_dnode"}
	case prop.FilesystemLimit, prop.SnapshotLimit:
		return []string{"filesystem_limits"}
	case prop.Encryption:
		return []string{"encryption"}
	}
	if q, ok := parseQuotaKey(string(property)); ok && strings.HasPrefix(string(q), "project") {
		return []string{"project_quota"}
	}
	return nil
}

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

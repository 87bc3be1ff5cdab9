package zfs

import (
	"context"
	"errors"
	"iter"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// PoolProperty is a property of a pool with its value.
type PoolProperty struct {
	Name   PoolProp
	Value  Value
	Source Source
	// Text is the value as zpool get -p prints it.
	Text string
}

// PoolProperties are the properties of a pool, as they were when it was read.
type PoolProperties struct {
	list    *nvlist.List
	status  *PoolStatus
	release ioctl.Release
	known   []PoolFeature
}

// PoolProps reads the properties of a pool, those of its features included.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission, and the context's.
//
// Kernel: ZFS_IOC_POOL_GET_PROPS (nvlist, since 0.8).
func (c *Client) PoolProps(ctx context.Context, pool string) (*PoolProperties, error) {
	// Before 2.3 the operation has one errno for all, that of a pool which is not
	// there included, so the pool is looked for first.
	status, err := c.PoolStatus(ctx, pool, nil)
	if err != nil {
		return nil, err
	}
	list, err := c.poolProps(ctx, pool)
	if err != nil {
		return nil, err
	}
	return &PoolProperties{list, status, c.release, c.PoolFeatures()}, nil
}

// poolProps reads a pool's properties: name to value and source.
func (c *Client) poolProps(ctx context.Context, pool string) (*nvlist.List, error) {
	return c.callList(ctx, ioctl.OpPoolGetProps, pool, nil)
}

// importedReadOnly reports whether a pool with these properties was imported
// read-only.
func importedReadOnly(props *nvlist.List) bool {
	pair, _ := props.List(string(PoolReadOnly))
	n, _ := pair.Uint(keyValue)
	return n != 0
}

// The sources of a pool's properties, with the kernel's numbers.
const (
	poolSourceDefault = 2
	poolSourceTemp    = 4
	poolSourceLocal   = 8
)

// poolSource is the source with a number of the kernel's.
func poolSource(n uint64) Source {
	switch n {
	case poolSourceDefault:
		return Source{Kind: SourceDefault}
	case poolSourceTemp:
		return Source{Kind: SourceTemporary}
	case poolSourceLocal:
		return Source{Kind: SourceLocal}
	}
	return Source{}
}

// Lookup returns a property. ok is false if the pool has no such property.
func (p *PoolProperties) Lookup(name PoolProp) (prop PoolProperty, ok bool) {
	prop.Name = name
	if feature, ok := strings.CutPrefix(string(name), featurePrefix); ok {
		return p.feature(prop, feature)
	}
	row, native := lookupPoolProp(name)
	pair, found := p.list.List(string(name))
	if found {
		n, _ := pair.Uint(keySource)
		prop.Value, prop.Source = valueOf(pair), poolSource(n)
	}
	switch {
	case !native:
		prop.Text = prop.Value.String()
		return prop, found
	case !p.release.AtLeast(row.since) && !found:
		return prop, false
	case !found:
		prop.Value, prop.Source = row.standard(), Source{Kind: SourceDefault}
	}
	prop.Text = row.printed(prop.Value)
	return prop, true
}

// feature completes the property of a feature.
func (p *PoolProperties) feature(prop PoolProperty, name string) (PoolProperty, bool) {
	state, has := p.status.Features[name]
	prop.Text = state.String()
	prop.Value, prop.Source = StringValue(prop.Text), Source{Kind: SourceLocal}
	for _, f := range p.known {
		has = has || f.Name == name
	}
	return prop, has
}

// All yields the native properties, those of features, and the user's.
func (p *PoolProperties) All() iter.Seq[PoolProperty] {
	return func(yield func(PoolProperty) bool) {
		for _, row := range poolProps {
			if prop, ok := p.Lookup(row.name); ok && row.name != PoolTName && !yield(prop) {
				return
			}
		}
		for _, f := range p.known {
			if prop, ok := p.Lookup(PoolProp(featurePrefix + f.Name)); ok && !yield(prop) {
				return
			}
		}
		for pair := range p.list.All() {
			if !strings.Contains(pair.Name(), ":") {
				continue
			}
			if prop, ok := p.Lookup(PoolProp(pair.Name())); ok && !yield(prop) {
				return
			}
		}
	}
}

// PoolSetProps sets properties of a pool. A text is read as zpool set reads it;
// feature@x as "enabled" enables a feature, which cannot be undone. User
// properties are there since 2.2.
//
// Errors match ErrNotFound, ErrInvalidProp, ErrInvalidName,
// ErrPermission, ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_POOL_SET_PROPS (legacy, since 0.8).
func (c *Client) PoolSetProps(ctx context.Context, pool string, props map[PoolProp]Value) error {
	in, err := c.encodePoolProps(props, false)
	if err == nil && in.Len() == 0 {
		err = errors.New("no property is given")
	}
	if err != nil {
		return inputError(ioctl.OpPoolSetProps, pool, err)
	}
	return c.callPool(ctx, ioctl.OpPoolSetProps, pool, func(cmd *ioctl.Cmd) error { return cmd.SetIn(in) })
}

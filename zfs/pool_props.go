package zfs

import (
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

// PoolProps reads the properties of a pool, including those of its features.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission, and the context's.
//
// Kernel: ZFS_IOC_POOL_GET_PROPS (nvlist, since 0.8).
func (c *Client) PoolProps(ctx context.Context, pool string) (*Properties, error) {
	// Before 2.3 the operation has one errno for all failures, including a pool
	// that does not exist, so the pool is looked up first.
	status, err := c.PoolStatus(ctx, pool, nil)
	if err != nil {
		return nil, err
	}
	list, err := c.poolProps(ctx, pool)
	if err != nil {
		return nil, err
	}
	return c.poolProperties(list, status), nil
}

// poolProps reads a pool's properties: name to value and source.
func (c *Client) poolProps(ctx context.Context, pool string) (*nvlist.List, error) {
	return c.callList(ctx, ioctl.OpPoolGetProps, pool, nil)
}

// importedReadOnly reports whether a pool with these properties was imported
// read-only.
func importedReadOnly(props *nvlist.List) bool {
	pair, _ := props.List(string(prop.PoolReadOnly))
	n, _ := pair.Uint(keyValue)
	return n != 0
}

// The sources of a pool's properties, with the kernel's numbers.
const (
	poolSourceDefault = 2
	poolSourceTemp    = 4
	poolSourceLocal   = 8
)

// poolSource returns the source for a number of the kernel's.
func poolSource(n uint64) prop.Source {
	switch n {
	case poolSourceDefault:
		return prop.Source{Kind: prop.SourceDefault}
	case poolSourceTemp:
		return prop.Source{Kind: prop.SourceTemporary}
	case poolSourceLocal:
		return prop.Source{Kind: prop.SourceLocal}
	}
	return prop.Source{}
}

// poolProperty returns a native property of a pool, or a user property. ok is
// false if the pool does not have it.
func (c *Client) poolProperty(list *nvlist.List, name prop.Prop) (found prop.Property, ok bool) {
	row, native := prop.LookupPool(name)
	pair, answered := list.List(string(name))
	found.Name = name
	if answered {
		n, _ := pair.Uint(keySource)
		found.Value, found.Source = valueOf(pair), poolSource(n)
	}
	switch {
	case !native:
		found.Text = found.Value.String()
		return found, answered
	case !answered && (!c.hasProp(ofPool, row.Name, row.Since) || row.Name == prop.PoolTName):
		return found, false
	case !answered:
		found.Value, found.Source = row.Default(), prop.Source{Kind: prop.SourceDefault}
	}
	found.Text = row.Format(found.Value)
	return found, true
}

// featureProperty returns the property of a feature.
func featureProperty(status *PoolStatus, name string) prop.Property {
	text := status.Features[name].String()
	return prop.Property{Name: prop.Prop(featurePrefix + name), Value: prop.String(text), Source: prop.Source{Kind: prop.SourceLocal}, Text: text}
}

// poolProperties returns all properties of a pool: native properties, those of
// features, and user properties.
func (c *Client) poolProperties(list *nvlist.List, status *PoolStatus) *Properties {
	p := &Properties{name: status.Name, release: c.release}
	add := func(found prop.Property, ok bool) {
		if ok {
			p.fixed = append(p.fixed, found)
		}
	}
	for row := range prop.AllPool() {
		add(c.poolProperty(list, row.Name))
	}
	for pair := range list.All() {
		if name := prop.Prop(pair.Name()); isNewPoolProp(name) {
			add(c.poolProperty(list, name))
		}
	}
	var features []string
	for _, f := range c.PoolFeatures() {
		features = append(features, f.Name)
	}
	for name := range status.Features {
		if !slices.Contains(features, name) && !knownFeature(name) {
			features = append(features, name)
		}
	}
	sortFeatures(features)
	for _, name := range features {
		add(featureProperty(status, name), true)
	}
	for pair := range list.All() {
		if strings.Contains(pair.Name(), ":") {
			add(c.poolProperty(list, prop.Prop(pair.Name())))
		}
	}
	return p
}

// isNewPoolProp reports whether a name that the kernel answers with is that of a
// native property which our table does not have.
func isNewPoolProp(name prop.Prop) bool {
	_, known := prop.LookupPool(name)
	return !known && name.IsPlain()
}

// PoolSetProps sets properties of a pool. A text is read as zpool set reads it;
// feature@x as "enabled" enables a feature, which cannot be undone. User
// properties are there since 2.2.
//
// Errors match ErrNotFound, ErrInvalidProp, ErrInvalidName, ErrPermission,
// ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_POOL_SET_PROPS (legacy, since 0.8).
func (c *Client) PoolSetProps(ctx context.Context, pool string, props prop.Values) error {
	in, err := c.encodePoolProps(props, false)
	if err == nil && in.Len() == 0 {
		err = errors.New("no property is given")
	}
	if err != nil {
		return inputError(ioctl.OpPoolSetProps, pool, err)
	}
	bootfs, _ := in.Text(string(prop.PoolBootFS))
	if n, err := ParseName(bootfs); bootfs != "" && err == nil && n.Pool != pool {
		return inputError(ioctl.OpPoolSetProps, pool, poolPropError(prop.PoolBootFS, bootfs+" is not in the pool"))
	}
	err = c.callPool(ctx, ioctl.OpPoolSetProps, pool, func(cmd *ioctl.Cmd) error { return cmd.SetIn(in) })
	var e *Error
	if errors.As(err, &e) && e.Code == ioctl.CodeNoent && !errors.Is(err, ErrPoolNotFound) && bootfs != "" {
		e.Object = bootfs
	}
	return c.explainPoolVersion(ctx, err, in)
}

// explainPoolVersion says that a pool's version cannot become lower, if that was
// wanted.
func (c *Client) explainPoolVersion(ctx context.Context, err error, in *nvlist.List) error {
	return c.explainValues(ctx, err, in, func(property prop.Prop, n uint64) error {
		var e *Error
		if property != prop.PoolVersion || !errors.As(err, &e) {
			return nil
		}
		list, perr := c.poolProps(ctx, e.Name)
		pair, _ := list.List(string(property))
		if now, ok := pair.Uint(keyValue); perr == nil && ok && n < now {
			return because(ErrInvalidProp, "version %d is lower than the pool's, %d", n, now)
		}
		return nil
	})
}

// encodePoolProps returns the kernel's list. Creating reports whether the pool is
// about to be created, which allows properties that can only be set then.
func (c *Client) encodePoolProps(props prop.Values, creating bool) (*nvlist.List, error) {
	list := &nvlist.List{}
	for _, p := range slices.Sorted(maps.Keys(props)) {
		v, err := c.checkPoolProp(p, props[p], creating)
		if err != nil {
			return nil, err
		}
		if v.Kind() == prop.ValueNumber {
			list.SetUint64(string(p), v.Uint64())
		} else {
			list.SetString(string(p), v.String())
		}
	}
	return list, nil
}

// checkPoolProp converts one property to the kernel's form.
func (c *Client) checkPoolProp(p prop.Prop, v prop.Value, creating bool) (prop.Value, error) {
	if name, ok := strings.CutPrefix(string(p), featurePrefix); ok {
		return c.checkFeatureProp(p, name, v)
	}
	if strings.Contains(string(p), ":") {
		switch {
		case p.Check() != nil:
			return v, poolPropError(p, p.Check().Error())
		case v.Kind() != prop.ValueString:
			return v, poolPropError(p, "a user property is a string")
		case len(v.String()) >= prop.MaxValue || strings.IndexByte(v.String(), 0) >= 0:
			return v, poolPropError(p, "the text is too long, or has a NUL")
		}
		return v, nil
	}
	info, ok := prop.LookupPool(p)
	switch {
	case !ok:
		return c.newPropValue(ofPool, p, v)
	case info.ReadOnly:
		return v, poolPropError(p, prop.AttrReadOnly.String())
	case info.AtCreation && !creating:
		return v, poolPropError(p, "it is for making and importing a pool only")
	case c.module.lacks(ofPool, p):
		return v, c.lacksError(ofPool, p, true, info.Since)
	}
	v, err := info.Parse(v)
	if err != nil {
		return v, fmt.Errorf("%w: %w", ErrInvalidProp, err)
	}
	return v, nil
}

// checkFeatureProp takes "enabled", which is 0 on the wire. A feature that is to
// be disabled is left out when the pool is made, and stays when it has been.
func (c *Client) checkFeatureProp(p prop.Prop, name string, v prop.Value) (prop.Value, error) {
	switch {
	case c.module.lacksFeature(name):
		return v, poolPropError(p, "there is no such feature")
	case v.Kind() == prop.ValueString && v.String() == "enabled", v.Kind() == prop.ValueNumber && v.Uint64() == 0:
		return prop.Uint64(0), nil
	}
	return v, poolPropError(p, "want enabled")
}

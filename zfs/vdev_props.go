package zfs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// VdevProps reads properties of a device, or of a group of devices, by name, in
// the order of the names. Nil reads all that it has, in the order of zpool get,
// followed by its user properties. Properties that the device does not have are
// omitted. The device "root-0" is the pool itself.
//
// Errors match ErrNotFound (the pool or the device), ErrInvalidProp,
// ErrWrongDevice, ErrNotSupported, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_VDEV_GET_PROPS (nvlist, since 2.2).
func (c *Client) VdevProps(ctx context.Context, pool, vdev string, names []prop.Prop) (*Properties, error) {
	all := names == nil
	if all {
		names = c.deviceProps()
	}
	var native []prop.Prop
	stored := all
	for _, name := range names {
		if err := c.checkVdevName(name); err != nil {
			return nil, inputError(ioctl.OpVdevGetProps, pool, err)
		}
		switch {
		case storedVdevProp(name):
			stored = true
		case name != "bootsize": // no release returns it
			native = append(native, name)
		}
	}
	in, err := c.vdevInput(ctx, ioctl.OpVdevGetProps, pool, [2]string{vdev, "vdevprops_get_vdev"})
	if err != nil {
		return nil, err
	}
	found := make(map[prop.Prop]prop.Property)
	if stored { // the kernel returns these without names
		out, err := c.callPoolList(ctx, ioctl.OpVdevGetProps, pool, in)
		if err != nil {
			return nil, err
		}
		for pair := range out.All() {
			if name := prop.Prop(pair.Name()); storedVdevProp(name) {
				found[name] = vdevProperty(pair, prop.Source{Kind: prop.SourceLocal})
				if all && name != prop.PoolComment {
					names = append(names, name)
				}
			}
		}
	}
	if err := c.nativeVdevProps(ctx, pool, in, native, found); err != nil {
		return nil, err
	}
	return &Properties{name: vdev, release: c.release, fixed: pickVdevProps(names, found)}, nil
}

// deviceProps are the native properties that the module has: those of our table in
// its order, and then those that only the module knows.
func (c *Client) deviceProps() (names []prop.Prop) {
	for row := range prop.AllDevice() {
		if c.hasProp(ofDevice, row.Name, row.Since) {
			names = append(names, row.Name)
		}
	}
	return append(names, c.newProps(ofDevice, func(name prop.Prop) bool {
		_, known := prop.LookupDevice(name)
		return known
	})...)
}

// nativeVdevProps reads native properties. The kernel ends its answer with the
// first property that has its default, so the rest is requested again.
func (c *Client) nativeVdevProps(ctx context.Context, pool string, in *nvlist.List, names []prop.Prop, found map[prop.Prop]prop.Property) error {
	for len(names) > 0 {
		list := &nvlist.List{}
		for _, name := range names {
			list.SetBoolean(string(name))
		}
		in.SetList("vdevprops_get_props", list)
		out, err := c.callPoolList(ctx, ioctl.OpVdevGetProps, pool, in)
		if err != nil {
			return err
		}
		done := 1 // without an answer, the first one does not exist
		for pair := range out.All() {
			l, _ := pair.List()
			n, _ := l.Uint(keySource)
			name := prop.Prop(pair.Name())
			found[name] = vdevProperty(pair, poolSource(n))
			done = max(done, slices.Index(names, name)+1)
		}
		names = names[done:]
	}
	return nil
}

// vdevProperty decodes a pair of the kernel's answer.
func vdevProperty(pair nvlist.Pair, source prop.Source) prop.Property {
	l, _ := pair.List()
	v := valueOf(l)
	return prop.Property{Name: prop.Prop(pair.Name()), Value: v, Source: source, Text: v.String()}
}

// pickVdevProps returns the properties with these names.
func pickVdevProps(names []prop.Prop, found map[prop.Prop]prop.Property) []prop.Property {
	props := []prop.Property{}
	for _, name := range names {
		p, ok := found[name]
		if info, native := prop.LookupDevice(name); native {
			p, ok = info.Of(p.Value, p.Source, ok)
		}
		if ok {
			props = append(props, p)
		}
	}
	return props
}

// vdevInput returns an input with the GUID of a device under a key.
func (c *Client) vdevInput(ctx context.Context, op ioctl.Op, pool string, vdev [2]string) (*nvlist.List, error) {
	s, err := c.PoolStatus(ctx, pool, nil)
	switch {
	case err != nil:
		return nil, err
	case s.Unanswered != nil:
		return nil, inputError(op, pool, s.Unanswered)
	}
	guid := s.GUID
	if vdev[0] != "root-0" { // the name of the pool itself in zpool
		v, err := s.Vdev(vdev[0])
		if err != nil {
			return nil, inputError(op, pool, err)
		}
		guid = v.GUID
	}
	in := &nvlist.List{}
	in.SetUint64(vdev[1], guid)
	return in, nil
}

// VdevSetProps sets properties of a device, native properties and user
// properties, whose names have a colon. A text is parsed as by zpool set: "none"
// removes a limit.
//
// Errors match ErrNotFound (the pool or the device), ErrInvalidProp,
// ErrNotSupported, ErrInvalidName, ErrPermission, ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_VDEV_SET_PROPS (nvlist, since 2.2).
func (c *Client) VdevSetProps(ctx context.Context, pool, vdev string, props prop.Values) error {
	list := &nvlist.List{}
	for _, name := range slices.Sorted(maps.Keys(props)) {
		v, err := c.checkVdevProp(name, props[name])
		if err != nil {
			return inputError(ioctl.OpVdevSetProps, pool, err)
		}
		if v.Kind() == prop.ValueNumber {
			list.SetUint64(string(name), v.Uint64())
		} else {
			list.SetString(string(name), v.String())
		}
	}
	if list.Len() == 0 {
		return inputError(ioctl.OpVdevSetProps, pool, fmt.Errorf("%w: no property is given", ErrInvalidProp))
	}
	in, err := c.vdevInput(ctx, ioctl.OpVdevSetProps, pool, [2]string{vdev, "vdevprops_set_vdev"})
	if err != nil {
		return err
	}
	in.SetList("vdevprops_set_props", list)
	_, err = c.callPoolList(ctx, ioctl.OpVdevSetProps, pool, in)
	return err
}

// storedVdevProp reports whether the pool stores the value of a property as a
// text, like a user property.
func storedVdevProp(name prop.Prop) bool {
	return name == "comment" || strings.Contains(string(name), ":")
}

// checkVdevName refuses names that the module is known not to have.
func (c *Client) checkVdevName(name prop.Prop) error {
	row, native := prop.LookupDevice(name)
	if !strings.Contains(string(name), ":") {
		if c.module.lacks(ofDevice, name) || !name.IsPlain() {
			return c.lacksError(ofDevice, name, native, row.Since)
		}
		return nil
	}
	if err := name.Check(); err != nil {
		return poolPropError(name, err.Error())
	}
	return nil
}

// checkVdevProp converts a property to the kernel's form.
func (c *Client) checkVdevProp(name prop.Prop, v prop.Value) (prop.Value, error) {
	if err := c.checkVdevName(name); err != nil {
		return v, err
	}
	row, native := prop.LookupDevice(name)
	if !native && name.IsPlain() {
		return c.newPropValue(ofDevice, name, v)
	}
	if !native {
		row = prop.PoolInfo{Name: name, Kind: prop.KindString}
	}
	if row.ReadOnly {
		return v, poolPropError(name, prop.AttrReadOnly.String())
	}
	v, err := row.Parse(v)
	if err != nil {
		return v, fmt.Errorf("%w: %w", ErrInvalidProp, err)
	}
	return v, nil
}

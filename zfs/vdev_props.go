package zfs

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// VdevProperty is a property of a device with its value.
type VdevProperty struct {
	Value  Value
	Source Source
}

// VdevProps reads properties of a device, a group among them, by name: those that
// are named, or, if none is, those that were set.
//
// Errors match ErrNotFound (the pool or the device), ErrNotSupported,
// ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_VDEV_GET_PROPS (nvlist, since 2.2).
func (c *Client) VdevProps(ctx context.Context, pool, vdev string, names []string) (map[string]VdevProperty, error) {
	in, err := c.vdevInput(ctx, ioctl.OpVdevGetProps, pool, [2]string{vdev, "vdevprops_get_vdev"})
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		list := &nvlist.List{}
		for _, name := range names {
			list.SetBoolean(name)
		}
		in.SetList("vdevprops_get_props", list)
	}
	out, err := c.callPoolList(ctx, ioctl.OpVdevGetProps, pool, in)
	if err != nil {
		return nil, err
	}
	props := make(map[string]VdevProperty)
	for pair := range out.All() {
		l, ok := pair.List()
		if !ok {
			continue
		}
		n, _ := l.Uint(keySource)
		props[pair.Name()] = VdevProperty{valueOf(l), poolSource(n)}
	}
	return props, nil
}

// vdevInput makes an input with the GUID of a device under a key.
func (c *Client) vdevInput(ctx context.Context, op ioctl.Op, pool string, vdev [2]string) (*nvlist.List, error) {
	s, err := c.PoolStatus(ctx, pool, nil)
	switch {
	case err != nil:
		return nil, err
	case s.Unanswered != nil:
		return nil, inputError(op, pool, s.Unanswered)
	}
	guid := s.GUID
	if vdev[0] != "root-0" { // by which zpool means the pool itself
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

// vdevNumber is what a text stands for in the properties of devices that are
// numbers.
func vdevNumber(text string) (uint64, bool) {
	switch text {
	case "off":
		return 0, true
	case "on":
		return 1, true
	case "none":
		return math.MaxUint64, true
	case "inherit":
		return 2, true
	}
	n, why := parseSize(text)
	return n, why == ""
}

// VdevSetProps sets properties of a device. A text is read as zpool set reads it:
// "on", "off", "none", a number; that of a user property, whose name has a colon,
// is taken as it is.
//
// Errors match ErrNotFound (the pool or the device), ErrInvalidProp,
// ErrNotSupported, ErrInvalidName, ErrPermission, ErrReadOnly, ErrSuspended.
//
// Kernel: ZFS_IOC_VDEV_SET_PROPS (nvlist, since 2.2).
func (c *Client) VdevSetProps(ctx context.Context, pool, vdev string, props map[string]Value) error {
	list := &nvlist.List{}
	for _, name := range slices.Sorted(maps.Keys(props)) {
		v := props[name]
		text := v.Kind() == ValueString
		number, ok := uint64(0), false
		if text {
			number, ok = vdevNumber(v.String())
		}
		switch {
		case v.Kind() == ValueNumber:
			list.SetUint64(name, v.Uint64())
		case !text || len(v.String()) >= propValueMax || strings.IndexByte(v.String(), 0) >= 0:
			return inputError(ioctl.OpVdevSetProps, pool, fmt.Errorf("%w: %s: want a number, or a text without NUL", ErrInvalidProp, name))
		case strings.Contains(name, ":") || name == "comment" || name == "path":
			list.SetString(name, v.String())
		case ok:
			list.SetUint64(name, number)
		default:
			return inputError(ioctl.OpVdevSetProps, pool, fmt.Errorf("%w: %s: want on, off, none or a number", ErrInvalidProp, name))
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

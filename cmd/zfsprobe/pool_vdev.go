package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

// withProps reads what pool get is asked for and hands it to use: properties of
// pools, or of devices if a pool and what is no pool are named.
func withProps(ctx context.Context, c *zfs.Client, words, names []string, use func([]poolProps) error) error {
	if len(words) < 2 {
		return withPools(ctx, c, words, names, use)
	}
	pools, err := poolNames(ctx, c, poolPatience)
	if err != nil {
		return err
	}
	if slices.Contains(pools, words[1]) {
		return withPools(ctx, c, words, names, use)
	}
	devices, err := deviceNames(ctx, c, words[0], words[1:])
	if err != nil {
		return err
	}
	var all []poolProps
	var errs []error
	for _, device := range devices {
		p, err := deviceProps(ctx, c, [2]string{words[0], device}, names)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, p)
	}
	return errors.Join(append([]error{use(all)}, errs...)...)
}

// deviceNames are the devices that are meant: all-vdevs is the pool itself and
// all of its devices, root the pool itself, as zpool get has it.
func deviceNames(ctx context.Context, c *zfs.Client, pool string, words []string) (names []string, err error) {
	if len(words) == 1 {
		words = []string{deviceName(words[0])}
	}
	if !slices.Equal(words, []string{"all-vdevs"}) {
		return words, nil
	}
	s, err := c.PoolStatus(ctx, pool, nil)
	switch {
	case err != nil:
		return nil, err
	case s.Unanswered != nil:
		return nil, s.Unanswered
	}
	for _, top := range slices.Concat([]*zfs.Vdev{s.Root}, s.Spares, s.Cache) {
		top.All(func(v *zfs.Vdev) bool {
			name := v.Name
			if v == s.Root {
				name = rootDevice
			}
			names = append(names, name)
			return true
		})
	}
	return names, nil
}

// rootDevice is a pool itself among its devices.
const rootDevice = "root-0"

// deviceName is the device that a word stands for.
func deviceName(word string) string {
	if word == "root" {
		return rootDevice
	}
	return word
}

// deviceProps reads properties of a device, which is named by its pool's name and
// its own. Nil names are all properties.
func deviceProps(ctx context.Context, c *zfs.Client, device [2]string, names []string) (poolProps, error) {
	p := poolProps{pool: device[0], name: device[1]}
	var props []prop.Prop
	for _, name := range names {
		props = append(props, prop.Prop(name))
	}
	found, err := c.VdevProps(ctx, device[0], device[1], props)
	if err != nil {
		return p, err
	}
	p.props = slices.Collect(found.All())
	for i, name := range props {
		if _, ok := found.Property(name); !ok && strings.Contains(string(name), ":") {
			p.props = slices.Insert(p.props, min(i, len(p.props)), prop.Property{Name: name, Text: "-"})
		}
	}
	return p, nil
}

package zfs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// DatasetsSetProps sets user properties, those with a colon in their names, on
// many filesystems, volumes and snapshots of one pool. The map has the values by
// dataset and property. It returns the datasets whose properties it has set.
//
// All are set in one transaction group, or none is: if one cannot be set, nothing
// is changed, and Items names what blocks it. If a step fails nevertheless, as on
// a pool without space, Done names the datasets that are complete. Other
// properties must be set on one dataset at a time, with DatasetSetProps: no
// release has channel programs that set them.
//
// Errors match ErrNotFound, ErrInvalidProp, ErrInvalid (nothing to set),
// ErrCrossPool, ErrInvalidName, ErrTooMany, ErrPermission, ErrReadOnly,
// ErrNoSpace.
//
// Composite: programs/props_set.lua.
func (c *Client) DatasetsSetProps(ctx context.Context, props map[string]prop.Values) (set []string, err error) {
	names := slices.Sorted(maps.Keys(props))
	first, err := manyProps(names, props)
	if err != nil {
		return nil, c.refuse(ctx, ioctl.OpChannelProgram, first, err)
	}
	set, _, err = c.compose(ctx, &composite{program: "props_set", name: first, args: map[string]any{"sets": textsOf(props)}})
	slices.Sort(set)
	return set, err
}

// textsOf returns the values in the form of a program's argument.
func textsOf(props map[string]prop.Values) map[string]map[prop.Prop]string {
	texts := make(map[string]map[prop.Prop]string, len(props))
	for name, values := range props {
		texts[name] = make(map[prop.Prop]string, len(values))
		for property, v := range values {
			texts[name][property] = v.String()
		}
	}
	return texts
}

// manyProps checks the properties to set, and returns the first dataset.
func manyProps(names []string, props map[string]prop.Values) (first string, err error) {
	if len(names) == 0 {
		return "", fmt.Errorf("%w: no dataset is named", ErrInvalid)
	}
	var head Name
	items := 0
	for _, name := range names {
		n, err := parseDataset(name, noProps)
		switch {
		case err != nil:
			return names[0], err
		case head.Pool != "" && n.Pool != head.Pool:
			return names[0], checkPools(head, n)
		case len(props[name]) == 0:
			return names[0], fmt.Errorf("%w: nothing to set on %s", ErrInvalid, name)
		}
		head = n
		if items += 1 + len(props[name]); items > MaxCompositeItems {
			return names[0], fmt.Errorf("%w: more than %d", ErrTooMany, MaxCompositeItems)
		}
		for property, v := range props[name] {
			switch {
			case !strings.Contains(string(property), ":"):
				return names[0], fmt.Errorf("%w: %s is not a user property", ErrInvalidProp, property)
			case v.Kind() != prop.ValueString:
				return names[0], fmt.Errorf("%w: %s: a user property is a string", ErrInvalidProp, property)
			}
		}
	}
	return names[0], nil
}

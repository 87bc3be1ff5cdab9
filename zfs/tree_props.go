package zfs

import (
	"context"
	"fmt"
	"slices"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// TreePropsOptions says what TreeProps reads.
type TreePropsOptions struct {
	// Snapshots reads those of all the datasets as well.
	Snapshots bool
}

// TreeProps reads chosen properties of a filesystem or volume and of all that
// lies below it, all of them of one moment. The result is by dataset; what was not
// chosen, or what a dataset does not have, is not in it. Programs cannot tell a
// default from what a pool with the name "default" has set: it counts as a default.
//
// It is one call, but not a fast one: the kernel looks each property up by
// itself. Datasets and Snapshots, which take one call for each dataset, read all
// properties in the time in which this one reads one or two. Use it where
// the moment matters, or where one property is wanted, such as a user property.
//
// Errors match ErrNotFound, ErrInvalidProp (a property that no dataset has),
// ErrInvalid (no property), ErrTooMany, ErrInvalidName, ErrPermission.
func (c *Client) TreeProps(ctx context.Context, name string, props []prop.Prop, opts *TreePropsOptions) (map[string]*Properties, error) {
	_, err := parseHead(name)
	if err == nil && len(props) == 0 {
		err = fmt.Errorf("%w: no property is named", ErrInvalid)
	}
	if i := slices.Index(props, ""); err == nil && i >= 0 {
		err = fmt.Errorf("%w: a property without a name", ErrInvalidProp)
	}
	if err != nil {
		return nil, inputError(ioctl.OpChannelProgram, name, err)
	}
	_, out, err := c.compose(ctx, &composite{program: "tree_props", name: name, open: true, args: map[string]any{
		"name": name, "props": props, "snapshots": opts != nil && opts.Snapshots,
	}})
	if err != nil {
		return nil, err
	}
	list, _ := out.List("read")
	read := make(map[string]*Properties, list.Len())
	for ds := range list.All() {
		values, _ := ds.List()
		p := &Properties{name: ds.Name(), release: c.release, fixed: []prop.Property{}}
		for pair := range values.All() {
			p.fixed = append(p.fixed, p.ofProgram(pair))
		}
		read[ds.Name()] = p
	}
	return read, nil
}

// ofProgram reads one property. Lua has no unsigned numbers, so that large ones
// come as negative ones, and an index property comes as its word.
func (p *Properties) ofProgram(pair nvlist.Pair) prop.Property {
	const byDefault = "default"
	property := prop.Prop(pair.Name())
	l, _ := pair.List()
	var v prop.Value
	var src prop.Source
	if n, ok := l.Int64(keyValue); ok {
		v = prop.Uint64(uint64(n))
	} else if s, ok := l.Text(keyValue); ok {
		v = prop.String(s)
		if info, ok := prop.Lookup(property); ok && info.Kind == prop.KindIndex {
			if n, ok := info.ValueNumber(s, p.release); ok {
				v = prop.Uint64(n)
			}
		}
	}
	if from, _ := l.Text(keySource); from == byDefault {
		src = prop.Source{Kind: prop.SourceDefault}
	} else if from != "" {
		src = p.source(l)
	}
	return p.property(property, v, src)
}

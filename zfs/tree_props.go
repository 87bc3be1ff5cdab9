package zfs

import (
	"context"
	"fmt"
	"slices"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// TreePropsOptions says what TreeProps reads.
type TreePropsOptions struct {
	// Snapshots reads those of all the datasets as well.
	Snapshots bool
}

// TreeProp is a property as programs see it.
type TreeProp struct {
	// Value is a number, or the text of the kernel for all else: a property with
	// words as values has the word.
	Value Value
	// Source is "default", or the name of the dataset that it is set on, which may
	// be this one; empty for what has none.
	Source string
}

// TreeProps reads chosen properties of a filesystem or volume and of all that
// lies below it, all of them of one moment. The result is by dataset and
// property; what a dataset does not have is not in it.
//
// It is one call, but not a fast one: the kernel looks each property up by
// itself. Datasets and Snapshots, which take one call for each dataset, read all
// properties in the time in which this one reads one or two. Use it where
// the moment matters, or where one property is wanted, such as a user property.
//
// Errors match ErrNotFound, ErrInvalidProp (a property that no dataset has),
// ErrInvalid (no property), ErrTooMany, ErrInvalidName, ErrPermission.
func (c *Client) TreeProps(ctx context.Context, name string, props []Prop, opts *TreePropsOptions) (map[string]map[Prop]TreeProp, error) {
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
	read := make(map[string]map[Prop]TreeProp, list.Len())
	for ds := range list.All() {
		values, _ := ds.List()
		of := make(map[Prop]TreeProp, values.Len())
		for pair := range values.All() {
			of[Prop(pair.Name())] = treeProp(pair)
		}
		read[ds.Name()] = of
	}
	return read, nil
}

// treeProp reads one property. Lua has no unsigned numbers, so that large ones
// come as negative ones.
func treeProp(pair nvlist.Pair) TreeProp {
	l, _ := pair.List()
	var p TreeProp
	p.Source, _ = l.String("source")
	if n, ok := l.Int64("value"); ok {
		p.Value = Uint64Value(uint64(n))
	} else if s, ok := l.String("value"); ok {
		p.Value = StringValue(s)
	}
	return p
}

package zfs

import (
	"context"
	"strings"

	"github.com/purezfs/purezfs/zfs/prop"
)

// extra is a property with a parameter in its name, such as userused@alice or
// written@monday. It needs a call for each dataset.
type extra struct {
	prop  prop.Prop
	since string // the start of the count, empty for a property of an owner
	kind  UserspaceKind
	id    UserspaceID
}

// isExtra reports whether a property has a parameter in its name.
func isExtra(property prop.Prop) bool {
	_, _, owner := property.Userspace()
	_, written := property.Written()
	return owner || written
}

// extrasOf returns the properties with a parameter, with the names of their
// owners looked up. Properties of unknown owners are skipped.
func extrasOf(props []prop.Prop) []extra {
	var extras []extra
	for _, property := range props {
		if since, ok := property.Written(); ok {
			extras = append(extras, extra{prop: property, since: since})
			continue
		}
		kind, who, ok := property.Userspace()
		if !ok {
			continue
		}
		if id, err := ParseUserspaceID(UserspaceKind(kind), who); err == nil {
			extras = append(extras, extra{prop: property, kind: UserspaceKind(kind), id: id})
		}
	}
	return extras
}

// readExtras reads such properties of one dataset. It omits those that cannot be
// read: the space of users is not always counted, and reading it may need a
// permission.
func (c *Client) readExtras(ctx context.Context, ds *Dataset, extras []extra) error {
	for _, e := range extras {
		n, err := c.readExtra(ctx, ds, e)
		if ctxErr := ctx.Err(); err != nil && ctxErr != nil {
			return err
		}
		if err != nil {
			continue
		}
		if ds.Props.extra == nil {
			ds.Props.extra = make(prop.Values)
		}
		ds.Props.extra[e.prop] = prop.Uint64(n)
	}
	return nil
}

// readExtra reads one such property.
func (c *Client) readExtra(ctx context.Context, ds *Dataset, e extra) (uint64, error) {
	if e.since == "" {
		return c.UserspaceGet(ctx, ds.Name, e.kind, e.id)
	}
	since := e.since[1:] // a full name, unless it is a snapshot of this dataset
	if !strings.ContainsAny(since, "@#") {
		since = headOf(ds.Name) + e.since
	}
	space, err := c.SnapshotWritten(ctx, ds.Name, since)
	return space.Used, err
}

package zfs

import (
	"context"
	"strings"
)

// extra is a property that has a name of its own kind within its name, such as
// userused@alice or written@monday, and takes a call for each dataset.
type extra struct {
	prop  Prop
	since string // what is counted from, empty for a property of an owner
	kind  UserspaceKind
	id    UserspaceID
}

// isExtra reports whether a property is such a one.
func isExtra(prop Prop) bool {
	_, _, owner := prop.Userspace()
	_, written := prop.Written()
	return owner || written
}

// extrasOf picks such properties, with their names looked up. Nobody has what
// belongs to a name that is unknown.
func extrasOf(props []Prop) []extra {
	var extras []extra
	for _, prop := range props {
		if since, ok := prop.Written(); ok {
			extras = append(extras, extra{prop: prop, since: since})
			continue
		}
		kind, who, ok := prop.Userspace()
		if !ok {
			continue
		}
		if id, err := ParseUserspaceID(UserspaceKind(kind), who); err == nil {
			extras = append(extras, extra{prop: prop, kind: UserspaceKind(kind), id: id})
		}
	}
	return extras
}

// readExtras reads such properties of one dataset. It lacks those that cannot be
// read: space of users is not counted everywhere, and not everybody may see it.
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
			ds.Props.extra = make(PropValues)
		}
		ds.Props.extra[e.prop] = Uint64Value(n)
	}
	return nil
}

// readExtra reads one of them.
func (c *Client) readExtra(ctx context.Context, ds *Dataset, e extra) (uint64, error) {
	if e.since == "" {
		return c.UserspaceGet(ctx, ds.Name, e.kind, e.id)
	}
	since := e.since[1:] // a full name, unless it is one of this dataset's
	if !strings.ContainsAny(since, "@#") {
		since = headOf(ds.Name) + e.since
	}
	space, err := c.SnapshotWritten(ctx, ds.Name, since)
	return space.Used, err
}

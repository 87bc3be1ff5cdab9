package zfs

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// The sources in the kernel's spelling.
const (
	wireReceived    = "$recvd"
	wireHasReceived = "$hasrecvd"
	keyValue        = "value"
	keySource       = "source"
)

// Properties are the properties of one dataset, pool or device, at the time when
// it was read. They are immutable and may be used concurrently.
type Properties struct {
	// fixed, unless nil, has all properties: those of a pool, of a device, or of
	// a channel program's result.
	fixed []prop.Property

	// Those of a dataset are derived from the data below, on request.
	name    string
	typ     prop.DatasetType
	release ioctl.Release
	stats   *nvlist.List // the kernel's list: name to value and source, nil if not read
	zpl     *nvlist.List // what the filesystem itself stores, nil if not read
	handle  handle
	mounts  *mountTable // nil if not read
	altroot string
	extra   prop.Values // nil if there are none
}

// Lookup returns a property's value and source. ok is false if there is no such
// property, or if it was not read: see [DatasetsOptions].
func (p *Properties) Lookup(property prop.Prop) (v prop.Value, src prop.Source, ok bool) {
	if p.fixed != nil {
		found, ok := p.fixedProperty(property)
		return found.Value, found.Source, ok
	}
	info, native := prop.Lookup(property)
	if v, ok := p.extra[property]; ok {
		return v, prop.Source{Kind: prop.SourceLocal}, true // as zfs(8) prints it
	}
	if !native {
		return p.user(property)
	}
	switch info.From {
	case prop.FromZPL:
		n, ok := p.zpl.Uint(string(property))
		return valueIf(n, ok), prop.Source{}, ok
	case prop.FromMounts:
		return p.mounted()
	case prop.FromHandle:
		v, ok := p.handle.value(property, p)
		return v, prop.Source{}, ok
	}
	if !p.has(info) {
		return prop.Value{}, prop.Source{}, false
	}
	v, src, ok = p.fromStats(info)
	if ok && property == prop.Mountpoint {
		v = prop.String(p.mountpoint(v.String(), src))
	}
	if ok && p.mounts != nil {
		v, src = p.mounts.overlay(p.name, property, v, src)
	}
	return v, src, ok
}

// has reports whether the dataset has a property: as in the release, or, for one that
// the module has earlier than we know, if the kernel's list has it.
func (p *Properties) has(info prop.Info) bool {
	if info.ExistsIn(p.release) {
		return info.AppliesTo(p.typ, p.release)
	}
	return p.stats.Has(string(info.Name)) && info.AppliesTo(p.typ, ioctl.Release{})
}

// fixedProperty finds one of those that are fixed.
func (p *Properties) fixedProperty(property prop.Prop) (found prop.Property, ok bool) {
	i := slices.IndexFunc(p.fixed, func(f prop.Property) bool { return f.Name == property })
	if i < 0 {
		return prop.Property{}, false
	}
	return p.fixed[i], true
}

func valueIf(n uint64, ok bool) prop.Value {
	if !ok {
		return prop.Value{}
	}
	return prop.Uint64(n)
}

// user looks up a user property, or a property that only a newer kernel has.
func (p *Properties) user(property prop.Prop) (prop.Value, prop.Source, bool) {
	pair, ok := p.stats.List(string(property))
	if !ok || property == wireHasReceived {
		return prop.Value{}, prop.Source{}, false
	}
	v := valueOf(pair)
	return v, p.source(pair), !v.IsZero()
}

// fromStats looks up a property in the kernel's list. If the list was read, an
// absent property has the default of the kernel's release.
func (p *Properties) fromStats(info prop.Info) (prop.Value, prop.Source, bool) {
	if p.stats == nil {
		v, ok := p.handle.value(info.Name, p)
		return v, prop.Source{}, ok
	}
	pair, found := p.stats.List(string(info.Name))
	v := valueOf(pair)
	if !found || v.IsZero() {
		v, ok := info.DefaultFor(p.release, p.typ)
		if !ok {
			return prop.Value{}, prop.Source{}, false
		}
		return v, prop.Source{Kind: prop.SourceDefault}, true
	}
	src := p.source(pair)
	if src.Kind == prop.SourceNone && info.LocalIfUnsourced() {
		src.Kind = prop.SourceLocal
	}
	return v, src, true
}

// source decodes the source beside a value.
func (p *Properties) source(pair *nvlist.List) prop.Source {
	from, ok := pair.Text(keySource)
	switch {
	case !ok:
		return prop.Source{}
	case from == "":
		return prop.Source{Kind: prop.SourceDefault}
	case from == wireReceived:
		return prop.Source{Kind: prop.SourceReceived}
	case from == p.name:
		return prop.Source{Kind: prop.SourceLocal}
	}
	return prop.Source{Kind: prop.SourceInherited, From: from}
}

// valueOf decodes the value of a pair in the kernel's list. It is absent if there
// is none or its type is unexpected.
func valueOf(pair *nvlist.List) prop.Value {
	if n, ok := pair.Uint(keyValue); ok {
		return prop.Uint64(n)
	}
	if s, ok := pair.Text(keyValue); ok {
		return prop.String(s)
	}
	if a, ok := pair.Uint64Array(keyValue); ok {
		return prop.Uint64s(a)
	}
	if l, ok := pair.List(keyValue); ok {
		names := []string{}
		for q := range l.All() {
			names = append(names, q.Name())
		}
		return prop.Strings(names)
	}
	return prop.Value{}
}

// mountpoint returns where the dataset would be mounted.
func (p *Properties) mountpoint(v string, src prop.Source) string {
	setOn := src.From
	if src.Kind == prop.SourceLocal || src.Kind == prop.SourceReceived {
		setOn = p.name
	}
	return prop.MountpointPath(p.name, v, setOn, p.altroot)
}

// mounted reports, from the table of mounts, whether the dataset is mounted.
func (p *Properties) mounted() (prop.Value, prop.Source, bool) {
	if p.mounts == nil || !p.typ.Has(prop.TypeFilesystem) || p.typ.Has(prop.TypeSnapshot) {
		return prop.Value{}, prop.Source{}, false
	}
	if _, ok := p.mounts.entries[p.name]; ok {
		return prop.Uint64(1), prop.Source{}, true
	}
	return prop.Uint64(0), prop.Source{}, true
}

// Value returns a property's value. A missing property has an absent value.
func (p *Properties) Value(property prop.Prop) prop.Value {
	v, _, _ := p.Lookup(property)
	return v
}

// Uint64 returns the value of a number or index, or 0 for a missing property. The
// unit is in the property's [prop.Info].
func (p *Properties) Uint64(property prop.Prop) uint64 { return p.Value(property).Uint64() }

// Text returns a value as zfs get -p and zpool get -p print it, with the names of
// an index property. A missing property is "-".
func (p *Properties) Text(property prop.Prop) string {
	found, ok := p.Property(property)
	if !ok {
		return "-"
	}
	return found.Text
}

// Source returns the source of a property's value.
func (p *Properties) Source(property prop.Prop) prop.Source {
	_, src, _ := p.Lookup(property)
	return src
}

// Property returns one property. ok is as in Lookup.
func (p *Properties) Property(property prop.Prop) (_ prop.Property, ok bool) {
	if p.fixed != nil {
		return p.fixedProperty(property)
	}
	v, src, ok := p.Lookup(property)
	if !ok {
		return prop.Property{}, false
	}
	return p.property(property, v, src), true
}

// All yields the properties that were read, in the order of zfs get all or zpool
// get all: native properties first, then those of a pool's features, then user
// properties in the kernel's order.
func (p *Properties) All() iter.Seq[prop.Property] {
	if p.fixed != nil {
		return slices.Values(p.fixed)
	}
	return func(yield func(prop.Property) bool) {
		for _, property := range prop.Visible(p.typ, ioctl.Release{}) {
			v, src, ok := p.Lookup(property)
			if _, printed := prop.Shown(property, v, p.release); !ok || !printed {
				continue
			}
			if !yield(p.property(property, v, src)) {
				return
			}
		}
		for _, user := range []bool{false, true} {
			if !p.others(user, yield) {
				return
			}
		}
	}
}

// others yields what our table does not have: native properties that only newer
// modules have, or user properties. It reports whether to go on.
func (p *Properties) others(user bool, yield func(prop.Property) bool) bool {
	for pair := range p.stats.All() {
		property := prop.Prop(pair.Name())
		if property.IsNative() || strings.Contains(pair.Name(), ":") != user || !user && !property.IsPlain() {
			continue
		}
		if v, src, ok := p.user(property); ok && !yield(p.property(property, v, src)) {
			return false
		}
	}
	return true
}

func (p *Properties) property(property prop.Prop, v prop.Value, src prop.Source) prop.Property {
	return prop.Property{Name: property, Value: v, Source: src, Text: prop.Format(property, v, p.release)}
}

// Raw returns the kernel's own list of a dataset's values and sources, or nil if
// it was not read. It is shared and must not be changed.
func (p *Properties) Raw() *nvlist.List { return p.stats }

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

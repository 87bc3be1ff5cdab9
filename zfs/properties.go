package zfs

import (
	"iter"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// The sources as the kernel spells them.
const (
	wireReceived    = "$recvd"
	wireHasReceived = "$hasrecvd"
	keyValue        = "value"
	keySource       = "source"
)

// Properties are the properties of one dataset, pool or device, as they were when
// it was read. They are immutable and may be used by many goroutines.
type Properties struct {
	// fixed, unless nil, are all of them: those of a pool, of a device, and what a
	// program has read.
	fixed []Property

	// Those of a dataset are made of what was read, when they are asked for.
	name    string
	typ     DatasetType
	release ioctl.Release
	stats   *nvlist.List // the kernel's list: name to value and source, nil if not read
	zpl     *nvlist.List // what the filesystem itself holds, nil if not read
	handle  handle
	mounts  *mountTable // nil if not read
	altroot string
	extra   PropValues // nil for none
}

// Lookup returns a property's value and source. ok is false if there is no such
// property, or if it was not read: see [DatasetsOptions].
func (p *Properties) Lookup(prop Prop) (v Value, src Source, ok bool) {
	if p.fixed != nil {
		found, ok := p.fixedProperty(prop)
		return found.Value, found.Source, ok
	}
	info, native := LookupProp(prop)
	if v, ok := p.extra[prop]; ok {
		return v, Source{Kind: SourceLocal}, true // as zfs(8) has it
	}
	if !native {
		return p.user(prop)
	}
	switch info.From {
	case FromZPL:
		n, ok := p.zpl.Uint(string(prop))
		return valueIf(n, ok), Source{}, ok
	case FromMounts:
		return p.mounted()
	case FromHandle:
		v, ok := p.handle.value(prop, p)
		return v, Source{}, ok
	}
	if !info.AppliesTo(p.typ, p.release) {
		return Value{}, Source{}, false
	}
	v, src, ok = p.fromStats(info)
	if ok && prop == PropMountpoint {
		v = StringValue(p.mountpoint(v.String(), src))
	}
	if ok && p.mounts != nil {
		v, src = p.mounts.overlay(p.name, prop, v, src)
	}
	return v, src, ok
}

// fixedProperty finds one of those that are fixed.
func (p *Properties) fixedProperty(prop Prop) (found Property, ok bool) {
	i := slices.IndexFunc(p.fixed, func(f Property) bool { return f.Name == prop })
	if i < 0 {
		return Property{}, false
	}
	return p.fixed[i], true
}

func valueIf(n uint64, ok bool) Value {
	if !ok {
		return Value{}
	}
	return Uint64Value(n)
}

// user looks a user property up, or one that only a newer kernel knows.
func (p *Properties) user(prop Prop) (Value, Source, bool) {
	pair, ok := p.stats.List(string(prop))
	if !ok || prop == wireHasReceived {
		return Value{}, Source{}, false
	}
	v := valueOf(pair)
	return v, p.source(pair), !v.IsZero()
}

// fromStats looks a property up in the kernel's list. What is absent there has
// the default of the kernel's release, but only where the list was read at all.
func (p *Properties) fromStats(info PropInfo) (Value, Source, bool) {
	if p.stats == nil {
		v, ok := p.handle.value(info.Name, p)
		return v, Source{}, ok
	}
	pair, found := p.stats.List(string(info.Name))
	v := valueOf(pair)
	if !found || v.IsZero() {
		v, ok := info.DefaultFor(p.release, p.typ)
		if !ok {
			return Value{}, Source{}, false
		}
		return v, Source{Kind: SourceDefault}, true
	}
	src := p.source(pair)
	if src.Kind == SourceNone && info.LocalIfUnsourced() {
		src.Kind = SourceLocal
	}
	return v, src, true
}

// source reads the source beside a value.
func (p *Properties) source(pair *nvlist.List) Source {
	from, ok := pair.String(keySource)
	switch {
	case !ok:
		return Source{}
	case from == "":
		return Source{Kind: SourceDefault}
	case from == wireReceived:
		return Source{Kind: SourceReceived}
	case from == p.name:
		return Source{Kind: SourceLocal}
	}
	return Source{Kind: SourceInherited, From: from}
}

// valueOf reads the value of a pair in the kernel's list, absent if it has
// none or one of an unexpected type.
func valueOf(pair *nvlist.List) Value {
	if n, ok := pair.Uint(keyValue); ok {
		return Uint64Value(n)
	}
	if s, ok := pair.String(keyValue); ok {
		return StringValue(s)
	}
	if a, ok := pair.Uint64Array(keyValue); ok {
		return Uint64sValue(a)
	}
	if l, ok := pair.List(keyValue); ok {
		names := []string{}
		for q := range l.All() {
			names = append(names, q.Name())
		}
		return StringsValue(names)
	}
	return Value{}
}

// mountpoint is where the dataset would be mounted.
func (p *Properties) mountpoint(v string, src Source) string {
	setOn := src.From
	if src.Kind == SourceLocal || src.Kind == SourceReceived {
		setOn = p.name
	}
	return MountpointPath(p.name, v, setOn, p.altroot)
}

// mounted tells from the table of mounts whether the dataset is mounted.
func (p *Properties) mounted() (Value, Source, bool) {
	if p.mounts == nil || !p.typ.Has(TypeFilesystem) || p.typ.Has(TypeSnapshot) {
		return Value{}, Source{}, false
	}
	if _, ok := p.mounts.entries[p.name]; ok {
		return Uint64Value(1), Source{}, true
	}
	return Uint64Value(0), Source{}, true
}

// Value returns a property's value, absent if there is no such property.
func (p *Properties) Value(prop Prop) Value {
	v, _, _ := p.Lookup(prop)
	return v
}

// Uint64 returns the value of a number or index, 0 if there is no such property.
// The unit stands in the property's [PropInfo].
func (p *Properties) Uint64(prop Prop) uint64 { return p.Value(prop).Uint64() }

// Text returns a value as zfs get -p and zpool get -p print it, with the names of
// an index property, and "-" if there is no such property.
func (p *Properties) Text(prop Prop) string {
	found, ok := p.Property(prop)
	if !ok {
		return "-"
	}
	return found.Text
}

// Source returns where a property's value comes from.
func (p *Properties) Source(prop Prop) Source {
	_, src, _ := p.Lookup(prop)
	return src
}

// Property returns one property. ok is as for Lookup.
func (p *Properties) Property(prop Prop) (_ Property, ok bool) {
	if p.fixed != nil {
		return p.fixedProperty(prop)
	}
	v, src, ok := p.Lookup(prop)
	if !ok {
		return Property{}, false
	}
	return p.property(prop, v, src), true
}

// All yields the properties that zfs get all or zpool get all shows and that were
// read: native ones in its order, then those of a pool's features, then user
// properties as the kernel lists them.
func (p *Properties) All() iter.Seq[Property] {
	if p.fixed != nil {
		return slices.Values(p.fixed)
	}
	return func(yield func(Property) bool) {
		for _, prop := range VisibleProps(p.typ, p.release) {
			v, src, ok := p.Lookup(prop)
			if _, printed := printedValue(prop, v, p.release); !ok || !printed {
				continue
			}
			if !yield(p.property(prop, v, src)) {
				return
			}
		}
		for pair := range p.stats.All() {
			prop := Prop(pair.Name())
			if !strings.Contains(pair.Name(), ":") {
				continue
			}
			if v, src, ok := p.user(prop); ok && !yield(p.property(prop, v, src)) {
				return
			}
		}
	}
}

func (p *Properties) property(prop Prop, v Value, src Source) Property {
	return Property{Name: prop, Value: v, Source: src, Text: FormatProp(prop, v, p.release)}
}

// Raw returns the kernel's own list of a dataset's values and sources, nil if it
// was not read. It is shared and must not be changed.
func (p *Properties) Raw() *nvlist.List { return p.stats }

package zfs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/stream"
)

// ReceiveNaming is how the names of received datasets follow from those at the
// sender.
type ReceiveNaming uint8

// The ways of naming. For example, "pool/a/b" was sent with its child
// "pool/a/b/c", and the target is "backup".
const (
	// NamingExact creates "backup" and "backup/c".
	NamingExact ReceiveNaming = iota
	// NamingPath creates "backup/a/b" and "backup/a/b/c", as zfs receive -d does.
	NamingPath
	// NamingTail creates "backup/b" and "backup/b/c", as zfs receive -e does.
	NamingTail
)

// apply returns the name for a dataset of the sender, which is the one sent or a
// descendant. Both names of the sender are checked: they come from the stream.
func (n ReceiveNaming) apply(target, sent, name string) (string, error) {
	rest, ok := strings.CutPrefix(name, sent)
	if !ok || rest == "" || rest[0] != '/' && rest[0] != '@' {
		return "", fmt.Errorf("%w: %q is not %q and not below it", ErrStream, name, sent)
	}
	exact := strings.Contains(target, "@")
	switch {
	case exact && n != NamingExact:
		return "", fmt.Errorf("%w %q: a snapshot's name cannot be combined with the sender's", ErrInvalidName, target)
	case exact:
		return target, nil
	case n == NamingPath:
		_, path, below := strings.Cut(sent, "/")
		if below {
			target += "/" + path
		}
	case n == NamingTail:
		_, base := splitPath(sent)
		target += "/" + base
	}
	return target + rest, nil
}

// treeTarget is the target of a replication stream.
type treeTarget struct {
	opts *ReceiveTreeOptions
	pkg  *treeIndex // nil for a plain stream
	name string     // the target
	sent string     // the topmost dataset that was sent
	tree *localTree
}

// place is the target of one stream.
type place struct {
	name  string // the snapshot
	there bool   // it exists, and the stream is skipped
}

// place returns the target of a stream. It looks up names first, and then GUIDs,
// for datasets that were renamed here.
func (t *treeTarget) place(b *stream.Begin) (place, error) {
	name, err := t.opts.Naming.apply(t.name, t.sent, b.ToName)
	if err != nil {
		return place{}, err
	}
	n, err := parseSnapshot(name)
	if err != nil {
		return place{}, err
	}
	if n.Dataset, err = t.head(n, b); err != nil {
		return place{}, err
	}
	p := place{name: n.String()}
	if h := t.tree.find(n.Dataset); h != nil {
		p.there = h.index(b.ToGUID) >= 0
	}
	return p, nil
}

// head returns the filesystem or volume that receives a stream.
func (t *treeTarget) head(n Name, b *stream.Begin) (string, error) {
	if t.tree.find(n.Dataset) != nil || t.pkg == nil {
		return n.Dataset, nil
	}
	full := b.FromGUID == 0 || b.Flags&stream.FlagClone != 0
	if !full {
		if h, _ := t.tree.owner(b.FromGUID); h != nil {
			return h.name, nil
		}
		return n.Dataset, nil
	}
	dir, base := splitPath(n.Dataset)
	ds, _ := t.pkg.lookup(b.ToGUID)
	if ds == nil || t.tree.find(dir) != nil || n.Dataset == t.top() {
		return n.Dataset, nil
	}
	if parent, _ := t.tree.owner(ds.ParentFromSnap); parent != nil {
		return parent.name + "/" + base, nil
	}
	return n.Dataset, nil
}

// top returns the name of the topmost dataset here.
func (t *treeTarget) top() string {
	name, err := t.opts.Naming.apply(t.name, t.sent, t.sent+"@x")
	if err != nil {
		return t.name
	}
	return headOf(name)
}

// receiveProps are the properties that one stream is received with.
type receiveProps struct {
	received prop.Values
	override prop.Values
	exclude  []prop.Prop
}

// props chooses them: those in the replication stream for the dataset, changed by
// the options. Local are the present properties of the target, nil if it does not
// exist.
func (t *treeTarget) props(c *Client, b *stream.Begin, local *Dataset) (*receiveProps, error) {
	p := &receiveProps{override: make(prop.Values)}
	typ := typeSent(b)
	if t.pkg != nil {
		if ds, _ := t.pkg.lookup(b.ToGUID); ds != nil && ds.Props != nil {
			p.received = propsOfList(ds.Props)
			// The location of a key can only be set on an encryption root.
			delete(p.received, prop.KeyLocation)
		}
	}
	name, err := t.opts.Naming.apply(t.name, t.sent, b.ToName)
	if err != nil {
		return nil, err
	}
	head := headOf(name)
	p.overrideAll(c, t.opts.Override, overrideFor{typ: typ, top: head == t.top(), single: t.pkg == nil || t.pkg.NotRecursive})
	for _, property := range t.opts.Exclude {
		p.excludeOne(c, property, typ, local)
	}
	// A stream that is not raw was not encrypted, and must not become so if its
	// properties are to be those of the sender.
	full := b.FromGUID == 0 || b.Flags&stream.FlagClone != 0
	_, chosen := t.opts.Override[prop.Encryption]
	chosen = chosen || slices.Contains(t.opts.Exclude, prop.Encryption)
	if !chosen && full && local == nil && p.received != nil && !b.Features.Has(stream.FeatureRaw) {
		p.override[prop.Encryption] = prop.String("off")
	}
	return p, nil
}

// overrideFor is the dataset whose properties are overridden.
type overrideFor struct {
	typ    prop.DatasetType
	top    bool // the topmost dataset
	single bool // the stream is the only one
}

// overrideAll sets properties on the topmost dataset, and has its descendants
// inherit them. Properties that do not apply to a dataset are skipped.
func (p *receiveProps) overrideAll(c *Client, props prop.Values, to overrideFor) {
	for _, property := range slices.Sorted(maps.Keys(props)) {
		info, native := prop.Lookup(property)
		switch {
		case native && !c.appliesTo(info, to.typ) && !to.single:
		case to.top:
			p.override[property] = props[property]
		case !native || info.Inheritable():
			p.exclude = append(p.exclude, property)
		}
	}
}

// excludeOne makes a property inherited, unless it was set locally. If it cannot
// be inherited, it is not received.
func (p *receiveProps) excludeOne(c *Client, property prop.Prop, typ prop.DatasetType, local *Dataset) {
	info, native := prop.Lookup(property)
	if native && !c.appliesTo(info, typ) {
		return
	}
	if local != nil {
		if _, src, ok := local.Props.Lookup(property); ok && src.Kind == prop.SourceLocal {
			return
		}
	}
	if native && !info.Inheritable() {
		delete(p.received, property)
		return
	}
	if _, ok := p.override[property]; !ok && !slices.Contains(p.exclude, property) {
		p.exclude = append(p.exclude, property)
	}
}

// propsOfList converts a list of numbers and texts to values. Pairs of other
// types are ignored.
func propsOfList(l *nvlist.List) prop.Values {
	props := make(prop.Values)
	for pair := range l.All() {
		if n, ok := pair.Uint(); ok {
			props[prop.Prop(pair.Name())] = prop.Uint64(n)
		} else if s, ok := l.Text(pair.Name()); ok {
			props[prop.Prop(pair.Name())] = prop.String(s)
		}
	}
	return props
}

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

// ReceiveNaming says how names below the target are made of those at the
// sender.
type ReceiveNaming uint8

// The ways of naming. What was sent is "pool/a/b", with "pool/a/b/c" below it,
// and the target "backup".
const (
	// NamingExact makes "backup" and "backup/c".
	NamingExact ReceiveNaming = iota
	// NamingPath makes "backup/a/b" and "backup/a/b/c", as zfs receive -d.
	NamingPath
	// NamingTail makes "backup/b" and "backup/b/c", as zfs receive -e.
	NamingTail
)

// apply makes the name for one of the sender's, which is sent or lies below it.
// Both names at the sender are checked: they came with the stream.
func (n ReceiveNaming) apply(target, sent, name string) (string, error) {
	rest, ok := strings.CutPrefix(name, sent)
	if !ok || rest == "" || rest[0] != '/' && rest[0] != '@' {
		return "", fmt.Errorf("%w: %q is not %q and not below it", ErrStream, name, sent)
	}
	exact := strings.Contains(target, "@")
	switch {
	case exact && n != NamingExact:
		return "", fmt.Errorf("%w %q: a snapshot's name leaves nothing to be made of the sender's", ErrInvalidName, target)
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

// packageTarget is where a package goes to.
type packageTarget struct {
	opts *ReceivePackageOptions
	pkg  *packageIndex // nil for a plain stream
	name string        // the target
	sent string        // what was sent: the topmost dataset
	tree *localTree
}

// place is what becomes of one stream of a package.
type place struct {
	name  string // the snapshot
	there bool   // it exists, and the stream is passed over
}

// place says what becomes of a stream. Names are the first choice; where they
// lead nowhere, because something was renamed here, GUIDs are the second.
func (t *packageTarget) place(b *stream.Begin) (place, error) {
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

// head returns the filesystem or volume that a stream goes to.
func (t *packageTarget) head(n Name, b *stream.Begin) (string, error) {
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

// top is the name of what the topmost dataset becomes.
func (t *packageTarget) top() string {
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

// props chooses them: what the package has for the dataset, changed as the
// options say. Local are the properties that the target has now, nil if it does
// not exist.
func (t *packageTarget) props(c *Client, b *stream.Begin, local *Dataset) (*receiveProps, error) {
	p := &receiveProps{override: make(prop.Values)}
	typ := typeSent(b)
	if t.pkg != nil {
		if ds, _ := t.pkg.lookup(b.ToGUID); ds != nil && ds.Props != nil {
			p.received = propsOfList(ds.Props)
			// Where the key is cannot be said before there is an encryption root.
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
	// A stream that is not raw was not encrypted, and is not to become so where
	// its properties are to be those of the sender.
	full := b.FromGUID == 0 || b.Flags&stream.FlagClone != 0
	_, chosen := t.opts.Override[prop.Encryption]
	chosen = chosen || slices.Contains(t.opts.Exclude, prop.Encryption)
	if !chosen && full && local == nil && p.received != nil && !b.Features.Has(stream.FeatureRaw) {
		p.override[prop.Encryption] = prop.String("off")
	}
	return p, nil
}

// overrideFor is what properties are to be overridden for.
type overrideFor struct {
	typ    prop.DatasetType
	top    bool // the topmost dataset
	single bool // nothing else is received
}

// overrideAll sets properties on the topmost dataset, and has those below
// inherit them. What does not apply to one of many is passed over.
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

// excludeOne has a property inherited, unless it was set here. One that cannot
// be inherited is not received.
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

// propsOfList makes values of a list of numbers and texts. Anything else is no
// property.
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

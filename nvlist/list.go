package nvlist

import (
	"iter"
	"sync/atomic"
)

// List is an ordered list of named, typed values. The zero value is an empty
// list with unique names, ready to use.
//
// Methods that only read a List treat nil as an empty list. A List may be read
// concurrently. Changing it needs exclusive access to it and to all lists that
// were decoded together with it.
type List struct {
	// A decoded list reads its pairs from a tape until it is changed; after
	// that, tape is nil and pairs holds them.
	tape *tape
	node uint32
	// flags is the list's nvflag with UniqueName inverted, so that the zero
	// value means unique names.
	flags uint32
	pairs []Pair
	index atomic.Pointer[map[string]uint32]
}

// linearMax is up to how many pairs a list is searched one by one. Longer lists
// get an index the first time that they are searched beyond that.
const linearMax = 32

// Flags returns the list's nvflag. It is UniqueName for a list that was not
// decoded.
func (l *List) Flags() uint32 {
	switch {
	case l == nil:
		return UniqueName
	case l.tape != nil && l.tape.holdsLists(l.node):
		return UniqueName // no list, but the home of an array's elements
	case l.tape != nil:
		return u32(l.tape.buf[l.tape.nodes[l.node].off+4:], l.tape.form)
	}
	return l.flags ^ UniqueName
}

// SetFlags sets the list's nvflag. It is rarely useful: the kernel misbehaves
// on lists without UniqueName and UniqueNameType.
func (l *List) SetFlags(flags uint32) {
	l.thaw()
	l.flags = flags ^ UniqueName
}

// All yields the pairs in order. The list must not be changed during the
// iteration.
func (l *List) All() iter.Seq[Pair] {
	return func(yield func(Pair) bool) {
		var p Pair
		for it := l.iter(); it.next(&p); {
			if !yield(p) {
				return
			}
		}
	}
}

// Len returns the number of pairs.
func (l *List) Len() int {
	if l == nil {
		return 0
	}
	if l.tape == nil {
		return len(l.pairs)
	}
	return l.tape.count(l.node)
}

// Lookup returns the first pair with the given name.
func (l *List) Lookup(name string) (Pair, bool) {
	i, ok := l.find(name)
	if !ok {
		return Pair{}, false
	}
	if l.tape != nil {
		return l.tape.pairAt(i), true
	}
	return l.pairs[i], true
}

// Has reports whether the list has a pair with the given name, of any type.
func (l *List) Has(name string) bool {
	_, ok := l.find(name)
	return ok
}

// Delete removes all pairs with the given name and reports whether it removed
// any.
func (l *List) Delete(name string) bool {
	if l == nil || !l.Has(name) {
		return false
	}
	l.thaw()
	l.deleteFrom(0, name)
	return true
}

// deleteFrom removes the pairs with the given name from position i on.
func (l *List) deleteFrom(i int, name string) {
	kept := l.pairs[:i]
	for _, p := range l.pairs[i:] {
		if p.name != name {
			kept = append(kept, p)
		}
	}
	if len(kept) == len(l.pairs) {
		return
	}
	clear(l.pairs[len(kept):])
	l.pairs = kept
	l.index.Store(nil)
}

// Clone returns a deep copy of l.
func (l *List) Clone() *List {
	c := &List{flags: l.Flags() ^ UniqueName}
	if n := l.Len(); n > 0 {
		c.pairs = make([]Pair, 0, n)
	}
	for p := range l.All() {
		if p.kid != nil {
			p.kid = p.kid.Clone()
		}
		c.pairs = append(c.pairs, p)
	}
	return c
}

// Equal reports whether both lists, and all lists in them, have the same flags
// and the same pairs in the same order, with the same types and values. Doubles
// are equal if their bits are equal.
func (l *List) Equal(o *List) bool {
	if l == o {
		return true
	}
	if l.Flags() != o.Flags() || l.Len() != o.Len() {
		return false
	}
	var p, q Pair
	for a, b := l.iter(), o.iter(); a.next(&p) && b.next(&q); {
		if !p.Equal(q) {
			return false
		}
	}
	return true
}

// find returns the position of the first pair with the given name: a node of
// the tape, or an index of pairs.
func (l *List) find(name string) (uint32, bool) {
	if l == nil {
		return 0, false
	}
	if m := l.index.Load(); m != nil {
		i, ok := (*m)[name]
		return i, ok
	}
	if l.tape != nil {
		return l.findTape(name)
	}
	for i := range l.pairs {
		if i == linearMax {
			return l.findIndexed(name)
		}
		if l.pairs[i].name == name {
			return uint32(i), true
		}
	}
	return 0, false
}

// findTape is find for a list that has not been changed.
func (l *List) findTape(name string) (uint32, bool) {
	t := l.tape
	end := t.nodes[l.node].next
	seen := 0
	for n := l.node + 1; n < end; n = t.nodes[n].next {
		if seen++; seen > linearMax {
			return l.findIndexed(name)
		}
		if t.name(n) == name {
			return n, true
		}
	}
	return 0, false
}

// findIndexed builds the index and searches it.
func (l *List) findIndexed(name string) (uint32, bool) {
	m := make(map[string]uint32, l.Len())
	add := func(name string, i uint32) {
		if _, dup := m[name]; !dup {
			m[name] = i
		}
	}
	if t := l.tape; t != nil {
		for n := l.node + 1; n < t.nodes[l.node].next; n = t.nodes[n].next {
			add(t.name(n), n)
		}
	}
	for i := range l.pairs {
		add(l.pairs[i].name, uint32(i))
	}
	l.index.Store(&m)
	i, ok := m[name]
	return i, ok
}

// thaw makes the list ready to be changed: it moves the pairs off the tape. The
// embedded lists stay where they are and thaw on their own.
func (l *List) thaw() {
	if l.tape == nil {
		return
	}
	pairs := make([]Pair, 0, l.Len()+1)
	for p := range l.All() {
		pairs = append(pairs, p)
	}
	l.flags = l.Flags() ^ UniqueName
	l.tape.thawed = true
	l.pairs, l.tape = pairs, nil
	l.index.Store(nil)
}

// set replaces the pair of the same name, or appends p.
func (l *List) set(p Pair) {
	l.thaw()
	p.seal()
	i, ok := l.find(p.name)
	if ok {
		l.pairs[i] = p
		// A decoded list may hold the name again.
		l.deleteFrom(int(i)+1, p.name)
		return
	}
	if m := l.index.Load(); m != nil {
		(*m)[p.name] = uint32(len(l.pairs))
	}
	l.pairs = append(l.pairs, p)
}

// pairIter steps through the pairs of a list without allocating.
type pairIter struct {
	list    *List
	at, end uint32
	ofArray bool
}

// iter returns an iterator that stands in front of the first pair.
func (l *List) iter() pairIter {
	switch {
	case l == nil:
		return pairIter{}
	case l.tape == nil:
		return pairIter{list: l, end: uint32(len(l.pairs))}
	}
	return pairIter{l, l.node + 1, l.tape.nodes[l.node].next, l.tape.holdsLists(l.node)}
}

// next stores the next pair in p and reports whether there was one.
func (it *pairIter) next(p *Pair) bool {
	if it.at >= it.end {
		return false
	}
	t := it.list.tape
	if t == nil {
		*p = it.list.pairs[it.at]
		it.at++
		return true
	}
	if it.ofArray {
		*p = Pair{typ: TypeList, nelem: 1, kid: t.list(it.at)}
	} else {
		t.load(it.at, p)
	}
	it.at = t.nodes[it.at].next
	return true
}

package nvlist

import "strconv"

// Change is one difference between two lists.
type Change struct {
	// Path is the path of the pair, see Cursor.Path.
	Path string
	// Old and New are the pairs in the two lists. A pair that is missing in its
	// list has TypeUnknown. Elements of an array of lists that are only in one
	// array are pairs of TypeList.
	Old, New Pair
}

// Diff returns the changes from a to b, list by list: first those of the pairs of
// a, in their order, then the pairs that are only in b. Pairs are matched by name,
// elements of arrays of lists by index. The order of pairs and the flags of lists
// are ignored. It returns nil if the lists do not differ.
func Diff(a, b *List) []Change { return diffLists(nil, "", a, b, 0) }

// String returns the change as one line: "-" and the old pair, "+" and the new one,
// or "~" and both.
func (c Change) String() string {
	switch {
	case c.New.typ == TypeUnknown:
		return "- " + c.Path + ": " + c.Old.brief()
	case c.Old.typ == TypeUnknown:
		return "+ " + c.Path + ": " + c.New.brief()
	}
	return "~ " + c.Path + ": " + c.Old.brief() + " -> " + c.New.brief()
}

// Hide is String with Redacted instead of the values, for pairs with secret names.
func (c Change) Hide() string {
	sign := "~ "
	switch {
	case c.New.typ == TypeUnknown:
		sign = "- "
	case c.Old.typ == TypeUnknown:
		sign = "+ "
	}
	return sign + c.Path + ": " + Redacted
}

// brief renders type and value in one line.
func (p *Pair) brief() string {
	switch p.typ {
	case TypeBoolean:
		return p.typ.String()
	case TypeList:
		return p.typ.String() + pairCount(p.kid)
	case TypeListArray:
		return p.typ.String() + pathIndex(p.Len())
	}
	return p.typ.String() + " = " + p.text()
}

// pairCount renders how many pairs a list has.
func pairCount(l *List) string { return "{" + strconv.Itoa(l.Len()) + "}" }

// diffLists appends the differences of two lists.
func diffLists(out []Change, path string, a, b *List, depth int) []Change {
	if depth > MaxDepth {
		return out
	}
	var p Pair
	for it := a.iter(); it.next(&p); {
		at := joinPath(path, pathElem(p.name, noIndex))
		q, ok := b.Lookup(p.name)
		switch {
		case !ok:
			out = append(out, Change{Path: at, Old: p})
		case p.typ == TypeList && q.typ == TypeList:
			out = diffLists(out, at, p.kid, q.kid, depth+1)
		case p.typ == TypeListArray && q.typ == TypeListArray:
			out = diffElements(out, at, p, q, depth+1)
		case !p.Equal(q):
			out = append(out, Change{Path: at, Old: p, New: q})
		}
	}
	for it := b.iter(); it.next(&p); {
		if !a.Has(p.name) {
			out = append(out, Change{Path: joinPath(path, pathElem(p.name, noIndex)), New: p})
		}
	}
	return out
}

// diffElements appends the differences of two arrays of lists.
func diffElements(out []Change, path string, p, q Pair, depth int) []Change {
	old, changed := p.lists(), q.lists()
	for i := range max(len(old), len(changed)) {
		at := path + pathIndex(i)
		switch {
		case i >= len(changed):
			out = append(out, Change{Path: at, Old: listPair(p.name, old[i])})
		case i >= len(old):
			out = append(out, Change{Path: at, New: listPair(p.name, changed[i])})
		default:
			out = diffLists(out, at, old[i], changed[i], depth)
		}
	}
	return out
}

// listPair returns a pair that holds l.
func listPair(name string, l *List) Pair {
	return Pair{name: name, typ: TypeList, nelem: 1, kid: l}
}

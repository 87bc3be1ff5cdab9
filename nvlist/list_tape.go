package nvlist

import (
	"strings"
	"sync/atomic"
)

// tape is a decoded list: a private copy of the packed bytes, checked once, and
// the position of everything in it. Lists read their pairs from there until
// they are changed. So decoding allocates twice, whatever the list holds, and
// values nobody asks for cost nothing.
//
// A tape never changes after it was built, except that its embedded lists are
// made when the first of them is asked for, and that changing one is noted.
type tape struct {
	buf   string
	form  form
	nodes []node
	lists int
	// slack is how much room the packed list needs behind buf (XDR).
	slack int
	// exact is set if buf is what packing the list in its form gives.
	exact bool
	// thawed is set when one of the tape's lists has been made changeable.
	thawed bool
	// embedded holds the lists by ordinal, so that asking twice for a list
	// gives the same one and changes to it are seen through its parent.
	embedded atomic.Pointer[[]List]
}

// node is a pair, or one of the lists that a pair holds. The lists of a pair
// follow it, the pairs of a list follow that.
type node struct {
	// off is the first byte of the pair, or of the version of the list.
	off uint32
	// next is the node behind this one and all that it holds.
	next uint32
	// aux is the ordinal of a list or of an array of lists, with listBit set;
	// of any other pair it is the length of the name.
	aux uint32
}

// listBit marks the nodes that stand for a List, which are lists and, with
// arrayBit, the pairs that hold an array of them.
const (
	listBit  = 1 << 31
	arrayBit = 1 << 30

	ordinalMask = arrayBit - 1
)

// tapeBuilder fills a tape from a cursor.
type tapeBuilder struct {
	nodes []node
	lists int
	open  uint32 // the innermost unfinished node
}

// noNode is the parent of the root.
const noNode = ^uint32(0)

// add appends a node. An unfinished node keeps its parent in next.
func (t *tapeBuilder) add(off int, aux uint32, unfinished bool) {
	n := uint32(len(t.nodes))
	next := n + 1
	if unfinished {
		next, t.open = t.open, n
	}
	t.nodes = append(t.nodes, node{uint32(off), next, aux})
}

// shut finishes the innermost node.
func (t *tapeBuilder) shut() {
	n := &t.nodes[t.open]
	t.open, n.next = n.next, uint32(len(t.nodes))
}

// addPair adds the cursor's current pair, and the list that it has entered.
func (t *tapeBuilder) addPair(c *Cursor) {
	entered := c.entered != 0
	if c.typ == TypeListArray {
		t.addList(c.pair, arrayBit, entered)
	} else {
		t.add(c.pair, uint32(c.namLen), entered)
	}
	if entered {
		t.addList(c.head(), 0, true)
	}
}

// addList adds a node that stands for a List.
func (t *tapeBuilder) addList(off int, kind uint32, unfinished bool) {
	t.add(off, uint32(t.lists)|listBit|kind, unfinished)
	t.lists++
}

// run follows the cursor until the list, or the pair, that was open when it was
// called is finished.
func (t *tapeBuilder) run(c *Cursor) error {
	for t.open != noNode {
		switch c.step() {
		case eventPair:
			t.addPair(c)
		case eventSibling:
			t.shut()
			t.addList(c.head(), 0, true)
		case eventClose:
			t.shut()
			t.shut()
		case eventDone:
			t.shut()
		case eventError:
			return c.err
		}
	}
	return nil
}

// finish copies the bytes up to the cursor's position.
func (t *tapeBuilder) finish(c *Cursor, dst *tape) {
	dst.buf = string(c.buf[:c.pos])
	dst.form, dst.lists, dst.slack = c.form, t.lists, c.slack
	dst.nodes = append(make([]node, 0, len(t.nodes)), t.nodes...)
}

// list returns the List that node n stands for.
func (t *tape) list(n uint32) *List {
	all := t.embedded.Load()
	if all == nil {
		// Two readers may get here at once; both must end with the same lists.
		if all = t.makeLists(); !t.embedded.CompareAndSwap(nil, all) {
			all = t.embedded.Load()
		}
	}
	return &(*all)[t.nodes[n].aux&ordinalMask]
}

// makeLists makes all lists at once, because who reads one of a tree mostly
// reads all of them.
func (t *tape) makeLists() *[]List {
	lists := make([]List, t.lists)
	for n, node := range t.nodes {
		if node.aux&listBit != 0 {
			l := &lists[node.aux&ordinalMask]
			l.tape, l.node = t, uint32(n)
		}
	}
	return &lists
}

// name returns the name of the pair at node n.
func (t *tape) name(n uint32) string {
	b := t.buf[t.nodes[n].off:]
	switch t.form {
	case formLittle, formBig:
		return b[nativeHead : nativeHead+int(u16(b[4:], t.form))-1]
	}
	return b[xdrHead : xdrHead+u32(b[8:], formXDR)]
}

// typ returns the type of the pair at node n.
func (t *tape) typ(n uint32) Type {
	return parsePair(t.buf[t.nodes[n].off:], t.form).typ
}

// pairAt returns the pair at node n.
func (t *tape) pairAt(n uint32) Pair {
	var p Pair
	t.load(n, &p)
	return p
}

// load stores the pair at node n in p.
func (t *tape) load(n uint32, p *Pair) {
	b := t.buf[t.nodes[n].off:]
	at := parsePair(b, t.form)
	// Field by field, because that is much faster than a composite literal.
	p.name = b[at.name : at.name+at.nameLen]
	p.data, p.num, p.kid, p.bad = "", 0, nil, false
	p.typ, p.nelem, p.size, p.form = at.typ, uint32(at.nelem), at.size, t.form
	b = b[at.val:]
	switch info := at.typ.info(); info.class {
	case classScalar:
		width := int(info.width)
		p.num = normal(at.typ, width, number(b, t.form, width))
	case classList:
		p.kid = t.list(n + 1)
	case classLists:
		p.kid = t.list(n)
	case classString:
		p.data = stringAt(b, t.form)
	case classArray:
		p.data, p.form = arrayAt(b, t.form, at, info), elemForm(t.form, at.typ)
	case classStrings:
		p.data = stringsAt(b, t.form, at.nelem)
	}
}

// stringAt returns the string value at the start of b.
func stringAt(b string, f form) string {
	if f == formXDR {
		return b[4 : 4+u32(b, f)]
	}
	return b[:strings.IndexByte(b, 0)]
}

// arrayAt returns the packed numbers of an array at the start of b.
func arrayAt(b string, f form, p parsedPair, info *typeInfo) string {
	switch {
	case p.nelem == 0:
		return ""
	case f != formXDR || p.typ == TypeByteArray:
		return b[:p.nelem*int(info.width)]
	}
	return b[4 : 4+p.nelem*elemWidth(f, int(info.width))]
}

// stringsAt returns the packed elements of an array of strings.
func stringsAt(b string, f form, nelem int) string {
	if f != formXDR {
		b = b[nelem*slotLen:]
	}
	end := 0
	for range nelem {
		if f == formXDR {
			end += 4 + align4(int(u32(b[end:], f)))
			continue
		}
		end += strings.IndexByte(b[end:], 0) + 1
	}
	return b[:end]
}

// holdsLists reports whether node n is an array, so that its children are lists
// without a name instead of pairs.
func (t *tape) holdsLists(n uint32) bool { return t.nodes[n].aux&arrayBit != 0 }

// count returns how many pairs, or lists, node n holds.
func (t *tape) count(n uint32) int {
	k := 0
	end := t.nodes[n].next
	for n++; n < end; n = t.nodes[n].next {
		k++
	}
	return k
}

package nvlist

// Append appends the packed form of l to dst, in the byte order of this
// machine. A nil list is packed as an empty one.
//
// The bytes are those that libnvpair would write, except that small numbers in
// XDR are zero-extended, which is the form that every reader accepts. If it
// fails, it returns dst unchanged and a *ValueError: ErrName and ErrValue mean
// that a name or a string cannot be packed, ErrLimit that lists are nested more
// than 100 deep or that a size exceeds 2 GiB.
func (l *List) Append(dst []byte, enc Encoding) ([]byte, error) {
	return l.AppendAs(dst, HostHeader(enc))
}

// AppendNative is Append with the native encoding.
func (l *List) AppendNative(dst []byte) ([]byte, error) { return l.Append(dst, Native) }

// AppendXDR is Append with the XDR encoding.
func (l *List) AppendXDR(dst []byte) ([]byte, error) { return l.Append(dst, XDR) }

// AppendAs is Append for the host that h describes. A kernel refuses native
// lists in any byte order except its own.
func (l *List) AppendAs(dst []byte, h Header) ([]byte, error) {
	e := encoder{b: h.append(dst), form: h.form()}
	if l.verbatim(e.form) {
		e.b = append(e.b, l.tape.buf[headerLen:]...)
		clear(e.grow(l.tape.slack))
		return e.b, nil
	}
	e.head(l.Flags())
	if err := e.list(l, 0); err != nil {
		return dst, valueError(err)
	}
	// libnvpair packs into as many bytes as the sizes add up to, so what empty
	// arrays overstate follows the list as zeros.
	clear(e.grow(e.slack))
	return e.b, nil
}

// encoder packs lists.
type encoder struct {
	b    []byte
	form form
	// slack is by how much the sizes of empty arrays have been overstated.
	slack int
}

// grow makes room for n bytes and returns them. They are not cleared.
func (e *encoder) grow(n int) []byte {
	i := len(e.b)
	if n > cap(e.b)-i {
		e.b = append(e.b, make([]byte, n)...)
	} else {
		e.b = e.b[:i+n]
	}
	return e.b[i:]
}

// room makes room for n more bytes.
func (e *encoder) room(n int) {
	e.b = append(e.b, make([]byte, n)...)[:len(e.b)]
}

// u32 appends one word.
func (e *encoder) u32(v uint32) { put32(e.grow(4), e.form, v) }

// head starts a list.
func (e *encoder) head(flags uint32) {
	e.u32(0)
	e.u32(flags)
}

// list packs the pairs of l, which lies depth lists deep, and the terminator.
func (e *encoder) list(l *List, depth int) error {
	if depth > MaxDepth {
		return ErrLimit
	}
	if e.form != formXDR {
		return e.nativeList(l, depth)
	}
	if err := e.pairs(l, depth); err != nil {
		return err
	}
	e.terminate()
	return nil
}

// terminate ends a list.
func (e *encoder) terminate() {
	if e.form == formXDR {
		clear(e.grow(xdrTerminator))
		return
	}
	e.u32(0)
}

// pairs packs the pairs of l.
func (e *encoder) pairs(l *List, depth int) error {
	switch {
	case l == nil:
		return nil
	case l.tape != nil:
		return e.tapePairs(l, depth)
	}
	for i := range l.pairs {
		p := &l.pairs[i]
		if err := e.pair(p, depth); err != nil {
			return inside(p.name, err)
		}
	}
	return nil
}

// tapePairs packs the pairs of a list that still reads from its tape.
func (e *encoder) tapePairs(l *List, depth int) error {
	t := l.tape
	if e.form == formXDR && t.form == formLittle && !t.thawed {
		return e.transcode(t, l.node, depth)
	}
	var p Pair
	end := t.nodes[l.node].next
	for n := l.node + 1; n < end; n = t.nodes[n].next {
		t.load(n, &p)
		if err := e.pair(&p, depth); err != nil {
			return inside(p.name, err)
		}
	}
	return nil
}

// pair packs one pair and the lists that it holds.
func (e *encoder) pair(p *Pair, depth int) error {
	if p.bad {
		return p.check()
	}
	if e.form != formXDR {
		e.nativePair(p)
		return e.lists(p, depth)
	}
	m := mark{len(e.b), e.slack}
	e.xdrPair(p)
	if err := e.lists(p, depth); err != nil {
		return err
	}
	e.end(m)
	return nil
}

// mark is where an XDR pair starts.
type mark struct{ start, slack int }

// end fills in the size of an XDR pair that is complete.
func (e *encoder) end(m mark) {
	put32(e.b[m.start:], formXDR, uint32(len(e.b)-m.start+e.slack-m.slack))
}

// lists packs the lists that a pair holds.
func (e *encoder) lists(p *Pair, depth int) error {
	if p.kid == nil {
		return nil
	}
	if p.typ == TypeList {
		return e.embedded(p.kid, depth)
	}
	for i, l := range p.AllLists() {
		if err := e.embedded(l, depth); err != nil {
			return atIndex(i, err)
		}
	}
	return nil
}

// embedded packs a list inside another one. The native encoding has its head
// in the pair.
func (e *encoder) embedded(l *List, depth int) error {
	if e.form == formXDR {
		e.head(l.Flags())
	}
	return e.list(l, depth+1)
}

// verbatim reports whether the packed form of l is what l was decoded from.
func (l *List) verbatim(f form) bool {
	if l == nil || l.tape == nil || l.node != 0 {
		return false
	}
	t := l.tape
	return t.exact && !t.thawed && t.form == f
}

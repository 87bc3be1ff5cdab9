package nvlist

// Decode unpacks a list. Encoding and byte order are taken from the first
// bytes. Nil options mean the defaults. The list does not refer to b.
//
// A malformed list is a *SyntaxError, which matches ErrSyntax and one of the
// reasons; a list beyond the limits matches ErrLimit. Time and memory are
// proportional to the length of the input at worst.
func Decode(b []byte, opts *DecodeOptions) (*List, error) {
	l, _, err := decode(b, opts.orDefault())
	return l, err
}

// DecodePrefix unpacks the list that b starts with and also returns its length in
// bytes. The rest of b is ignored.
func DecodePrefix(b []byte, opts *DecodeOptions) (*List, int, error) {
	o := opts.orDefault()
	o.AllowTrailing = true
	return decode(b, o)
}

// decode unpacks the list that b starts with.
func decode(b []byte, opts DecodeOptions) (*List, int, error) {
	var c Cursor
	if err := c.Reset(b, &opts); err != nil {
		return nil, 0, err
	}
	// Answers of the kernel mostly fit here, so the only allocations are those
	// of the tape itself.
	var scratch [128]node
	t := tapeBuilder{nodes: scratch[:0], open: noNode}
	t.addList(c.head(), 0, true)
	if err := t.run(&c); err != nil {
		return nil, 0, err
	}
	d := new(decoded)
	t.finish(&c, &d.tape)
	d.tape.exact = c.odd == 0
	d.list.tape = &d.tape
	if opts.RejectDuplicates {
		if off, dup := d.tape.duplicate(); dup {
			return nil, 0, duplicateAt(b, &opts, off)
		}
	}
	return &d.list, c.pos, nil
}

// decoded is a list together with the tape it reads from.
type decoded struct {
	list List
	tape tape
}

// duplicate returns the offset of the first pair, in the order of the lists,
// whose name was there before.
func (t *tape) duplicate() (off int, dup bool) {
	for n := range uint32(len(t.nodes)) {
		if t.nodes[n].aux&listBit == 0 || t.holdsLists(n) {
			continue
		}
		if off, dup = t.duplicateIn(n); dup {
			return off, true
		}
	}
	return 0, false
}

// duplicateIn is duplicate for the list at node n alone.
func (t *tape) duplicateIn(n uint32) (off int, dup bool) {
	type key struct {
		name string
		typ  Type
	}
	flags := u32(t.buf[t.nodes[n].off+4:], t.form)
	if flags&(UniqueName|UniqueNameType) == 0 {
		return 0, false
	}
	seen := make(map[key]struct{})
	for i := n + 1; i < t.nodes[n].next; i = t.nodes[i].next {
		k := key{name: t.name(i)}
		if flags&UniqueName == 0 {
			k.typ = t.typ(i)
		}
		if _, dup := seen[k]; dup {
			return int(t.nodes[i].off), true
		}
		seen[k] = struct{}{}
	}
	return 0, false
}

// duplicateAt makes the error for the pair at the given offset. It walks there
// once more for the sake of the path.
func duplicateAt(b []byte, opts *DecodeOptions, off int) error {
	var c Cursor
	if err := c.Reset(b, opts); err != nil {
		return err
	}
	for c.Next() && c.pair != off {
	}
	c.fail(off, ErrDuplicate)
	return c.err
}

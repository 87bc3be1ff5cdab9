package nvlist

// shape is what the decoder has recognised at once.
type shape uint8

const (
	// shapeOther is anything else: the pair has not been read yet.
	shapeOther shape = iota
	// shapeList is a list, which has been entered.
	shapeList
	// shapeLead is a list, which has been entered, and a number in it.
	shapeLead
	// shapeText is a string.
	shapeText
	// shapeEnd is the end of the list.
	shapeEnd
	// shapeError ends the walk.
	shapeError
	// shapeNumber is a 64-bit number.
	shapeNumber
	// shapeLone is a list that holds a 64-bit number and nothing else.
	shapeLone
)

// pattern is what a pair looks like in one form, without what varies: the
// value, and in front the size of a string and of a list in XDR.
type pattern struct {
	skip int
	want string
	name int // where the name is
}

// expect passes over the next pair if it is the one that a field packs to.
//
// Lists mostly come as the struct would pack them: the same names and types in
// the same order. All of a pair but its value is compared at once then, which
// checks no less than taking it apart does, and is several times faster.
func (d *decoder) expect(t *template) shape {
	p := &t.patterns[d.form]
	b := d.buf[d.pos:]
	end := p.skip + len(p.want)
	if len(b) < end+8 || p.want == "" || string(b[p.skip:end]) != p.want || d.left == 0 {
		return shapeOther
	}
	if t.wide {
		d.left--
		d.entered = 0
		d.pair, d.name, d.namLen, d.val = d.pos, d.pos+p.name, t.nameLen, d.pos+end
		d.pos += end + 8
		return shapeNumber
	}
	if t.inner == nil {
		return d.expectText(t, b, end)
	}
	if !t.lead {
		return d.expectList(t, p)
	}
	return d.expectLead(t, p, b[end:])
}

// expectLead recognises what most lists inside lists are, a number with or
// without company. What follows the head of the list is rest.
func (d *decoder) expectLead(t *template, p *pattern, rest []byte) shape {
	first := &t.inner.fields[0].template
	q := &first.patterns[d.form]
	n := len(q.want)
	if len(rest) < n+16 || string(rest[:n]) != q.want || d.left < 3 || d.depth >= d.max {
		return d.expectList(t, p)
	}
	start := d.pos
	if size := d.lone(rest[n+8:]); size != 0 {
		end := p.skip + len(p.want) + n + 8 + size
		if d.form == formXDR && int(int32(u32(d.buf[start:], formXDR))) != end {
			return d.expectList(t, p)
		}
		d.left -= 3 // the pair, the list and the number
		d.entered = 0
		d.pos += end
		d.val = d.pos - size - 8
		d.pair, d.name, d.namLen = start, start+p.name, t.nameLen
		return shapeLone
	}
	if got := d.expectList(t, p); got != shapeList {
		return got
	}
	d.left--
	d.entered = 0
	d.pos = start + p.skip + len(p.want)
	d.pair, d.name, d.namLen, d.val = d.pos, d.pos+q.name, first.nameLen, d.pos+n
	d.pos += n + 8
	return shapeLead
}

// lone returns how long the end of a list is that b begins with, or 0.
func (d *decoder) lone(b []byte) int {
	switch {
	case d.form == formXDR && u64(b, formLittle) == 0:
		return xdrTerminator
	case d.form != formXDR && u32(b, formLittle) == 0:
		return 4
	}
	return 0
}

// expectEnd passes over the end of the list if it comes next.
func (d *decoder) expectEnd() shape {
	b := d.buf[d.pos:]
	if d.form == formXDR || d.done || len(b) < 4 || u32(b, formLittle) != 0 {
		return shapeOther
	}
	d.entered = 0
	d.pos += 4
	if d.nativeClose() == eventError {
		return shapeError
	}
	return shapeEnd
}

// expectText reads the string whose head has been recognised: b begins with the
// pair, at end is the value.
func (d *decoder) expectText(t *template, b []byte, end int) shape {
	size := int(int32(u32(b, d.form)))
	if size <= end || size > len(b) {
		return shapeOther
	}
	value := b[end:size]
	n := indexNUL(value)
	if align8(n+1) != len(value) {
		return shapeOther
	}
	d.left--
	d.entered = 0
	d.pair, d.name, d.namLen, d.val, d.valLen = d.pos, d.pos+nativeHead, t.nameLen, d.pos+end, n
	d.typ, d.nelem = TypeString, 1
	d.pos += size
	return shapeText
}

// expectList enters the list that has been recognised.
func (d *decoder) expectList(t *template, p *pattern) shape {
	if d.form == formXDR {
		if d.size = int(int32(u32(d.buf[d.pos:], formXDR))); d.size < xdrHead {
			return shapeOther
		}
	}
	end := d.pos + p.skip + len(p.want)
	d.left--
	d.pair, d.name, d.namLen = d.pos, d.pos+p.name, t.nameLen
	d.typ, d.nelem = TypeList, 1
	d.pos = end
	if d.form == formXDR {
		d.pos -= listHeadLen
	}
	d.val, d.valLen = end-listImageLen, listImageLen // of the native encoding
	if d.enter() == eventError {
		return shapeError
	}
	return shapeList
}

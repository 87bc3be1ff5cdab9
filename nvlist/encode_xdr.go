package nvlist

// xdrHead packs all of a pair but its value. Its first word, the size, is filled
// in when the value is packed too.
func (e *encoder) xdrHead(p *Pair) {
	nameLen := align4(len(p.name))
	b := e.grow(xdrHead + nameLen + 8)
	put32(b[4:], formXDR, p.size)
	put32(b[8:], formXDR, uint32(len(p.name)))
	clear(b[xdrHead+copy(b[xdrHead:], p.name) : xdrHead+nameLen])
	b = b[xdrHead+nameLen:]
	put32(b, formXDR, uint32(p.typ))
	put32(b[4:], formXDR, p.nelem)
}

// xdrPair packs a pair without the lists that it holds.
func (e *encoder) xdrPair(p *Pair) {
	e.xdrHead(p)
	switch info := p.typ.info(); info.class {
	case classScalar:
		putNumber(e.grow(elemWidth(formXDR, int(info.width))), formXDR, int(info.width), p.num)
	case classString:
		e.b = appendXDRString(e.b, p.data)
	case classArray:
		e.xdrArray(p)
	case classStrings:
		e.xdrStrings(p)
	}
}

// xdrArray packs the elements of an array of numbers.
func (e *encoder) xdrArray(p *Pair) {
	switch {
	case p.typ == TypeByteArray:
		e.b = appendPadded(e.b, p.data)
	case p.nelem == 0:
		e.slack += 4
	default:
		e.u32(p.nelem)
		width := elemWidth(formXDR, int(p.typ.info().width))
		putNumbers(e.grow(int(p.nelem)*width), formXDR, p)
	}
}

// xdrStrings packs the elements of an array of strings.
func (e *encoder) xdrStrings(p *Pair) {
	if p.form == formXDR {
		e.b = append(e.b, p.data...)
		return
	}
	var s string
	rest := p.data
	for range p.nelem {
		s, rest = cutText(rest, p.form)
		e.b = appendXDRString(e.b, s)
	}
}

// appendXDRString appends a counted string.
func appendXDRString(dst []byte, s string) []byte {
	n := uint32(len(s))
	dst = append(dst, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	return appendPadded(dst, s)
}

// appendPadded appends bytes and their padding.
func appendPadded(dst []byte, s string) []byte {
	dst = append(dst, s...)
	for n := len(s); n&3 != 0; n++ {
		dst = append(dst, 0)
	}
	return dst
}

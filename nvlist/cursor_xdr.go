package nvlist

// Sizes of the XDR encoding.
const (
	// xdrTerminator ends a list: both sizes of a pair are zero.
	xdrTerminator = 8
	// xdrHead are the two sizes and the length of the name.
	xdrHead = 12
	// xdrMinList is the least an embedded list takes: its head and terminator.
	xdrMinList = listHeadLen + xdrTerminator
)

// xdrPair reads the pair, or the terminator, at the current position.
func (c *Cursor) xdrPair() event {
	b := c.buf[c.pos:]
	c.name = noName
	switch {
	case c.done && c.err != nil:
		return eventError
	case c.done:
		return eventDone
	}
	if len(b) < xdrTerminator {
		return c.fail(len(c.buf), ErrTruncated)
	}
	size, nativeSize := int(int32(u32(b, formXDR))), int(int32(u32(b[4:], formXDR)))
	if size == 0 && nativeSize == 0 {
		c.pos += xdrTerminator
		return c.xdrClose()
	}
	c.pair, c.size = c.pos, size
	if size < xdrHead {
		return c.fail(c.pos, ErrSize)
	}
	if err := c.xdrName(b); err != nil {
		return c.fail(c.pos+8, err)
	}
	c.val = c.pos + xdrHead + align4(c.namLen) + 8
	holds, native, err := c.xdrValue()
	if err != nil {
		return c.fail(c.xdrFault(err), err)
	}
	if nativeSize != align8(nativeHead+c.namLen+1)+align8(native) {
		return c.fail(c.pair+4, ErrSize)
	}
	if c.left--; c.left < 0 {
		return c.fail(c.pair, ErrLimit)
	}
	if holds > 0 {
		return c.enter()
	}
	if !c.spans(c.pair, size, c.overstated()) {
		return c.fail(c.pair, ErrSize)
	}
	return eventPair
}

// readXDR is read for the XDR encoding.
func (c *Cursor) readXDR(closes bool) event {
	for {
		if c.quick && c.xdrQuick(closes) {
			return eventPair
		}
		ev := c.xdrPair()
		if closes || ev != eventClose && ev != eventSibling {
			return ev
		}
	}
}

// xdrName reads the name, the type and the element count of the pair in b.
func (c *Cursor) xdrName(b []byte) error {
	if len(b) < xdrHead {
		return ErrTruncated
	}
	n := u32(b[8:], formXDR)
	if n > maxName {
		return ErrName
	}
	nameEnd := xdrHead + int(n)
	padEnd := align4(nameEnd)
	if len(b) < padEnd+8 {
		return ErrTruncated
	}
	if indexNUL(b[xdrHead:nameEnd]) != int(n) {
		return ErrName
	}
	if !zeros(b[nameEnd:padEnd]) {
		return ErrPadding
	}
	c.name, c.namLen = c.pos+xdrHead, int(n)
	c.typ = Type(u32(b[padEnd:], formXDR))
	c.nelem = int(int32(u32(b[padEnd+4:], formXDR)))
	return nil
}

// xdrFault says which byte of the current pair is to blame for err.
func (c *Cursor) xdrFault(err error) int {
	switch err {
	case ErrCount:
		return c.val - 4
	case ErrType:
		return c.val - 8
	case ErrTruncated:
		return len(c.buf)
	}
	return c.pos
}

// xdrValue checks the value at c.val, moves the position behind it, and returns
// how many lists follow and how long the value is in the native encoding.
func (c *Cursor) xdrValue() (holds, native int, err error) {
	info := c.typ.info()
	c.pos, c.valLen = c.val, 0
	if info.class == classNone {
		return 0, 0, ErrType
	}
	switch info.class {
	case classScalar, classString, classList:
		if c.nelem != 1 {
			return 0, 0, ErrCount
		}
	case classFlag:
		if c.nelem != 0 {
			return 0, 0, ErrCount
		}
	}
	switch info.class {
	case classScalar:
		return 0, int(info.width), c.xdrNumbers(info, 1)
	case classString:
		n, err := c.xdrString()
		c.val, c.valLen = c.val+4, n
		return 0, n + 1, err
	case classList:
		return 1, listImageLen, nil
	}
	return c.xdrArray(info)
}

// xdrArray is xdrValue for the types that hold any number of elements.
func (c *Cursor) xdrArray(info *typeInfo) (holds, native int, err error) {
	rest := len(c.buf) - c.pos
	if c.nelem < 0 {
		return 0, 0, ErrCount
	}
	switch info.class {
	case classArray:
		if c.nelem > rest {
			return 0, 0, ErrTruncated
		}
		return 0, c.nelem * int(info.width), c.xdrElements(info)
	case classStrings:
		if c.nelem > rest/4 {
			return 0, 0, ErrTruncated
		}
		native, err = c.xdrStrings()
		return 0, native, err
	case classLists:
		if c.nelem > rest/xdrMinList {
			return 0, 0, ErrTruncated
		}
		return c.nelem, c.nelem * (slotLen + listImageLen), nil
	}
	return 0, 0, nil
}

// xdrElements reads an array of numbers. Its count is stated a second time,
// except for bytes, and except for an empty array, which has no data at all.
func (c *Cursor) xdrElements(info *typeInfo) error {
	if c.typ == TypeByteArray {
		c.valLen = c.nelem
		return c.xdrRaw(c.nelem)
	}
	if c.nelem == 0 {
		return nil
	}
	if len(c.buf)-c.pos < 4 {
		return ErrTruncated
	}
	if int(int32(u32(c.buf[c.pos:], formXDR))) != c.nelem {
		return ErrCount
	}
	c.pos += 4
	c.val = c.pos
	return c.xdrNumbers(info, c.nelem)
}

// xdrNumbers reads n numbers. It is only called with an n below len(c.buf).
func (c *Cursor) xdrNumbers(info *typeInfo, n int) error {
	width := elemWidth(formXDR, int(info.width))
	b := c.buf[c.pos:]
	if n > len(b)/width {
		return ErrTruncated
	}
	c.valLen = n * width
	b = b[:c.valLen]
	if info.width < 4 || info.elem == TypeBooleanValue {
		set, err := checkWords(b, formXDR, info.elem)
		if err != nil {
			return err
		}
		// Sign-extended words are read, but never written.
		c.odd |= uint64(set) >> (8 * uint(info.width))
	}
	c.pos += len(b)
	return nil
}

// xdrRaw reads n bytes and their padding.
func (c *Cursor) xdrRaw(n int) error {
	b := c.buf[c.pos:]
	// Compared this way, because rounding n up might overflow.
	if n > len(b) || align4(n) > len(b) {
		return ErrTruncated
	}
	if !zeros(b[n:align4(n)]) {
		return ErrPadding
	}
	c.pos += align4(n)
	return nil
}

// xdrString reads a counted string and returns its length.
func (c *Cursor) xdrString() (int, error) {
	b := c.buf[c.pos:]
	if len(b) < 4 {
		return 0, ErrTruncated
	}
	n := u32(b, formXDR)
	if n > uint32(len(b)-4) {
		return 0, ErrTruncated
	}
	if indexNUL(b[4:4+n]) != int(n) {
		return 0, ErrValue
	}
	c.pos += 4
	return int(n), c.xdrRaw(int(n))
}

// xdrStrings reads an array of strings and returns its native length.
func (c *Cursor) xdrStrings() (native int, err error) {
	for range c.nelem {
		n, err := c.xdrString()
		if err != nil {
			return 0, err
		}
		native += slotLen + n + 1
	}
	c.valLen = c.pos - c.val
	return native, nil
}

// overstated returns by how much an encoder overstates the size of the current
// pair: libnvpair counts the second element count of an empty array, but does
// not write it.
func (c *Cursor) overstated() int {
	if c.nelem == 0 && c.typ != TypeByteArray && c.typ.info().class == classArray {
		c.slack += 4
		return 4
	}
	return 0
}

// spans reports whether a pair that starts at the given offset and ends at the
// current position may state the given size.
func (c *Cursor) spans(start, size, slack int) bool {
	over := size - (c.pos - start)
	c.markUnless(over == slack)
	return over >= 0 && over <= slack
}

// enterXDR starts with the first list of the current pair, for which f is
// meant.
func (c *Cursor) enterXDR(f *frame) event {
	f.size, f.slack = int32(c.size), int32(c.slack)
	f.head = int32(c.pos)
	if c.listHead() == eventError {
		return eventError
	}
	return eventPair
}

// xdrClose ends the list that is being read.
func (c *Cursor) xdrClose() event {
	if c.depth == 0 {
		return c.finish()
	}
	f := &c.stack[c.depth-1]
	f.left--
	if f.left > 0 {
		f.head = int32(c.pos)
		return c.listHead()
	}
	if !c.spans(int(f.pair), int(f.size), c.slack-int(f.slack)) {
		return c.fail(int(f.pair), ErrSize)
	}
	c.depth--
	return eventClose
}

// onlySlack reports whether what follows a list is no more than the room that
// libnvpair allocated for it but did not use.
func (c *Cursor) onlySlack(rest []byte) bool {
	return len(rest) <= c.slack && zeros(rest)
}

// zeros reports whether all bytes of b are zero.
func zeros(b []byte) bool {
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}

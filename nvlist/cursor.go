package nvlist

// Cursor reads a packed list pair by pair, in the order of the bytes, without
// allocating. Every length is checked before it is used, so a list that was read
// to its end without an error is well-formed.
//
// The zero value is ready for Reset. A Cursor must not be used concurrently.
// Returned values are valid until the next call of Next, Skip or Reset; byte
// slices point into the input.
type Cursor struct {
	buf []byte
	err error

	pos  int // the next byte to read
	form form
	done bool
	// entered is 1 if the current pair is on the stack already, because the
	// lists that it holds come next.
	entered uint8
	depth   int
	left    int // how many more pairs the limits allow
	max     int // depth limit

	// The current pair.
	typ    Type
	nelem  int
	pair   int // its first byte
	name   int // the first byte of its name, or noName
	namLen int // without the NUL
	val    int // the first byte of its value
	valLen int // without padding and without a string's NUL
	size   int // XDR: how many bytes it claims to span

	slack    int    // XDR: how much empty arrays have overstated their size so far
	odd      uint64 // not zero if encoding the list would give other bytes
	trailing bool
	quick    bool // nativeQuick may be tried
	clipped  bool // the input is longer than buf
	stack    [MaxDepth]frame
}

// noName stands for the name of a pair whose name has not been read. No name
// starts that early.
const noName = 0

// frame remembers a pair that holds the list being read.
type frame struct {
	pair int32
	left int32 // lists still to be read, the current one included
	// head is where the head of the current list is.
	head int32
	// size is how many bytes the pair claims to span (XDR).
	size int32
	// slack is the cursor's slack before the pair (XDR).
	slack int32
}

// event is what a single step of a cursor came upon.
type event uint8

const (
	eventError event = iota
	// eventPair is a pair. If it holds lists, the first of them is entered.
	eventPair
	// eventClose is the end of an embedded list that was the last of its pair.
	eventClose
	// eventSibling is the end of an embedded list with another one behind it.
	eventSibling
	// eventDone is the end of the top list.
	eventDone
)

// Reset starts to read b. It fails if b is too short, too long, or does not start
// with a list. Nil options mean the defaults.
func (c *Cursor) Reset(b []byte, opts *DecodeOptions) error {
	o := opts.orDefault()
	lim := o.Limits.resolved()
	c.buf, c.err, c.done, c.depth, c.entered = b, nil, true, 0, 0
	c.left, c.max, c.trailing = lim.Pairs, lim.Depth, o.AllowTrailing
	c.pos, c.pair, c.name, c.slack, c.odd = 0, 0, noName, 0, 0
	h, err := ParseHeader(b)
	if err != nil {
		c.err = err
		c.end()
		return err
	}
	// A kernel buffer may be longer than its list, so only the list counts.
	if c.clipped = len(b) > lim.Bytes; c.clipped {
		c.buf = b[:lim.Bytes]
	}
	c.form, c.done, c.pos = h.form(), false, headerLen
	// Where so many pairs would not fit, nobody needs to count them.
	c.quick = c.form != formBig && len(c.buf)/xdrMinList < lim.Pairs
	c.listHead()
	return c.err
}

// Next moves to the next pair and reports whether one exists. The pairs of an
// embedded list follow the pair that holds it. It returns false at the end of the
// top list and at the first error, which Err then returns.
func (c *Cursor) Next() bool {
	if c.quick {
		c.entered = 0
		if c.form == formLittle && c.nativeQuick() || c.form == formXDR && c.xdrQuick(false) {
			return true
		}
	}
	return c.read(false) == eventPair
}

// Skip skips the lists that the current pair holds, but still checks them. It does
// nothing for other pairs.
func (c *Cursor) Skip() {
	if c.entered == 0 {
		return
	}
	for depth := c.depth; c.depth >= depth && !c.done; {
		c.step()
	}
}

// Err returns the error that ended the walk, a *SyntaxError, or nil.
func (c *Cursor) Err() error { return c.err }

// Offset returns the number of bytes read. After Next has returned false without
// an error, it is the length of the packed list.
func (c *Cursor) Offset() int64 { return int64(c.pos) }

// Depth returns the nesting depth of the current pair: 0 for the pairs of the top
// list.
func (c *Cursor) Depth() int { return c.depth - int(c.entered) }

// step reads one pair or one terminator.
func (c *Cursor) step() event { return c.read(true) }

// enter starts with the lists of the current pair.
func (c *Cursor) enter() event {
	depth := c.depth
	c.left -= c.nelem
	if uint(depth) >= uint(len(c.stack)) || depth >= c.max || c.left < 0 {
		return c.fail(c.pair, ErrLimit)
	}
	f := &c.stack[depth]
	c.depth = depth + 1
	c.entered = 1
	f.pair, f.left = int32(c.pair), int32(c.nelem)
	if c.form == formXDR {
		return c.enterXDR(f)
	}
	// The heads of a pair's lists stand at the end of its value. They have been
	// checked together with the pair.
	f.head = int32(c.val + c.valLen - c.nelem*listImageLen)
	return eventPair
}

// listHead reads the version and the flags of a list at the current position.
func (c *Cursor) listHead() event {
	if len(c.buf)-c.pos < listHeadLen {
		return c.fail(len(c.buf), ErrTruncated)
	}
	if u32(c.buf[c.pos:], c.form) != 0 {
		return c.fail(c.pos, ErrVersion)
	}
	c.pos += listHeadLen
	return eventSibling
}

// head returns where the head of the list being read is.
func (c *Cursor) head() int {
	if c.depth == 0 {
		return headerLen
	}
	return int(c.stack[c.depth-1].head)
}

// finish ends the top list.
func (c *Cursor) finish() event {
	if !c.trailing && (c.clipped || !c.onlySlack(c.buf[c.pos:])) {
		return c.fail(c.pos, ErrTrailing)
	}
	c.end()
	return eventDone
}

// fail ends the walk. The path is worked out here and nowhere else, so that a
// list without mistakes does not pay for it.
func (c *Cursor) fail(offset int, err error) event {
	if err == ErrTruncated && c.clipped {
		err = ErrLimit
	}
	c.err = &SyntaxError{Offset: int64(offset), Path: c.Path(), Err: err}
	c.end()
	return eventError
}

// end leaves nothing more to read.
func (c *Cursor) end() {
	c.done = true
	c.buf = c.buf[:c.pos]
}

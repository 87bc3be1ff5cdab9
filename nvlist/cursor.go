package nvlist

// Cursor reads a packed list pair by pair, in the order of the bytes, without
// allocating anything. Every length is checked before it is used, so a walk
// that ends without an error has seen a well-formed list.
//
// The zero value is ready for Reset. A Cursor must not be used by two
// goroutines at once. What it returns is valid until the next call of Next,
// Skip or Reset; byte slices point into the input.
type Cursor struct {
	buf []byte
	err error

	pos   int // the next byte to read
	form  form
	state state
	depth int
	left  int // how many more pairs the limits allow
	max   int // depth limit

	// The current pair.
	typ    Type
	pair   int // its first byte
	name   int // the first byte of its name, or noName
	namLen int // without the NUL
	nelem  int
	val    int // the first byte of its value
	valLen int // without padding and without a string's NUL
	size   int // XDR: how many bytes it claims to span

	head     int // the version and the flags of the list opened last
	slack    int // XDR: how much empty arrays have overstated their size so far
	trailing bool
	clipped  bool // the input is longer than buf
	stack    [MaxDepth]frame
}

// noName stands for the name of a pair whose name has not been read. No name
// starts that early.
const noName = 0

// frame remembers the pair that holds the list being read.
type frame struct {
	pair int32
	left int32 // lists still to be read, the current one included
	// next is where the head of the next list is (native) or how many bytes
	// the pair claims to span (XDR).
	next int32
	// slack is the cursor's slack before the pair (XDR).
	slack int32
}

// event is what a single step of a cursor came upon.
type event uint8

const (
	eventError event = iota
	eventPair        // a pair; if it holds lists, they follow
	eventOpen        // the start of a list, its head is at c.head
	eventClose       // the end of an embedded list
	eventDone        // the end of the top list
)

// state is what a cursor has to do next.
type state uint8

const (
	statePair    state = iota // read a pair or a terminator
	stateEnter                // enter the first list of the current pair
	stateSibling              // enter the next list of the innermost frame
	stateDone
)

// Reset starts to read b. It fails for an input that is too short, too long, or
// starts no list. Nil options mean the defaults.
func (c *Cursor) Reset(b []byte, opts *DecodeOptions) error {
	o := opts.orDefault()
	lim := o.Limits.resolved()
	c.buf, c.err, c.state, c.depth = b, nil, stateDone, 0
	c.left, c.max, c.trailing = lim.Pairs, lim.Depth, o.AllowTrailing
	c.pos, c.pair, c.name, c.slack = 0, 0, noName, 0
	h, err := ParseHeader(b)
	if err != nil {
		c.err = err
		return err
	}
	// A kernel buffer may be longer than its list, so only the list counts.
	if c.clipped = len(b) > lim.Bytes; c.clipped {
		c.buf = b[:lim.Bytes]
	}
	c.form, c.state, c.pos = h.form(), statePair, headerLen
	c.openHere()
	return c.err
}

// Next moves to the next pair and reports whether there is one. The pairs of an
// embedded list follow the pair that holds it. It returns false at the end of
// the top list and at the first error, which Err then returns.
func (c *Cursor) Next() bool {
	for {
		switch c.advance() {
		case eventPair:
			return true
		case eventDone, eventError:
			return false
		}
	}
}

// Skip passes over the lists that the current pair holds, checking them. It
// does nothing for other pairs, and when Next has already gone on.
func (c *Cursor) Skip() {
	if c.state != stateEnter {
		return
	}
	for depth := c.depth; ; {
		switch c.advance() {
		case eventClose:
			if c.depth == depth && c.state == statePair {
				return
			}
		case eventDone, eventError:
			return
		}
	}
}

// Err returns the error that ended the walk, a *SyntaxError, or nil.
func (c *Cursor) Err() error { return c.err }

// Offset returns how many bytes have been read. After Next has returned false
// without an error that is the length of the packed list.
func (c *Cursor) Offset() int64 { return int64(c.pos) }

// Depth returns in how many embedded lists the current pair lies: 0 for the
// pairs of the top list.
func (c *Cursor) Depth() int { return c.depth }

// advance takes one step.
func (c *Cursor) advance() event {
	switch c.state {
	case statePair:
		if c.form == formXDR {
			return c.xdrPair()
		}
		return c.nativePair()
	case stateEnter:
		return c.enter()
	case stateSibling:
		return c.open()
	}
	if c.err != nil {
		return eventError
	}
	return eventDone
}

// accept counts the pair that has been parsed. holds is how many lists follow.
func (c *Cursor) accept(holds int) event {
	c.left -= 1 + holds
	if c.left < 0 {
		return c.fail(c.pair, ErrLimit)
	}
	if holds > 0 {
		c.state = stateEnter
	}
	return eventPair
}

// enter starts with the lists of the current pair.
func (c *Cursor) enter() event {
	if c.depth == c.max {
		return c.fail(c.pair, ErrLimit)
	}
	f := &c.stack[c.depth]
	*f = frame{int32(c.pair), int32(c.nelem), int32(c.size), int32(c.slack)}
	if c.form != formXDR {
		// The heads of a pair's lists stand at the end of its value.
		f.next = int32(c.val + c.valLen - c.nelem*listImageLen)
	}
	c.depth++
	return c.open()
}

// open starts the next list of the innermost frame.
func (c *Cursor) open() event {
	c.state = statePair
	if c.form == formXDR {
		return c.openHere()
	}
	// The head was checked together with the pair that it is part of.
	f := &c.stack[c.depth-1]
	c.head = int(f.next)
	f.next += listImageLen
	return eventOpen
}

// openHere reads the version and the flags of a list at the current position.
func (c *Cursor) openHere() event {
	c.head = c.pos
	if len(c.buf)-c.pos < listHeadLen {
		return c.fail(len(c.buf), ErrTruncated)
	}
	if u32(c.buf[c.pos:], c.form) != 0 {
		return c.fail(c.pos, ErrVersion)
	}
	c.pos += listHeadLen
	return eventOpen
}

// close ends the list that is being read.
func (c *Cursor) close() event {
	if c.depth == 0 {
		return c.finish()
	}
	f := &c.stack[c.depth-1]
	f.left--
	if f.left > 0 {
		c.state = stateSibling
		return eventClose
	}
	c.depth--
	if c.form == formXDR {
		return c.closeXDR(f)
	}
	return eventClose
}

// finish ends the top list.
func (c *Cursor) finish() event {
	if !c.trailing && (c.clipped || !c.onlySlack(c.buf[c.pos:])) {
		return c.fail(c.pos, ErrTrailing)
	}
	c.state = stateDone
	return eventDone
}

// fail ends the walk. The path is worked out here and nowhere else, so that a
// list without mistakes does not pay for it.
func (c *Cursor) fail(offset int, err error) event {
	if err == ErrTruncated && c.clipped {
		err = ErrLimit
	}
	c.err = &SyntaxError{Offset: int64(offset), Path: c.Path(), Err: err}
	c.state = stateDone
	return eventError
}

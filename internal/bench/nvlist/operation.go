package main

import "github.com/purezfs/purezfs/nvlist"

// operation is one row of the table.
type operation struct {
	name    string
	against string // the line of nvref that it is compared with
	goal    float64
	call    func()
}

// must stops at errors, which no list here gives.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// operations returns what is measured for a list. Goals are set for the recorded
// ones.
func operations(s subject, native []byte) ([]operation, error) {
	h, hx := hosts()
	xdr, err := s.list.AppendXDR(nil)
	if err != nil {
		return nil, err
	}
	decoded, err := nvlist.Decode(native, nil)
	if err != nil {
		return nil, err
	}
	dst := make([]byte, 0, 2*len(native)+1024)
	var c nvlist.Cursor
	walk := func(b []byte) func() {
		return func() {
			must(c.Reset(b, nil))
			for c.Next() {
			}
			must(c.Err())
		}
	}
	decode := func(b []byte) func() { return func() { _, err := nvlist.Decode(b, nil); must(err) } }
	list := func(l *nvlist.List, h nvlist.Header) func() {
		return func() { _, err := l.AppendAs(dst, h); must(err) }
	}
	ops := []operation{
		{"walk native", "unpack_native", 10, walk(native)},
		{"walk XDR", "unpack_xdr", 10, walk(xdr)},
		{"decode native into a List", "unpack_native", 3, decode(native)},
		{"decode XDR into a List", "unpack_xdr", 3, decode(xdr)},
		{"pack a decoded List, native", "pack_native", 2, list(decoded, h)},
		{"pack a decoded List, XDR", "pack_xdr", 3, list(decoded, hx)},
		{"pack a built List, native", "pack_native", 2, list(s.list, h)},
		{"pack a built List, XDR", "pack_xdr", 3, list(s.list, hx)},
	}
	if !s.recorded {
		for i := range ops {
			ops[i].goal = 0
		}
	}
	return ops, nil
}

package nvlist

import "fmt"

// Reader reads the values of one list whose names the program knows. A value
// that is absent is the zero value; [Reader.Has] tells it from a zero. A value of
// another type is the zero value too, but the Reader remembers the first of them,
// so that Err, called once at the end, tells whether everything read is what the
// list says. Each method reads the first pair with the given name.
//
//	r := l.Reader()
//	guid, path := r.Uint("guid"), r.Text("path")
//	if err := r.Err(); err != nil {
//
// A Reader belongs to one goroutine.
type Reader struct {
	list *List
	err  error
}

// Reader returns a Reader of l. A nil list reads as an empty one.
func (l *List) Reader() *Reader { return &Reader{list: l} }

// Err returns the first mismatch, or nil. It is a *ValueError with the name of
// the pair, and matches ErrMismatch.
func (r *Reader) Err() error { return r.err }

// Has reports whether the list has a pair with the given name, of any type.
func (r *Reader) Has(name string) bool { return r.list.Has(name) }

// Uint returns a number of any integer type. One that does not fit a uint64 is a
// mismatch.
func (r *Reader) Uint(name string) uint64 { return readValue(r, name, Pair.Uint) }

// Int returns a number of any integer type. One that does not fit an int64 is a
// mismatch.
func (r *Reader) Int(name string) int64 { return readValue(r, name, Pair.Int) }

// Text returns the value of a TypeString.
func (r *Reader) Text(name string) string { return readValue(r, name, Pair.Text) }

// Boolean reports whether the list has a TypeBoolean, the flag without a value.
func (r *Reader) Boolean(name string) bool { return readValue(r, name, isFlag) }

// BooleanValue returns the value of a TypeBooleanValue.
func (r *Reader) BooleanValue(name string) bool { return readValue(r, name, Pair.BooleanValue) }

// List returns the value of a TypeList, which is not a copy. An absent one is nil.
func (r *Reader) List(name string) *List { return readValue(r, name, Pair.List) }

// Lists returns the elements of a TypeListArray, which are not copies.
func (r *Reader) Lists(name string) []*List { return readValue(r, name, Pair.Lists) }

// Uint64Array returns the value of a TypeUint64Array.
func (r *Reader) Uint64Array(name string) []uint64 { return readValue(r, name, Pair.Uint64Array) }

// isFlag is the accessor of a TypeBoolean, whose value is that it is there.
func isFlag(p Pair) (is, ok bool) { return true, p.typ == TypeBoolean }

// readValue returns the value of a pair, and notes a mismatch.
func readValue[T any](r *Reader, name string, value func(Pair) (T, bool)) T {
	var zero T
	p, found := r.list.Lookup(name)
	if !found {
		return zero
	}
	v, ok := value(p)
	if !ok {
		r.mismatch(&p)
		return zero
	}
	return v
}

// mismatch notes a pair that does not fit, unless there was one before.
func (r *Reader) mismatch(p *Pair) {
	if r.err == nil {
		r.err = inside(p.name, fmt.Errorf("%w %v", ErrMismatch, p.typ))
	}
}

package nvlist

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Redacted is the text that replaces a hidden value in a dump and in the JSON
// form.
const Redacted = "(redacted)"

// DumpOptions are the options of Dump. Nil means the zero value.
type DumpOptions struct {
	// Redact reports whether to hide the values of pairs with a given name,
	// including all content of lists. Nil hides nothing.
	Redact func(name string) bool
	// Prefix is written at the start of every line.
	Prefix string
}

// RedactNames returns a function for Redact that hides the given names.
func RedactNames(names ...string) func(name string) bool {
	hidden := make(map[string]struct{}, len(names))
	for _, n := range names {
		hidden[n] = struct{}{}
	}
	return func(name string) bool {
		_, ok := hidden[name]
		return ok
	}
}

// Dump writes l as text for humans: a line for each pair with its name, type
// and value, and embedded lists indented below their pair. The format may
// change; programs should read JSON. Errors are those of w.
func (l *List) Dump(w io.Writer, opts *DumpOptions) error {
	d := dumper{w: bufio.NewWriter(w)}
	if opts != nil {
		d.opts = *opts
	}
	d.list(l, d.opts.Prefix, 0)
	return d.w.Flush()
}

// Format implements fmt.Formatter. It prints the list as Dump does, for every
// verb.
func (l *List) Format(s fmt.State, _ rune) {
	// A write error is the business of who called fmt.
	_ = l.Dump(s, nil)
}

// dumper writes lists as text. Its writer keeps the first error.
type dumper struct {
	w    *bufio.Writer
	opts DumpOptions
}

// list writes the pairs of l, which lies depth lists deep.
func (d *dumper) list(l *List, indent string, depth int) {
	if depth > MaxDepth {
		d.line(indent, "...")
		return
	}
	var p Pair
	for it := l.iter(); it.next(&p); {
		d.pair(&p, indent, depth)
	}
}

// pair writes one pair.
func (d *dumper) pair(p *Pair, indent string, depth int) {
	head := pathElem(p.name, noIndex) + ": " + p.typ.String()
	if p.typ.IsArray() {
		head += "[" + strconv.Itoa(p.Len()) + "]"
	}
	switch {
	case d.opts.Redact != nil && d.opts.Redact(p.name):
		d.line(indent, head, " = ", Redacted)
	case p.typ == TypeList:
		d.line(indent, head)
		d.list(p.kid, indent+"    ", depth+1)
	case p.typ == TypeListArray:
		d.line(indent, head)
		for i, l := range p.AllLists() {
			d.line(indent+"    ", "[", strconv.Itoa(i), "]")
			d.list(l, indent+"        ", depth+1)
		}
	case p.typ == TypeBoolean:
		d.line(indent, head)
	default:
		d.line(indent, head, " = ", p.text())
	}
}

// line writes one line.
func (d *dumper) line(parts ...string) {
	for _, s := range parts {
		_, _ = d.w.WriteString(s)
	}
	_ = d.w.WriteByte('\n')
}

// text renders the value of a pair that holds no lists.
func (p *Pair) text() string {
	switch v := p.Value().(type) {
	case string:
		return strconv.Quote(v)
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = strconv.Quote(s)
		}
		return "[" + strings.Join(quoted, " ") + "]"
	case []byte:
		return hex.EncodeToString(v)
	default:
		return fmt.Sprint(v)
	}
}

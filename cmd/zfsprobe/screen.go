package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/purezfs/purezfs/internal/text"
)

// output is where text and JSON are written. On a terminal it escapes what the
// terminal could act on, because names, property values and paths may hold
// anything; elsewhere every byte is kept. Of errors it keeps the first, because
// not all that write look at them.
type output struct {
	w      io.Writer
	screen bool
	rest   []byte // the beginning of a character
	err    error
}

// newOutput returns the output to w.
func newOutput(w io.Writer) *output { return &output{w: w, screen: isTerminal(w)} }

// Write writes text. What it says of a file it says of all of p.
func (o *output) Write(p []byte) (int, error) {
	b := p
	if o.screen {
		whole := append(o.rest, p...)
		cut := len(whole)
		for i := max(0, cut-utf8.UTFMax); i < cut; i++ {
			if utf8.RuneStart(whole[i]) && !utf8.FullRune(whole[i:]) {
				cut = i
			}
		}
		o.rest = append([]byte(nil), whole[cut:]...)
		b = []byte(text.EscapeLines(string(whole[:cut])))
	}
	if n, err := o.w.Write(b); err != nil {
		o.keep(err)
		return min(n, len(p)), err
	}
	return len(p), nil
}

// keep keeps an error if it is the first.
func (o *output) keep(err error) {
	if o.err == nil {
		o.err = err
	}
}

// finish writes what is left, and returns the first error of all.
func (o *output) finish() error {
	if len(o.rest) > 0 {
		rest := string(o.rest)
		o.rest = nil
		if _, err := io.WriteString(o.w, text.Escape(rest)); err != nil {
			o.keep(err)
		}
	}
	return o.err
}

// page is text in the making. On a terminal, what comes from elsewhere cannot end
// a line of it or move its columns.
type page struct {
	strings.Builder
	screen bool
}

// newPage returns an empty page that is to be written to w.
func newPage(w io.Writer) *page { return &page{screen: isTerminal(w)} }

// printf appends text: the format is ours, the arguments come from elsewhere.
func (p *page) printf(format string, args ...any) {
	if p.screen {
		args = append([]any(nil), args...)
		for i, arg := range args {
			args[i] = p.escaped(arg)
		}
	}
	fmt.Fprintf(p, format, args...)
}

// escaped is an argument without what a terminal could act on.
func (p *page) escaped(arg any) any {
	switch v := arg.(type) {
	case string:
		return p.clean(v)
	case error:
		return text.EscapeLines(v.Error()) // some are lists
	case fmt.Stringer:
		return p.clean(v.String())
	case []string:
		return p.clean(fmt.Sprint(v))
	}
	return arg
}

// clean is text of elsewhere as the page shows it.
func (p *page) clean(s string) string {
	if !p.screen {
		return s
	}
	return text.Escape(s)
}

// writeTo writes the page.
func (p *page) writeTo(w io.Writer) error {
	_, err := io.WriteString(w, p.String())
	return err
}

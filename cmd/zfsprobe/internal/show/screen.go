package show

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/purezfs/purezfs/internal/text"
	"github.com/purezfs/purezfs/nvlist"
)

// Output is where text and JSON are written. On a terminal it escapes what the
// terminal could act on, because names, property values and paths may hold
// anything; elsewhere it writes the bytes unchanged, see Page. It keeps the first
// error, because not every caller looks at the errors of Write.
type Output struct {
	w      io.Writer
	screen bool
	rest   []byte // the beginning of a character
	err    error
}

// NewOutput returns the output to w, which by way of others may lead to a terminal.
func NewOutput(w io.Writer, terminal bool) *Output { return &Output{w: w, screen: terminal} }

// Screen returns the output to w, as if a person looked at it.
func Screen(w io.Writer) *Output { return &Output{w: w, screen: true} }

// Write writes text. What it says of a file it says of all of p.
func (o *Output) Write(p []byte) (int, error) {
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
func (o *Output) keep(err error) {
	if o.err == nil {
		o.err = err
	}
}

// Finish writes what is left, and returns the first error of all.
func (o *Output) Finish() error {
	if len(o.rest) > 0 {
		rest := string(o.rest)
		o.rest = nil
		if _, err := io.WriteString(o.w, text.Escape(rest)); err != nil {
			o.keep(err)
		}
	}
	return o.err
}

// Page collects text. Where it is escaped, the arguments of Addf, which come from
// elsewhere, cannot end a line or move the columns.
type Page struct {
	made    strings.Builder
	escapes bool
}

// NewPage returns an empty page that is to be written to w, for text that zfs(8),
// zpool(8), zdb(8) or -H have too. Only on a terminal is it escaped: a program that
// reads it gets the bytes that those programs write.
func NewPage(w io.Writer) *Page { return &Page{escapes: IsTerminal(w)} }

// NewNotes returns an empty page for text of our own, which is escaped wherever it
// goes: nothing that it is about can forge a line of it.
func NewNotes() *Page { return &Page{escapes: true} }

// Say writes text of our own, as NewNotes does.
func Say(w io.Writer, format string, args ...any) error {
	p := NewNotes()
	p.Addf(format, args...)
	return p.Emit(w)
}

// Echo writes text that zfs(8) and the like have too, as NewPage does.
func Echo(w io.Writer, format string, args ...any) error {
	p := NewPage(w)
	p.Addf(format, args...)
	return p.Emit(w)
}

// Addf appends text: the format is ours, the arguments come from elsewhere.
func (p *Page) Addf(format string, args ...any) {
	if p.escapes {
		args = slices.Clone(args)
		for i, arg := range args {
			if !isNumber(arg) {
				args[i] = foreign{arg}
			}
		}
	}
	fmt.Fprintf(&p.made, format, args...)
}

// isNumber reports whether an argument is printed as a number or a boolean, and by
// no method of its own.
func isNumber(arg any) bool {
	switch arg.(type) {
	case error, fmt.Stringer, fmt.Formatter:
		return false
	}
	kind := reflect.ValueOf(arg).Kind()
	return kind >= reflect.Bool && kind <= reflect.Complex128
}

// Lines is text that may have several lines, and whose parts were escaped when it
// was made.
type Lines string

// foreign is an argument of Addf without what a terminal, or the reader of a
// log, could take for something else.
type foreign struct{ value any }

// Format prints the value escaped, or as the verb says if that quotes it.
func (f foreign) Format(s fmt.State, verb rune) {
	if verb == 's' || verb == 'v' {
		fmt.Fprintf(s, fmt.FormatString(s, 's'), f.text())
		return
	}
	fmt.Fprintf(s, fmt.FormatString(s, verb), f.value)
}

func (f foreign) text() string {
	switch v := f.value.(type) {
	case Lines:
		return text.EscapeLines(string(v))
	case *nvlist.List:
		return text.EscapeLines(fmt.Sprint(v)) // it quotes what it holds
	case error:
		return errorText(v)
	}
	return text.Escape(fmt.Sprint(f.value))
}

// errorText is an error, escaped. One that is a list has a line for each part.
func errorText(err error) string {
	list, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return text.Escape(err.Error())
	}
	var plain, escaped []string
	for _, one := range list.Unwrap() {
		plain, escaped = append(plain, one.Error()), append(escaped, errorText(one))
	}
	if strings.Join(plain, "\n") != err.Error() {
		return text.Escape(err.Error()) // it has a text of its own
	}
	return strings.Join(escaped, "\n")
}

// Clean is text of elsewhere as the page shows it.
func (p *Page) Clean(s string) string {
	if !p.escapes {
		return s
	}
	return text.Escape(s)
}

// Emit writes the page.
func (p *Page) Emit(w io.Writer) error {
	_, err := io.WriteString(w, p.made.String())
	return err
}

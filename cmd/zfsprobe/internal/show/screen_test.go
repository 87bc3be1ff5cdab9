package show

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// Characters that come in pieces stay whole.
func TestOutputPieces(t *testing.T) {
	var b bytes.Buffer
	o := Screen(&b)
	for _, piece := range []string{"\xf0", "\x9f", "\x98\x80 \xc3", "\xa9", "\xc3", "(", "\xe2\x82"} {
		if n, err := o.Write([]byte(piece)); err != nil || n != len(piece) {
			t.Fatal(n, err)
		}
	}
	if err := o.Finish(); err != nil || b.String() != "\U0001f600 é"+`\xc3(\xe2\x82` {
		t.Errorf("%q, %v", b.String(), err)
	}
}

// word is text with a type of its own.
type word string

func (w *word) String() string { return string(*w) }

// Every sort of argument is escaped, and numbers, widths and verbs work as in
// package fmt.
func TestPageArguments(t *testing.T) {
	evil, text := word("a\n"), "b\x1b"
	p := NewNotes()
	p.Addf("%s|%v|%v|%v|%v|%q|%x|%5s|%-5s|%*s|%05d|%.1f|%t|%v", word("a\n"), &evil, []string{text}, map[string]word{text: "c\r"}, struct{ A string }{text},
		text, text, "é\n", "é\n", 6, text, 42, 1.25, true, nil)
	want := `a\n|a\n|[b\x1b]|map[b\x1b:c\r]|{b\x1b}|"b\x1b"|621b|  é\n|é\n  | b\x1b|00042|1.2|true|<nil>`
	if got := p.made.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// An error is a line, unless it is a list of errors.
func TestErrorText(t *testing.T) {
	one, two := errors.New("a\nb"), fmt.Errorf("c: %w", errors.New("d\x1b"))
	for _, tt := range []struct {
		err  error
		want string
	}{
		{one, `a\nb`},
		{errors.Join(one, two), `a\nb` + "\n" + `c: d\x1b`},
		{errors.Join(errors.Join(one, two), one), `a\nb` + "\n" + `c: d\x1b` + "\n" + `a\nb`},
		{fmt.Errorf("%w\n%w: more", one, two), `a\nb\nc: d\x1b: more`},
	} {
		if got := errorText(tt.err); got != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.err, got, tt.want)
		}
	}
}

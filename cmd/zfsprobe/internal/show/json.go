package show

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"

	"github.com/purezfs/purezfs/internal/text"
)

// JSON prints a document, indented. Each has a schema field with the
// command and the version of its form, which grows when a name changes its
// meaning or goes. Text that is not UTF-8 keeps its bytes: see text.MarshalJSON.
func JSON(w io.Writer, doc any) error {
	b, err := indented(doc, "")
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// indented is a value in JSON whose lines begin with prefix, except the first.
func indented(doc any, prefix string) ([]byte, error) {
	b, err := text.MarshalJSON(doc)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, prefix, "  "); err != nil {
		return nil, err
	}
	return bytesObject.ReplaceAll(out.Bytes(), []byte(`{$1}`)), nil
}

// bytesObject is an indented object that stands for text. It belongs on the line
// of its name, where grep finds it. No string in JSON has the end of a line.
var bytesObject = regexp.MustCompile(`\{\n *("base64": "[^"\n]*")\n *\}`)

// Array prints a document whose last member is a list, and each element when it is
// added. The output is the same as that of JSON for the whole document.
type Array struct {
	w    io.Writer
	doc  any
	held []byte // not written yet
	some bool   // there are elements
}

// arrayHeld is how many bytes of elements are held before they are written.
const arrayHeld = 32 << 10

// arrayEnd ends a document whose last member is a list without elements.
const arrayEnd = "[]\n}"

// NewArray returns the array that is written to w. The last member of doc is an
// empty list. Nothing is written before there are elements or End is called.
func NewArray(w io.Writer, doc any) *Array { return &Array{w: w, doc: doc} }

// Add adds an element.
func (a *Array) Add(element any) error {
	b, err := indented(element, "    ")
	if err != nil {
		return err
	}
	separator := ",\n    "
	if !a.some {
		separator = "[\n    "
		if a.held, err = a.head(); err != nil {
			return err
		}
	}
	a.some = true
	a.held = append(append(a.held, separator...), b...)
	if len(a.held) < arrayHeld {
		return nil
	}
	return a.flush()
}

// End ends the list and the document.
func (a *Array) End() error {
	if !a.some {
		return JSON(a.w, a.doc)
	}
	a.held = append(a.held, "\n  ]\n}\n"...)
	return a.flush()
}

// head is what stands before the elements.
func (a *Array) head() ([]byte, error) {
	b, err := indented(a.doc, "")
	if err != nil {
		return nil, err
	}
	head, ok := bytes.CutSuffix(b, []byte(arrayEnd))
	if !ok {
		return nil, errors.New("the last member of the document is not an empty list")
	}
	return head, nil
}

// flush writes what is held.
func (a *Array) flush() error {
	_, err := a.w.Write(a.held)
	a.held = a.held[:0]
	return err
}

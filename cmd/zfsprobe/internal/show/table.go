package show

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"

	"github.com/purezfs/purezfs/internal/text"
	"github.com/purezfs/purezfs/nvlist"
)

// JSON prints a document, indented. Each has a schema field with the
// command and the version of its form, which grows when a name changes its
// meaning or goes. Text that is not UTF-8 keeps its bytes: see text.MarshalJSON.
func JSON(w io.Writer, doc any) error {
	b, err := text.MarshalJSON(doc)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		return err
	}
	out.WriteByte('\n')
	_, err = w.Write(bytesObject.ReplaceAll(out.Bytes(), []byte(`{$1}`)))
	return err
}

// bytesObject is an indented object that stands for text. It belongs on the line
// of its name, where grep finds it. No string in JSON has the end of a line.
var bytesObject = regexp.MustCompile(`\{\n *("base64": "[^"\n]*")\n *\}`)

// Table prints rows of text.
type Table struct {
	// Script separates columns by one tab and leaves out the header, as -H of
	// zfs(8) does.
	Script bool
	// Notes is set for a table that zfs(8) and zpool(8) do not have: see NewNotes.
	Notes  bool
	Header []string
	Right  map[int]bool // columns of numbers
	Rows   [][]string
}

// Add adds a row.
func (t *Table) Add(row ...string) { t.Rows = append(t.Rows, row) }

// Emit writes the table.
func (t *Table) Emit(w io.Writer) error {
	b := NewPage(w)
	if t.Notes {
		b = NewNotes()
	}
	if t.Script {
		for _, row := range t.Rows {
			for i, cell := range row {
				if i > 0 {
					b.Addf("\t")
				}
				b.Addf("%s", cell)
			}
			b.Addf("\n")
		}
	} else {
		t.Align(b)
	}
	return b.Emit(w)
}

// Align writes columns as wide as their widest cell.
func (t *Table) Align(b *Page) {
	rows := t.Rows
	if t.Header != nil {
		rows = append([][]string{t.Header}, rows...)
	}
	widths := make(map[int]int)
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(b.Clean(cell)))
		}
	}
	for _, row := range rows {
		// Cells that are empty at the end of a line need no room.
		for len(row) > 0 && row[len(row)-1] == "" {
			row = row[:len(row)-1]
		}
		for i, cell := range row {
			switch {
			case t.Right[i]:
				b.Addf("%*s", widths[i], cell)
			case i == len(row)-1:
				b.Addf("%s", cell)
			default:
				b.Addf("%-*s", widths[i], cell)
			}
			if i < len(row)-1 {
				b.Addf("  ")
			}
		}
		b.Addf("\n")
	}
}

// Fields is a table of names and values below each other.
func Fields(pairs ...string) *Table {
	t := &Table{Notes: true}
	for i := 0; i+1 < len(pairs); i += 2 {
		t.Add(pairs[i], pairs[i+1])
	}
	return t
}

// DumpList writes a list as zdb(8) and zpool(8) do: a line for each pair, and
// what lies in lists four columns further in.
func DumpList(b *Page, l *nvlist.List, indent int) {
	for pair := range l.All() {
		b.Addf("%*s%s", indent, "", pair.Name())
		switch pair.Type() {
		case nvlist.TypeBoolean:
			b.Addf("\n")
		case nvlist.TypeString:
			s, _ := pair.Text()
			b.Addf(": '%s'\n", s)
		case nvlist.TypeList:
			b.Addf(":\n")
			inner, _ := pair.List()
			DumpList(b, inner, indent+4)
		case nvlist.TypeListArray:
			for i, inner := range pair.AllLists() {
				if i > 0 {
					b.Addf("%*s%s", indent, "", pair.Name())
				}
				b.Addf("[%d]:\n", i)
				DumpList(b, inner, indent+4)
			}
		case nvlist.TypeUint64Array:
			numbers, _ := pair.Value().([]uint64)
			for i, n := range numbers {
				if i > 0 {
					b.Addf("%*s%s", indent, "", pair.Name())
				}
				b.Addf("[%d]: %d\n", i, n)
			}
		default:
			b.Addf(": %v\n", pair.Value())
		}
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"

	"github.com/purezfs/purezfs/internal/text"
	"github.com/purezfs/purezfs/nvlist"
)

// printJSON prints a document, indented. Each has a schema field with the
// command and the version of its form, which grows when a name changes its
// meaning or goes. Text that is not UTF-8 keeps its bytes: see text.MarshalJSON.
func printJSON(w io.Writer, doc any) error {
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

// table prints rows of text.
type table struct {
	// script separates columns by one tab and leaves out the header, as -H of
	// zfs(8) does.
	script bool
	// notes is set for a table that zfs(8) and zpool(8) do not have: see newNotes.
	notes  bool
	header []string
	right  map[int]bool // columns of numbers
	rows   [][]string
}

func (t *table) add(row ...string) { t.rows = append(t.rows, row) }

// print writes the table.
func (t *table) print(w io.Writer) error {
	b := newPage(w)
	if t.notes {
		b = newNotes()
	}
	if t.script {
		for _, row := range t.rows {
			for i, cell := range row {
				if i > 0 {
					b.printf("\t")
				}
				b.printf("%s", cell)
			}
			b.printf("\n")
		}
	} else {
		t.align(b)
	}
	return b.writeTo(w)
}

// align writes columns as wide as their widest cell.
func (t *table) align(b *page) {
	rows := t.rows
	if t.header != nil {
		rows = append([][]string{t.header}, rows...)
	}
	widths := make(map[int]int)
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(b.clean(cell)))
		}
	}
	for _, row := range rows {
		// Cells that are empty at the end of a line need no room.
		for len(row) > 0 && row[len(row)-1] == "" {
			row = row[:len(row)-1]
		}
		for i, cell := range row {
			switch {
			case t.right[i]:
				b.printf("%*s", widths[i], cell)
			case i == len(row)-1:
				b.printf("%s", cell)
			default:
				b.printf("%-*s", widths[i], cell)
			}
			if i < len(row)-1 {
				b.printf("  ")
			}
		}
		b.printf("\n")
	}
}

// fields prints names and values below each other.
func fields(w io.Writer, pairs ...string) error {
	t := &table{notes: true}
	for i := 0; i+1 < len(pairs); i += 2 {
		t.add(pairs[i], pairs[i+1])
	}
	return t.print(w)
}

// dumpList writes a list as zdb(8) and zpool(8) do: a line for each pair, and
// what lies in lists four columns further in.
func dumpList(b *page, l *nvlist.List, indent int) {
	for pair := range l.All() {
		b.printf("%*s%s", indent, "", pair.Name())
		switch pair.Type() {
		case nvlist.TypeBoolean:
			b.printf("\n")
		case nvlist.TypeString:
			s, _ := pair.Text()
			b.printf(": '%s'\n", s)
		case nvlist.TypeList:
			b.printf(":\n")
			inner, _ := pair.List()
			dumpList(b, inner, indent+4)
		case nvlist.TypeListArray:
			for i, inner := range pair.AllLists() {
				if i > 0 {
					b.printf("%*s%s", indent, "", pair.Name())
				}
				b.printf("[%d]:\n", i)
				dumpList(b, inner, indent+4)
			}
		case nvlist.TypeUint64Array:
			numbers, _ := pair.Value().([]uint64)
			for i, n := range numbers {
				if i > 0 {
					b.printf("%*s%s", indent, "", pair.Name())
				}
				b.printf("[%d]: %d\n", i, n)
			}
		default:
			b.printf(": %v\n", pair.Value())
		}
	}
}

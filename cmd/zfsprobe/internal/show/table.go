package show

import (
	"io"

	"github.com/purezfs/purezfs/nvlist"
)

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

	widths []int // of the columns, nil before anything is written
}

// How many rows Stream holds: the first ones to find out how wide columns are, the
// later ones because many small writes are slow.
const (
	firstRows = 1000
	laterRows = 64
)

// Add adds a row.
func (t *Table) Add(row ...string) { t.Rows = append(t.Rows, row) }

// Stream adds a row to a table that is too long to be held. It writes rows from
// time to time, and Emit writes the rest. Columns are as wide as the first 1,000 rows
// take: a wider cell after these moves the rest of its line.
func (t *Table) Stream(w io.Writer, row ...string) error {
	t.Add(row...)
	most := firstRows
	if t.widths != nil {
		most = laterRows
	}
	if len(t.Rows) < most {
		return nil
	}
	return t.Emit(w)
}

// Emit writes the rows and forgets them. The header comes before the first.
func (t *Table) Emit(w io.Writer) error {
	b := NewPage(w)
	if t.Notes {
		b = NewNotes()
	}
	t.Align(b)
	t.Rows = t.Rows[:0]
	return b.Emit(w)
}

// Align writes the rows to a page, with columns as wide as their widest cell.
func (t *Table) Align(b *Page) {
	if t.Script {
		t.widths = []int{}
		for _, row := range t.Rows {
			for i, cell := range row {
				if i > 0 {
					b.Addf("\t")
				}
				b.Addf("%s", cell)
			}
			b.Addf("\n")
		}
		return
	}
	if t.widths == nil {
		t.widths = widthsOf(b, t.Header, t.Rows)
		if t.Header != nil {
			t.line(b, t.Header)
		}
	}
	for _, row := range t.Rows {
		t.line(b, row)
	}
}

// widthsOf are the widths that columns take.
func widthsOf(b *Page, header []string, rows [][]string) []int {
	widths := make([]int, len(header))
	for i, cell := range header {
		widths[i] = len(b.Clean(cell))
	}
	for _, row := range rows {
		for len(widths) < len(row) {
			widths = append(widths, 0)
		}
		for i, cell := range row {
			widths[i] = max(widths[i], len(b.Clean(cell)))
		}
	}
	return widths
}

// line writes a row. Cells that are empty at its end need no room.
func (t *Table) line(b *Page, row []string) {
	for len(row) > 0 && row[len(row)-1] == "" {
		row = row[:len(row)-1]
	}
	for i, cell := range row {
		width := 0
		if i < len(t.widths) {
			width = t.widths[i]
		}
		switch {
		case t.Right[i]:
			b.Addf("%*s", width, cell)
		case i == len(row)-1:
			b.Addf("%s", cell)
		default:
			b.Addf("%-*s", width, cell)
		}
		if i < len(row)-1 {
			b.Addf("  ")
		}
	}
	b.Addf("\n")
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
// the pairs of nested lists indented by four columns.
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

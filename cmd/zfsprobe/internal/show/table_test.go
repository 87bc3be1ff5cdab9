package show

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	rows := [][]string{{"a", "1", "x"}, {"long name", "20000", ""}}
	tests := []struct {
		name string
		in   Table
		want string
	}{
		{"aligned", Table{Header: []string{"NAME", "N", "LAST"}, Right: map[int]bool{1: true}, Rows: rows},
			"NAME           N  LAST\na              1  x\nlong name  20000\n"},
		{"no header", Table{Rows: rows}, "a          1      x\nlong name  20000\n"},
		{"script", Table{Script: true, Header: []string{"NAME"}, Rows: rows}, "a\t1\tx\nlong name\t20000\t\n"},
		{"header alone", Table{Header: []string{"NAME", "N"}}, "NAME  N\n"},
		{"nothing", Table{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			if err := tt.in.Emit(&b); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, b.String()); diff != "" {
				t.Errorf("table (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFields(t *testing.T) {
	var b strings.Builder
	if err := Fields("a", "1", "long name", "2", "odd one out").Emit(&b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("a          1\nlong name  2\n", b.String()); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

// written are the pieces of an output.
type written struct{ pieces []string }

func (w *written) Write(p []byte) (int, error) {
	w.pieces = append(w.pieces, string(p))
	return len(p), nil
}

// A table that is streamed is written from its first 1,000 rows on, and looks as if it
// was written at once, if these have the widest cells.
func TestTableStream(t *testing.T) {
	for _, n := range []int{0, 1, firstRows - 1, firstRows, firstRows + 1, firstRows + laterRows, 3 * firstRows} {
		for _, script := range []bool{false, true} {
			var got written
			var want strings.Builder
			stream := Table{Script: script, Header: []string{"N", "NAME", "LAST"}, Right: map[int]bool{0: true}}
			whole := stream
			for i := range n {
				row := []string{strconv.Itoa(100000 - i), "name" + strconv.Itoa(i%7), ""}
				whole.Add(row...)
				if err := stream.Stream(&got, row...); err != nil {
					t.Fatal(err)
				}
				if held := len(stream.Rows); held >= firstRows || i > firstRows && held >= laterRows {
					t.Fatalf("%d rows of %d are held", held, i)
				}
			}
			if err := stream.Emit(&got); err != nil {
				t.Fatal(err)
			}
			if err := whole.Emit(&want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.String(), strings.Join(got.pieces, "")); diff != "" {
				t.Errorf("%d rows, script %t (-want +got):\n%s", n, script, diff)
			}
			for _, piece := range got.pieces {
				if !strings.HasSuffix(piece, "\n") && piece != "" {
					t.Errorf("%q is no whole line", piece)
				}
			}
		}
	}
}

// A wider cell after the first rows moves the rest of its line only, and a column more
// has no width.
func TestTableStreamWider(t *testing.T) {
	var b strings.Builder
	table := Table{}
	table.Add("a", "b")
	if err := table.Emit(&b); err != nil {
		t.Fatal(err)
	}
	table.Add("long", "b", "c")
	table.Add("a", "b")
	if err := table.Emit(&b); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "a  b\nlong  b  c\na  b\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

package show

import (
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

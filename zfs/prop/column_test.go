package prop

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseColumns(t *testing.T) {
	tests := []struct {
		name, in string
		want     []Prop
	}{
		{"names", "name,used", []Prop{Name, Used}},
		{"short", "avail,lrefer", []Prop{Available, LogicalReferenced}},
		{"families", "written@a,userused@0", []Prop{"written@a", "userused@0"}},
		{"user", "a:b", []Prop{"a:b"}},
		{"space", "space,type", []Prop{Name, Available, Used, UsedBySnapshots, UsedByDataset, UsedByRefreservation, UsedByChildren, Type}},
		{"unknown", "used,Colour", nil},
		{"empty", "", nil},
		{"empty one", "used,,name", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseColumns(tt.in)
			if (err != nil) != (tt.want == nil) {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
		})
	}
}

// Each short name stands for a property that there is, and is its heading.
func TestColumns(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range columns {
		if _, ok := Lookup(c.prop); !ok || ParseColumn(c.short) != c.prop || c.prop.Column() != strings.ToUpper(c.short) || seen[c.short] {
			t.Errorf("%s stands for %s, which has the heading %s", c.short, ParseColumn(c.short), c.prop.Column())
		}
		seen[c.short] = true
	}
	for _, c := range poolColumns {
		if _, ok := LookupPool(c.prop); !ok || ParsePoolColumn(c.short) != c.prop || c.prop.PoolColumn() != strings.ToUpper(c.short) {
			t.Errorf("%s stands for %s, which has the heading %s", c.short, ParsePoolColumn(c.short), c.prop.PoolColumn())
		}
	}
	for _, name := range []string{"used", "a:b", "dedup", "AVAIL", ""} {
		if got := ParseColumn(name); got != Prop(name) {
			t.Errorf("%s stands for %s", name, got)
		}
	}
	if got := Prop("a:b").Column(); got != "A:B" {
		t.Errorf("the heading of a:b is %s", got)
	}
}

package main

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/prop"
)

func TestHumanText(t *testing.T) {
	number := func(p prop.Prop, n uint64, text string) prop.Property {
		return prop.Property{Name: p, Value: prop.Uint64(n), Text: text}
	}
	tests := []struct {
		name string
		in   prop.Property
		want string
	}{
		{"size", number(prop.Used, 1536, "1536"), "1.50K"},
		{"size of nothing", number(prop.Used, 0, "0"), "0B"},
		{"no quota", number(prop.Quota, 0, "0"), "none"},
		{"quota", number(prop.Quota, 1<<30, "1073741824"), "1G"},
		{"no reservation", number(prop.RefReservation, 0, "0"), "none"},
		{"ratio", number(prop.CompressRatio, 250, "2.50"), "2.50x"},
		{"count", number(prop.CreateTXG, 5000, "5000"), "5000"},
		{"index", number(prop.Atime, 1, "on"), "on"},
		{"no time", number(prop.Creation, 0, "-"), "-"},
		{"text", prop.Property{Name: prop.Mountpoint, Value: prop.String("/a"), Text: "/a"}, "/a"},
		{"user property", prop.Property{Name: "a:b", Value: prop.String("1536"), Text: "1536"}, "1536"},
		{"absent", prop.Property{Name: prop.Used, Text: "-"}, "-"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := humanText(tt.in); got != tt.want {
				t.Errorf("humanText = %q, want %q", got, tt.want)
			}
		})
	}
}

// The time zone is the machine's, so only the form is checked.
func TestHumanTextTime(t *testing.T) {
	got := humanText(prop.Property{Name: prop.Creation, Value: prop.Uint64(1 << 30), Text: "1073741824"})
	if !regexp.MustCompile(`^[A-Z][a-z]{2} Jan (10|11) \d\d:\d\d 2004$`).MatchString(got) {
		t.Errorf("humanText = %q", got)
	}
}

func TestParseColumns(t *testing.T) {
	tests := []struct {
		name, in string
		want     []prop.Prop
	}{
		{"names", "name,used", []prop.Prop{prop.Name, prop.Used}},
		{"short", "avail,lrefer", []prop.Prop{prop.Available, prop.LogicalReferenced}},
		{"families", "written@a,userused@0", []prop.Prop{"written@a", "userused@0"}},
		{"user", "a:b", []prop.Prop{"a:b"}},
		{"unknown", "used,colour", nil},
		{"empty", "", nil},
		{"empty one", "used,,name", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseColumns(tt.in)
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
func TestShortNames(t *testing.T) {
	seen := make(map[string]bool)
	for _, n := range shortNames {
		if _, ok := prop.Lookup(n.prop); !ok {
			t.Errorf("%s stands for %s, which does not exist", n.short, n.prop)
		}
		if longColumn(n.short) != n.prop {
			t.Errorf("%s stands for %s, want %s", n.short, longColumn(n.short), n.prop)
		}
		if seen[n.short] || heading(n.prop) == string(n.prop) {
			t.Errorf("%s occurs twice or is not a heading", n.short)
		}
		seen[n.short] = true
	}
}

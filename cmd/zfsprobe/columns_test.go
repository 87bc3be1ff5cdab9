package main

import (
	"math"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
)

func TestNiceBytes(t *testing.T) {
	tests := []struct {
		want string
		in   uint64
	}{
		{"0B", 0},
		{"1B", 1},
		{"1023B", 1023},
		{"1K", 1 << 10},
		{"1.00K", 1<<10 + 1},
		{"1.50K", 1536},
		{"24K", 24 << 10},
		{"24.5K", 24<<10 + 512},
		{"100K", 100<<10 + 1},
		{"1024K", 1<<20 - 1},
		{"1M", 1 << 20},
		{"9.99M", 10475274},
		{"999M", 999<<20 + 1},
		{"1G", 1 << 30},
		{"1.50T", 3 << 39},
		{"8P", 8 << 50},
		{"16.0E", math.MaxUint64},
		{"8E", 1 << 63},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			if got := niceBytes(tt.in); got != tt.want {
				t.Errorf("niceBytes(%d) = %s, want %s", tt.in, got, tt.want)
			}
		})
	}
}

func TestHumanText(t *testing.T) {
	number := func(p zfs.Prop, n uint64, text string) zfs.Property {
		return zfs.Property{Name: p, Value: zfs.Uint64Value(n), Text: text}
	}
	tests := []struct {
		name string
		in   zfs.Property
		want string
	}{
		{"size", number(zfs.PropUsed, 1536, "1536"), "1.50K"},
		{"size of nothing", number(zfs.PropUsed, 0, "0"), "0B"},
		{"no quota", number(zfs.PropQuota, 0, "0"), "none"},
		{"quota", number(zfs.PropQuota, 1<<30, "1073741824"), "1G"},
		{"no reservation", number(zfs.PropRefReservation, 0, "0"), "none"},
		{"ratio", number(zfs.PropCompressRatio, 250, "2.50"), "2.50x"},
		{"count", number(zfs.PropCreateTXG, 5000, "5000"), "5000"},
		{"index", number(zfs.PropAtime, 1, "on"), "on"},
		{"no time", number(zfs.PropCreation, 0, "-"), "-"},
		{"text", zfs.Property{Name: zfs.PropMountpoint, Value: zfs.StringValue("/a"), Text: "/a"}, "/a"},
		{"user property", zfs.Property{Name: "a:b", Value: zfs.StringValue("1536"), Text: "1536"}, "1536"},
		{"absent", zfs.Property{Name: zfs.PropUsed, Text: "-"}, "-"},
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
	got := humanText(zfs.Property{Name: zfs.PropCreation, Value: zfs.Uint64Value(1 << 30), Text: "1073741824"})
	if !regexp.MustCompile(`^[A-Z][a-z]{2} Jan (10|11) \d\d:\d\d 2004$`).MatchString(got) {
		t.Errorf("humanText = %q", got)
	}
}

func TestParseColumns(t *testing.T) {
	tests := []struct {
		name, in string
		want     []zfs.Prop
	}{
		{"names", "name,used", []zfs.Prop{zfs.PropName, zfs.PropUsed}},
		{"short", "avail,lrefer", []zfs.Prop{zfs.PropAvailable, zfs.PropLogicalReferenced}},
		{"families", "written@a,userused@0", []zfs.Prop{"written@a", "userused@0"}},
		{"user", "a:b", []zfs.Prop{"a:b"}},
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
		if _, ok := zfs.LookupProp(n.prop); !ok {
			t.Errorf("%s stands for %s, which does not exist", n.short, n.prop)
		}
		if longColumn(n.short) != n.prop {
			t.Errorf("%s stands for %s, want %s", n.short, longColumn(n.short), n.prop)
		}
		if seen[n.short] || heading(n.prop) == string(n.prop) {
			t.Errorf("%s occurs twice or is no heading", n.short)
		}
		seen[n.short] = true
	}
}

package prop

import (
	"math"
	"regexp"
	"testing"
)

func TestFormatSize(t *testing.T) {
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
			if got := FormatSize(tt.in); got != tt.want {
				t.Errorf("FormatSize(%d) = %s, want %s", tt.in, got, tt.want)
			}
		})
	}
}

func TestPropertyHuman(t *testing.T) {
	number := func(p Prop, n uint64, text string) Property {
		return Property{Name: p, Value: Uint64(n), Text: text}
	}
	tests := []struct {
		name string
		in   Property
		want string
	}{
		{"size", number(Used, 1536, "1536"), "1.50K"},
		{"size of nothing", number(Used, 0, "0"), "0B"},
		{"no quota", number(Quota, 0, "0"), "none"},
		{"quota", number(Quota, 1<<30, "1073741824"), "1G"},
		{"no reservation", number(RefReservation, 0, "0"), "none"},
		{"ratio", number(CompressRatio, 250, "2.50"), "2.50x"},
		{"count", number(CreateTXG, 5000, "5000"), "5000"},
		{"index", number(Atime, 1, "on"), "on"},
		{"no time", number(Creation, 0, "-"), "-"},
		{"text", Property{Name: Mountpoint, Value: String("/a"), Text: "/a"}, "/a"},
		{"user property", Property{Name: "a:b", Value: String("1536"), Text: "1536"}, "1536"},
		{"absent", Property{Name: Used, Text: "-"}, "-"},
		{"quota of a user", number("userquota@alice", 1<<30, "1073741824"), "1G"},
		{"no quota of a user", number("userobjquota@alice", 0, "0"), "none"},
		{"objects of a group", number("groupobjused@7", 1500, "1500"), "1.46K"},
		{"space of a project", number("projectused@7", 100, "100"), "100B"},
		{"written since", number("written@monday", 1536, "1536"), "1.50K"},
		{"unknown number", number("new", 1536, "1536"), "1536"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.in.Human(); got != tt.want {
				t.Errorf("Human() = %q, want %q", got, tt.want)
			}
		})
	}
}

// The time zone is the machine's, so only the form is checked.
func TestPropertyHumanTime(t *testing.T) {
	got := (Property{Name: Creation, Value: Uint64(1 << 30), Text: "1073741824"}).Human()
	if !regexp.MustCompile(`^[A-Z][a-z]{2} Jan (10|11) \d\d:\d\d 2004$`).MatchString(got) {
		t.Errorf("Human() = %q", got)
	}
}

// What a person reads of pools and devices.
func TestPoolInfoHuman(t *testing.T) {
	for _, tt := range []struct {
		name Prop
		n    uint64
		want string
	}{
		{"size", 3 << 29, "1.50G"}, {"class_special_elog_size", 3 << 29, "1.50G"}, {"class_log_capacity", 7, "7%"},
		{"usable", 3 << 29, "1.50G"}, {"allocated", 100, "100"}, {"capacity", 7, "7%"}, {"fragmentation", math.MaxUint64, "-"}, {"fragmentation", 3, "3%"},
		{"dedupratio", 125, "1.25x"}, {"health", 7, "ONLINE"}, {"expandsize", 0, "-"}, {"guid", 1 << 40, "1099511627776"}, {"autotrim", 1, "on"},
	} {
		info, ok := LookupPool(tt.name)
		p := Property{Name: tt.name, Value: Uint64(tt.n), Text: info.Format(Uint64(tt.n))}
		if got := info.Human(p); !ok || got != tt.want {
			t.Errorf("%s of %d is %s, want %s", tt.name, tt.n, got, tt.want)
		}
	}
	for _, tt := range []struct {
		name Prop
		n    uint64
		want string
	}{
		{"state", 7, "ONLINE"}, {"read_errors", 2048, "2K"}, {"write_ops", 10, "10"}, {"read_bytes", 1536, "1.50K"}, {"slow_ios", 1024, "1K"}, {"ashift", 12, "12"}, {"psize", 1 << 30, "1G"},
	} {
		info, ok := LookupDevice(tt.name)
		p := Property{Name: tt.name, Value: Uint64(tt.n), Text: info.Format(Uint64(tt.n))}
		if got := info.Human(p); !ok || got != tt.want {
			t.Errorf("%s of %d is %s, want %s", tt.name, tt.n, got, tt.want)
		}
	}
	for _, p := range []Property{{Name: "size", Text: "-"}, {Name: "a:b", Value: String("1024"), Text: "1024"}} {
		info, _ := LookupPool(p.Name)
		if got := info.Human(p); got != p.Text {
			t.Errorf("%s is %s, want %s", p.Name, got, p.Text)
		}
	}
}

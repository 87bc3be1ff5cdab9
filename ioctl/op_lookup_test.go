package ioctl

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestByNameEverySpelling(t *testing.T) {
	for d := range All() {
		short := strings.TrimPrefix(d.C, "ZFS_IOC_")
		spellings := []string{
			d.C, strings.ToLower(d.C), short, strings.ToLower(short), camel(short), "Op" + camel(short),
		}
		if d.Alias != "" {
			spellings = append(spellings, d.Alias)
		}
		for _, name := range spellings {
			got, ok := ByName(name)
			if !ok || got.Op != d.Op {
				t.Errorf("ByName(%q) = %s, %v, want %s", name, got.C, ok, d.C)
			}
		}
		if d.Home == "-" {
			continue
		}
		if got, ok := ByName(d.Home); !ok || got.Home != d.Home {
			t.Errorf("ByName(%q) = %s of method %s, %v", d.Home, got.C, got.Home, ok)
		}
	}
}

func TestByName(t *testing.T) {
	tests := []struct {
		name, in string
		want     Op
		ok       bool
	}{
		{"method of its own", "DatasetStats", OpObjsetStats, true},
		{"method with initials", "VdevSetFRU", OpVdevSetfru, true},
		{"plural", "Pools", OpPoolConfigs, true},
		{"C name before method", "Send", OpSend, true},
		{"C name before the older one's method", "PoolScrub", OpPoolScrub, true},
		{"newer one of two", "Receive", OpRecvNew, true},
		{"another system's name", "jail", OpUsernsAttach, true},
		{"another system's constant", "OpUnjail", OpUsernsDetach, true},
		{"empty", "", 0, false},
		{"no method", "-", 0, false},
		{"prefix alone", "ZFS_IOC_", 0, false},
		{"constant's prefix alone", "Op", 0, false},
		{"unknown", "ZFS_IOC_POOL_SCRUBS", 0, false},
		{"unused number", "ZFS_IOC_PLATFORM", 0, false},
		{"long", strings.Repeat("pool", 1<<16), 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := ByName(tt.in)
			if ok != tt.ok || got.Op != tt.want {
				t.Errorf("ByName(%.40q) = %s, %v, want %s, %v", tt.in, got.Op, ok, tt.want, tt.ok)
			}
		})
	}
}

// What callers get is theirs: writing to it must not change the table.
func TestTableCannotBeWritten(t *testing.T) {
	want := mustRow(t, OpPoolTrim).clone()
	spoil := func(d Descriptor) {
		d.Keys[0].Name = "spoilt"
		d.Home = "spoilt"
	}
	d, _ := Lookup(OpPoolTrim)
	spoil(d)
	d, _ = ByName("PoolTrim")
	spoil(d)
	for d := range All() {
		if d.Op == OpPoolTrim {
			spoil(d)
			break
		}
	}
	if diff := cmp.Diff(want, *row(OpPoolTrim)); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
}

func TestRowDoesNotAllocate(t *testing.T) {
	var keys int
	allocs := testing.AllocsPerRun(100, func() {
		for n := range 256 {
			if d := row(Op(n)); d != nil {
				keys += len(d.Keys)
			}
		}
	})
	if allocs != 0 || keys == 0 {
		t.Errorf("%v allocations, %d keys seen", allocs, keys)
	}
}

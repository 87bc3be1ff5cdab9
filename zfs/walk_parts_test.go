package zfs

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/prop"
)

func TestPartsOf(t *testing.T) {
	const plain = partHandle | partStats
	tests := []struct {
		name  string
		props []prop.Prop
		all   bool
		want  parts
	}{
		{"what comes with a dataset", nil, false, plain},
		{"nothing but what is plain", []prop.Prop{}, false, partHandle},
		{"plain", []prop.Prop{prop.Name, prop.Type, prop.GUID, prop.CreateTXG, prop.NumClones, prop.Inconsistent, prop.Redacted}, false, partHandle},
		{"a statistic", []prop.Prop{prop.Used}, false, plain},
		{"a user property", []prop.Prop{"com.example:owner"}, false, plain},
		{"what the filesystem holds", []prop.Prop{prop.Version}, false, partHandle | partZPL},
		{"a default quota", []prop.Prop{prop.DefaultUserQuota}, false, partHandle | partZPL},
		{"mounted", []prop.Prop{prop.Mounted}, false, partHandle | partMounts},
		{"a mountpoint", []prop.Prop{prop.Mountpoint}, false, plain | partAltroot},
		{"a mount option", []prop.Prop{prop.Atime}, false, plain | partMounts},
		{"several", []prop.Prop{prop.Used, prop.UTF8Only}, false, plain | partZPL},
		{"no property", []prop.Prop{"nonsense"}, false, plain},
		{"of a user", []prop.Prop{"userused@alice"}, false, partHandle | partExtra},
		{"since a snapshot", []prop.Prop{"written@monday", prop.Used}, false, plain | partExtra},
		{"all and of a user", []prop.Prop{"userused@alice"}, true, partsAll | partExtra},
		{"all before some", []prop.Prop{prop.Name}, true, partsAll},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := partsOf(tt.props, tt.all); got != tt.want {
				t.Errorf("parts %b, want %b", got, tt.want)
			}
		})
	}
	if got := (&DatasetsOptions{NamesOnly: true, AllProps: true, Props: []prop.Prop{prop.Used}}).parts(); got != 0 {
		t.Errorf("names alone are the parts %b, want none", got)
	}
}

func TestTxgRange(t *testing.T) {
	tests := []struct {
		name string
		r    txgRange
		want []uint64
	}{
		{"no bounds", txgRange{}, []uint64{0, 1, 5, 9}},
		{"from", txgRange{min: 5}, []uint64{5, 9}},
		{"to", txgRange{max: 5}, []uint64{0, 1, 5}},
		{"between", txgRange{min: 1, max: 5}, []uint64{1, 5}},
		{"none", txgRange{min: 6, max: 2}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []uint64
			for _, txg := range []uint64{0, 1, 5, 9} {
				if tt.r.has(txg) {
					got = append(got, txg)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("within (-want +got):\n%s", diff)
			}
		})
	}
}

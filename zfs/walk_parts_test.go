package zfs

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPartsOf(t *testing.T) {
	const plain = partHandle | partStats
	tests := []struct {
		name  string
		props []Prop
		all   bool
		want  parts
	}{
		{"what comes with a dataset", nil, false, plain},
		{"nothing but what is plain", []Prop{}, false, partHandle},
		{"plain", []Prop{PropName, PropType, PropGUID, PropCreateTXG, PropNumClones, PropInconsistent, PropRedacted}, false, partHandle},
		{"a statistic", []Prop{PropUsed}, false, plain},
		{"a user property", []Prop{"com.example:owner"}, false, plain},
		{"what the filesystem holds", []Prop{PropVersion}, false, partHandle | partZPL},
		{"a default quota", []Prop{PropDefaultUserQuota}, false, partHandle | partZPL},
		{"mounted", []Prop{PropMounted}, false, partHandle | partMounts},
		{"a mountpoint", []Prop{PropMountpoint}, false, plain | partAltroot},
		{"a mount option", []Prop{PropAtime}, false, plain | partMounts},
		{"several", []Prop{PropUsed, PropUTF8Only}, false, plain | partZPL},
		{"no property", []Prop{"nonsense"}, false, plain},
		{"of a user", []Prop{"userused@alice"}, false, partHandle | partExtra},
		{"since a snapshot", []Prop{"written@monday", PropUsed}, false, plain | partExtra},
		{"all and of a user", []Prop{"userused@alice"}, true, partsAll | partExtra},
		{"all before some", []Prop{PropName}, true, partsAll},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := partsOf(tt.props, tt.all); got != tt.want {
				t.Errorf("parts %b, want %b", got, tt.want)
			}
		})
	}
	if got := (&DatasetsOptions{NamesOnly: true, AllProps: true, Props: []Prop{PropUsed}}).parts(); got != 0 {
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

package label

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/purezfs/purezfs/nvlist"
)

// places yields the lists whose values ParseConfig reads, each with a name.
func places(config *nvlist.List) map[string]*nvlist.List {
	all := map[string]*nvlist.List{"config": config}
	var below func(name string, v *nvlist.List)
	below = func(name string, v *nvlist.List) {
		all[name] = v
		children, _ := v.Lists("children")
		for i, child := range children {
			below(fmt.Sprintf("%s/%d", name, i), child)
		}
	}
	if tree, ok := config.List("vdev_tree"); ok {
		below("vdev_tree", tree)
	}
	return all
}

// TestConfigTypes gives each pair of recorded labels another type. One that
// ParseConfig reads is an error then, and any other changes nothing.
func TestConfigTypes(t *testing.T) {
	parsed := cmp.Options{cmpopts.IgnoreFields(Config{}, "List"), cmpopts.IgnoreFields(Vdev{}, "List")}
	read, unread := 0, 0
	for _, device := range goldenDevices() {
		name := goldenReleases()[1] + "/" + device
		config := mustFound(t, name).Device.Best().Config.List
		want, err := ParseConfig(config)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for place, l := range places(config) {
			for pair := range l.All() {
				without, with := config.Clone(), config.Clone()
				places(without)[place].Delete(pair.Name())
				places(with)[place].SetDouble(pair.Name(), 1)
				got, err := ParseConfig(without)
				if matters := err != nil || !cmp.Equal(got, want, parsed); !matters {
					unread++
					got, err = ParseConfig(with)
					if err != nil && !errors.Is(err, nvlist.ErrMismatch) {
						t.Errorf("%s: %s/%s: %v", name, place, pair.Name(), err)
					}
					if diff := cmp.Diff(want, got, parsed); err == nil && diff != "" {
						t.Errorf("%s: %s/%s is unknown, but matters (-want +got):\n%s", name, place, pair.Name(), diff)
					}
					continue
				}
				read++
				if _, err := ParseConfig(with); !errors.Is(err, ErrConfig) || !errors.Is(err, nvlist.ErrMismatch) {
					t.Errorf("%s: %s/%s of another type: error %v, want a mismatch", name, place, pair.Name(), err)
				}
			}
		}
	}
	if read < 50 || unread < 10 {
		t.Errorf("%d pairs are read and %d are not", read, unread)
	}
}

package label

import (
	"encoding/json"
	"testing"

	"github.com/purezfs/purezfs/internal/golden"
	"github.com/purezfs/purezfs/nvlist"
)

// describeConfig writes down what ParseConfig takes out of a list.
func describeConfig(l *nvlist.List) (string, error) {
	c, err := ParseConfig(l)
	if err != nil {
		return "", err
	}
	c.List = nil
	for v := range c.Tree.All() {
		v.List = nil
	}
	b, err := json.Marshal(c)
	return string(b), err
}

// TestConfigTypes gives each pair of recorded labels another type.
func TestConfigTypes(t *testing.T) {
	for _, release := range goldenReleases() {
		for _, device := range goldenDevices() {
			config := mustFound(t, release+"/"+device).Device.Best().Config.List
			if n := golden.Retype(t, config, describeConfig, "features_for_read"); n < 3 {
				t.Errorf("%s: only %d pairs are read", device, n)
			}
		}
	}
}

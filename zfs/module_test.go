package zfs_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// describeModule makes the directory in which a module describes itself. Each line
// is a kind and a name, and for a property its type and values: "dataset colour
// index off | on".
func describeModule(t *testing.T, lines ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, line := range lines {
		w := strings.Fields(line)
		at := filepath.Join(dir, "properties."+w[0], w[1])
		if w[0] == "feature" {
			at = filepath.Join(dir, "features.pool", w[1])
		}
		testkit.Must(t, os.MkdirAll(at, 0o755))
		if len(w) > 2 {
			testkit.Must(t, os.WriteFile(filepath.Join(at, "type"), []byte(w[2]+"\n"), 0o600))
			testkit.Must(t, os.WriteFile(filepath.Join(at, "visible"), []byte("1\n"), 0o600))
			testkit.Must(t, os.WriteFile(filepath.Join(at, "values"), []byte(strings.Join(w[3:], " ")+"\n"), 0o600))
		}
	}
	return dir
}

// A property is refused because the module says that it does not have it, not for
// the number of its release; one that only the module knows is set in the type that
// it says.
func TestModuleDecidesWhatCanBeSet(t *testing.T) {
	dir := describeModule(t, "dataset compression index off | on", "dataset colour index red | blue", "dataset depth number <size>", "dataset motto string <text>",
		"pool comment string <text>", "pool mood number <size>", "vdev slow_io_n number <events>", "vdev taste string <text>", "feature org.example:warp")
	old := ioctl.Release{Major: 2, Minor: 2, Patch: 11}
	set := func(c *zfs.Client, kind string, props prop.Values) error {
		switch kind {
		case "dataset":
			return c.DatasetSetProps(t.Context(), "tank/a", props)
		case "pool":
			return c.PoolSetProps(t.Context(), "tank", props)
		}
		return c.VdevSetProps(t.Context(), "tank", "d11", props)
	}
	for _, tt := range []struct {
		kind  string
		name  prop.Prop
		value string
		sent  string // what the kernel gets, empty if it is not asked
		text  string // of the error
	}{
		{"dataset", "depth", "1K", "depth: uint64 = 1024", ""},
		{"dataset", "motto", "7", `motto: string = "7"`, ""},
		{"dataset", "colour", "1", "colour: uint64 = 1", ""},
		{"dataset", "colour", "blue", "", "colour: want the number of one of its values, red | blue"},
		{"dataset", "depth", "deep", "", "depth: want a number"},
		{"dataset", "colours", "1", "", "colours: there is no such property of a dataset"},
		{"dataset", "prefetch", "all", "", "prefetch: the property exists since 2.2.4, and this module, 2.2.11, does not have it"},
		{"pool", "mood", "3", "mood: uint64 = 3", ""},
		{"pool", "moods", "3", "", "moods: there is no such property of a pool"},
		{"pool", "compatibility", "legacy", "", "compatibility: the property exists since 2.1.0, and this module"},
		{"pool", "feature@warp", "enabled", "feature@warp: uint64 = 0", ""},
		{"pool", "feature@lz4_compress", "enabled", "", "there is no such feature"},
		{"vdev", "slow_io_n", "5", "slow_io_n: uint64 = 5", ""},
		{"vdev", "taste", "sweet", `taste: string = "sweet"`, ""},
		{"vdev", "autosit", "on", "", "autosit: the property exists since 2.4.0"},
		{"vdev", "colour", "1", "", "colour: there is no such property of a device"},
	} {
		_, f := fakePool(t, mirrorPool())
		f.Add("tank", "tank/a")
		c, err := zfs.Open(&zfs.Options{Device: ioctl.NewDevice(f.Answer), Release: old})
		testkit.Must(t, err)
		zfs.SetModuleDir(c, dir)
		err = set(c, tt.kind, prop.Values{tt.name: prop.String(tt.value)})
		if tt.text != "" && (!errors.Is(err, zfs.ErrInvalidProp) || !strings.Contains(err.Error(), tt.text)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.text)
		}
		sent := strings.Join(f.Sent, "\n")
		if asked := strings.Contains(sent, string(tt.name)); asked != (tt.sent != "") || !strings.Contains(sent, tt.sent) {
			t.Errorf("%s=%s: sent %s, want %q", tt.name, tt.value, sent, tt.sent)
		}
	}
}

// Without a description of the module its operations decide: what no table has is
// sent as it looks.
func TestUnknownPropertiesAreSent(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank", "tank/a")
	testkit.Must(t, c.DatasetSetProps(t.Context(), "tank/a", prop.Values{"colour": prop.String("blue"), "depth": prop.String("3"), "prefetch": prop.String("all")}))
	sent := strings.Join(f.Sent, "\n")
	for _, want := range []string{`colour: string = "blue"`, "depth: uint64 = 3", "prefetch: uint64 = "} {
		if !strings.Contains(sent, want) {
			t.Errorf("sent %s, want %s", sent, want)
		}
	}
	if err := c.DatasetInheritProp(t.Context(), "tank/a", "colour", nil); err != nil {
		t.Error(err)
	}
}

// What the module tells beyond our tables is shown, with value and source: native
// properties that no table has, and those that came later than its release.
func TestNewPropertiesAreShown(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank", "tank/a")
	f.Bad = func(op ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
		list := testkit.Numbers("used", 5, "depth", 3, "snapshots_changed_nsecs", 7)
		switch op {
		case ioctl.OpObjsetStats:
			b := cmd.Bytes(ioctl.FieldObjsetStats)
			clear(b)
			binary.NativeEndian.PutUint32(b[24:], testkit.KindFilesystem)
			return cmd.Answer(list), true
		case ioctl.OpPoolGetProps:
			list := testkit.Numbers("size", 1, "mood", 2, "maxblocksize", 3)
			mood, _ := list.List("mood")
			mood.SetUint64("source", 8)
			return cmd.Answer(list), true
		}
		return nil, false
	}
	ds, err := c.DatasetStats(t.Context(), "tank/a", nil)
	testkit.Must(t, err)
	var shown []string
	for p := range ds.Props.All() {
		if p.Name == "depth" || p.Name == "snapshots_changed_nsecs" {
			shown = append(shown, fmt.Sprintf("%s=%s", p.Name, p.Text))
		}
	}
	if diff := cmp.Diff([]string{"snapshots_changed_nsecs=7", "depth=3"}, shown); diff != "" {
		t.Errorf("dataset (-want +got):\n%s", diff)
	}
	if v, _, ok := ds.Props.Lookup("depth"); !ok || v.Uint64() != 3 {
		t.Errorf("depth is %v, %t", v, ok)
	}
}

// A device's properties are those that the module lists: of our table, and after
// them those that no table has.
func TestDevicePropertiesOfTheModule(t *testing.T) {
	calls := 0
	c := vdevPropsClient(t, ioctl.Release{Major: 2, Minor: 2, Patch: 11}, &calls)
	zfs.SetModuleDir(c, describeModule(t, "vdev slow_io_n number <events>", "vdev state number <state>", "vdev taste string <text>"))
	props, err := c.VdevProps(t.Context(), "tank", "d11", nil)
	testkit.Must(t, err)
	var names []string
	for p := range props.All() {
		names = append(names, string(p.Name))
	}
	if !slices.Contains(names, "slow_io_n") || !slices.Contains(names, "state") || slices.Contains(names, "autosit") || slices.Contains(names, "size") {
		t.Errorf("properties %v", names)
	}
}

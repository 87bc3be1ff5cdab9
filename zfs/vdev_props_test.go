package zfs_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// vdevPropsClient is a client of a module of a release with one device, of which
// stored properties and limits can be read. As the kernel's, an answer ends with
// the first limit that has its default.
func vdevPropsClient(t *testing.T, release ioctl.Release, calls *int) *zfs.Client {
	t.Helper()
	pair := func(out *nvlist.List, name string, v any, source uint64) {
		l := &nvlist.List{}
		if n, ok := v.(uint64); ok {
			l.SetUint64("value", n)
		} else {
			l.SetString("value", v.(string))
		}
		l.SetUint64("source", source)
		out.SetList(name, l)
	}
	c, err := zfs.Open(&zfs.Options{Release: release, Device: ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpPoolStats: func(c *ioctl.Cmd) error { return c.Answer(mirrorPool()) },
		ioctl.OpVdevGetProps: ioctltest.List(func(_ string, in *nvlist.List) (*nvlist.List, error) {
			*calls++
			out := &nvlist.List{}
			names, ok := in.List("vdevprops_get_props")
			if !ok {
				pair(out, "a:b", "c", 2)
				return out, nil
			}
			for asked := range names.All() {
				switch asked.Name() {
				case "checksum_n", "io_n":
					pair(out, asked.Name(), uint64(7), 8)
				case "checksum_t", "io_t", "slow_io_n", "slow_io_t":
					pair(out, asked.Name(), uint64(math.MaxUint64), 2)
					return out, nil
				}
			}
			return out, nil
		}),
	})})
	testkit.Must(t, err)
	return c
}

func TestVdevProps(t *testing.T) {
	release := ioctl.Release{Major: 2, Minor: 3}
	for _, tt := range []struct {
		names []prop.Prop
		calls int
		want  []string
	}{
		{[]prop.Prop{"checksum_t", "io_n", "a:b"}, 3, []string{"checksum_t=- default", "io_n=7 local", "a:b=c local"}},
		{[]prop.Prop{"d:e", "comment"}, 1, []string{"comment=- default"}},
		{[]prop.Prop{"raidz_expanding", "trim_support", "path", "bootsize"}, 3, []string{"trim_support=- -", "path=- default", "bootsize=0 default"}},
		{[]prop.Prop{"allocating"}, 1, []string{"allocating=on default"}},
		{[]prop.Prop{}, 0, nil},
	} {
		calls := 0
		props, err := vdevPropsClient(t, release, &calls).VdevProps(t.Context(), "tank", "d11", tt.names)
		testkit.Must(t, err)
		var got []string
		for p := range props.All() {
			got = append(got, string(p.Name)+"="+p.Text+" "+p.Source.String())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || calls != tt.calls {
			t.Errorf("%v: %d calls, want %d (-want +got):\n%s", tt.names, calls, tt.calls, diff)
		}
	}
	calls := 0
	c := vdevPropsClient(t, release, &calls)
	props, err := c.VdevProps(t.Context(), "tank", "d11", nil)
	testkit.Must(t, err)
	all := slices.Collect(props.All())
	if n := len(all); n < 48 || all[n-1].Name != "a:b" {
		t.Errorf("all are %d, and %v the last", n, all[n-1])
	}
	for _, name := range []prop.Prop{"non-sense", "a:B"} {
		if _, err := c.VdevProps(t.Context(), "tank", "d11", []prop.Prop{name}); !errors.Is(err, zfs.ErrInvalidProp) {
			t.Errorf("%s of 2.3: %v", name, err)
		}
	}
	if _, err := c.VdevProps(t.Context(), "tank", "x", nil); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("no device: %v", err)
	}
}

// The properties of a device are set by its GUID.
func TestVdevSetProps(t *testing.T) {
	c, f := fakePool(t, mirrorPool())
	testkit.Must(t, c.VdevSetProps(t.Context(), "tank", "d11", prop.Values{"a:b": prop.String("5"), "allocating": prop.String("off"), "checksum_n": prop.String("none")}))
	want := "VDEV_SET_PROPS tank\nvdevprops_set_vdev: uint64 = 11\nvdevprops_set_props: nvlist\n    a:b: string = \"5\"\n    allocating: uint64 = 0\n    checksum_n: uint64 = 18446744073709551615"
	if f.Sent[0] != want {
		t.Errorf("sent %q, want %q", f.Sent[0], want)
	}
	for _, tt := range []struct {
		name  prop.Prop
		value prop.Value
	}{
		{"size", prop.Uint64(1)}, {"non-sense", prop.String("on")}, {"allocating", prop.String("-")}, {"allocating", prop.Uint64(2)},
		{"allocating", prop.String("maybe")}, {"io_t", prop.String("many")}, {"comment", prop.Uint64(1)}, {"a:b", prop.Uint64(1)},
		{"path", prop.String("a\x00b")}, {"a:b", prop.String("x\x00y")}, {"x", prop.Strings(nil)},
	} {
		if err := c.VdevSetProps(t.Context(), "tank", "d11", prop.Values{tt.name: tt.value}); !errors.Is(err, zfs.ErrInvalidProp) {
			t.Errorf("%s=%v: %v", tt.name, tt.value, err)
		}
	}
}

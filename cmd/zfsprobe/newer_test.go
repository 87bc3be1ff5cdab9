package main

import (
	"maps"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
	"github.com/purezfs/purezfs/nvlist"
)

// newerPool is a pool of a module that knows more than we do: a type of device, a
// state and a reason of devices, a function and a state of scans, and a feature.
func newerPool() *nvlist.List {
	odd := fakeDisk("/dev/sdz", 21, 77, 88, 0)
	odd.SetString("type", "tape")
	root := fakeGroup("root", 7, fakeGroup("warp", 7, fakeDisk("/dev/sda", 11, 7, 0, 0), odd))
	root.SetUint64Array("scan_stats", []uint64{55, 66, 1000, 1061, 4000, 3000, 1000, 2048, 6, 7, 101, 0, 3, 9, 3000, 0, 0, 0, 0, 0, 0, 0})
	config := &nvlist.List{}
	config.SetUint64("version", 5000)
	config.SetUint64("pool_guid", 77)
	config.SetString("name", "tank")
	config.SetList("vdev_tree", root)
	features := &nvlist.List{}
	features.SetUint64("org.example:warp_drive", 2)
	config.SetList("feature_stats", features)
	return config
}

// newerDevice is a module that knows more than we do. It notes what is set.
func newerDevice(set *[]string) *ioctl.Device {
	datasets := []fakeDataset{
		{"tank", 2, 1, fakeStats("used", 5, "-", "colour", 3, "tank", "motto", "vast", "tank", "compression", 200, "tank", "createtxg", 1, "-")},
	}
	note := func(name string, in *nvlist.List) (*nvlist.List, error) {
		for pair := range in.All() {
			*set = append(*set, name+" "+pair.Name())
		}
		return nil, nil
	}
	handlers := poolHandlers(newerPool())
	maps.Copy(handlers, map[ioctl.Op]ioctltest.Handler{
		ioctl.OpObjsetStats: func(c *ioctl.Cmd) error {
			if c.Text(ioctl.FieldName) != "tank" {
				return ioctl.CodeNoent.Err()
			}
			return datasets[0].answer(c)
		},
		ioctl.OpDatasetListNext:  func(c *ioctl.Cmd) error { return fakeStep(datasets, c, "/") },
		ioctl.OpSnapshotListNext: func(c *ioctl.Cmd) error { return fakeStep(datasets, c, "@") },
		ioctl.OpObjsetZplprops:   func(c *ioctl.Cmd) error { return c.Answer(&nvlist.List{}) },
		ioctl.OpGetBookmarks:     ioctltest.List(func(string, *nvlist.List) (*nvlist.List, error) { return nil, nil }),
		ioctl.OpSetProp:          ioctltest.List(note),
		ioctl.OpPoolSetProps:     ioctltest.List(note),
		ioctl.OpVdevSetProps:     ioctltest.List(note),
		ioctl.OpInheritProp: func(c *ioctl.Cmd) error {
			*set = append(*set, "inherit "+c.Text(ioctl.FieldValue))
			return nil
		},
		ioctl.OpPoolGetProps: func(c *ioctl.Cmd) error {
			l := fakeStats("size", 1<<30, "-", "mood", 4, "-")
			mood, _ := l.List("mood")
			mood.SetUint64("source", 8)
			return c.Answer(l)
		},
		ioctl.OpVdevGetProps: ioctltest.List(func(_ string, in *nvlist.List) (*nvlist.List, error) {
			l := fakeStats("taste", 9, "-", "failfast", 7, "-")
			if names, named := in.List("vdevprops_get_props"); named {
				for pair := range names.All() {
					if !l.Has(pair.Name()) {
						return nil, nil
					}
				}
			}
			return l, nil
		}),
	})
	return ioctltest.Device(handlers)
}

// The properties and states of a newer module are shown as they are, and can be set by
// name: nothing is lost or refused.
func TestNewerModule(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"get -H -o property,value,source all tank", "colour\t3\tlocal"},
		{"get -H -o property,value,source all tank", "motto\tvast\tlocal"},
		{"get -H -o value colour tank", "3"},
		{"get -H -o value compression tank", "200"},
		{"get --json colour tank", `"colour"`},
		{"ls -H -o name,colour,motto", "tank\t3\tvast"},
		{"ls -H -o name -s colour", "tank"},
		{"pool get -H -o property,value,source all tank", "mood\t4\tlocal"},
		{"pool get -H -o value mood tank", "4"},
		{"pool get -H -o property,value all tank", "feature@warp_drive\tactive"},
		{"pool get -H -o value taste tank /dev/sda", "9"},
		{"pool get -H -o value failfast tank /dev/sda", "7"},
		{"status tank", "warp-0"},
		{"status tank", "unknown (77)"},
		{"status tank", "unknown (88)"},
		{"status tank", "scan: unknown (55), unknown (66)"},
		{"status --json tank", `"tape"`},
	} {
		var set []string
		r := runOn(t, newerDevice(&set), "", strings.Fields(tt.args)...)
		if r.code == exitFailed || !strings.Contains(r.out, tt.want) {
			t.Errorf("%s: exit %d, %q not in\n%s%s", tt.args, r.code, tt.want, r.out, r.errOut)
		}
	}
	for _, tt := range []struct{ args, want string }{
		{"do set colour=5 tank", "tank colour"},
		{"do inherit colour tank", "inherit colour"},
		{"do pool set mood=5 tank", "tank mood"},
		{"do pool set feature@warp_drive=enabled tank", "tank feature@warp_drive"},
	} {
		var set []string
		r := runOn(t, newerDevice(&set), "", strings.Fields(tt.args)...)
		if r.code != exitFine || strings.Join(set, ",") != tt.want {
			t.Errorf("%s: exit %d, %q is set, want %q: %s", tt.args, r.code, set, tt.want, r.errOut)
		}
	}
}

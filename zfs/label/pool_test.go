package label

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/nvlist"
)

// poolText is what matters of a pool: health, tree, missing and stale devices.
func poolText(p *Pool) string {
	s := fmt.Sprintf("%s %d %s:", p.Config.Name, p.Config.Txg, p.Health())
	for v := range p.Tree.All() {
		if v.Type != "root" {
			s += " " + v.Name()
		}
	}
	for _, v := range p.Missing {
		s += " -" + v.Name()
	}
	for _, m := range p.Stale {
		s += " stale " + m.Path
	}
	return s
}

func TestPools(t *testing.T) {
	a := member{pool: 1, top: 10, id: 0, guid: 11, other: 12, txg: 50, tops: 2}
	c := member{pool: 1, top: 20, id: 1, guid: 20, txg: 50, tops: 2}
	z := member{pool: 1, top: 10, id: 0, guid: 11, other: 12, txg: 50, tops: 1, kind: "raidz", parity: 1}
	at := func(m member, txg uint64) member { m.txg = txg; return m }
	with := func(m member, tops uint64, holes ...uint64) member { m.tops, m.holes = tops, holes; return m }
	removed := c
	removed.top, removed.guid = 30, 30
	for _, tt := range []struct {
		name  string
		found []*Found
		want  string
	}{
		{"whole", []*Found{a.found(t, "/d/a"), c.found(t, "/d/c")}, "made 50 DEGRADED: mirror-0 /d/a /old/m /d/c -/old/m"},
		{"whole, other order", []*Found{c.found(t, "/d/c"), {Path: "/x", Err: ErrNoLabel}, a.found(t, "/d/a")}, "made 50 DEGRADED: mirror-0 /d/a /old/m /d/c -/old/m"},
		{"top-level device missing", []*Found{a.found(t, "/d/a")}, "made 50 UNAVAIL: mirror-0 /d/a /old/m missing-1 -/old/m -missing-1"},
		{"raidz with one disk of two", []*Found{z.found(t, "/d/z")}, "made 50 DEGRADED: raidz1-0 /d/z /old/m -/old/m"},
		{"hole", []*Found{with(a, 3, 1).found(t, "/d/a"), at(with(c, 2), 40).found(t, "/d/c")}, "made 50 UNAVAIL: mirror-0 /d/a /old/m /d/c missing-2 -/old/m -missing-2"},
		{"hole without device", []*Found{with(a, 2, 1).found(t, "/d/a")}, "made 50 DEGRADED: mirror-0 /d/a /old/m hole-1 -/old/m"},
		{"device beyond the newest", []*Found{with(a, 1).found(t, "/d/a"), at(c, 40).found(t, "/d/c")}, "made 50 DEGRADED: mirror-0 /d/a /old/m -/old/m stale /d/c"},
		{"replaced top-level device", []*Found{c.found(t, "/d/c"), at(removed, 49).found(t, "/d/r"), a.found(t, "/d/a")}, "made 50 DEGRADED: mirror-0 /d/a /old/m /d/c -/old/m stale /d/r"},
		{"old pool that does not count", []*Found{with(c, 0).found(t, "/d/c")}, "made 50 UNAVAIL: missing-0 /d/c -missing-0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pools := Pools(tt.found)
			if len(pools) != 1 {
				t.Fatalf("%d pools", len(pools))
			}
			if diff := cmp.Diff(tt.want, poolText(pools[0])); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The newest labels decide: what a disk that was away has missed does not count,
// and that it is a member still.
func TestPoolsNewest(t *testing.T) {
	newer := member{pool: 1, top: 10, id: 0, guid: 11, other: 12, txg: 50, tops: 1}
	away := member{pool: 1, top: 10, id: 0, guid: 12, other: 11, txg: 40, tops: 5}
	detached := member{pool: 1, top: 10, id: 0, guid: 13, other: 11, txg: 30, tops: 1}
	for _, found := range [][]*Found{
		{newer.found(t, "/n"), away.found(t, "/a"), detached.found(t, "/d")},
		{detached.found(t, "/d"), away.found(t, "/a"), newer.found(t, "/n")},
	} {
		p := Pools(found)[0]
		if got := poolText(p); got != "made 50 ONLINE: mirror-0 /n /a stale /d" {
			t.Errorf("pool %s", got)
		}
		if m := p.Members[1]; m.Path != "/a" || m.Txg != 40 || m.Labels != Count || m.Vdev != p.Tree.Children[0].Children[1] {
			t.Errorf("member %+v", m)
		}
	}
}

// One disk that is seen by several names has the one of its label, or else the
// one with the most labels, or else the first.
func TestPoolsPaths(t *testing.T) {
	m := member{pool: 1, top: 11, guid: 11, txg: 50, tops: 1}
	damaged := func(path string) *Found {
		f := m.found(t, path)
		f.Device.Labels[3].Err = ErrChecksum
		return f
	}
	for _, tt := range []struct {
		name  string
		found []*Found
		want  string
		devid bool // what else the label says of the place is still right
	}{
		{"of the label", []*Found{m.found(t, "/d/1"), damaged("/old/l"), m.found(t, "/d/2")}, "/old/l [/d/1 /d/2] 4", true},
		{"most labels", []*Found{damaged("/d/1"), m.found(t, "/d/2"), m.found(t, "/d/3")}, "/d/2 [/d/1 /d/3] 4", false},
		{"first", []*Found{m.found(t, "/d/1"), m.found(t, "/d/2")}, "/d/1 [/d/2] 4", false},
	} {
		p := Pools(tt.found)[0]
		got := p.Members[0]
		slices.Sort(got.Others)
		if s := fmt.Sprint(got.Path, " ", got.Others, " ", got.Labels); s != tt.want || p.Tree.Children[0].Path != got.Path {
			t.Errorf("%s: %s, want %s", tt.name, s, tt.want)
		}
		if (p.Tree.Children[0].DevID != "") != tt.devid {
			t.Errorf("%s: devid %q", tt.name, p.Tree.Children[0].DevID)
		}
	}
}

// Pools of one name are kept apart, and each has what the kernel wants.
func TestPoolsImport(t *testing.T) {
	one := member{pool: 2, top: 11, guid: 11, txg: 50, tops: 1}
	two := member{pool: 1, top: 12, guid: 12, txg: 60, tops: 2, holes: []uint64{1}}
	pools := Pools([]*Found{one.found(t, "/1"), two.found(t, "/2"), mustFound(t, "2.0/spare"), mustFound(t, "2.4/cache")})
	if len(pools) != 2 || pools[0].Config.PoolGUID != 1 || pools[1].Config.PoolGUID != 2 {
		t.Fatalf("pools %v", pools)
	}
	const want = `
hole_array=[1] hostid=7 hostname=elsewhere name=made pool_guid=1 state=0 vdev_children=2 vdev_tree= version=5000`
	var parts []string
	for _, name := range sortedKeys(pools[0].Import) {
		pair, _ := pools[0].Import.Lookup(name)
		text := name + "="
		if name != "vdev_tree" {
			text += fmt.Sprint(pair.Value())
		}
		parts = append(parts, text)
	}
	if diff := cmp.Diff(want, "\n"+strings.Join(parts, " ")); diff != "" {
		t.Errorf("import (-want +got):\n%s", diff)
	}
	if pools[0].Tree.List == nil || pools[0].Uberblock != nil || pools[0].Multihost() {
		t.Errorf("pool %+v", pools[0])
	}
}

func TestHealth(t *testing.T) {
	leaf := func(guid uint64) *Vdev { return &Vdev{Type: "file", GUID: guid} }
	group := func(kind string, parity uint64, children ...*Vdev) *Vdev {
		return &Vdev{Type: kind, Parity: parity, Children: children}
	}
	gone, offline := leaf(1), &Vdev{Type: "disk", Offline: true}
	for _, tt := range []struct {
		name string
		tree *Vdev
		want Health
	}{
		{"disk", group("root", 0, leaf(2)), HealthOnline},
		{"disk gone", group("root", 0, gone), HealthUnavailable},
		{"mirror", group("root", 0, group("mirror", 0, leaf(2), gone)), HealthDegraded},
		{"mirror offline", group("root", 0, group("mirror", 0, leaf(2), offline)), HealthDegraded},
		{"mirror gone", group("root", 0, group("mirror", 0, gone, offline)), HealthUnavailable},
		{"raidz1", group("root", 0, group("raidz", 1, leaf(2), leaf(3), gone)), HealthDegraded},
		{"raidz1 of two gone", group("root", 0, group("raidz", 1, leaf(2), offline, gone)), HealthUnavailable},
		{"raidz2 of two gone", group("root", 0, group("raidz", 2, leaf(2), offline, gone)), HealthDegraded},
		{"draid with distributed spare", group("root", 0, group("draid", 1, leaf(2), leaf(3), &Vdev{Type: "dspare"})), HealthOnline},
		{"replacing in a raidz", group("root", 0, group("raidz", 1, leaf(2), group("replacing", 0, gone, leaf(4)))), HealthDegraded},
		{"one of two top-level devices", group("root", 0, leaf(2), group("mirror", 0, gone, gone)), HealthUnavailable},
		{"hole", group("root", 0, leaf(2), group("hole", 0)), HealthOnline},
	} {
		p := &Pool{Tree: tt.tree, Missing: []*Vdev{gone}}
		if got := p.Health(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if got := Health(9).String() + State(9).String(); got != "UNKNOWNstate(9)" {
		t.Errorf("names %s", got)
	}
}

// A tree that the kernel has made says where its spares and caches were found,
// too.
func TestSetPaths(t *testing.T) {
	leaf := func(guid uint64) *nvlist.List {
		l := &nvlist.List{}
		l.SetString("type", "file")
		l.SetUint64("guid", guid)
		l.SetString("path", "/old")
		return l
	}
	var found []*Found
	tree := &nvlist.List{}
	tree.SetString("type", "root")
	for group, name := range map[string]string{"children": "log", "spares": "spare", "l2cache": "cache"} {
		f := mustFound(t, "2.4/"+name)
		found = append(found, f)
		tree.SetLists(group, []*nvlist.List{leaf(f.Device.Best().Config.GUID), leaf(3)})
	}
	SetPaths(tree, append(found, &Found{Path: "/x", Err: ErrNoLabel}))
	for group, name := range map[string]string{"children": "log", "spares": "spare", "l2cache": "cache"} {
		leaves, _ := tree.Lists(group)
		path, _ := leaves[0].Text("path")
		other, _ := leaves[1].Text("path")
		if path != "/dev/"+name || other != "/old" {
			t.Errorf("%s: %s and %s", group, path, other)
		}
	}
	if v, err := ParseVdev(tree); err != nil || v.Children[0].Path != "/dev/log" {
		t.Errorf("%v, %v", v, err)
	}
}

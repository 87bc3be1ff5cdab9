package label

import (
	"cmp"
	"slices"

	"github.com/purezfs/purezfs/nvlist"
)

// maxTops is the largest accepted number of top-level devices of a pool. Real
// pools have far fewer, and a damaged label could claim any number.
const maxTops = 16 << 10

// assembly is a pool whose labels are being collected.
type assembly struct {
	best    *Config
	tops    map[uint64]*Config // the newest configuration by top-level device
	devices []device
}

// device is a device that was found, with the configuration of its best label.
type device struct {
	path   string
	config *Config
	labels int
	uber   *Uberblock
}

// add adds a device.
func (a *assembly) add(f *Found, c *Config) {
	a.devices = append(a.devices, device{f.Path, c, f.Device.Whole(), f.Device.Uberblock()})
	if a.best == nil || newer(c, a.best) {
		a.best = c
	}
	if old := a.tops[c.TopGUID]; old == nil || newer(c, old) {
		a.tops[c.TopGUID] = c
	}
}

// newer reports whether c was written later than old. Labels of one transaction
// group can differ if a write was interrupted, so the GUID breaks the tie.
func newer(c, old *Config) bool {
	return cmp.Or(cmp.Compare(c.Txg, old.Txg), cmp.Compare(old.GUID, c.GUID)) > 0
}

// pool puts the pool together.
func (a *assembly) pool() *Pool {
	p := &Pool{Config: a.best}
	root := &nvlist.List{}
	root.SetString("type", "root")
	root.SetUint64("id", 0)
	root.SetUint64("guid", a.best.PoolGUID)
	root.SetLists("children", a.children())
	a.fixPaths(root)
	p.Tree, _ = ParseVdev(root) // all of its parts have been parsed before
	p.Import = a.importConfig(root)
	a.members(p)
	for _, d := range a.devices {
		if d.uber != nil && (p.Uberblock == nil || d.uber.compare(p.Uberblock) > 0) {
			p.Uberblock = d.uber
		}
	}
	return p
}

// children returns the top-level devices in their places. Only the newest
// configuration lists them correctly; a device that was removed since then may
// still have labels.
func (a *assembly) children() []*nvlist.List {
	byID := make(map[uint64]*Config)
	most := a.best.Tops
	for _, c := range a.tops {
		id := c.Tree.ID
		if old := byID[id]; old == nil || newer(c, old) {
			byID[id] = c
		}
		if a.best.Tops == 0 {
			most = max(most, min(id, maxTops)+1)
		}
	}
	all := make([]*nvlist.List, 0, len(byID))
	for id := range min(most, maxTops) {
		switch c := byID[id]; {
		case c != nil:
			all = append(all, c.Tree.List.Clone())
		case slices.Contains(a.best.Holes, id):
			all = append(all, placeholder("hole", id))
		default:
			all = append(all, placeholder("missing", id))
		}
	}
	return all
}

// placeholder returns an entry for the place of a top-level device.
func placeholder(kind string, id uint64) *nvlist.List {
	l := &nvlist.List{}
	l.SetString("type", kind)
	l.SetUint64("id", id)
	l.SetUint64("guid", 0)
	return l
}

// fixPaths sets the paths of a tree to those at which its devices were found.
func (a *assembly) fixPaths(l *nvlist.List) {
	places := make(map[uint64][]device)
	for _, d := range a.devices {
		places[d.config.GUID] = append(places[d.config.GUID], d)
	}
	setPaths(l, places)
}

// SetPaths sets the paths of a tree of devices, such as the kernel returns, to
// the paths at which its disks, files, spares and caches were found.
func SetPaths(tree *nvlist.List, found []*Found) {
	places := make(map[uint64][]device)
	for _, f := range found {
		if f.Device == nil || f.Err != nil {
			continue
		}
		if best := f.Device.Best(); best != nil {
			guid := best.Config.GUID
			places[guid] = append(places[guid], device{f.Path, best.Config, f.Device.Whole(), nil})
		}
	}
	setPaths(tree, places)
}

// setPaths changes the paths of the disks and files of a tree. If a path
// changes, the other locations of that device are removed, because they would
// be wrong.
func setPaths(l *nvlist.List, places map[uint64][]device) {
	for _, group := range []string{"children", "spares", "l2cache"} {
		pair, _ := l.Lookup(group)
		for _, child := range pair.AllLists() {
			setPaths(child, places)
		}
	}
	kind, _ := l.Text("type")
	guid, _ := l.Uint("guid")
	found := places[guid]
	if kind != "disk" && kind != "file" || len(found) == 0 {
		return
	}
	old, _ := l.Text("path")
	path := found[prefer(found, old)].path
	if path == old {
		return
	}
	l.SetString("path", path)
	for _, name := range []string{"devid", "phys_path", "vdev_enc_sysfs_path"} {
		l.Delete(name)
	}
}

// prefer chooses among the paths of one device: the path in its label, else the
// path with more whole labels, else the first path that was read.
func prefer(found []device, old string) int {
	best := 0
	for i, d := range found {
		switch {
		case d.path == old:
			return i
		case d.labels > found[best].labels:
			best = i
		}
	}
	return best
}

// importConfig returns the configuration with which the kernel imports the
// pool.
func (a *assembly) importConfig(root *nvlist.List) *nvlist.List {
	l := &nvlist.List{}
	for _, name := range []string{
		"version", "pool_guid", "name", "comment", "compatibility", "state", "hostid", "hostname", "vdev_children", "hole_array",
	} {
		if pair, ok := a.best.List.Lookup(name); ok {
			l.SetPair(pair)
		}
	}
	l.SetList("vdev_tree", root)
	return l
}

// members sorts the devices that were found into members of the tree and stale
// devices, and notes the missing devices.
func (a *assembly) members(p *Pool) {
	byGUID := make(map[uint64]*Member)
	for _, d := range a.devices {
		if m := byGUID[d.config.GUID]; m != nil {
			m.Others = append(m.Others, d.path)
			m.Labels, m.Txg = max(m.Labels, d.labels), max(m.Txg, d.config.Txg)
			continue
		}
		byGUID[d.config.GUID] = &Member{Path: d.path, Labels: d.labels, Txg: d.config.Txg, Vdev: d.config.Tree.find(d.config.GUID)}
	}
	for v := range p.Tree.All() {
		m := byGUID[v.GUID]
		switch {
		case v.Leaf() && m != nil:
			m.Vdev = v
			m.moveTo(v.Path)
			p.Members = append(p.Members, *m)
			delete(byGUID, v.GUID)
		case v.Leaf(), v.Type == "missing":
			p.Missing = append(p.Missing, v)
		}
	}
	for _, m := range byGUID {
		p.Stale = append(p.Stale, *m)
	}
	slices.SortFunc(p.Stale, func(a, b Member) int { return cmp.Compare(a.Path, b.Path) })
}

// moveTo makes the chosen path the member's first.
func (m *Member) moveTo(path string) {
	if i := slices.Index(m.Others, path); i >= 0 {
		m.Path, m.Others[i] = path, m.Path
	}
}

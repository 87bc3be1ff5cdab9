package label

import (
	"cmp"
	"slices"

	"github.com/purezfs/purezfs/nvlist"
)

// Pool is a pool as the labels of its devices tell of it.
type Pool struct {
	// Config is the newest of the configurations: the pool's name, GUID, state,
	// host, version and features.
	Config *Config
	// Tree is the whole pool: a root with the top-level devices, of each the
	// newest description. The paths are where the devices were found. A device
	// of type "missing" stands for a top-level device of which there is no label.
	Tree *Vdev
	// Members are the devices that belong to the tree, in its order.
	Members []Member
	// Missing are the disks and files of the tree that were not found, and the
	// top-level devices of type "missing".
	Missing []*Vdev
	// Stale were found as well and are not in the tree: what was detached or
	// replaced while it could not be reached, by path.
	Stale []Member
	// Uberblock is the newest that was read, nil if none was. It tells when the
	// pool was last written, and with MMP whether hosts are kept apart.
	Uberblock *Uberblock
	// Import is the configuration for the kernel, from which it reads the rest
	// itself. It may be changed.
	Import *nvlist.List
}

// Member is a device of a pool that was found.
type Member struct {
	// Vdev is the device in the tree. A stale one is in its own label's, or nil.
	Vdev *Vdev
	Path string
	// Others are further paths that lead to the same labels.
	Others []string
	Labels int // how many of the four are whole
	Txg    uint64
}

// Health reports whether the devices that were found suffice.
type Health uint8

// The states of health.
const (
	// HealthOnline: nothing is missing.
	HealthOnline Health = iota
	// HealthDegraded: what is missing is made up for by what is there.
	HealthDegraded
	// HealthUnavailable: data is missing. If it is a log device that is, the
	// pool can be imported without it.
	HealthUnavailable
)

// String returns the state in one word, as zpool(8) writes it.
func (h Health) String() string {
	names := [...]string{"ONLINE", "DEGRADED", "UNAVAIL"}
	if int(h) < len(names) {
		return names[h]
	}
	return "UNKNOWN"
}

// Pools puts pools together from what was found. Devices without labels, spares
// and caches are left out: the latter do not tell whose they are. The order is
// that of the names, and of the GUIDs where names are equal.
func Pools(found []*Found) []*Pool {
	byGUID := make(map[uint64]*assembly)
	for _, f := range found {
		if f.Device == nil || f.Err != nil {
			continue
		}
		best := f.Device.Best()
		if best == nil || best.Config.State.Auxiliary() {
			continue
		}
		a := byGUID[best.Config.PoolGUID]
		if a == nil {
			a = &assembly{tops: make(map[uint64]*Config)}
			byGUID[best.Config.PoolGUID] = a
		}
		a.add(f, best.Config)
	}
	var pools []*Pool
	for _, a := range byGUID {
		pools = append(pools, a.pool())
	}
	slices.SortFunc(pools, func(a, b *Pool) int {
		return cmp.Or(cmp.Compare(a.Config.Name, b.Config.Name), cmp.Compare(a.Config.PoolGUID, b.Config.PoolGUID))
	})
	return pools
}

// Health tells from what is missing how the pool is. The kernel knows more: what
// is wrong inside of the devices.
func (p *Pool) Health() Health {
	return p.health(p.Tree)
}

// HealthOf is Health for one device of the tree. Without a pool, as for one of a
// cachefile, nothing is known to be missing.
func (p *Pool) HealthOf(v *Vdev) Health {
	if p == nil {
		p = &Pool{}
	}
	return p.health(v)
}

func (p *Pool) health(v *Vdev) Health {
	if v.Leaf() || v.Type == "missing" {
		switch {
		case slices.Contains(p.Missing, v):
			return HealthUnavailable
		case v.Offline || v.Faulted || v.Removed:
			return HealthUnavailable
		}
		return HealthOnline
	}
	worst, lost := HealthOnline, 0
	for _, child := range v.Children {
		h := p.health(child)
		worst = max(worst, h)
		if h == HealthUnavailable {
			lost++
		}
	}
	switch {
	case worst == HealthOnline:
		return HealthOnline
	case lost == 0, lost <= v.spare():
		return HealthDegraded
	}
	return HealthUnavailable
}

// spare is how many of its children a group can do without.
func (v *Vdev) spare() int {
	switch v.Type {
	case "mirror", "replacing", "spare":
		return len(v.Children) - 1
	case "raidz", "draid":
		return int(min(v.Parity, uint64(len(v.Children))))
	}
	return 0
}

// Multihost reports whether hosts are kept apart: the pool is written all the
// time while it is imported.
func (p *Pool) Multihost() bool { return p.Uberblock != nil && p.Uberblock.MMP.Active() }

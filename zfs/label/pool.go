package label

import (
	"cmp"
	"slices"

	"github.com/purezfs/purezfs/nvlist"
)

// Pool is a pool as described by the labels of its devices.
type Pool struct {
	// Config is the newest of the configurations: the pool's name, GUID, state,
	// host, version and features.
	Config *Config
	// Tree is the whole pool: a root with the newest description of each
	// top-level device. The paths are those at which the devices were found. A
	// device of type "missing" represents a top-level device without any label.
	Tree *Vdev
	// Members are the devices that belong to the tree, in its order.
	Members []Member
	// Missing are the disks and files of the tree that were not found, and the
	// top-level devices of type "missing".
	Missing []*Vdev
	// Stale are the devices that were found but are not in the tree, because
	// they were detached or replaced while they were unavailable. They are
	// sorted by path.
	Stale []Member
	// Uberblock is the newest uberblock that was read, or nil. It holds the
	// time of the pool's last write, and its MMP whether multihost is on.
	Uberblock *Uberblock
	// Import is the configuration for an import by the kernel, which reads the
	// rest from the devices. It may be changed.
	Import *nvlist.List
}

// Member is a device of a pool that was found.
type Member struct {
	// Vdev is the device in the tree. For a stale device it is the device in
	// its own label's tree, or nil.
	Vdev *Vdev
	Path string
	// Others are further paths that lead to the same labels.
	Others []string
	Labels int // the number of whole labels
	Txg    uint64
}

// Health is the health of a pool according to the devices that were found.
type Health uint8

// The states of health.
const (
	// HealthOnline means that no device is missing.
	HealthOnline Health = iota
	// HealthDegraded means that devices are missing but their redundancy suffices.
	HealthDegraded
	// HealthUnavailable means that data is missing. If only log devices are
	// missing, the pool can be imported without them.
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

// Pools assembles pools from the labels that were found. It skips devices without
// labels, and spares and caches, whose labels do not name their pool. The pools are
// sorted by name, and by GUID if names are equal.
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

// Health returns the health of the pool according to its missing devices. It does
// not detect damage within devices, as the kernel does.
func (p *Pool) Health() Health {
	return p.health(p.Tree)
}

// HealthOf is Health for one device of the tree. If p is nil, as for a pool of a
// cachefile, no device counts as missing.
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

// spare returns how many children a group can lose.
func (v *Vdev) spare() int {
	switch v.Type {
	case "mirror", "replacing", "spare":
		return len(v.Children) - 1
	case "raidz", "draid":
		return int(min(v.Parity, uint64(len(v.Children))))
	}
	return 0
}

// Multihost reports whether the pool's property multihost is on: the pool is
// written all the time while it is imported.
func (p *Pool) Multihost() bool { return p.Uberblock != nil && p.Uberblock.MMP.Active() }

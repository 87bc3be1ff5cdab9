package main

import (
	"fmt"

	"github.com/purezfs/purezfs/nvlist"
)

// subject is a list to measure with.
type subject struct {
	name string
	list *nvlist.List
	// target is a pointer to a struct for the list. Goals are only set for lists
	// that have one.
	target  any
	batches int
	rounds  int
}

// subjects returns the lists that goals are set for, and lists of growing
// length that show whether time is linear.
func subjects() []subject {
	all := []subject{
		{"stats", stats(), new(statsStruct), 2000, 20000},
		{"pool", pool(3), new(poolStruct), 1000, 10000},
	}
	for _, n := range []int{1, 10, 100, 1000} {
		all = append(all, subject{fmt.Sprintf("%d pairs", n), flat(n), nil, 200, 200000 / n})
	}
	return append(all, subject{"1 MB", flat(26000), nil, 10, 1000})
}

// flat returns a list of n numbers.
func flat(n int) *nvlist.List {
	l := new(nvlist.List)
	for i := range n {
		l.SetUint64(fmt.Sprintf("number_%d", i), uint64(i))
	}
	return l
}

// statsNames are the properties in what a kernel answers about a filesystem.
func statsNames() []string {
	return []string{
		"type", "creation", "used", "available", "referenced", "compressratio", "mounted", "quota",
		"reservation", "recordsize", "compression", "objsetid", "createtxg", "guid", "version",
		"usedbysnapshots", "usedbydataset", "usedbychildren", "usedbyrefreservation", "logicalused",
		"logicalreferenced", "written", "refquota", "refreservation", "refcompressratio", "snapshots_changed",
		"defaultuserquota", "unique", "inconsistent",
	}
}

// stats returns a list like OBJSET_STATS: each property is a list of its own,
// some with the name of the dataset that they come from.
func stats() *nvlist.List {
	l := new(nvlist.List)
	for i, name := range statsNames() {
		p := new(nvlist.List)
		p.SetUint64("value", uint64(i)*0x123456789)
		if i%8 == 7 {
			p.SetString("source", "tank/home")
		}
		l.SetList(name, p)
	}
	return l
}

// pool returns a list like POOL_STATS of a pool with the given number of disks.
func pool(disks int) *nvlist.List {
	root := vdev("root", 0)
	var children []*nvlist.List
	for i := range disks {
		children = append(children, vdev("disk", i+1))
	}
	root.SetLists("children", children)
	l := new(nvlist.List)
	l.SetUint64("version", 5000)
	l.SetString("name", "tank")
	l.SetUint64("state", 0)
	l.SetUint64("txg", 4711)
	l.SetUint64("pool_guid", 0xfedcba9876543210)
	l.SetUint64("errata", 0)
	l.SetString("hostname", "storage1")
	features := new(nvlist.List)
	for i := range 40 {
		features.SetUint64(fmt.Sprintf("org.openzfs:feature_%d", i), uint64(i))
	}
	l.SetList("feature_stats", features)
	l.SetList("vdev_tree", root)
	return l
}

// vdev returns the part of POOL_STATS about one device.
func vdev(typ string, id int) *nvlist.List {
	v := new(nvlist.List)
	v.SetString("type", typ)
	v.SetUint64("id", uint64(id))
	v.SetUint64("guid", 0x9e3779b97f4a7c15*uint64(id+1))
	v.SetString("path", fmt.Sprintf("/dev/disk/by-id/wwn-%d-part1", id))
	v.SetUint64("whole_disk", 1)
	v.SetUint64("create_txg", 4)
	numbers := make([]uint64, 58)
	for i := range numbers {
		numbers[i] = uint64(i * id)
	}
	v.SetUint64Array("vdev_stats", numbers)
	ex := new(nvlist.List)
	for i := range 14 {
		n := 37
		if i >= 8 {
			n = 25
		}
		ex.SetUint64Array(fmt.Sprintf("vdev_queue_histo_%d", i), numbers[:n])
		ex.SetUint64(fmt.Sprintf("vdev_active_queue_%d", i), uint64(i))
	}
	v.SetList("vdev_stats_ex", ex)
	return v
}

package nvlist

import "fmt"

// sampleStats builds what a kernel answers about one filesystem: some thirty
// properties, each a list of its own.
func sampleStats() *List {
	l := new(List)
	for i, name := range []string{
		"type", "creation", "used", "available", "referenced", "compressratio", "mounted", "quota",
		"reservation", "recordsize", "compression", "objsetid", "createtxg", "guid", "version",
		"usedbysnapshots", "usedbydataset", "usedbychildren", "usedbyrefreservation", "logicalused",
		"logicalreferenced", "written", "refquota", "refreservation", "refcompressratio", "snapshots_changed",
		"defaultuserquota", "unique", "inconsistent",
	} {
		p := new(List)
		p.SetUint64("value", uint64(i)*0x123456789)
		switch name {
		case "quota", "compression", "recordsize", "version":
			p.SetString("source", "tank/home")
		}
		l.SetList(name, p)
	}
	return l
}

// samplePool builds what a kernel answers about a pool with the given number of
// disks.
func samplePool(disks int) *List {
	vdev := func(typ string, id int) *List {
		v := new(List)
		v.SetString("type", typ)
		v.SetUint64("id", uint64(id))
		v.SetUint64("guid", 0x9e3779b97f4a7c15*uint64(id+1))
		v.SetString("path", fmt.Sprintf("/dev/disk/by-id/wwn-%d-part1", id))
		v.SetUint64("whole_disk", 1)
		v.SetUint64("create_txg", 4)
		stats := make([]uint64, 58)
		for i := range stats {
			stats[i] = uint64(i * id)
		}
		v.SetUint64Array("vdev_stats", stats)
		ex := new(List)
		for i, n := range []int{37, 37, 37, 37, 37, 37, 37, 37, 25, 25, 25, 25, 25, 25} {
			ex.SetUint64Array(fmt.Sprintf("vdev_queue_histo_%d", i), stats[:n])
		}
		for i := range 14 {
			ex.SetUint64(fmt.Sprintf("vdev_active_queue_%d", i), uint64(i))
		}
		v.SetList("vdev_stats_ex", ex)
		return v
	}
	root := vdev("root", 0)
	var children []*List
	for i := range disks {
		children = append(children, vdev("disk", i+1))
	}
	root.SetLists("children", children)
	l := new(List)
	l.SetUint64("version", 5000)
	l.SetString("name", "tank")
	l.SetUint64("state", 0)
	l.SetUint64("txg", 4711)
	l.SetUint64("pool_guid", 0xfedcba9876543210)
	l.SetUint64("errata", 0)
	l.SetString("hostname", "storage1")
	features := new(List)
	for i := range 40 {
		features.SetUint64(fmt.Sprintf("org.openzfs:feature_%d", i), uint64(i))
	}
	l.SetList("feature_stats", features)
	l.SetList("vdev_tree", root)
	return l
}

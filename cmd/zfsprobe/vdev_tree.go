package main

import "github.com/purezfs/purezfs/zfs"

// vdevGroup is devices of a pool under one heading.
type vdevGroup struct {
	head  string // in text as zpool(8) has it, empty for the pool itself
	class string // in JSON
	vdevs []*zfs.Vdev
}

// vdevGroups are the devices of a pool in the order of zpool(8): the pool with
// its data, then what is there for something else. Empty groups are left out.
func vdevGroups(s *zfs.PoolStatus) []vdevGroup {
	var groups []vdevGroup
	for _, g := range []vdevGroup{
		{"", "normal", []*zfs.Vdev{s.Root}},
		{"dedup\t", "dedup", s.Top(zfs.ClassDedup)},
		{"special\t", "special", s.Top(zfs.ClassSpecial)},
		{"logs\t", "log", s.Top(zfs.ClassLog)},
		{"cache", "l2cache", s.Cache},
		{"spares", "spare", s.Spares},
	} {
		if len(g.vdevs) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// below are the devices that belong below one: not those with a heading of their
// own, nor what removed ones have left.
func below(v *zfs.Vdev) (vdevs []*zfs.Vdev) {
	for _, child := range v.Children {
		if child.Class == zfs.ClassNormal && child.Type != "hole" && child.Type != "indirect" {
			vdevs = append(vdevs, child)
		}
	}
	return vdevs
}

// config writes the devices.
func (t *statusText) config() {
	groups := vdevGroups(t.s)
	t.width = 10
	for _, g := range groups {
		depth := 2
		if g.head == "" {
			depth = 0
		}
		for _, v := range g.vdevs {
			t.measure(v, depth)
		}
	}
	t.Addf("config:\n\n")
	if !t.importing {
		t.Addf("\t%-*s  %-8s %5s %5s %5s", t.width, "NAME", "STATE", "READ", "WRITE", "CKSUM")
		if t.f.slow {
			t.Addf(" %5s", "SLOW")
		}
		t.Addf("\n")
	}
	for _, g := range groups {
		depth := 0
		if g.head != "" {
			t.Addf("\t%s\n", g.head)
			depth = 2
		}
		for _, v := range g.vdevs {
			t.vdev(v, depth, g.class)
		}
	}
	if !t.importing {
		t.Addf("\n")
	}
}

// measure widens the column of names.
func (t *statusText) measure(v *zfs.Vdev, depth int) {
	t.width = max(t.width, len(t.Clean(v.Name))+depth)
	for _, child := range v.Children {
		t.measure(child, depth+2)
	}
}

// vdev writes a device of a class and those below it. What is beside a pool that
// is not imported has no state.
func (t *statusText) vdev(v *zfs.Vdev, depth int, class string) {
	spare := class == "spare"
	switch {
	case t.importing && (spare || class == "l2cache"):
		t.Addf("\t%*s%s", depth, "", v.Name)
	case t.importing:
		t.Addf("\t%*s%-*s  %s", depth, "", t.width-depth, v.Name, v.StateWord())
		if reason := v.ImportReason(); reason != "" {
			t.Addf("  %s", reason)
		}
	default:
		t.Addf("\t%*s%-*s  %-8s", depth, "", t.width-depth, v.Name, vdevWord(v, spare))
		t.counters(v, spare)
		t.reason(v, spare)
		t.activity(v)
	}
	t.Addf("\n")
	for _, child := range below(v) {
		t.vdev(child, depth+2, class)
	}
}

// counters writes the errors of a device, which spares do not have.
func (t *statusText) counters(v *zfs.Vdev, spare bool) {
	if spare {
		return
	}
	t.Addf(" %5s %5s %5s", t.number(v.Stats.ReadErrors), t.number(v.Stats.WriteErrors), t.number(v.Stats.ChecksumErrors))
	switch {
	case t.f.slow && v.Leaf():
		t.Addf(" %5s", t.number(v.Stats.SlowIOs))
	case t.f.slow:
		t.Addf(" %5s", "-")
	}
}

package label

import (
	"fmt"
	"iter"
	"slices"

	"github.com/purezfs/purezfs/nvlist"
)

// Vdev is a device of a pool, or a group of them.
type Vdev struct {
	// Type is the kernel's name of its type: "root", "mirror", "raidz",
	// "draid", "replacing", "spare", "disk", "file", "dspare", "indirect",
	// "hole", "missing".
	Type     string
	ID       uint64 // its place among the children of its parent
	GUID     uint64
	Path     string // of a disk or file, when the label was written
	DevID    string
	PhysPath string
	// Ashift is the binary logarithm of the sector size, Asize the number of
	// bytes for data. They are set for top-level devices only.
	Ashift, Asize uint64
	Parity        uint64 // how many disks of a raidz or draid may be missing
	CreateTxg     uint64
	WholeDisk     bool
	Log           bool
	// Bias is "log", "special" or "dedup" for a device of that class.
	Bias string
	// Offline, Faulted, Degraded and Removed are the states at the time when
	// the label was written.
	Offline, Faulted, Degraded, Removed bool
	Children                            []*Vdev
	// List is the list that the other fields were read from. It must not be
	// changed.
	List *nvlist.List
}

// maxVdevDepth is the maximum nesting depth of devices. The kernel uses at most
// five levels.
const maxVdevDepth = 16

// ParseVdev reads a tree of devices. An error matches ErrConfig.
func ParseVdev(l *nvlist.List) (*Vdev, error) { return parseVdev(l, maxVdevDepth+1) }

// parseVdev reads a tree with at most depth levels.
func parseVdev(l *nvlist.List, depth int) (*Vdev, error) {
	if depth == 0 {
		return nil, fmt.Errorf("%w: devices are nested more than %d deep", ErrConfig, maxVdevDepth)
	}
	v := &Vdev{List: l}
	var ok bool
	if v.Type, ok = l.Text("type"); !ok {
		return nil, fmt.Errorf("%w: a device without a type", ErrConfig)
	}
	for _, f := range []struct {
		name string
		to   *uint64
	}{
		{"id", &v.ID}, {"guid", &v.GUID}, {"ashift", &v.Ashift}, {"asize", &v.Asize}, {"nparity", &v.Parity}, {"create_txg", &v.CreateTxg},
	} {
		*f.to, _ = l.Uint(f.name)
	}
	for _, f := range []struct {
		name string
		to   *string
	}{{"path", &v.Path}, {"devid", &v.DevID}, {"phys_path", &v.PhysPath}, {"alloc_bias", &v.Bias}} {
		*f.to, _ = l.Text(f.name)
	}
	for _, f := range []struct {
		name string
		to   *bool
	}{
		{"whole_disk", &v.WholeDisk}, {"is_log", &v.Log}, {"offline", &v.Offline}, {"faulted", &v.Faulted},
		{"degraded", &v.Degraded}, {"removed", &v.Removed},
	} {
		n, _ := l.Uint(f.name)
		*f.to = n != 0
	}
	pair, _ := l.Lookup("children")
	for _, child := range pair.AllLists() {
		c, err := parseVdev(child, depth-1)
		if err != nil {
			return nil, err
		}
		v.Children = append(v.Children, c)
	}
	return v, nil
}

// All yields the device and its descendants, from the top down.
func (v *Vdev) All() iter.Seq[*Vdev] {
	return func(yield func(*Vdev) bool) { v.walk(yield) }
}

func (v *Vdev) walk(yield func(*Vdev) bool) bool {
	if v == nil {
		return true
	}
	if !yield(v) {
		return false
	}
	for _, child := range v.Children {
		if !child.walk(yield) {
			return false
		}
	}
	return true
}

// Leaves yields the disks and files below the device, or the device itself.
func (v *Vdev) Leaves() iter.Seq[*Vdev] {
	return func(yield func(*Vdev) bool) {
		for d := range v.All() {
			if d.Leaf() && !yield(d) {
				return
			}
		}
	}
}

// Leaf reports whether the device is a disk or a file, which has labels.
func (v *Vdev) Leaf() bool { return v.Type == "disk" || v.Type == "file" }

// find returns the device with a GUID, or nil.
func (v *Vdev) find(guid uint64) *Vdev {
	for d := range v.All() {
		if d.GUID == guid {
			return d
		}
	}
	return nil
}

// Name returns the name of the device in zpool(8): its path or, for groups, the
// type with the parity and the number, as in "raidz2-0".
func (v *Vdev) Name() string {
	switch {
	case v.Path != "":
		return v.Path
	case v.Type == "raidz", v.Type == "draid":
		return fmt.Sprintf("%s%d-%d", v.Type, v.Parity, v.ID)
	case v.Type == "root":
		return v.Type
	}
	return fmt.Sprintf("%s-%d", v.Type, v.ID)
}

// sortedKeys returns the sorted names of the pairs of a list.
func sortedKeys(l *nvlist.List) (names []string) {
	for p := range l.All() {
		names = append(names, p.Name())
	}
	slices.Sort(names)
	return names
}

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
	r := l.Reader()
	flag := func(name string) bool { return r.Uint(name) != 0 }
	v := &Vdev{
		List: l, Type: r.Text("type"), ID: r.Uint("id"), GUID: r.Uint("guid"), Path: r.Text("path"), DevID: r.Text("devid"),
		PhysPath: r.Text("phys_path"), Ashift: r.Uint("ashift"), Asize: r.Uint("asize"), Parity: r.Uint("nparity"),
		CreateTxg: r.Uint("create_txg"), WholeDisk: flag("whole_disk"), Log: flag("is_log"), Bias: r.Text("alloc_bias"),
		Offline: flag("offline"), Faulted: flag("faulted"), Degraded: flag("degraded"), Removed: flag("removed"),
	}
	children := r.Lists("children")
	switch {
	case r.Err() != nil:
		return nil, fmt.Errorf("%w: device %d: %w", ErrConfig, v.GUID, r.Err())
	case !r.Has("type"):
		return nil, fmt.Errorf("%w: a device without a type", ErrConfig)
	}
	for _, child := range children {
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

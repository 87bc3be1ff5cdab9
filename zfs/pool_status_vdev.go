package zfs

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/purezfs/purezfs/internal/enum"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// VdevState is the state of a device.
type VdevState uint8

// The states, from the worst to the best, with the kernel's numbers.
const (
	VdevUnknown  VdevState = iota
	VdevClosed             // it was not opened
	VdevOffline            // it was taken offline by an administrator
	VdevRemoved            // it was removed from the system
	VdevCantOpen           // it cannot be opened
	VdevFaulted            // it failed and is not used any more
	VdevDegraded           // it works with less redundancy
	VdevHealthy            // it works
)

// String returns the state as zpool(8) prints it, regardless of the reason.
func (s VdevState) String() string {
	return prop.HealthName(uint64(s))
}

// VdevAux is the reason of a state.
type VdevAux uint8

// The reasons that this package uses, with the kernel's numbers.
const (
	auxOpenFailed      VdevAux = 1
	auxCorruptData     VdevAux = 2
	auxNoReplicas      VdevAux = 3
	auxBadGUIDSum      VdevAux = 4
	auxBadLabel        VdevAux = 6
	auxVersionNewer    VdevAux = 7
	auxUnsupFeat       VdevAux = 9
	auxSpared          VdevAux = 10
	auxErrExceeded     VdevAux = 11
	auxBadLog          VdevAux = 13
	auxSplitPool       VdevAux = 15
	auxActive          VdevAux = 18
	auxChildrenOffline VdevAux = 19
)

// String returns the reason in words, or "".
func (a VdevAux) String() string {
	return enum.Name(a, "", "cannot open", "corrupted data", "insufficient replicas", "missing device",
		"too small", "invalid label", "newer version", "older version", "unsupported feature(s)",
		"currently in use", "too many errors", "experienced I/O failures", "bad intent log",
		"external device fault", "split into new pool", "bad ashift", "external device fault",
		"currently in use", "all children offline", "unsupported minimum blocksize")
}

// Word returns the kernel's name of the reason, as in zpool status -j.
func (a VdevAux) Word() string {
	return enum.Name(a, "NONE", "OPEN_FAILED", "CORRUPT_DATA", "NO_REPLICAS", "BAD_GUID_SUM", "TOO_SMALL", "BAD_LABEL",
		"VERSION_NEWER", "VERSION_OLDER", "UNSUP_FEAT", "SPARED", "ERR_EXCEEDED", "IO_FAILURE", "BAD_LOG", "EXTERNAL",
		"SPLIT_POOL", "BAD_ASHIFT", "EXTERNAL_PERSIST", "ACTIVE", "CHILDREN_OFFLINE", "ASHIFT_TOO_BIG")
}

// WorkState is the state of trimming or initializing a device.
type WorkState uint8

// The states of that work.
const (
	WorkNone WorkState = iota
	WorkActive
	WorkCanceled
	WorkSuspended
	WorkComplete
)

// String returns the state in one word.
func (s WorkState) String() string {
	return enum.Name(s, "none", "active", "canceled", "suspended", "complete")
}

// VdevWork is the progress of trimming or initializing a device.
type VdevWork struct {
	State WorkState
	// Done and Total are bytes; Total is an estimate.
	Done, Total uint64
	Errors      uint64
	// Time is when it began, was suspended or ended.
	Time time.Time
	// NotSupported reports whether the device cannot be trimmed.
	NotSupported bool
}

// Vdev is a device of a pool, or a group of them.
type Vdev struct {
	// Name is the name in zpool status: "mirror-0", "sda", "/tmp/file".
	Name string
	// Type is the kernel's: "root", "mirror", "raidz", "draid", "replacing",
	// "spare", "disk", "file", "dspare", "hole", "indirect", "missing".
	Type string
	// Class is the class of a top-level device.
	Class LayoutClass
	GUID  uint64
	ID    uint64
	// Path is the path of a disk or file. NotPresent reports whether this is the
	// last known path of a missing device.
	Path       string
	NotPresent bool
	WholeDisk  bool
	State      VdevState
	Aux        VdevAux
	// Stats are the kernel's counters.
	Stats VdevStats
	// Trim and Initialize are set for disks and files.
	Trim, Initialize VdevWork
	// Rebuild is the latest sequential resilver of a top-level device, or nil.
	Rebuild *RebuildStatus
	// Removing reports whether the device is being removed, Resilvering whether
	// it is being resilvered, Deferred whether its resilver waits for the present
	// one.
	Removing, Resilvering, Deferred bool
	Children                        []*Vdev
	// Config is the kernel's list, which has further values. It is shared and
	// must not be changed.
	Config *nvlist.List
	// How many disks of a raidz or draid may be missing, and of a draid how many
	// have data in a group and how many spares there are.
	parity, data, spares uint64
}

// VdevStats are the counters of a device. The kernel's array grows from release
// to release: counters that a release lacks are zero.
type VdevStats struct {
	Alloc, Space, DeflatedSpace        uint64 // bytes
	ReplacementSize, ExpandableSize    uint64 // bytes
	PhysicalSpace                      uint64 // bytes, since 2.1.6
	Ops, Bytes                         [6]uint64
	ReadErrors, WriteErrors            uint64
	ChecksumErrors, InitializeErrors   uint64
	SelfHealed, ScanProcessed          uint64 // bytes
	Fragmentation, CheckpointSpace     uint64 // percent, bytes
	SlowIOs, TrimErrors                uint64
	RebuildProcessed                   uint64 // bytes
	DirectVerifyErrors                 uint64 // since 2.3
	ConfiguredAshift, LogicalAshift    uint64
	PhysicalAshift                     uint64
	NoAlloc                            bool // since 2.2
	resilverDeferred, removing, hasDIO bool
}

// The places in the kernel's array, and its length if their meaning has changed.
const (
	statNoAlloc    = 45
	statPSpaceOnly = 46 // 2.1: place 45 is the physical space
)

// at returns one element of an array, or 0 if the array is too short.
func at(a []uint64, i int) uint64 {
	if i < len(a) {
		return a[i]
	}
	return 0
}

// parse reads the counters from the kernel's array.
func (s *VdevStats) parse(a []uint64) {
	s.Alloc, s.Space, s.DeflatedSpace = at(a, 3), at(a, 4), at(a, 5)
	s.ReplacementSize, s.ExpandableSize = at(a, 6), at(a, 7)
	for i := range s.Ops {
		s.Ops[i], s.Bytes[i] = at(a, 8+i), at(a, 14+i)
	}
	s.ReadErrors, s.WriteErrors, s.ChecksumErrors, s.InitializeErrors = at(a, 20), at(a, 21), at(a, 22), at(a, 23)
	s.SelfHealed, s.removing, s.ScanProcessed, s.Fragmentation = at(a, 24), at(a, 25) != 0, at(a, 26), at(a, 27)
	s.CheckpointSpace, s.resilverDeferred = at(a, 32), at(a, 33) != 0
	s.SlowIOs, s.TrimErrors, s.RebuildProcessed = at(a, 34), at(a, 35), at(a, 41)
	s.ConfiguredAshift, s.LogicalAshift, s.PhysicalAshift = at(a, 42), at(a, 43), at(a, 44)
	if len(a) == statPSpaceOnly {
		s.PhysicalSpace = a[statNoAlloc]
	} else {
		s.NoAlloc, s.PhysicalSpace = at(a, statNoAlloc) != 0, at(a, statNoAlloc+1)
	}
	s.DirectVerifyErrors, s.hasDIO = at(a, 47), len(a) > 47
}

// parseWork reads the work on a device from the array.
func (v *Vdev) parseWork(a []uint64) {
	when := func(i int) time.Time {
		if at(a, i) == 0 {
			return time.Time{}
		}
		return time.Unix(int64(at(a, i)), 0)
	}
	v.Initialize = VdevWork{State: WorkState(at(a, 30)), Done: at(a, 28), Total: at(a, 29), Errors: at(a, 23), Time: when(31)}
	v.Trim = VdevWork{State: WorkState(at(a, 39)), Done: at(a, 37), Total: at(a, 38), Errors: at(a, 35), Time: when(40),
		NotSupported: at(a, 36) != 0}
}

// configReader reads configurations. It remembers the first value of another type
// than kernels write, which reads as zero.
type configReader struct{ err error }

// note remembers what was wrong with a list that has been read.
func (c *configReader) note(what string, r *nvlist.Reader) {
	if c.err == nil && r.Err() != nil {
		c.err = fmt.Errorf("%s: %w", what, r.Err())
	}
}

// vdev reads one device of the tree with those below it.
func (c *configReader) vdev(config *nvlist.List) *Vdev {
	r := config.Reader()
	v := &Vdev{Config: config, Type: r.Text("type"), GUID: r.Uint("guid"), ID: r.Uint("id"), Path: r.Text("path"),
		NotPresent: r.Has("not_present"), WholeDisk: r.Uint("whole_disk") != 0, Resilvering: r.Has("resilver_txg") || r.Has("rebuild_txg"),
		Rebuild: parseRebuild(r.Uint64Array("org.openzfs:rebuild_stats")), Class: ClassLog,
		parity: r.Uint("nparity"), data: r.Uint("draid_ndata"), spares: r.Uint("draid_nspares")}
	if r.Uint("is_log") == 0 {
		v.Class, _ = classOf(r.Text("alloc_bias")) // a class of a later release is none
	}
	stats := r.Uint64Array("vdev_stats")
	v.State, v.Aux = VdevState(at(stats, 1)), VdevAux(at(stats, 2))
	v.Stats.parse(stats)
	v.parseWork(stats)
	v.Removing, v.Deferred = v.Stats.removing, v.Stats.resilverDeferred
	v.Children = c.vdevs(r.Lists("children"))
	v.Name = v.name()
	if r.Err() != nil {
		c.note("device "+strconv.FormatUint(v.GUID, 10), r)
	}
	return v
}

// vdevs reads devices side by side.
func (c *configReader) vdevs(configs []*nvlist.List) (all []*Vdev) {
	for _, config := range configs {
		all = append(all, c.vdev(config))
	}
	return all
}

// devDirectories are the directories with names of disks, the more specific ones
// first.
var devDirectories = [...]string{
	"/dev/disk/by-vdev/", "/dev/mapper/", "/dev/disk/by-partlabel/", "/dev/disk/by-partuuid/", "/dev/disk/by-label/",
	"/dev/disk/by-uuid/", "/dev/disk/by-id/", "/dev/disk/by-path/", "/dev/",
}

// name returns the name in zpool status.
func (v *Vdev) name() string {
	switch {
	case v.NotPresent:
		return strconv.FormatUint(v.GUID, 10)
	case v.Path != "":
		return v.pathName()
	case v.Type == "raidz":
		return fmt.Sprintf("raidz%d-%d", v.parity, v.ID)
	case v.Type == "draid":
		return fmt.Sprintf("draid%d:%dd:%dc:%ds-%d", v.parity, v.data, len(v.Children), v.spares, v.ID)
	case v.Type == "root":
		return "" // the pool's name
	}
	return fmt.Sprintf("%s-%d", v.Type, v.ID)
}

// pathName returns a path without the directory of its disks, and without the
// partition for a disk that ZFS has partitioned.
func (v *Vdev) pathName() string {
	path := v.Path
	for _, directory := range devDirectories {
		if rest, ok := strings.CutPrefix(path, directory); ok && v.Type == "disk" {
			path = rest
			break
		}
	}
	if v.WholeDisk && v.Type == "disk" {
		path = withoutPartition(path)
	}
	return path
}

// withoutPartition removes the partition number from a disk's name: sda1,
// nvme0n1p1, wwn-0x5-part1.
func withoutPartition(name string) string {
	trimmed := strings.TrimRight(name, "0123456789")
	if len(trimmed) == len(name) || trimmed == "" {
		return name
	}
	if head, ok := strings.CutSuffix(trimmed, "-part"); ok {
		return head
	}
	if head, ok := strings.CutSuffix(trimmed, "p"); ok && head != "" && head[len(head)-1] >= '0' && head[len(head)-1] <= '9' {
		return head
	}
	for _, prefix := range [...]string{"sd", "hd", "vd", "xvd"} {
		if strings.HasPrefix(name, prefix) {
			return trimmed
		}
	}
	return name
}

// StateWord returns the state as zpool status prints it for this device.
func (v *Vdev) StateWord() string { return stateWord(v.State, v.Aux) }

// stateWord returns the state in the words of zpool(8), which depend on the
// reason.
func stateWord(state VdevState, aux VdevAux) string {
	if state != VdevCantOpen {
		return state.String()
	}
	switch aux {
	case auxCorruptData, auxBadLog:
		return "FAULTED"
	case auxSplitPool:
		return "SPLIT"
	}
	return state.String()
}

// Leaf reports whether the device is a disk or file, and not a group.
func (v *Vdev) Leaf() bool { return len(v.Children) == 0 }

// All calls fn for the device and its descendants, each before its children,
// until fn returns false. It reports whether fn returned true for all.
func (v *Vdev) All(fn func(*Vdev) bool) bool {
	if !fn(v) {
		return false
	}
	for _, child := range v.Children {
		if !child.All(fn) {
			return false
		}
	}
	return true
}

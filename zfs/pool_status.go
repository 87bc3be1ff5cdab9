package zfs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/purezfs/purezfs/internal/enum"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// statusPatience is how long PoolStatus waits for the kernel unless told.
const statusPatience = 5 * time.Second

// kstatRoot is where the module shows its pools without taking any lock.
const kstatRoot = "/proc/spl/kstat/zfs"

// PoolStatusOptions says what PoolStatus reads. Nil is all but the errors.
type PoolStatusOptions struct {
	// Patience is how long to wait for the kernel, which does not answer as long
	// as another operation on a pool is stuck. Zero is 5 s.
	Patience time.Duration
	// Errors also reads the damaged files, as PoolErrorLog does.
	Errors bool
}

// SuspendReason is why a pool has stopped all writing.
type SuspendReason uint8

// The reasons, with the kernel's numbers.
const (
	SuspendNone      SuspendReason = iota
	SuspendIO                      // its devices fail
	SuspendMultihost               // another host may have it
)

// String returns the reason in one word.
func (r SuspendReason) String() string { return enum.Name(r, "none", "io", "multihost") }

// FeatureState is what has become of a feature in a pool.
type FeatureState uint8

// The states.
const (
	FeatureDisabled FeatureState = iota
	FeatureEnabled               // it may be used
	FeatureActive                // it is used: the pool needs it
)

// String returns the state as zpool get has it.
func (s FeatureState) String() string { return enum.Name(s, "disabled", "enabled", "active") }

// PoolStatus is how a pool does.
type PoolStatus struct {
	Name string
	GUID uint64
	// Health is in the words of zpool status: "ONLINE", "DEGRADED", "SUSPENDED".
	Health string
	// Unanswered tells that the kernel did not say more in time, and why: only
	// Name, Health and Code are set then, from what the module shows in /proc.
	Unanswered error
	// LoadError is why a pool cannot be used whose configuration is known, nil
	// for none.
	LoadError error
	Code      PoolStatusCode
	Version   uint64
	TXG       uint64
	HostID    uint64
	// Errata is a known fault in what the pool's software has written, 0 for
	// none. Code is StatusErrata if nothing is worse.
	Errata PoolErrata
	// Suspended is why the pool is suspended, and FailMode then its property.
	Suspended SuspendReason
	FailMode  uint64
	// Root is the tree of devices, Spares and Cache are beside it.
	Root          *Vdev
	Spares, Cache []*Vdev
	// These are nil where there has been none.
	Scan       *ScanStatus
	ErrorScrub *ErrorScrubStatus
	Removal    *RemovalStatus
	Checkpoint *CheckpointStatus
	Expansion  *ExpansionStatus
	// Features are by name; what is not there is disabled. It is nil if they are
	// not known.
	Features map[string]FeatureState
	// ErrorCount is an estimate of how many blocks are lost, Errors are the
	// files that they belong to.
	ErrorCount uint64
	Errors     []PoolError
	ErrorsErr  error // why the errors could not be read, nil if they were
	// Altroot is the directory that mountpoints lie below, empty for none.
	Altroot string
	// Config is all that the kernel says. It is shared and must not be changed.
	Config *nvlist.List
}

// PoolStatus reads how a pool does: its devices with their states and counters,
// what is or was under way, and what is damaged.
//
// It does not hang on a suspended pool, nor if the kernel is stuck for another
// reason: what is known of the pool then is told with Unanswered set. The call
// that was given up is one of Stuck. A pool that cannot be used is no error
// either: LoadError has the reason.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission, and the context's.
//
// Kernel: ZFS_IOC_POOL_STATS (legacy, since 0.8).
func (c *Client) PoolStatus(ctx context.Context, pool string, opts *PoolStatusOptions) (*PoolStatus, error) {
	if err := checkPool(pool); err != nil {
		return nil, inputError(ioctl.OpPoolStats, pool, err)
	}
	if opts == nil {
		opts = &PoolStatusOptions{}
	}
	patience := opts.Patience
	if patience == 0 {
		patience = statusPatience
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := c.readStatus(limited, pool)
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return unanswered(pool, kstatState(pool), err), nil
	}
	if err != nil {
		return nil, err
	}
	if opts.Errors && s.ErrorCount > 0 && s.Suspended == SuspendNone {
		for e, err := range c.PoolErrorLog(limited, pool) {
			if err != nil {
				s.ErrorsErr = err
				break
			}
			s.Errors = append(s.Errors, *e)
		}
	}
	s.Code = s.code(c.release)
	return s, nil
}

// unanswered is what is known of a pool when the kernel says nothing.
func unanswered(pool, state string, err error) *PoolStatus {
	s := &PoolStatus{Name: pool, Health: state, Unanswered: err}
	if s.Health == "" {
		s.Health = VdevUnknown.String()
	}
	if s.Health == healthSuspended {
		s.Suspended, s.Code = SuspendIO, StatusIOFailureWait
	}
	return s
}

// healthSuspended is what a suspended pool's health is called.
const healthSuspended = "SUSPENDED"

// kstatState is the state that the module shows without taking a lock, empty if
// it shows none.
func kstatState(pool string) string {
	b, err := os.ReadFile(filepath.Join(kstatRoot, pool, "state"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// readStatus reads a pool's configuration with its counters.
func (c *Client) readStatus(ctx context.Context, pool string) (*PoolStatus, error) {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, pool); err != nil {
		return nil, inputError(ioctl.OpPoolStats, pool, err)
	}
	if err := c.call(ctx, ioctl.OpPoolStats, cmd); err != nil {
		return nil, err
	}
	config, err := cmd.OutList()
	if err != nil {
		return nil, inputError(ioctl.OpPoolStats, pool, err)
	}
	s := parseStatus(config)
	s.Name, s.Altroot = pool, cmd.Text(ioctl.FieldValue)
	s.Root.Name = pool
	if code := ioctl.Code(cmd.Uint64(ioctl.FieldCookie)); code != 0 {
		s.LoadError = newError(ioctl.OpPoolStats, pool, code.Err(), nil)
	}
	return s, nil
}

// parseStatus reads a configuration with counters.
func parseStatus(config *nvlist.List) *PoolStatus {
	n := func(key string) uint64 { u, _ := config.Uint(key); return u }
	s := &PoolStatus{Config: config, GUID: n("pool_guid"), Version: n("version"), TXG: n("txg"), HostID: n("hostid"),
		Errata: PoolErrata(n("errata")), ErrorCount: n("error_count"), FailMode: n("suspended")}
	root, _ := config.List("vdev_tree")
	s.Root = parseVdev(root)
	for key, list := range map[string]*[]*Vdev{"spares": &s.Spares, "l2cache": &s.Cache} {
		devices, _ := root.Lists(key)
		for _, d := range devices {
			*list = append(*list, parseVdev(d))
		}
	}
	s.Scan, s.ErrorScrub = parseScan(root)
	s.Removal, s.Checkpoint, s.Expansion = parseRemoval(root), parseCheckpoint(root), parseExpansion(root)
	s.parseFeatures(config)
	s.Health = s.Root.StateWord()
	if config.Has("suspended") {
		s.Health, s.Suspended = healthSuspended, SuspendIO
		if n("suspended_reason") == uint64(SuspendMultihost) {
			s.Suspended = SuspendMultihost
		}
	}
	return s
}

// parseFeatures reads the features of an imported pool with the numbers of their
// users, or those of one that was opened for a look, which has their names only.
func (s *PoolStatus) parseFeatures(config *nvlist.List) {
	stats, ok := config.List("feature_stats")
	if !ok {
		info, _ := config.List("load_info")
		if stats, ok = info.List("enabled_feat"); !ok {
			return
		}
	}
	s.Features = make(map[string]FeatureState, stats.Len())
	for pair := range stats.All() {
		refs, _ := pair.Uint()
		state := FeatureEnabled
		if refs > 0 {
			state = FeatureActive
		}
		s.Features[featureName(pair.Name())] = state
	}
}

// Top are the devices directly below the pool that are of a class, without the
// holes that removed ones have left.
func (s *PoolStatus) Top(class LayoutClass) (top []*Vdev) {
	if s.Root == nil {
		return nil
	}
	for _, v := range s.Root.Children {
		if v.Class == class && v.Type != "hole" && v.Type != "indirect" {
			top = append(top, v)
		}
	}
	return top
}

// Vdev finds a device by the name or the path that it is known by: as zpool
// status shows it, a path, or the GUID. Groups have names such as mirror-0.
//
// Errors match ErrNotFound.
func (s *PoolStatus) Vdev(name string) (*Vdev, error) {
	var found *Vdev
	match := func(v *Vdev) bool {
		if v.is(name) {
			found = v
		}
		return found == nil
	}
	for _, top := range append(append([]*Vdev{s.Root}, s.Spares...), s.Cache...) {
		if top != nil && !top.All(match) {
			return found, nil
		}
	}
	return nil, fmt.Errorf("%w: device %q in pool %q", ErrNotFound, name, s.Name)
}

// is reports whether the device is known by a name.
func (v *Vdev) is(name string) bool {
	switch {
	case v.Type == "root" || name == "":
		return false
	case name == v.Name, name == v.Path, name == fmt.Sprint(v.GUID):
		return true
	case v.Path == "" || v.Type != "disk":
		return false
	}
	// A disk that ZFS has partitioned goes by the name of the disk, too.
	return withoutPartition(v.Path) == name && v.WholeDisk || "/dev/"+name == v.Path
}

// PoolNamesInProc are the pools that the module shows in /proc, in order. Reading
// them takes no lock and asks the kernel nothing, so it works also where all else
// hangs. In a user namespace or a container they may be more than the kernel lets
// the caller use. It is empty if there is no such directory.
func PoolNamesInProc() (names []string) {
	paths, _ := filepath.Glob(filepath.Join(kstatRoot, "*", "state")) // the pattern is well formed
	for _, path := range paths {
		names = append(names, filepath.Base(filepath.Dir(path)))
	}
	return names
}

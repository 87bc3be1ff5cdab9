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

// statusPatience is the default of Patience.
const statusPatience = 5 * time.Second

// kstatRoot is where the module shows its pools without taking a lock.
const kstatRoot = "/proc/spl/kstat/zfs"

// PoolStatusOptions select what PoolStatus reads. Nil reads everything except the
// errors.
type PoolStatusOptions struct {
	// Patience is how long to wait for the kernel, which does not answer while
	// another operation on a pool is stuck. Zero is 5 s.
	Patience time.Duration
	// Errors also reads the damaged files, as PoolErrorLog does.
	Errors bool
}

// SuspendReason is the reason why a pool is suspended.
type SuspendReason uint8

// The reasons, with the kernel's numbers.
const (
	SuspendNone      SuspendReason = iota
	SuspendIO                      // its devices fail
	SuspendMultihost               // another host may use it
)

// String returns the reason in one word.
func (r SuspendReason) String() string { return enum.Name(r, "none", "io", "multihost") }

// FeatureState is the state of a feature in a pool.
type FeatureState uint8

// The states.
const (
	FeatureDisabled FeatureState = iota
	FeatureEnabled               // it can be used
	FeatureActive                // it is in use: the pool requires it
)

// String returns the state as zpool get prints it.
func (s FeatureState) String() string { return enum.Name(s, "disabled", "enabled", "active") }

// PoolStatus is the status of a pool.
type PoolStatus struct {
	Name string
	GUID uint64
	// Health is in the words of zpool status: "ONLINE", "DEGRADED", "SUSPENDED".
	Health string
	// Unanswered is the reason why the kernel did not answer in time, or nil. If
	// it is set, only Name, Health and Code are, from the module's entries in
	// /proc.
	Unanswered error
	// LoadError is why a pool with a known configuration cannot be used, or nil.
	LoadError error
	Code      PoolStatusCode
	Version   uint64
	TXG       uint64
	HostID    uint64
	// Errata is a known fault in what an earlier release wrote to the pool, or 0.
	// Code is StatusErrata unless there is a worse problem.
	Errata PoolErrata
	// Suspended is why the pool is suspended, and FailMode then its property
	// failmode.
	Suspended SuspendReason
	FailMode  uint64
	// Root is the tree of devices. Spares and Cache are not in it.
	Root          *Vdev
	Spares, Cache []*Vdev
	// These are nil if the pool has had none.
	Scan       *ScanStatus
	ErrorScrub *ErrorScrubStatus
	Removal    *RemovalStatus
	Checkpoint *CheckpointStatus
	Expansion  *ExpansionStatus
	// Features are the states by name; a missing feature is disabled. Nil means
	// that they are not known.
	Features map[string]FeatureState
	// ErrorCount is an estimate of the number of lost blocks, Errors are the
	// files that they belong to.
	ErrorCount uint64
	Errors     []PoolError
	ErrorsErr  error // why the errors could not be read, or nil
	// Altroot is the directory that mountpoints are below, or "".
	Altroot string
	// Config is the kernel's complete answer. It is shared and must not be
	// changed.
	Config *nvlist.List
}

// PoolStatus reads the status of a pool: its devices with their states and
// counters, present and past activities, and damage.
//
// It does not hang on a suspended pool, or if the kernel is stuck for another
// reason: it then returns what is known about the pool, with Unanswered set.
// Stuck lists the abandoned call. For a pool that cannot be used there is also a
// status without an error: LoadError has the reason.
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

// unanswered returns what is known about a pool if the kernel does not answer.
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

// healthSuspended is the health of a suspended pool.
const healthSuspended = "SUSPENDED"

// kstatState returns the state that the module shows without taking a lock, or
// "".
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
	s, err := parseStatus(config)
	if err != nil {
		return nil, inputError(ioctl.OpPoolStats, pool, err)
	}
	s.Name, s.Altroot = pool, cmd.Text(ioctl.FieldValue)
	s.Root.Name = pool
	if code := ioctl.Code(cmd.Uint64(ioctl.FieldCookie)); code != 0 {
		s.LoadError = newError(ioctl.OpPoolStats, pool, code.Err(), nil)
	}
	return s, nil
}

// parseStatus reads a configuration with counters. The error is about the first
// value of another type than kernels write.
func parseStatus(config *nvlist.List) (*PoolStatus, error) {
	var c configReader
	r := config.Reader()
	tree := r.List("vdev_tree")
	root := tree.Reader()
	s := &PoolStatus{Config: config, GUID: r.Uint("pool_guid"), Version: r.Uint("version"), TXG: r.Uint("txg"), HostID: r.Uint("hostid"),
		Errata: PoolErrata(r.Uint("errata")), ErrorCount: r.Uint("error_count"), FailMode: r.Uint("suspended"),
		Root: c.vdev(tree), Spares: c.vdevs(root.Lists("spares")), Cache: c.vdevs(root.Lists("l2cache")),
		Removal: parseRemoval(root.Uint64Array("removal_stats")), Checkpoint: parseCheckpoint(root.Uint64Array("checkpoint_stats")),
		Expansion: parseExpansion(root.Uint64Array("raidz_expand_stats")), Features: c.features(r)}
	s.Scan, s.ErrorScrub = parseScan(root.Uint64Array("scan_stats"))
	s.Health = s.Root.StateWord()
	if r.Has("suspended") {
		s.Health, s.Suspended = healthSuspended, SuspendIO
		if r.Uint("suspended_reason") == uint64(SuspendMultihost) {
			s.Suspended = SuspendMultihost
		}
	}
	c.note("the devices", root)
	c.note("the pool", r)
	return s, c.err
}

// features reads the features of an imported pool with the numbers of their
// users, or those of one that was opened for a look, which has their names only.
func (c *configReader) features(config *nvlist.Reader) map[string]FeatureState {
	stats := config.List("feature_stats")
	if stats == nil {
		info := config.List("load_info").Reader()
		stats = info.List("enabled_feat")
		c.note("load_info", info)
	}
	if stats == nil {
		return nil
	}
	all := make(map[string]FeatureState, stats.Len())
	for pair := range stats.All() {
		state := FeatureEnabled
		if refs, _ := pair.Uint(); refs > 0 { // a description is no number
			state = FeatureActive
		}
		all[featureName(pair.Name())] = state
	}
	return all
}

// Top returns the top-level devices of a class, without the holes of removed
// devices.
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

// Vdev finds a device by its name in zpool status, a path, or the GUID. Groups
// have names such as mirror-0.
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

// is reports whether the device has a name.
func (v *Vdev) is(name string) bool {
	switch {
	case v.Type == "root" || name == "":
		return false
	case name == v.Name, name == v.Path, name == fmt.Sprint(v.GUID):
		return true
	case v.Path == "" || v.Type != "disk":
		return false
	}
	// A disk that ZFS has partitioned also has the name of the disk.
	return withoutPartition(v.Path) == name && v.WholeDisk || "/dev/"+name == v.Path
}

// PoolNamesInProc returns the sorted names of the pools that the module shows in
// /proc. Reading them takes no lock and needs no call of the kernel module, so it
// works even if all calls hang. In a user namespace or a container it may return
// more pools than the kernel lets the caller use. Without the directory in /proc
// the result is empty.
func PoolNamesInProc() (names []string) {
	paths, _ := filepath.Glob(filepath.Join(kstatRoot, "*", "state")) // the pattern is well formed
	for _, path := range paths {
		names = append(names, filepath.Base(filepath.Dir(path)))
	}
	return names
}

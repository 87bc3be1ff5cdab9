package zfs

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/purezfs/purezfs/internal/enum"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/label"
)

// PoolRewind is how far an import may rewind a pool whose latest state cannot be
// read. Everything written since is lost.
type PoolRewind uint8

// The rewind policies.
const (
	// RewindNone does not rewind.
	RewindNone PoolRewind = iota
	// RewindRecent rewinds by the few transaction groups whose blocks are not yet
	// reused, as zpool import -F does.
	RewindRecent
	// RewindExtreme rewinds to any uberblock, although blocks may have been
	// overwritten, as zpool import -FX does.
	RewindExtreme
)

// The kernel's bits for the policies.
const (
	wireNoRewind      = 1
	wireRewind        = 8
	wireExtremeRewind = 16
)

// loadPolicy returns the kernel's list for a rewind policy, and for the latest
// transaction group to consider, or 0.
func loadPolicy(rewind PoolRewind, txg uint64) *nvlist.List {
	bits := uint32(wireNoRewind)
	if rewind != RewindNone {
		bits = wireRewind
	}
	if rewind == RewindExtreme || txg != 0 {
		bits = wireRewind | wireExtremeRewind
	}
	if txg == 0 {
		txg = math.MaxUint64
	}
	l := &nvlist.List{}
	l.SetUint64("load-request-txg", txg)
	l.SetUint32("load-rewind-policy", bits)
	return l
}

// PoolTrial is the kernel's report on a pool that it has opened on trial.
type PoolTrial struct {
	// Health is "ONLINE", "DEGRADED", "UNAVAIL" or "FAULTED", in the words of
	// zpool(8).
	Health string
	// Time is when the pool was last written, or zero if unknown.
	Time time.Time
	// Tree has the devices of the whole pool according to the pool itself, Spares
	// and Cache have those outside of the tree.
	Tree           *label.Vdev
	Spares, Caches []*label.Vdev
	// Missing are the top-level devices that cannot be opened.
	Missing []*label.Vdev
	// Unsupported are the features that the module does not have. If CanReadOnly
	// is set, all of them are only required for writing.
	Unsupported []UnsupportedFeature
	CanReadOnly bool
	// HostID and HostName identify the host that used the pool last, if known.
	HostID   uint64
	HostName string
	MMP      PoolMMP
	// Config is the kernel's answer, from which the pool can be imported. It may
	// be changed.
	Config *nvlist.List
}

// UnsupportedFeature is a feature that a pool uses and the module does not have.
type UnsupportedFeature struct {
	GUID        string // such as "com.klarasystems:vdev_zaps_v2"
	Description string // often empty
}

// MMPState is the result of the protection against import by two hosts.
type MMPState uint8

// The states.
const (
	MMPUnknown  MMPState = iota // protection is off
	MMPActive                   // another host writes to the pool
	MMPInactive                 // no other host does
	MMPNoHostID                 // it is on, and this host has no hostid
)

// String returns the state in a word or two.
func (s MMPState) String() string { return enum.Name(s, "off", "active", "inactive", "no hostid") }

// PoolMMP identifies the host that uses a pool with multihost protection.
type PoolMMP struct {
	State    MMPState
	HostID   uint64
	HostName string
	Txg      uint64
}

// Host returns a description of the host, as far as it is known.
func (m PoolMMP) Host() string { return hostWords(m.HostName, m.HostID) }

// trialRoom is the smallest size of the buffer for the kernel's answer, in bytes.
const trialRoom = 256 << 10

// PoolTryimportOptions are the options of PoolTryimport. Nil means the zero
// value.
type PoolTryimportOptions struct {
	// Txg is the latest transaction group to consider, or 0 for any.
	Txg uint64
}

// PoolTryimport has the kernel open and close a pool on trial, from a
// configuration such as label.Pool's Import. Nothing is written. If the pool has
// the property multihost, the kernel checks for some seconds whether another host
// writes to it.
//
// If the pool cannot be opened, the trial has the reason, and there is an error
// only if the call itself fails. The kernel only imports a pool from the
// configuration of a trial.
//
// Errors match ErrInvalid (not the configuration of a pool), ErrPermission.
//
// Kernel: ZFS_IOC_POOL_TRYIMPORT (legacy, since 0.8).
func (c *Client) PoolTryimport(ctx context.Context, config *nvlist.List, opts *PoolTryimportOptions) (*PoolTrial, error) {
	name, _ := config.Text("name")
	if opts == nil {
		opts = &PoolTryimportOptions{}
	}
	conf := &nvlist.List{}
	for pair := range config.All() {
		conf.SetPair(pair)
	}
	conf.SetList("load-policy", loadPolicy(RewindNone, opts.Txg))
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetConf(conf); err != nil {
		return nil, inputError(ioctl.OpPoolTryimport, name, err)
	}
	// A second call would open the pool twice.
	cmd.SetOutSize(max(trialRoom, 32*len(cmd.Conf())))
	if err := c.dev.Call(ctx, ioctl.OpPoolTryimport, cmd); err != nil {
		return nil, newError(ioctl.OpPoolTryimport, name, err, nil)
	}
	out, err := cmd.OutList()
	if err != nil {
		return nil, inputError(ioctl.OpPoolTryimport, name, err)
	}
	trial, err := parseTrial(out)
	if err != nil {
		return nil, inputError(ioctl.OpPoolTryimport, name, err)
	}
	return trial, nil
}

// parseTrial parses the kernel's answer.
func parseTrial(out *nvlist.List) (*PoolTrial, error) {
	config, err := label.ParseConfig(out)
	if err != nil {
		return nil, err
	}
	if config.Tree == nil {
		return nil, fmt.Errorf("%w: an answer without devices", ErrInvalid)
	}
	r, tree := out.Reader(), config.Tree.List.Reader()
	t := &PoolTrial{Config: out, Tree: config.Tree, Health: VdevHealth(config.Tree), Time: second(r.Uint("timestamp"))}
	if t.Spares, err = parseVdevs(tree.Lists("spares")); err != nil {
		return nil, err
	}
	if t.Caches, err = parseVdevs(tree.Lists("l2cache")); err != nil {
		return nil, err
	}
	if err := cmp.Or(t.readInfo(r.List("load_info")), r.Err(), tree.Err()); err != nil {
		return nil, err
	}
	return t, nil
}

// readInfo reads what the kernel found while it opened the pool.
func (t *PoolTrial) readInfo(info *nvlist.List) (err error) {
	r := info.Reader()
	t.HostID, t.HostName = r.Uint("hostid"), r.Text("hostname")
	t.CanReadOnly = r.Has("can_rdonly")
	t.Unsupported = unsupportedFeatures(r.List("unsup_feat"))
	// The kernel's numbers begin with 0 for an active host.
	if state := r.Uint("mmp_state"); r.Has("mmp_state") && state < 3 {
		t.MMP.State = MMPActive + MMPState(state)
	}
	t.MMP.HostID, t.MMP.HostName, t.MMP.Txg = r.Uint("mmp_hostid"), r.Text("mmp_hostname"), r.Uint("mmp_txg")
	if t.Missing, err = missingVdevs(r); err != nil {
		return err
	}
	return r.Err()
}

// missingVdevs reads the devices that a pool could not be opened without.
func missingVdevs(info *nvlist.Reader) ([]*label.Vdev, error) {
	r := info.List("missing_vdevs").Reader()
	all, err := parseVdevs(r.Lists("children"))
	return all, cmp.Or(err, r.Err())
}

// unsupportedFeatures are those that the kernel names, sorted.
func unsupportedFeatures(list *nvlist.List) (all []UnsupportedFeature) {
	for pair := range list.All() {
		text, _ := pair.Text()
		all = append(all, UnsupportedFeature{pair.Name(), text})
	}
	slices.SortFunc(all, func(a, b UnsupportedFeature) int { return strings.Compare(a.GUID, b.GUID) })
	return all
}

// MissingLogs returns the log devices that cannot be opened. The pool can be
// imported without them if the caller allows it.
func (t *PoolTrial) MissingLogs() (logs []*label.Vdev) {
	for _, top := range t.Tree.Children {
		if state, _ := trialState(top); top.Log && state == VdevCantOpen {
			logs = append(logs, top)
		}
	}
	return logs
}

// parseVdevs reads devices side by side.
func parseVdevs(configs []*nvlist.List) (all []*label.Vdev, err error) {
	for _, config := range configs {
		v, err := label.ParseVdev(config)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// trialState returns a device's state and the reason for it.
func trialState(v *label.Vdev) (VdevState, VdevAux) {
	stats, _ := v.List.Uint64Array("vdev_stats")
	if len(stats) < 3 {
		return VdevUnknown, 0
	}
	return VdevState(stats[1]), VdevAux(stats[2])
}

// VdevHealth returns the state of a device of a trial in the words of zpool(8).
// It is "UNKNOWN" if the state is missing, as in labels.
func VdevHealth(v *label.Vdev) string { return stateWord(trialState(v)) }

// VdevReason returns why a device of a trial is not online, in the words of
// zpool(8), or "".
func VdevReason(v *label.Vdev) string {
	_, reason := trialState(v)
	return reason.importReason()
}

// ImportReason returns why a device of a pool that is not imported is not online,
// in the words of zpool import, or "".
func (v *Vdev) ImportReason() string { return v.Aux.importReason() }

// importReason returns the reason in the words of zpool import.
func (a VdevAux) importReason() string {
	switch a {
	case 0, auxOpenFailed, auxNoReplicas, auxBadGUIDSum, auxBadLabel, auxVersionNewer,
		auxUnsupFeat, auxErrExceeded, auxActive, auxChildrenOffline:
		return a.String()
	}
	return auxCorruptData.String()
}

package zfs

import (
	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// PoolStatusCode is the most important problem of a pool.
type PoolStatusCode uint8

// The problems of a pool.
const (
	StatusOK                PoolStatusCode = iota
	StatusMissingDevice                    // a device is missing, and others have its data
	StatusMissingDeviceLost                // a device is missing, and no other has its data
	StatusCorruptLabel                     // a device has no valid label, and others have its data
	StatusCorruptLabelLost                 // a device has no valid label, and no other has its data
	StatusBadGUIDSum                       // a whole group of devices is missing
	StatusCorruptPool                      // the pool's metadata is damaged
	StatusCorruptData                      // files are damaged
	StatusFailingDevice                    // a device has had errors
	StatusVersionNewer                     // the version of the pool is newer than the module's
	StatusHostIDMismatch                   // another host used the pool last
	StatusHostIDActive                     // another host uses the pool
	StatusHostIDRequired                   // the host has no hostid, and the pool requires one
	StatusIOFailureWait                    // suspended, and all I/O waits
	StatusIOFailureContinue                // suspended, and writes fail
	StatusIOFailureMMP                     // suspended, because another host may use it
	StatusBadLog                           // the intent log cannot be read
	StatusErrata                           // the pool was written by a module with a known fault
	StatusUnsupFeatureRead                 // a feature required for reading is missing
	StatusUnsupFeatureWrite                // a feature required for writing is missing
	StatusFaultedDevice                    // a device is faulted, and others have its data
	StatusFaultedDeviceLost                // a device is faulted, and no other has its data
	StatusVersionOlder                     // the pool is of an old version
	StatusFeaturesDisabled                 // some features are not enabled
	StatusResilvering                      // a device is being resilvered
	StatusOfflineDevice                    // a device was taken offline
	StatusRemovedDevice                    // a device was removed
	StatusRebuilding                       // a device is being resilvered sequentially
	StatusRebuildScrub                     // a sequential resilver has ended, and was not checked by a scrub
	StatusNonNativeAshift                  // a device is used with a smaller block size than its own
)

// statusTexts are the texts of the codes: the message identifier of OpenZFS, or
// "", a short name, the problem, and the remedy.
var statusTexts = [...]struct{ msgID, name, what, help string }{
	StatusOK:                {"", "OK", "", ""},
	StatusMissingDevice:     {"ZFS-8000-2Q", "MISSING_DEV_R", "A device cannot be opened. The others have its data, so the pool continues with less redundancy.", "Bring the device back with 'zpool online', or replace it with 'zpool replace'."},
	StatusMissingDeviceLost: {"ZFS-8000-3C", "MISSING_DEV_NR", "A device cannot be opened, and no other has its data.", "Bring the device back with 'zpool online'."},
	StatusCorruptLabel:      {"ZFS-8000-4J", "CORRUPT_LABEL_R", "The label of a device is missing or damaged. The others have its data.", "Replace the device with 'zpool replace'."},
	StatusCorruptLabelLost:  {"ZFS-8000-5E", "CORRUPT_LABEL_NR", "The label of a device is missing or damaged, and no other has its data.", "Destroy the pool and make it again from a backup."},
	StatusBadGUIDSum:        {"ZFS-8000-6X", "BAD_GUID_SUM", "A whole group of devices is missing.", "Bring the missing devices back and import the pool again."},
	StatusCorruptPool:       {"ZFS-8000-72", "CORRUPT_POOL", "The pool's metadata is damaged, so it cannot be opened.", "Try an earlier state with 'zpool import -F', or destroy the pool and use a backup."},
	StatusCorruptData:       {"ZFS-8000-8A", "CORRUPT_DATA", "Files are damaged, and no device has an intact copy.", "Restore the files named below from a backup, then scrub the pool."},
	StatusFailingDevice:     {"ZFS-8000-9P", "FAILING_DEV", "A device has had errors that could be repaired. No file is damaged.", "Check whether the device must be replaced; clear the errors with 'zpool clear' or replace it with 'zpool replace'."},
	StatusVersionNewer:      {"ZFS-8000-A5", "VERSION_NEWER", "The pool's version is newer than this module supports.", "Use a newer module."},
	StatusHostIDMismatch:    {"ZFS-8000-EY", "HOSTID_MISMATCH", "Another host used the pool last.", "Export and import the pool where it is to be used."},
	StatusHostIDActive:      {"ZFS-8000-EY", "HOSTID_ACTIVE", "Another host has the pool imported.", "Export it there first."},
	StatusHostIDRequired:    {"ZFS-8000-EY", "HOSTID_REQUIRED", "The pool has multihost on, and this host has no hostid.", "Set a hostid with zgenhostid(8)."},
	StatusIOFailureWait:     {"ZFS-8000-HC", "IO_FAILURE_WAIT", "The pool is suspended because devices fail: all I/O waits.", "Make sure that the devices are connected, then run 'zpool clear'."},
	StatusIOFailureContinue: {"ZFS-8000-JQ", "IO_FAILURE_CONTINUE", "The pool is suspended because devices fail: writes fail.", "Make sure that the devices are connected, then run 'zpool clear'."},
	StatusIOFailureMMP:      {"ZFS-8000-MM", "IO_FAILURE_MMP", "The pool is suspended because it could not signal to other hosts in time that it is in use.", "Make sure that no other host uses it, then export and import it or restart the host."},
	StatusBadLog:            {"ZFS-8000-K4", "BAD_LOG", "The intent log cannot be read: the last writes are missing.", "Bring the log device back, or discard these writes with 'zpool clear'."},
	StatusErrata:            {"ZFS-8000-ER", "ERRATA", "The pool was written by a release with a known fault.", "Find out what the fault means for the pool."},
	StatusUnsupFeatureRead:  {"", "UNSUP_FEAT_READ", "The pool uses features that this module does not have.", "Use a newer module."},
	StatusUnsupFeatureWrite: {"", "UNSUP_FEAT_WRITE", "The pool uses features that this module can only read.", "Import it read-only, or use a newer module."},
	StatusFaultedDevice:     {"", "FAULTED_DEV_R", "A device had too many errors and is not used any more. The others have its data.", "Replace the device, or clear its errors with 'zpool clear'."},
	StatusFaultedDeviceLost: {"", "FAULTED_DEV_NR", "A device had too many errors and is not used any more, and no other has its data.", "Bring the device back with 'zpool clear', or destroy the pool and use a backup."},
	StatusVersionOlder:      {"", "VERSION_OLDER", "The pool has an old version of the format.", "Upgrade it with 'zpool upgrade'; older software can then not use it."},
	StatusFeaturesDisabled:  {"", "FEAT_DISABLED", "The module has features that are not enabled on the pool.", "Enable them with 'zpool upgrade'; software without them may then not be able to use the pool."},
	StatusResilvering:       {"", "RESILVERING", "A device is being resilvered.", "Wait for it to end."},
	StatusOfflineDevice:     {"", "OFFLINE_DEV", "A device was taken offline. The pool continues with less redundancy.", "Bring the device back with 'zpool online', or replace it."},
	StatusRemovedDevice:     {"", "REMOVED_DEV", "A device was removed. The pool continues with less redundancy.", "Bring the device back with 'zpool online', or replace it."},
	StatusRebuilding:        {"", "REBUILDING", "A device is being resilvered sequentially.", "Wait for it to end."},
	StatusRebuildScrub:      {"", "REBUILD_SCRUB", "A device was resilvered sequentially, without checking checksums.", "Check it with 'zpool scrub'."},
	StatusNonNativeAshift:   {"", "NON_NATIVE_ASHIFT", "A device is used with a smaller block size than its own, which is slow.", "Replace it with a device of that block size, or move the data to another pool."},
}

// String returns the code's short name, such as "FAILING_DEV".
func (s PoolStatusCode) String() string {
	if int(s) < len(statusTexts) {
		return statusTexts[s].name
	}
	return "unknown"
}

// MessageID returns the message identifier of OpenZFS, such as "ZFS-8000-9P", or
// "".
func (s PoolStatusCode) MessageID() string {
	if int(s) < len(statusTexts) {
		return statusTexts[s].msgID
	}
	return ""
}

// What returns the description of the problem, Action its remedy. Both are empty
// if there is no problem.
func (s PoolStatusCode) What() string {
	if int(s) < len(statusTexts) {
		return statusTexts[s].what
	}
	return ""
}

// Action returns the remedy.
func (s PoolStatusCode) Action() string {
	if int(s) < len(statusTexts) {
		return statusTexts[s].help
	}
	return ""
}

// Healthy reports whether the pool has no problem, as zpool status -x has it: a pool
// of an old version, or without features that the module has, is healthy. A pool about
// which the kernel did not answer is not.
func (s *PoolStatus) Healthy() bool {
	switch s.Code {
	case StatusOK, StatusVersionOlder, StatusFeaturesDisabled:
		return s.Unanswered == nil
	}
	return false
}

// code finds what is the matter most. The order is that of zpool status.
func (s *PoolStatus) code(release ioctl.Release) PoolStatusCode {
	for _, find := range []func() PoolStatusCode{s.underWay, s.unavailable, s.lost} {
		if code := find(); code != StatusOK {
			return code
		}
	}
	if s.ErrorCount != 0 {
		return StatusCorruptData
	}
	if code := s.weakened(); code != StatusOK {
		return code
	}
	switch {
	case s.Errata != 0:
		return StatusErrata
	case s.Version != prop.VersionFeatures:
		return StatusVersionOlder
	case s.lacksFeatures(release):
		return StatusFeaturesDisabled
	}
	return StatusOK
}

// underWay returns the code of a healing or sequential resilver.
func (s *PoolStatus) underWay() PoolStatusCode {
	if s.Scan.Active() && s.Scan.Func == ScanResilver {
		return StatusResilvering
	}
	var last *RebuildStatus
	for _, v := range s.Root.Children {
		switch r := v.Rebuild; {
		case r == nil:
		case r.State == RebuildActive:
			return StatusRebuilding
		case r.State == RebuildComplete && (last == nil || r.End.After(last.End)):
			last = r
		}
	}
	checked := s.Scan != nil && !(s.Scan.State == ScanIdle ||
		s.Scan.State == ScanFinished && s.Scan.Func == ScanScrub && last != nil && last.End.After(s.Scan.End))
	if last != nil && !checked {
		return StatusRebuildScrub
	}
	return StatusOK
}

// unavailable returns the code of a pool that cannot be used as a whole.
func (s *PoolStatus) unavailable() PoolStatusCode {
	load, _ := s.Config.List("load_info")
	if s.Root.State == VdevCantOpen {
		switch s.Root.Aux {
		case auxActive:
			mmp, _ := load.Uint("mmp_state")
			return [...]PoolStatusCode{StatusHostIDActive, StatusHostIDMismatch, StatusHostIDRequired}[min(mmp, 2)]
		case auxVersionNewer:
			return StatusVersionNewer
		case auxUnsupFeat:
			if load.Has("can_rdonly") {
				return StatusUnsupFeatureWrite
			}
			return StatusUnsupFeatureRead
		case auxBadGUIDSum:
			return StatusBadGUIDSum
		}
	}
	switch {
	case s.Suspended == SuspendMultihost:
		return StatusIOFailureMMP
	case s.Suspended != SuspendNone && s.FailMode == 1:
		return StatusIOFailureContinue
	case s.Suspended != SuspendNone:
		return StatusIOFailureWait
	case s.Root.State == VdevCantOpen && s.Root.Aux == auxBadLog:
		return StatusBadLog
	}
	return StatusOK
}

// lost returns the code of missing devices without which the pool cannot be used.
func (s *PoolStatus) lost() PoolStatusCode {
	if s.Root.State != VdevCantOpen {
		return StatusOK
	}
	switch {
	case s.any(func(v *Vdev) bool { return v.State == VdevFaulted }):
		return StatusFaultedDeviceLost
	case s.any(cannotOpen):
		return StatusMissingDeviceLost
	case s.any(func(v *Vdev) bool { return v.State == VdevCantOpen }):
		return StatusCorruptLabelLost
	case s.Root.Aux == auxCorruptData:
		return StatusCorruptPool
	}
	return StatusOK
}

// weakened returns the code of missing devices without which the pool still
// works.
func (s *PoolStatus) weakened() PoolStatusCode {
	switch {
	case s.any(func(v *Vdev) bool { return v.State == VdevFaulted }):
		return StatusFaultedDevice
	case s.any(cannotOpen):
		return StatusMissingDevice
	case s.any(func(v *Vdev) bool { return v.State == VdevCantOpen }):
		return StatusCorruptLabel
	case s.any(func(v *Vdev) bool {
		return v.State == VdevDegraded || v.Stats.ReadErrors+v.Stats.WriteErrors+v.Stats.ChecksumErrors != 0
	}):
		return StatusFailingDevice
	case s.any(func(v *Vdev) bool { return v.State == VdevOffline }):
		return StatusOfflineDevice
	case s.any(func(v *Vdev) bool { return v.State == VdevRemoved }):
		return StatusRemovedDevice
	case s.any(func(v *Vdev) bool { return v.Stats.ConfiguredAshift < v.Stats.PhysicalAshift }):
		return StatusNonNativeAshift
	}
	return StatusOK
}

// cannotOpen reports whether a device cannot be opened.
func cannotOpen(v *Vdev) bool { return v.State == VdevCantOpen && v.Aux == auxOpenFailed }

// any reports whether a disk or file has a problem. A device that is being
// replaced is ignored.
func (s *PoolStatus) any(problem func(*Vdev) bool) bool {
	var look func(v *Vdev) bool
	look = func(v *Vdev) bool {
		if v.Type == "replacing" {
			return false
		}
		for _, child := range v.Children {
			if look(child) {
				return true
			}
		}
		return v.Leaf() && problem(v)
	}
	found := look(s.Root)
	for _, v := range s.Cache {
		found = found || look(v)
	}
	return found
}

// lacksFeatures reports whether the module has features that the pool does not
// use, unless the pool is meant to go without. What its release has is known
// without reading /sys for each status.
func (s *PoolStatus) lacksFeatures(rel ioctl.Release) bool {
	if s.compatibility() != "" || s.Features == nil {
		return false
	}
	for _, f := range poolFeatures {
		if release.Has(rel, f.since) && s.Features[featureName(f.guid)] == FeatureDisabled {
			return true
		}
	}
	return false
}

// compatibility is the property that names the software which the pool is meant to be
// usable with, empty if it is off.
func (s *PoolStatus) compatibility() string {
	compat, _ := s.Config.Text(string(prop.PoolCompatibility))
	if compat == "off" {
		return ""
	}
	return compat
}

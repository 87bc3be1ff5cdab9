package zfs

import (
	"time"

	"github.com/purezfs/purezfs/internal/enum"
	"github.com/purezfs/purezfs/nvlist"
)

// ScanFunc is what a scan does.
type ScanFunc uint8

// The kinds of scan, with the kernel's numbers.
const (
	ScanNone ScanFunc = iota
	ScanScrub
	ScanResilver
	ScanErrorScrub
)

// String returns the kind in one word.
func (f ScanFunc) String() string { return enum.Name(f, "none", "scrub", "resilver", "errorscrub") }

// ScanState is how a scan, a removal or an expansion stands.
type ScanState uint8

// The states, with the kernel's numbers.
const (
	ScanIdle ScanState = iota
	ScanScanning
	ScanFinished
	ScanCanceled
	ScanErrorScrubbing
)

// String returns the state in one word.
func (s ScanState) String() string {
	return enum.Name(s, "none", "scanning", "finished", "canceled", "errorscrubbing")
}

// ScanStatus is the latest scrub or resilver of a pool, under way or over. Sizes
// are bytes.
type ScanStatus struct {
	Func       ScanFunc
	State      ScanState
	Start, End time.Time
	// ToExamine is all there is, Skipped what need not be looked at (since 2.2).
	ToExamine, Examined, Skipped uint64
	// Processed is what was repaired or resilvered.
	Processed uint64
	Errors    uint64
	Issued    uint64
	// The pass is since the pool was imported or the scan went on after a pause.
	PassStart                time.Time
	PassExamined, PassIssued uint64
	// Paused is since when the scrub is paused, zero if it is not.
	Paused      time.Time
	SpentPaused time.Duration
}

// Active reports whether the scan is under way, paused or not.
func (s *ScanStatus) Active() bool { return s != nil && s.State == ScanScanning }

// Fraction is how much of it is done, from 0 to 1.
func (s *ScanStatus) Fraction() float64 {
	total := s.ToExamine - min(s.Skipped, s.ToExamine)
	if s.State == ScanFinished || total == 0 {
		return 1
	}
	return min(float64(s.Issued)/float64(total), 1)
}

// Rates are the bytes per second of this pass: looked at, and read or written.
func (s *ScanStatus) Rates(now time.Time) (examined, issued uint64) {
	elapsed := max(uint64(now.Sub(s.PassStart)/time.Second), 0) - uint64(s.SpentPaused/time.Second)
	if elapsed == 0 || elapsed > 1<<40 {
		elapsed = 1
	}
	return s.PassExamined / elapsed, s.PassIssued / elapsed
}

// ErrorScrubStatus is the latest scrub of nothing but known errors, since 2.2.
type ErrorScrubStatus struct {
	State               ScanState
	Start, End, Paused  time.Time
	Examined, ToExamine uint64 // blocks
}

// RemovalStatus is the latest removal of a top-level device.
type RemovalStatus struct {
	State      ScanState
	Vdev       uint64 // the number of the top-level device
	Start, End time.Time
	// ToCopy and Copied are bytes; MappingMemory is what the pool keeps for
	// removed devices.
	ToCopy, Copied, MappingMemory uint64
}

// CheckpointState is whether a pool has a checkpoint.
type CheckpointState uint8

// The states, with the kernel's numbers.
const (
	CheckpointNone CheckpointState = iota
	CheckpointExists
	CheckpointDiscarding
)

// String returns the state in one word.
func (s CheckpointState) String() string { return enum.Name(s, "none", "exists", "discarding") }

// CheckpointStatus is a pool's checkpoint.
type CheckpointStatus struct {
	State CheckpointState
	Start time.Time
	Space uint64 // bytes
}

// RebuildState is how a sequential resilver stands.
type RebuildState uint8

// The states, with the kernel's numbers.
const (
	RebuildNone RebuildState = iota
	RebuildActive
	RebuildCanceled
	RebuildComplete
)

// String returns the state in one word.
func (s RebuildState) String() string {
	return enum.Name(s, "none", "active", "canceled", "complete")
}

// RebuildStatus is a sequential resilver of a top-level device. Sizes are bytes.
type RebuildStatus struct {
	State                              RebuildState
	Start, End                         time.Time
	ScanTime                           time.Duration
	Scanned, Issued, Rebuilt, Estimate uint64
	Errors                             uint64
	PassTime                           time.Duration
	PassScanned, PassIssued            uint64
	PassSkipped                        uint64 // since 2.2
}

// ExpansionStatus is the latest expansion of a raidz, since 2.3.
type ExpansionStatus struct {
	State             ScanState
	Vdev              uint64 // the number of the top-level device
	Start, End        time.Time
	ToReflow, Reflown uint64 // bytes
	// Waiting reports whether a resilver has to end first.
	Waiting bool
}

// second is a time in seconds since 1970, the zero time for 0.
func second(n uint64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(int64(n), 0)
}

// Since 2.2 the array is longer, and place 6 is what is skipped.
const scanWithErrors = 22

// parseScan reads the root's array of the scan, nil for none.
func parseScan(root *nvlist.List) (*ScanStatus, *ErrorScrubStatus) {
	a, ok := root.Uint64Array("scan_stats")
	if !ok {
		return nil, nil
	}
	s := &ScanStatus{Func: ScanFunc(at(a, 0)), State: ScanState(at(a, 1)), Start: second(at(a, 2)), End: second(at(a, 3)),
		ToExamine: at(a, 4), Examined: at(a, 5), Processed: at(a, 7), Errors: at(a, 8), PassExamined: at(a, 9),
		PassStart: second(at(a, 10)), Paused: second(at(a, 11)), SpentPaused: time.Duration(at(a, 12)) * time.Second,
		PassIssued: at(a, 13), Issued: at(a, 14)}
	if s.Func == ScanNone {
		s = nil
	}
	if len(a) < scanWithErrors {
		return s, nil
	}
	if s != nil {
		s.Skipped = a[6]
	}
	if ScanFunc(a[15]) != ScanErrorScrub {
		return s, nil
	}
	return s, &ErrorScrubStatus{State: ScanState(a[16]), Start: second(a[17]), End: second(a[18]),
		Examined: a[19], ToExamine: a[20], Paused: second(a[21])}
}

// parseRemoval reads the root's array of the removal, nil for none.
func parseRemoval(root *nvlist.List) *RemovalStatus {
	a, ok := root.Uint64Array("removal_stats")
	if !ok || at(a, 0) == uint64(ScanIdle) {
		return nil
	}
	return &RemovalStatus{ScanState(a[0]), at(a, 1), second(at(a, 2)), second(at(a, 3)), at(a, 4), at(a, 5), at(a, 6)}
}

// parseCheckpoint reads the root's array of the checkpoint, nil for none.
func parseCheckpoint(root *nvlist.List) *CheckpointStatus {
	a, ok := root.Uint64Array("checkpoint_stats")
	if !ok || at(a, 0) == uint64(CheckpointNone) {
		return nil
	}
	return &CheckpointStatus{CheckpointState(a[0]), second(at(a, 1)), at(a, 2)}
}

// parseExpansion reads the root's array of the expansion, nil for none.
func parseExpansion(root *nvlist.List) *ExpansionStatus {
	a, ok := root.Uint64Array("raidz_expand_stats")
	if !ok || at(a, 0) == uint64(ScanIdle) {
		return nil
	}
	return &ExpansionStatus{ScanState(a[0]), at(a, 1), second(at(a, 2)), second(at(a, 3)), at(a, 4), at(a, 5), at(a, 6) != 0}
}

// parseRebuild reads the array of a sequential resilver, nil for none.
func parseRebuild(a []uint64) *RebuildStatus {
	if at(a, 0) == uint64(RebuildNone) {
		return nil
	}
	ms := func(i int) time.Duration { return time.Duration(at(a, i)) * time.Millisecond }
	return &RebuildStatus{State: RebuildState(a[0]), Start: second(at(a, 1)), End: second(at(a, 2)), ScanTime: ms(3),
		Scanned: at(a, 4), Issued: at(a, 5), Rebuilt: at(a, 6), Estimate: at(a, 7), Errors: at(a, 8),
		PassTime: ms(9), PassScanned: at(a, 10), PassIssued: at(a, 11), PassSkipped: at(a, 12)}
}

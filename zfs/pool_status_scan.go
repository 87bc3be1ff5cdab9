package zfs

import (
	"time"

	"github.com/purezfs/purezfs/internal/enum"
)

// ScanFunc is a kind of scan.
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

// ScanState is the state of a scan, a removal or an expansion.
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

// ScanStatus is the latest scrub or resilver of a pool, under way or finished.
// Sizes are bytes.
type ScanStatus struct {
	Func       ScanFunc
	State      ScanState
	Start, End time.Time
	// ToExamine is the total, Skipped is what need not be read (since 2.2).
	ToExamine, Examined, Skipped uint64
	// Processed is what was repaired or resilvered.
	Processed uint64
	Errors    uint64
	Issued    uint64
	// The pass began when the pool was imported or the scan was resumed.
	PassStart                time.Time
	PassExamined, PassIssued uint64
	// Paused is when the scrub was paused, or zero.
	Paused      time.Time
	SpentPaused time.Duration
}

// Active reports whether the scan is under way, paused or not.
func (s *ScanStatus) Active() bool { return s != nil && s.State == ScanScanning }

// Fraction returns the part that is done, from 0 to 1.
func (s *ScanStatus) Fraction() float64 {
	total := s.ToExamine - min(s.Skipped, s.ToExamine)
	if s.State == ScanFinished || total == 0 {
		return 1
	}
	return min(float64(s.Issued)/float64(total), 1)
}

// Rates returns the bytes per second of this pass that were examined, and that
// were read or written.
func (s *ScanStatus) Rates(now time.Time) (examined, issued uint64) {
	elapsed := max(uint64(now.Sub(s.PassStart)/time.Second), 0) - uint64(s.SpentPaused/time.Second)
	if elapsed == 0 || elapsed > 1<<40 {
		elapsed = 1
	}
	return s.PassExamined / elapsed, s.PassIssued / elapsed
}

// ErrorScrubStatus is the latest scrub of known errors only, since 2.2.
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
	// ToCopy and Copied are bytes; MappingMemory is the memory used for the
	// mappings of removed devices.
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

// RebuildState is the state of a sequential resilver.
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
	// Waiting reports whether a resilver must end first.
	Waiting bool
}

// second converts seconds since 1970 to a time, and 0 to the zero time.
func second(n uint64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(int64(n), 0)
}

// Since 2.2 the array is longer, and place 6 is the bytes skipped.
const scanWithErrors = 22

// parseScan reads the root's array of the scan, nil for none.
func parseScan(a []uint64) (*ScanStatus, *ErrorScrubStatus) {
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
func parseRemoval(a []uint64) *RemovalStatus {
	if at(a, 0) == uint64(ScanIdle) {
		return nil
	}
	return &RemovalStatus{ScanState(a[0]), at(a, 1), second(at(a, 2)), second(at(a, 3)), at(a, 4), at(a, 5), at(a, 6)}
}

// parseCheckpoint reads the root's array of the checkpoint, nil for none.
func parseCheckpoint(a []uint64) *CheckpointStatus {
	if at(a, 0) == uint64(CheckpointNone) {
		return nil
	}
	return &CheckpointStatus{CheckpointState(a[0]), second(at(a, 1)), at(a, 2)}
}

// parseExpansion reads the root's array of the expansion, nil for none.
func parseExpansion(a []uint64) *ExpansionStatus {
	if at(a, 0) == uint64(ScanIdle) {
		return nil
	}
	return &ExpansionStatus{ScanState(a[0]), at(a, 1), second(at(a, 2)), second(at(a, 3)), at(a, 4), at(a, 5), at(a, 6) != 0}
}

// parseRebuild parses the array of a sequential resilver, which may be nil.
func parseRebuild(a []uint64) *RebuildStatus {
	if at(a, 0) == uint64(RebuildNone) {
		return nil
	}
	ms := func(i int) time.Duration { return time.Duration(at(a, i)) * time.Millisecond }
	return &RebuildStatus{State: RebuildState(a[0]), Start: second(at(a, 1)), End: second(at(a, 2)), ScanTime: ms(3),
		Scanned: at(a, 4), Issued: at(a, 5), Rebuilt: at(a, 6), Estimate: at(a, 7), Errors: at(a, 8),
		PassTime: ms(9), PassScanned: at(a, 10), PassIssued: at(a, 11), PassSkipped: at(a, 12)}
}

package label

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"
)

// Uberblock is the root of a pool's tree of blocks at the end of one transaction
// group.
type Uberblock struct {
	Slot      int   // its number in the ring
	Offset    int64 // on the device, in bytes
	Size      int   // of the slot in bytes
	BigEndian bool  // byte order of the machine that wrote it
	Version   uint64
	Txg       uint64
	GUIDSum   uint64    // the sum of the GUIDs of all devices
	Time      time.Time // when the group was written
	// SoftwareVersion is the newest pool version that the writer supported.
	SoftwareVersion uint64
	MMP             MMP
	// CheckpointTxg is the transaction group of the checkpoint, or 0 for an
	// uberblock that is not a checkpoint.
	CheckpointTxg uint64
	// Reflow is the progress of a raidz expansion, or 0.
	Reflow uint64
	// Birth is the transaction group in which the block that it points to was
	// written.
	Birth uint64
	// Err is nil, or an *Error that matches ErrChecksum.
	Err error
}

// MMP is the state of the multihost protection, which prevents two hosts from
// importing a pool at the same time.
type MMP struct {
	// Known is false if the writer did not support the protection.
	Known bool
	// Delay is the time since the previous write; a protected pool is written
	// all the time. Zero means that protection is off.
	Delay time.Duration
	// Interval is the time between two writes, or 0 if it is unknown.
	Interval time.Duration
	// FailIntervals is how many intervals may pass without a write before the
	// pool is suspended. It and Seq are valid if their flags are set.
	FailIntervals    uint16
	HasFailIntervals bool
	// Seq counts the writes within a second.
	Seq    uint16
	HasSeq bool
}

// Active reports whether protection was on when the uberblock was written.
func (m MMP) Active() bool { return m.Known && m.Delay > 0 }

// The offsets of an uberblock's numbers, and its magic numbers.
const (
	uberMagic = 0x00bab10c
	mmpMagic  = 0xa11cea11

	uberVersion    = 8
	uberTxg        = 16
	uberGUIDSum    = 24
	uberTime       = 32
	uberBirth      = 40 + 80 // in the block pointer
	uberSoftware   = 168
	uberMMPMagic   = 176
	uberMMPDelay   = 184
	uberMMPConfig  = 192
	uberCheckpoint = 200
	uberReflow     = 208
)

// parseUberblock reads a slot, and reports whether it contains an uberblock. It
// does not check the checksum.
func parseUberblock(b []byte) (Uberblock, bool) {
	order, ok := orderOf(b, uberMagic)
	if !ok {
		return Uberblock{}, false
	}
	at := func(i int) uint64 { return order.Uint64(b[i:]) }
	u := Uberblock{
		Size: len(b), BigEndian: order == binary.BigEndian, Version: at(uberVersion), Txg: at(uberTxg), GUIDSum: at(uberGUIDSum),
		Time: time.Unix(int64(at(uberTime)), 0).UTC(), SoftwareVersion: at(uberSoftware), Birth: at(uberBirth),
	}
	if at(uberMMPMagic) == mmpMagic {
		u.MMP = parseMMP(at(uberMMPDelay), at(uberMMPConfig))
		u.CheckpointTxg, u.Reflow = at(uberCheckpoint), at(uberReflow)
	}
	return u, true
}

// parseMMP splits the configuration word: flags in the lowest byte, then 24 bits
// of milliseconds, then two numbers of 16 bits.
func parseMMP(delay, config uint64) MMP {
	m := MMP{Known: true, Delay: time.Duration(delay & (1<<63 - 1))}
	if config&1 != 0 {
		m.Interval = time.Duration(config>>8&0xffffff) * time.Millisecond
	}
	if m.HasSeq = config&2 != 0; m.HasSeq {
		m.Seq = uint16(config >> 32)
	}
	if m.HasFailIntervals = config&4 != 0; m.HasFailIntervals {
		m.FailIntervals = uint16(config >> 48)
	}
	return m
}

// compare orders uberblocks as the kernel does: the later one is the larger.
func (u *Uberblock) compare(o *Uberblock) int {
	return cmp.Or(cmp.Compare(u.Txg, o.Txg), u.Time.Compare(o.Time), cmp.Compare(u.MMP.Seq, o.MMP.Seq))
}

// ring reads the uberblocks of one label, which begins at an offset of the
// device. If all is false, it returns only the newest whole one.
func (l *Label) ring(b []byte, ashift uint64, all bool) []Uberblock {
	if ashift == 0 {
		return l.guessRing(b, all)
	}
	return l.slots(b, slotShift(ashift), all)
}

// slots reads a ring with slots of a known size.
func (l *Label) slots(b []byte, shift int, all bool) []Uberblock {
	var found []Uberblock
	for i := range ringSize >> shift {
		u, ok := parseUberblock(b[i<<shift : (i+1)<<shift])
		if !ok {
			continue
		}
		u.Slot, u.Offset = i, l.Offset+ringOffset+int64(i)<<shift
		if all {
			l.verifySlot(b, &u)
		}
		found = append(found, u)
	}
	if all {
		return found
	}
	slices.SortFunc(found, func(a, b Uberblock) int { return b.compare(&a) })
	for i := range found {
		if l.verifySlot(b, &found[i]); found[i].Err == nil {
			return found[i : i+1]
		}
	}
	return nil
}

// verifySlot checks the checksum of an uberblock.
func (l *Label) verifySlot(b []byte, u *Uberblock) {
	at := u.Slot * u.Size
	if _, err := verify(b[at:at+u.Size], u.Offset); err != nil {
		u.Err = &Error{Label: l.Index, Part: "uberblock", Offset: u.Offset, Err: ErrChecksum}
	}
}

// guessRing reads a ring whose slots have an unknown size. It uses the size with
// the most whole slots.
func (l *Label) guessRing(b []byte, all bool) []Uberblock {
	var best []Uberblock
	most := 0
	for shift := minSlotShift; shift <= maxSlotShift; shift++ {
		found := l.slots(b, shift, true)
		whole := 0
		for i := range found {
			if found[i].Err == nil {
				whole++
			}
		}
		if whole > most {
			best, most = found, whole
		}
	}
	if all || most == 0 {
		return best
	}
	best = slices.DeleteFunc(best, func(u Uberblock) bool { return u.Err != nil })
	newest := slices.MaxFunc(best, func(a, b Uberblock) int { return a.compare(&b) })
	return []Uberblock{newest}
}

package label

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/nvlist"
)

func TestOffset(t *testing.T) {
	for _, size := range []int64{MinDeviceSize, MinDeviceSize + 1, MinDeviceSize + Size - 1} {
		for i, want := range []int64{0, Size, MinDeviceSize - 2*Size, MinDeviceSize - Size} {
			if got := Offset(size, i); got != want {
				t.Errorf("label %d of %d bytes is at %d, want %d", i, size, got, want)
			}
		}
	}
}

// A byte that was altered anywhere in the list or at its end is found, and
// whatever the list has become, reading it ends.
func TestEachByteFlipped(t *testing.T) {
	d := mustDisk(t, "2.4/mirror0")
	block := d.config(0)
	used := len(bytes.TrimRight(block[:configSize-trailerSize], "\x00"))
	if used < 1000 {
		t.Fatalf("the list has %d bytes", used)
	}
	flip := func(at int) {
		block[at] ^= 1 << (at % 8)
		defer func() { block[at] ^= 1 << (at % 8) }()
		l := &Label{}
		l.readConfig(block)
		if !errors.Is(l.Err, ErrChecksum) {
			t.Fatalf("byte %d: error %v", at, l.Err)
		}
	}
	for at := range used {
		flip(at)
	}
	for at := used; at < configSize-trailerSize; at += 997 {
		flip(at)
	}
	for at := configSize - trailerSize; at < configSize; at++ {
		flip(at)
	}
}

// With a checksum that is right again the list alone decides: what comes of it
// is a configuration or a typed error.
func TestEachByteFlippedAndSealed(t *testing.T) {
	d := mustDisk(t, "2.4/raidz0")
	block := d.config(0)
	refused := 0
	for at := range len(bytes.TrimRight(block[:configSize-trailerSize], "\x00")) {
		block[at] ^= 0x81
		c, err := decodeConfig(block[:configSize-trailerSize])
		if err != nil && !errors.Is(err, ErrConfig) {
			t.Errorf("byte %d: error %v", at, err)
		}
		if err == nil && (c.GUID == 0 || c.PoolGUID == 0 || c.Txg == 0 || c.Tree == nil) {
			t.Errorf("byte %d: taken without %v", at, c)
		}
		if err != nil {
			refused++
		}
		block[at] ^= 0x81
	}
	if refused < 500 {
		t.Errorf("%d flips only were refused", refused)
	}
}

// As long as one label is left the device is known, and each of the others says
// what is wrong with it.
func TestDestroyedLabels(t *testing.T) {
	for lost := range 1 << Count {
		d := mustDisk(t, "2.4/mirror1")
		whole := 0
		for i := range Count {
			switch {
			case lost&(1<<i) == 0:
				whole++
			case i%2 == 0:
				clear(d.label(i))
			default:
				d.config(i)[100]++
			}
		}
		dev, err := Read(d, d.size, nil)
		if (err == nil) != (whole > 0) || dev == nil || dev.Whole() != whole {
			t.Fatalf("labels %04b lost: %v, %d whole, want %d", lost, err, dev.Whole(), whole)
		}
		for i := range dev.Labels {
			l := &dev.Labels[i]
			want := []error{nil, nil}
			if lost&(1<<i) != 0 {
				want = []error{ErrEmpty, ErrChecksum}
			}
			if !errors.Is(l.Err, want[i%2]) {
				t.Errorf("labels %04b lost: label %d: %v, want %v", lost, i, l.Err, want[i%2])
			}
		}
		if whole == 0 && (!errors.Is(err, ErrNoLabel) || !errors.Is(err, ErrEmpty) || !errors.Is(err, ErrChecksum)) {
			t.Errorf("none left: %v", err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	broken := errors.New("broken disk")
	for _, tt := range []struct {
		name string
		disk *disk
		size int64
		want error
		says string
	}{
		{"nothing", blank(), 0, ErrTooSmall, "0 bytes"},
		{"less than four labels", blank(), Count*Size - 1, ErrTooSmall, "1048575 bytes"},
		{"empty", blank(), MinDeviceSize, ErrNoLabel, "all are empty"},
		{"noise", &disk{labels: bytes.Repeat([]byte{0xa5, 0x11}, Count*Size/2), size: MinDeviceSize}, MinDeviceSize, ErrChecksum, "label 0: config at byte 16384"},
		{"unreadable", &disk{labels: make([]byte, Count*Size), size: MinDeviceSize, fail: broken}, MinDeviceSize, broken, "label 1: config"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dev, err := Read(tt.disk, tt.size, nil)
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want %v with %q", err, tt.want, tt.says)
			}
			if (dev == nil) != errors.Is(err, ErrTooSmall) {
				t.Errorf("device %v", dev)
			}
		})
	}
	// A device that ends early is as one that cannot be read.
	d := mustDisk(t, "2.4/log")
	dev, err := Read(bytes.NewReader(d.labels[:Count*Size/2]), MinDeviceSize, nil)
	if err != nil || !errors.Is(dev.Labels[3].Err, io.EOF) || dev.Whole() != 2 {
		t.Errorf("half a device: %v, %v", err, dev.Labels[3].Err)
	}
}

// A label that was moved to another place does not count, for it may be of
// another device.
func TestMovedLabel(t *testing.T) {
	d := mustDisk(t, "2.4/log")
	copy(d.label(2), d.label(0))
	dev := mustRead(t, d, nil)
	l := &dev.Labels[2]
	if !errors.Is(l.Err, ErrChecksum) || l.Config == nil || l.Config.Name != "gold" {
		t.Errorf("a label of another place: %v, %v", l.Err, l.Config)
	}
	for i := range l.Uberblocks {
		if !errors.Is(l.Uberblocks[i].Err, ErrChecksum) {
			t.Errorf("slot %d of another place: %v", l.Uberblocks[i].Slot, l.Uberblocks[i].Err)
		}
	}
}

// What a machine of the other byte order wrote is read alike.
func TestBigEndian(t *testing.T) {
	m := member{pool: 1, top: 2, guid: 3, other: 4, txg: 50, tops: 1}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		d := blank()
		d.write(t, m.list(), order)
		d.writeUberblock(5, 4096, order, map[int]uint64{
			uberVersion: 5000, uberTxg: 51, uberGUIDSum: 9, uberTime: 1e9, uberMMPMagic: mmpMagic, uberMMPDelay: 2e9,
			uberMMPConfig: 7 | 1000<<8 | 3<<32 | 10<<48, uberCheckpoint: 40, uberReflow: 6, uberSoftware: 5001, uberBirth: 49,
		})
		dev := mustRead(t, d, nil)
		got := dev.Uberblock()
		if got == nil || dev.Best().Config.Txg != 50 || dev.Whole() != Count {
			t.Fatalf("%v: %v", order, dev)
		}
		want, _ := parseUberblock(d.label(0)[ringOffset+5*4096:][:4096])
		want.Slot, want.Offset = 5, ringOffset+5*4096
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", order, diff)
		}
		mmp := MMP{Known: true, Delay: 2e9, Interval: 1e9, FailIntervals: 10, HasFailIntervals: true, Seq: 3, HasSeq: true}
		if got.MMP != mmp || got.BigEndian != (order == binary.BigEndian) || got.CheckpointTxg != 40 || got.Reflow != 6 ||
			got.SoftwareVersion != 5001 || got.Birth != 49 || got.Time.Unix() != 1e9 {
			t.Errorf("%v: %+v", order, got)
		}
	}
}

// The size of the slots comes from the sectors of the device, and where no label
// tells it from the slots themselves.
func TestUberblockSizes(t *testing.T) {
	for ashift := uint64(9); ashift <= 16; ashift++ {
		size := 1 << slotShift(ashift)
		d := blank()
		slots := ringSize / size
		for slot := range slots {
			d.writeUberblock(slot, size, binary.LittleEndian, map[int]uint64{uberTxg: uint64(100 + slot)})
		}
		dev, err := Read(d, d.size, nil)
		if !errors.Is(err, ErrNoLabel) || len(dev.Labels[0].Uberblocks) != slots {
			t.Errorf("ashift %d unknown: %d uberblocks, want %d; %v", ashift, len(dev.Labels[0].Uberblocks), slots, err)
		}
		newest, _ := Read(d, d.size, &ReadOptions{Depth: DepthNewest})
		if u := newest.Uberblock(); u == nil || u.Txg != uint64(99+slots) {
			t.Errorf("ashift %d unknown: newest is %+v", ashift, u)
		}
		m := member{pool: 1, top: 2, guid: 3, txg: 50, tops: 1}.list()
		tree, _ := m.List("vdev_tree")
		tree.SetUint64("ashift", ashift)
		d.write(t, m, binary.LittleEndian)
		if got := len(mustRead(t, d, nil).Labels[0].Uberblocks); got != slots {
			t.Errorf("ashift %d: %d uberblocks, want %d", ashift, got, slots)
		}
	}
}

// A newest uberblock that is damaged gives way to the one before.
func TestDamagedUberblock(t *testing.T) {
	d := blank()
	d.write(t, member{pool: 1, top: 2, guid: 3, txg: 50, tops: 1}.list(), binary.LittleEndian)
	for slot := range 3 {
		d.writeUberblock(slot, 4096, binary.LittleEndian, map[int]uint64{uberTxg: uint64(60 + slot)})
	}
	d.label(0)[ringOffset+2*4096+1000]++
	for depth, want := range map[Depth]int{DepthAll: 3, DepthNewest: 1, DepthConfig: 0} {
		dev := mustRead(t, d, &ReadOptions{Depth: depth})
		if n := len(dev.Labels[0].Uberblocks); n != want {
			t.Errorf("depth %d: %d uberblocks, want %d", depth, n, want)
		}
		if u := dev.Uberblock(); depth != DepthConfig && (u == nil || u.Txg != 61) {
			t.Errorf("depth %d: newest is %+v", depth, u)
		}
	}
}

func TestConfigRefuses(t *testing.T) {
	whole := member{pool: 1, top: 2, guid: 3, other: 4, txg: 50, tops: 1}
	deep := &nvlist.List{}
	deep.SetString("type", "mirror")
	for range maxVdevDepth {
		l := &nvlist.List{}
		l.SetString("type", "mirror")
		l.SetLists("children", []*nvlist.List{deep})
		deep = l
	}
	for _, tt := range []struct {
		name string
		edit func(l *nvlist.List)
		says string
	}{
		{"no GUID", func(l *nvlist.List) { l.Delete("guid") }, "no GUID"},
		{"no state", func(l *nvlist.List) { l.Delete("state") }, "active"},
		{"state of no label", func(l *nvlist.List) { l.SetUint64("state", 5) }, "state(5)"},
		{"no group", func(l *nvlist.List) { l.SetUint64("txg", 0) }, "no transaction group"},
		{"no pool", func(l *nvlist.List) { l.Delete("pool_guid") }, "no pool"},
		{"no name", func(l *nvlist.List) { l.Delete("name") }, "no pool"},
		{"name of another type", func(l *nvlist.List) { l.SetUint64("name", 7) }, "unexpected type uint64 in name"},
		{"no tree", func(l *nvlist.List) { l.Delete("vdev_tree") }, "no device"},
		{"no type", func(l *nvlist.List) { l.SetList("vdev_tree", nil) }, "without a type"},
		{"deep", func(l *nvlist.List) { l.SetList("vdev_tree", deep) }, "deep"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := whole.list()
			tt.edit(l)
			d := blank()
			d.write(t, l, binary.LittleEndian)
			dev, err := Read(d, d.size, nil)
			if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want one with %q", err, tt.says)
			}
			if errors.Is(err, ErrCleared) != (tt.name == "no group") {
				t.Errorf("cleared: %v", err)
			}
			if dev.Best() != nil {
				t.Error("the label is believed")
			}
		})
	}
	// Spares have no pool.
	spare := &nvlist.List{}
	spare.SetUint64("state", uint64(StateSpare))
	spare.SetUint64("guid", 9)
	d := blank()
	d.write(t, spare, binary.LittleEndian)
	if dev := mustRead(t, d, nil); dev.Best().Config.State != StateSpare {
		t.Error("a spare is not one")
	}
}

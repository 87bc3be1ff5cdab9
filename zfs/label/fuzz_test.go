package label

import (
	"encoding/binary"
	"errors"
	"testing"
)

// Whatever a label holds, under a right checksum as well, it is read to an end:
// what is believed is whole, every fault is an *Error, and a pool comes of it.
func FuzzLabel(f *testing.F) {
	for _, release := range goldenReleases() {
		for _, name := range goldenDevices() {
			d := mustDisk(f, release+"/"+name)
			f.Add(d.config(0)[:8<<10], d.label(0)[ringOffset+4<<10:][:8<<10], d.label(0)[bootOffset:][:bootSize])
		}
	}
	f.Fuzz(func(t *testing.T, config, ring, boot []byte) {
		for _, sealed := range []bool{false, true} {
			d := blank()
			d.fill(config, ring, boot, sealed)
			dev, err := Read(d, d.size, nil)
			for i := range dev.Labels {
				l := &dev.Labels[i]
				checkError(t, l.Err)
				checkError(t, l.BootErr)
				for _, u := range l.Uberblocks {
					checkError(t, u.Err)
				}
			}
			best := dev.Best()
			if (best == nil) != errors.Is(err, ErrNoLabel) {
				t.Fatalf("best %v, error %v", best, err)
			}
			if best == nil || best.Config.State.Auxiliary() {
				continue
			}
			pools := Pools([]*Found{{Path: "/a", Device: dev}, {Path: "/b", Device: dev}})
			if len(pools) != 1 || pools[0].Config != best.Config || pools[0].Tree == nil {
				t.Fatalf("pools %v", pools)
			}
			pools[0].Health()
		}
	})
}

// fill puts bytes into label 0, with right checksums if sealed.
func (d *disk) fill(config, ring, boot []byte, sealed bool) {
	l := d.label(0)
	copy(l[configOffset:][:configSize-trailerSize], config)
	copy(l[ringOffset:], ring)
	copy(l[bootOffset:][:bootSize], boot)
	if !sealed {
		return
	}
	order := binary.LittleEndian
	seal(l[configOffset:][:configSize], configOffset, order)
	seal(l[bootOffset:][:bootSize], bootOffset, order)
	for at := 0; at < len(ring); at += 1 << minSlotShift {
		seal(l[ringOffset+at:][:1<<minSlotShift], int64(ringOffset+at), order)
	}
}

// checkError refuses errors of other types.
func checkError(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if err != nil && (!errors.As(err, &e) || e.Label < 0 || e.Label >= Count || e.Err == nil) {
		t.Fatalf("error %v", err)
	}
}

// A cachefile is read to its pools or refused.
func FuzzCachefile(f *testing.F) {
	for _, release := range goldenReleases() {
		f.Add(mustUnzip(f, release+"/cachefile"))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		pools, err := ParseCachefile(b)
		if err != nil && (!errors.Is(err, ErrConfig) || pools != nil) {
			t.Fatalf("%v, %v", pools, err)
		}
		for _, c := range pools {
			if c.Name == "" || c.Tree == nil {
				t.Fatalf("pool %+v", c)
			}
		}
	})
}

// BenchmarkRead reads all that four labels hold.
func BenchmarkRead(b *testing.B) {
	for name, depth := range map[string]Depth{"all": DepthAll, "newest": DepthNewest, "config": DepthConfig} {
		b.Run(name, func(b *testing.B) {
			d := mustDisk(b, "2.4/mirror0")
			rd := &reader{}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := rd.read(d, d.size, depth); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package zfs

import (
	"math"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// vdev returns a top-level vdev of that number of disks with 4096-byte sectors.
func vdev(kind string, parity uint64, disks int) *nvlist.List {
	l := &nvlist.List{}
	l.SetString("type", kind)
	l.SetUint64("ashift", 12)
	if parity > 0 {
		l.SetUint64("nparity", parity)
	}
	l.SetLists("children", make([]*nvlist.List, disks))
	return l
}

func TestVolumeWhole(t *testing.T) {
	old, today := ioctl.Release{Major: 2}, ioctl.Release{Major: 2, Minor: 4}
	draid := vdev("draid", 1, 4)
	draid.SetUint64("draid_ndata", 2)
	odd := func(name string, n uint64) *nvlist.List {
		l := vdev("raidz", 1, 3)
		l.SetUint64(name, n)
		return l
	}
	const mb = 1 << 20
	// 2048 blocks of 8K need 7 + 2 + 1 blocks of metadata, twice 128K each.
	const meta = 10 * 2 * 128 << 10
	v := volume{size: 16 * mb, block: 8 << 10}
	tests := []struct {
		name string
		v    volume
		tops []*nvlist.List
		rel  ioctl.Release
		want uint64
	}{
		{"no vdev is known", v, nil, today, 16*mb + meta},
		{"plain disks", v, []*nvlist.List{vdev("file", 0, 0), vdev("mirror", 0, 2)}, today, 16*mb + meta},
		// On raidz1 with 3 disks, 8K needs 4 sectors and 128K needs 48: 4/2
		// against 48/32.
		{"raidz1", v, []*nvlist.List{vdev("raidz", 1, 3)}, today, 2048*16384/384*256 + meta},
		{"raidz1, by an old release", v, []*nvlist.List{vdev("raidz", 1, 3)}, old, 2048*16384*131072/196608 + meta},
		{"the worst of several", v, []*nvlist.List{vdev("raidz", 1, 3), vdev("raidz", 2, 6), vdev("mirror", 0, 2)}, today, 2048*24576/384*256 + meta},
		{"draid", v, []*nvlist.List{draid}, today, 16*mb + meta},
		{"smaller than a sector", volume{size: mb, block: 512}, []*nvlist.List{draid}, today, 2048*12288/384*256 + meta},
		{"empty", volume{block: 8192}, nil, today, 7 * 2 * 128 << 10},
		{"block size is not known", volume{size: mb}, nil, today, mb},
		{"parity is nonsense", v, []*nvlist.List{odd("nparity", 9)}, today, 16*mb + meta},
		{"sector is nonsense", v, []*nvlist.List{odd("ashift", 70)}, today, 16*mb + meta},
		{"too few disks", v, []*nvlist.List{vdev("raidz", 3, 3)}, today, 16*mb + meta},
		{"larger than any pool", volume{size: math.MaxUint64, block: 512}, []*nvlist.List{vdev("raidz", 1, 3)}, today, math.MaxUint64 - 1},
		{"larger than any pool, by an old release", volume{size: math.MaxUint64, block: 512}, []*nvlist.List{vdev("raidz", 1, 3)}, old, math.MaxUint64 - 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := tt.v.whole(tt.tops, tt.rel); got != tt.want || err != nil {
				t.Errorf("%d, %v, want %d", got, err, tt.want)
			}
		})
	}
}

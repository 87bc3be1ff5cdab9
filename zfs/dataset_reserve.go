package zfs

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/bits"
	"strconv"

	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// volume holds what the reservation of a volume depends on, in bytes.
type volume struct {
	size, block uint64
	reserved    uint64 // reserved for it now
}

// volumeOf reads a volume or a snapshot of one.
func (c *Client) volumeOf(ctx context.Context, name string) (volume, error) {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	ds, err := c.datasetStats(ctx, cmd, name)
	if err != nil {
		return volume{}, err
	}
	// The kernel returns the block size of a snapshot as well, although snapshots
	// do not have this property.
	number := func(property prop.Prop) uint64 {
		pair, _ := ds.Props.stats.List(string(property))
		return valueOf(pair).Uint64()
	}
	return volume{size: number(prop.VolSize), block: number(prop.VolBlockSize), reserved: number(prop.RefReservation)}, nil
}

// wantsAuto reports whether a list of properties to set has refreservation=auto.
func wantsAuto(props *nvlist.List) bool {
	n, ok := props.Uint64(string(prop.RefReservation))
	return ok && n == prop.AutoReservation
}

// errAuto refuses refreservation=auto for a filesystem.
func errAuto() error {
	return fmt.Errorf("%w: %w", ErrInvalidProp, &prop.Error{Prop: prop.RefReservation, Value: "auto", Allowed: "only a volume has a size to reserve"})
}

// reserveNew replaces refreservation=auto in the properties of a new dataset by
// the size. The block size is then sent too, because the size depends on it.
func (c *Client) reserveNew(ctx context.Context, name string, props *nvlist.List) error {
	if !wantsAuto(props) {
		return nil
	}
	size, ok := props.Uint64(string(prop.VolSize))
	if !ok {
		return inputError(ioctl.OpCreate, name, errAuto())
	}
	block := c.newBlock(props)
	props.SetUint64(string(prop.VolBlockSize), block)
	return c.reserve(ctx, name, props, volume{size: size, block: block})
}

// newBlock is the block size of a new volume with these properties.
func (c *Client) newBlock(props *nvlist.List) uint64 {
	if block, ok := props.Uint64(string(prop.VolBlockSize)); ok {
		return block
	}
	info, _ := prop.Lookup(prop.VolBlockSize)
	v, _ := info.DefaultFor(c.release, prop.TypeVolume)
	return v.Uint64()
}

// roundUp is a size of whole blocks.
func roundUp(size, block uint64) (uint64, error) {
	if rest := size % block; rest != 0 {
		if size > math.MaxUint64-(block-rest) {
			return 0, fmt.Errorf("%w: %w", ErrInvalidProp, &prop.Error{
				Prop: prop.VolSize, Value: strconv.FormatUint(size, 10), Allowed: fmt.Sprintf("whole blocks of %d bytes would be 2^64 bytes or more", block)})
		}
		size += block - rest
	}
	return size, nil
}

// reserveSet does the same for properties that are set on what is there, or on
// a clone of it. A volume whose whole size is reserved and that gets another
// size keeps up with it, as with zfs(8).
func (c *Client) reserveSet(ctx context.Context, op ioctl.Op, name string, props *nvlist.List) error {
	size, resized := props.Uint64(string(prop.VolSize))
	auto := wantsAuto(props)
	if !auto && (!resized || props.Has(string(prop.RefReservation))) {
		return nil
	}
	v, err := c.volumeOf(ctx, name)
	switch {
	case err != nil:
		return err
	case v.block == 0 && auto:
		return inputError(op, name, errAuto())
	case v.block == 0 || !auto && v.reserved == 0:
		return nil
	}
	if !auto {
		whole, err := c.reservation(ctx, name, v)
		if err != nil || whole != v.reserved {
			return err
		}
	}
	if resized {
		v.size = size
	}
	return c.reserve(ctx, name, props, v)
}

// reserve adds the size to reserve for a volume to the properties.
func (c *Client) reserve(ctx context.Context, name string, props *nvlist.List, v volume) error {
	n, err := c.reservation(ctx, name, v)
	if err != nil {
		return err
	}
	props.SetUint64(string(prop.RefReservation), n)
	return nil
}

// reservation returns how much the pool must reserve so that all of a volume can
// always be written, even after snapshots are taken.
func (c *Client) reservation(ctx context.Context, name string, v volume) (uint64, error) {
	configs, err := c.poolConfigs(ctx)
	if err != nil {
		return 0, err
	}
	pools := configs.Reader()
	config := pools.List(poolOf(name)).Reader()
	tree := config.List("vdev_tree").Reader()
	tops := tree.Lists("children")
	if err := cmp.Or(pools.Err(), config.Err(), tree.Err()); err != nil {
		return 0, inputError(ioctl.OpPoolConfigs, name, err)
	}
	n, err := v.whole(tops, c.release)
	if err != nil {
		return 0, inputError(ioctl.OpPoolConfigs, name, err)
	}
	return n, nil
}

// Constants of the size of a volume's metadata.
const (
	indirectSize   = 128 << 10 // bytes of an indirect block, if not compressed
	indirectFanout = 1 << 10   // blocks that one of them points to
	dnodeLevels    = 7         // blocks of the dnode itself, one for each level
	metaCopies     = 2         // copies of metadata for each copy of data
	typicalBlock   = 128 << 10 // bytes of the block that a pool's free space is counted in
)

// whole is the size to reserve in a pool of these top-level vdevs. It is what
// zfs create -V reserves, which does not look at the property copies.
func (v volume) whole(tops []*nvlist.List, rel ioctl.Release) (uint64, error) {
	if v.block == 0 {
		return v.size, nil
	}
	blocks := v.size / v.block
	var data uint64
	for _, top := range tops {
		typical, own, err := allocated(top, v.block)
		if err != nil {
			return 0, err
		}
		if own != 0 {
			data = max(data, inflate(blocks, own, typical, rel))
		}
	}
	if data == 0 {
		data = blocks * v.block
	}
	meta := uint64(dnodeLevels)
	for n := blocks; n > 1; {
		n = divUp(n, indirectFanout)
		meta += n
	}
	sum, carry := bits.Add64(data, meta*metaCopies*indirectSize, 0)
	if carry != 0 {
		return math.MaxUint64 - 1, nil // no pool has it, and the kernel says so
	}
	return sum, nil
}

// inflate returns the free space of a pool that this number of blocks uses. Free
// space is counted in typical blocks, and blocks of another size may use more of
// a vdev than their share.
func inflate(blocks, own, typical uint64, rel ioctl.Release) uint64 {
	// Since 2.3 zfs(8) divides first, which differs by a few bytes.
	if release.Has(rel, release.V2_3) {
		const unit = 512
		return mulDiv(mulDiv(blocks, own, typical/unit), typicalBlock/unit, 1)
	}
	return mulDiv(blocks, own*typicalBlock, typical)
}

// mulDiv is a*b/d, or the largest number if that does not fit.
func mulDiv(a, b, d uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	if hi >= d {
		return math.MaxUint64
	}
	quotient, _ := bits.Div64(hi, lo, d)
	return quotient
}

// allocated is what a block and a typical block take of a top-level vdev with
// parity, zero for a vdev that stores blocks as they are.
func allocated(top *nvlist.List, block uint64) (typical, own uint64, err error) {
	r := top.Reader()
	parity, shift, group := r.Uint("nparity"), r.Uint("ashift"), uint64(len(r.Lists("children")))
	size := raidzSize
	switch r.Text("type") {
	case "raidz":
	case "draid":
		group = r.Uint("draid_ndata") + parity
		size = draidSize
	default:
		return 0, 0, r.Err()
	}
	// A label may say anything.
	if r.Err() != nil || parity < 1 || parity > 3 || group <= parity || group > 1<<16 || shift < 9 || shift > 16 || block > prop.MaxBlockSize {
		return 0, 0, r.Err()
	}
	l := parityLayout{group: group, parity: parity, sector: 1 << shift}
	return size(l, typicalBlock), size(l, block), nil
}

// parityLayout describes how a vdev with parity lays out a block.
type parityLayout struct {
	group, parity uint64 // disks, and how many of them have parity
	sector        uint64 // bytes
}

// raidzSize returns what a block uses on raidz: its sectors, parity for each row
// of them, and padding that leaves no gap too small for another block.
func raidzSize(l parityLayout, block uint64) uint64 {
	data := divUp(block, l.sector)
	all := data + l.parity*divUp(data, l.group-l.parity)
	return divUp(all, l.parity+1) * (l.parity + 1) * l.sector
}

// draidSize returns what a block uses on draid: whole rows.
func draidSize(l parityLayout, block uint64) uint64 {
	return divUp(block, (l.group-l.parity)*l.sector) * l.group * l.sector
}

// divUp is a/b, rounded up.
func divUp(a, b uint64) uint64 { return (a + b - 1) / b }

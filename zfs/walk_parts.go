package zfs

import (
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// parts are the parts in which a dataset is read. Each step of a walk returns the
// name, so no parts are needed for it.
type parts uint8

// The parts.
const (
	partHandle  parts = 1 << iota // the plain statistics
	partStats                     // the kernel's list of properties
	partZPL                       // what the filesystem stores itself
	partMounts                    // the table of mounts
	partAltroot                   // the pool's altroot
	partExtra                     // properties with a parameter

	// partsAll are the parts of the properties that zfs get all shows.
	partsAll = partHandle | partStats | partZPL | partMounts | partAltroot
	// partsLater need separate calls.
	partsLater = partZPL | partMounts | partAltroot | partExtra
)

// has reports whether p and q have a part in common.
func (p parts) has(q parts) bool { return p&q != 0 }

// parts returns the parts for the options of a walk.
func (o *DatasetsOptions) parts() parts {
	if o.NamesOnly {
		return 0
	}
	return partsOf(o.Props, o.AllProps)
}

// partsOf returns the parts to read for properties; nil means those that a step
// of the walk returns.
func partsOf(props []prop.Prop, all bool) parts {
	if props == nil && !all {
		return partHandle | partStats
	}
	p := partHandle
	if all {
		p = partsAll
	}
	for _, property := range props {
		p |= partsOfProp(property)
	}
	return p
}

// partsOfProp returns the parts of one property.
func partsOfProp(property prop.Prop) parts {
	info, native := prop.Lookup(property)
	switch {
	case native && info.From == prop.FromZPL:
		return partZPL
	case native && info.From == prop.FromMounts:
		return partMounts
	case native && info.From == prop.FromHandle, property == prop.GUID, property == prop.CreateTXG:
		return partHandle
	case property == prop.Mountpoint:
		return partStats | partAltroot
	case MountOverrides(property):
		return partStats | partMounts
	case isExtra(property):
		return partExtra
	}
	return partStats
}

// txgRange are bounds on the transaction group of creation; zero means no bound.
type txgRange struct{ min, max uint64 }

// has reports whether txg is within the bounds.
func (r txgRange) has(txg uint64) bool {
	return txg >= r.min && (r.max == 0 || txg <= r.max)
}

// set adds the bounds to a command, as a list.
func (r txgRange) set(cmd *ioctl.Cmd) error {
	if r == (txgRange{}) {
		return nil
	}
	in := &nvlist.List{}
	if r.min != 0 {
		in.SetUint64("snap_iter_min_txg", r.min)
	}
	if r.max != 0 {
		in.SetUint64("snap_iter_max_txg", r.max)
	}
	return cmd.SetIn(in)
}

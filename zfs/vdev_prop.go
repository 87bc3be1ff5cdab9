package zfs

import (
	"iter"
	"math"
	"slices"

	"github.com/purezfs/purezfs/internal/release"
)

// vdevProps are the native ones in the order of zpool get. It is never written to.
var vdevProps = [...]PoolPropInfo{
	vdevRead("capacity"), vdevRead("state"), vdevRead("guid"), vdevRead("asize"), vdevRead("psize"), vdevRead("ashift"),
	vdevRead("size"), vdevRead("free"), vdevRead("allocated"),
	{Name: "comment", Kind: PropString, text: "-"},
	{Name: "expandsize", ReadOnly: true, form: formDash},
	{Name: "fragmentation", ReadOnly: true, form: formMost},
	vdevRead("bootsize"), vdevRead("parity"),
	{Name: "path", Kind: PropString, text: "-"},
	vdevText("devid"), vdevText("physpath"), vdevText("encpath"), vdevText("fru"), vdevText("parent"), vdevText("children"),
	vdevRead("numchildren"), vdevRead("read_errors"), vdevRead("write_errors"), vdevRead("checksum_errors"), vdevRead("initialize_errors"),
	vdevRead("null_ops"), vdevRead("read_ops"), vdevRead("write_ops"), vdevRead("free_ops"), vdevRead("claim_ops"), vdevRead("trim_ops"),
	vdevRead("null_bytes"), vdevRead("read_bytes"), vdevRead("write_bytes"), vdevRead("free_bytes"), vdevRead("claim_bytes"), vdevRead("trim_bytes"),
	{Name: "removing", Kind: PropIndex, values: offOn, ReadOnly: true},
	{Name: "allocating", Kind: PropIndex, values: offOn, def: 1},
	{Name: "failfast", Kind: PropIndex, values: offOn, def: 1},
	vdevLimit("checksum_n"), vdevLimit("checksum_t"), vdevLimit("io_n"), vdevLimit("io_t"),
	{Name: "raidz_expanding", Kind: PropIndex, values: offOn, ReadOnly: true, Since: release.V2_3, some: true},
	{Name: "slow_io_n", def: math.MaxUint64, form: formMost, Since: release.V2_3},
	{Name: "slow_io_t", def: math.MaxUint64, form: formMost, Since: release.V2_3},
	{Name: "trim_support", Kind: PropIndex, values: offOn, ReadOnly: true, def: notThisVdev, Since: release.V2_3},
	{Name: "trim_errors", ReadOnly: true, Since: release.V2_3},
	{Name: "slow_ios", ReadOnly: true, Since: release.V2_3},
	{Name: "sit_out", Kind: PropIndex, values: offOn, Since: release.V2_4, some: true},
	{Name: "autosit", Kind: PropIndex, values: offOn, Since: release.V2_4, some: true},
	{Name: "slow_io_events", Kind: PropIndex, values: offOn, def: 1, Since: release.V2_4},
}

// notThisVdev is the kernel's third value of a switch, for a device that has none.
const notThisVdev = 2

// vdevRead is a number that is only read.
func vdevRead(name Prop) PoolPropInfo { return PoolPropInfo{Name: name, ReadOnly: true} }

// vdevText is a text that is only read.
func vdevText(name Prop) PoolPropInfo {
	return PoolPropInfo{Name: name, Kind: PropString, text: "-", ReadOnly: true}
}

// vdevLimit is a number of events or seconds that starts a replacement.
func vdevLimit(name Prop) PoolPropInfo {
	return PoolPropInfo{Name: name, def: math.MaxUint64, form: formMost}
}

// LookupVdevProp returns what is known about the native property p of devices. ok
// is false for user properties and for properties that are newer than this package.
func LookupVdevProp(p Prop) (info PoolPropInfo, ok bool) { return lookupIn(vdevProps[:], p) }

// VdevProps returns the native properties of devices in the order of zpool get.
func VdevProps() iter.Seq[PoolPropInfo] { return slices.Values(vdevProps[:]) }

// Of returns the value that a device has, and its text, when the kernel has answered
// v, or nothing. ok is false if the device has no such property.
func (info PoolPropInfo) Of(v Value, src Source, answered bool) (p Property, ok bool) {
	p = Property{Name: info.Name, Value: v, Source: src}
	if info.some && (!answered || v.Uint64() == notThisVdev) {
		return p, false
	}
	if !answered {
		p.Value = info.Default()
		if info.def != notThisVdev {
			p.Source = Source{Kind: SourceDefault}
		}
	}
	p.Text = info.Format(p.Value)
	if info.Kind == PropIndex && p.Value.Uint64() == notThisVdev {
		p.Text = "-"
	}
	return p, true
}

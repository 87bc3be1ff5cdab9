package prop

import (
	"iter"
	"math"
	"slices"

	"github.com/purezfs/purezfs/internal/release"
)

// deviceRows are the native properties of devices in the order of zpool get. They
// are read-only.
var deviceRows = [...]PoolInfo{
	deviceRead("capacity"), deviceRead("state"), deviceRead("guid"), deviceRead("asize"), deviceRead("psize"), deviceRead("ashift"),
	deviceRead("size"), deviceRead("free"), deviceRead("allocated"),
	{Name: "comment", Kind: KindString, text: "-"},
	{Name: "expandsize", ReadOnly: true, form: formDash},
	{Name: "fragmentation", ReadOnly: true, form: formPercent},
	deviceRead("bootsize"), deviceRead("parity"),
	{Name: "path", Kind: KindString, text: "-"},
	deviceText("devid"), deviceText("physpath"), deviceText("encpath"), deviceText("fru"), deviceText("parent"), deviceText("children"),
	deviceRead("numchildren"), deviceRead("read_errors"), deviceRead("write_errors"), deviceRead("checksum_errors"), deviceRead("initialize_errors"),
	deviceRead("null_ops"), deviceRead("read_ops"), deviceRead("write_ops"), deviceRead("free_ops"), deviceRead("claim_ops"), deviceRead("trim_ops"),
	deviceRead("null_bytes"), deviceRead("read_bytes"), deviceRead("write_bytes"), deviceRead("free_bytes"), deviceRead("claim_bytes"), deviceRead("trim_bytes"),
	{Name: "removing", Kind: KindIndex, values: offOn, ReadOnly: true},
	{Name: "allocating", Kind: KindIndex, values: offOn, def: 1, dash: true},
	{Name: "failfast", Kind: KindIndex, values: []string{"off", "on", "inherit"}, def: 1},
	deviceLimit("checksum_n"), deviceLimit("checksum_t"), deviceLimit("io_n"), deviceLimit("io_t"),
	{Name: "raidz_expanding", Kind: KindIndex, values: offOn, ReadOnly: true, Since: release.V2_3, some: true},
	{Name: "slow_io_n", def: math.MaxUint64, form: formMost, Since: release.V2_2_4},
	{Name: "slow_io_t", def: math.MaxUint64, form: formMost, Since: release.V2_2_4},
	{Name: "trim_support", Kind: KindIndex, values: offOn, ReadOnly: true, def: notThisVdev, dash: true, Since: release.V2_3},
	{Name: "trim_errors", ReadOnly: true, Since: release.V2_3},
	{Name: "slow_ios", ReadOnly: true, Since: release.V2_3},
	{Name: "sit_out", Kind: KindIndex, values: offOn, Since: release.V2_4, some: true},
	{Name: "autosit", Kind: KindIndex, values: offOn, Since: release.V2_4, some: true},
	{Name: "slow_io_events", Kind: KindIndex, values: offOn, def: 1, Since: release.V2_4},
	{Name: "scheduler", Kind: KindIndex, values: []string{"auto", "on", "off"}, Since: release.Master},
	{Name: "failure_domain", ReadOnly: true, def: math.MaxUint64, form: formMost, Since: release.Master},
	{Name: "failure_group", ReadOnly: true, def: math.MaxUint64, form: formMost, Since: release.Master},
	{Name: "alloc_bias", Kind: KindIndex, values: []string{"none", "log", "special", "dedup"}, Since: release.Master, some: true},
	{Name: "rotational", Kind: KindIndex, values: offOn, ReadOnly: true, Since: release.Master},
}

// notThisVdev is the kernel's third value of a switch, for a device without that
// property.
const notThisVdev = 2

// deviceRead returns the row of a read-only number.
func deviceRead(name Prop) PoolInfo { return PoolInfo{Name: name, ReadOnly: true} }

// deviceText returns the row of a read-only text.
func deviceText(name Prop) PoolInfo {
	return PoolInfo{Name: name, Kind: KindString, text: "-", ReadOnly: true}
}

// deviceLimit returns the row of a number of events or seconds that starts a
// replacement.
func deviceLimit(name Prop) PoolInfo {
	return PoolInfo{Name: name, def: math.MaxUint64, form: formMost}
}

// LookupDevice returns the description of the native property p of devices. ok is
// false for user properties and for properties that are newer than this package.
func LookupDevice(p Prop) (info PoolInfo, ok bool) { return lookupIn(deviceRows[:], p) }

// AllDevice returns the native properties of devices in the order of zpool get.
func AllDevice() iter.Seq[PoolInfo] { return slices.Values(deviceRows[:]) }

// Of returns the property of a device, with the value v if answered is set, or else
// with the default. ok is false if the device does not have the property.
func (info PoolInfo) Of(v Value, src Source, answered bool) (p Property, ok bool) {
	p = Property{Name: info.Name, Value: v, Source: src}
	if info.some && (!answered || len(info.values) == len(offOn) && v.Uint64() == notThisVdev) {
		return p, false
	}
	if !answered {
		p.Value = info.Default()
		if info.def != notThisVdev {
			p.Source = Source{Kind: SourceDefault}
		}
	}
	p.Text = info.Format(p.Value)
	if info.dash && p.Value.Uint64() == notThisVdev {
		p.Text = "-"
	}
	return p, true
}

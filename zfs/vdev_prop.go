package zfs

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/internal/release"
)

// vdevProp is what there is to know about a native property of a device: what
// there is of one of a pool, and whether only some devices have it.
type vdevProp struct {
	poolProp
	some bool
}

// vdevProps are the native ones in the order of zpool get. It is never written to.
var vdevProps = [...]vdevProp{
	vdevRead("capacity"), vdevRead("state"), vdevRead("guid"), vdevRead("asize"), vdevRead("psize"), vdevRead("ashift"),
	vdevRead("size"), vdevRead("free"), vdevRead("allocated"),
	{poolProp: poolProp{name: "comment", kind: PropString, text: "-"}},
	{poolProp: poolProp{name: "expandsize", read: true, form: formDash}},
	{poolProp: poolProp{name: "fragmentation", read: true, form: formMost}},
	vdevRead("bootsize"), vdevRead("parity"),
	{poolProp: poolProp{name: "path", kind: PropString, text: "-"}},
	vdevText("devid"), vdevText("physpath"), vdevText("encpath"), vdevText("fru"), vdevText("parent"), vdevText("children"),
	vdevRead("numchildren"), vdevRead("read_errors"), vdevRead("write_errors"), vdevRead("checksum_errors"), vdevRead("initialize_errors"),
	vdevRead("null_ops"), vdevRead("read_ops"), vdevRead("write_ops"), vdevRead("free_ops"), vdevRead("claim_ops"), vdevRead("trim_ops"),
	vdevRead("null_bytes"), vdevRead("read_bytes"), vdevRead("write_bytes"), vdevRead("free_bytes"), vdevRead("claim_bytes"), vdevRead("trim_bytes"),
	{poolProp: poolProp{name: "removing", kind: PropIndex, values: offOn, read: true}},
	{poolProp: poolProp{name: "allocating", kind: PropIndex, values: offOn, def: 1}},
	{poolProp: poolProp{name: "failfast", kind: PropIndex, values: offOn, def: 1}},
	vdevLimit("checksum_n"), vdevLimit("checksum_t"), vdevLimit("io_n"), vdevLimit("io_t"),
	{poolProp: poolProp{name: "raidz_expanding", kind: PropIndex, values: offOn, read: true, since: release.V2_3}, some: true},
	{poolProp: poolProp{name: "slow_io_n", def: math.MaxUint64, form: formMost, since: release.V2_3}},
	{poolProp: poolProp{name: "slow_io_t", def: math.MaxUint64, form: formMost, since: release.V2_3}},
	{poolProp: poolProp{name: "trim_support", kind: PropIndex, values: offOn, read: true, def: notThisVdev, since: release.V2_3}},
	{poolProp: poolProp{name: "trim_errors", read: true, since: release.V2_3}},
	{poolProp: poolProp{name: "slow_ios", read: true, since: release.V2_3}},
	{poolProp: poolProp{name: "sit_out", kind: PropIndex, values: offOn, since: release.V2_4}, some: true},
	{poolProp: poolProp{name: "autosit", kind: PropIndex, values: offOn, since: release.V2_4}, some: true},
	{poolProp: poolProp{name: "slow_io_events", kind: PropIndex, values: offOn, def: 1, since: release.V2_4}},
}

// notThisVdev is the kernel's third value of a switch, for a device that has none.
const notThisVdev = 2

// vdevRead is a number that is only read.
func vdevRead(name PoolProp) vdevProp { return vdevProp{poolProp: poolProp{name: name, read: true}} }

// vdevText is a text that is only read.
func vdevText(name PoolProp) vdevProp {
	return vdevProp{poolProp: poolProp{name: name, kind: PropString, text: "-", read: true}}
}

// vdevLimit is a number of events or seconds that starts a replacement.
func vdevLimit(name PoolProp) vdevProp {
	return vdevProp{poolProp: poolProp{name: name, def: math.MaxUint64, form: formMost}}
}

// lookupVdevProp returns the row of a native property.
func lookupVdevProp(name string) (*vdevProp, bool) {
	i := slices.IndexFunc(vdevProps[:], func(row vdevProp) bool { return string(row.name) == name })
	if i < 0 {
		return nil, false
	}
	return &vdevProps[i], true
}

// storedVdevProp reports whether the value of a property is a text that the pool
// keeps, as it keeps those of users.
func storedVdevProp(name string) bool { return name == "comment" || strings.Contains(name, ":") }

// checkVdevName refuses names that are none of this release.
func (c *Client) checkVdevName(name string) error {
	row, native := lookupVdevProp(name)
	switch {
	case !native && !strings.Contains(name, ":"):
		return poolPropError(PoolProp(name), "there is no such property of a device")
	case !native:
		if err := Prop(name).Check(); err != nil {
			return poolPropError(PoolProp(name), err.Error())
		}
	case !c.release.AtLeast(row.since):
		return poolPropError(row.name, fmt.Sprintf("the property exists since %v, this is %v", row.since, c.release))
	}
	return nil
}

// checkVdevProp brings a property that is to be set into the kernel's form.
func (c *Client) checkVdevProp(name string, v Value) (Value, error) {
	if err := c.checkVdevName(name); err != nil {
		return v, err
	}
	row, native := lookupVdevProp(name)
	why := ""
	switch {
	case !native:
		why = (&poolProp{kind: PropString}).checkText(v)
	case row.read:
		why = AttrReadOnly.String()
	case row.form == formMost && v.Kind() == ValueString && v.String() == "none":
		return Uint64Value(math.MaxUint64), nil
	default:
		v, why = row.value(v)
	}
	if why != "" {
		return v, poolPropError(PoolProp(name), why)
	}
	return v, nil
}

// property completes what the kernel has answered. ok is false if the device has
// no such property.
func (row *vdevProp) property(p VdevProperty, answered bool) (VdevProperty, bool) {
	if row.some && (!answered || p.Value.Uint64() == notThisVdev) {
		return p, false
	}
	if !answered {
		p.Value = row.standard()
		if row.def != notThisVdev {
			p.Source = Source{Kind: SourceDefault}
		}
	}
	p.Text = row.printed(p.Value)
	if row.kind == PropIndex && p.Value.Uint64() == notThisVdev {
		p.Text = "-"
	}
	return p, true
}

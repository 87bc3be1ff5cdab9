package zfs

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// PoolProp is the name of a property of a pool: a native one, "feature@" with
// the name of a feature, or a user property, which has a colon.
type PoolProp string

// The native properties that can be set.
const (
	PoolAltroot         PoolProp = "altroot"
	PoolAshift          PoolProp = "ashift"
	PoolAutoExpand      PoolProp = "autoexpand"
	PoolAutoReplace     PoolProp = "autoreplace"
	PoolAutoTrim        PoolProp = "autotrim"
	PoolBootFS          PoolProp = "bootfs"
	PoolCacheFile       PoolProp = "cachefile"
	PoolComment         PoolProp = "comment"
	PoolCompatibility   PoolProp = "compatibility"
	PoolDedupTableQuota PoolProp = "dedup_table_quota"
	PoolDelegation      PoolProp = "delegation"
	PoolFailMode        PoolProp = "failmode"
	PoolListSnapshots   PoolProp = "listsnapshots"
	PoolMultihost       PoolProp = "multihost"
	PoolReadOnly        PoolProp = "readonly"
	PoolTName           PoolProp = "tname"
	PoolVersion         PoolProp = "version"
)

// Lengths that the kernel holds texts to.
const (
	maxPoolComment = 32
	maxPoolVersion = 28
	spaVersion     = 5000 // features instead of versions
)

// poolProp is what there is to know about a native property.
type poolProp struct {
	name   PoolProp
	kind   PropKind
	values []string // of an index
	def    uint64
	text   string // the default of a text
	once   bool   // for create and import only
	read   bool   // never set
	since  ioctl.Release
	form   poolForm
}

// poolForm says how a number is printed.
type poolForm uint8

const (
	formNumber poolForm = iota
	formRatio           // hundredths
	formDash            // 0 and the largest number are "-"
	formMost            // the largest number is "-"
	formHealth
	formQuota // the largest number is "auto"
)

// offOn are the values of a switch.
var offOn = []string{"off", "on"}

// poolProps are the native ones in the order of zpool get. It is never written to.
var poolProps = [...]poolProp{
	{name: "size", read: true}, {name: "capacity", read: true},
	{name: PoolAltroot, kind: PropString, text: "-", once: true},
	{name: "health", read: true, form: formHealth}, {name: "guid", read: true},
	{name: PoolVersion, def: spaVersion, form: formDash},
	{name: PoolBootFS, kind: PropString, text: "-"},
	{name: PoolDelegation, kind: PropIndex, values: offOn, def: 1},
	{name: PoolAutoReplace, kind: PropIndex, values: offOn},
	{name: PoolCacheFile, kind: PropString, text: "-"},
	{name: PoolFailMode, kind: PropIndex, values: []string{"wait", "continue", "panic"}},
	{name: PoolListSnapshots, kind: PropIndex, values: offOn},
	{name: PoolAutoExpand, kind: PropIndex, values: offOn},
	{name: "dedupratio", read: true, form: formRatio, def: 100},
	{name: "free", read: true}, {name: "allocated", read: true},
	{name: PoolReadOnly, kind: PropIndex, values: offOn, once: true},
	{name: PoolAshift},
	{name: PoolComment, kind: PropString, text: "-"},
	{name: "expandsize", read: true, form: formDash}, {name: "freeing", read: true},
	{name: "fragmentation", read: true, form: formMost}, {name: "leaked", read: true},
	{name: PoolMultihost, kind: PropIndex, values: offOn},
	{name: "checkpoint", read: true, form: formDash}, {name: "load_guid", read: true},
	{name: PoolAutoTrim, kind: PropIndex, values: offOn},
	{name: PoolCompatibility, kind: PropString, text: "off", since: release.V2_1},
	{name: "bcloneused", read: true, since: release.V2_2},
	{name: "bclonesaved", read: true, since: release.V2_2},
	{name: "bcloneratio", read: true, form: formRatio, def: 100, since: release.V2_2},
	{name: "dedup_table_size", read: true, since: release.V2_3},
	{name: PoolDedupTableQuota, form: formQuota, def: math.MaxUint64, since: release.V2_3},
	{name: "last_scrubbed_txg", read: true, since: release.V2_3},
	{name: PoolTName, kind: PropString, once: true},
}

// lookupPoolProp returns the row of a native property.
func lookupPoolProp(p PoolProp) (poolProp, bool) {
	i := slices.IndexFunc(poolProps[:], func(row poolProp) bool { return row.name == p })
	if i < 0 {
		return poolProp{}, false
	}
	return poolProps[i], true
}

// poolPropError is a property that cannot be set so.
func poolPropError(p PoolProp, why string) error {
	return fmt.Errorf("%w: %s: %s", ErrInvalidProp, p, why)
}

// encodePoolProps makes the kernel's list. Creating tells that the pool is
// about to be made, so that also properties may be set which are for that only.
func (c *Client) encodePoolProps(props map[PoolProp]Value, creating bool) (*nvlist.List, error) {
	list := &nvlist.List{}
	for _, p := range slices.Sorted(maps.Keys(props)) {
		v, err := c.checkPoolProp(p, props[p], creating)
		if err != nil {
			return nil, err
		}
		if v.Kind() == ValueNumber {
			list.SetUint64(string(p), v.Uint64())
		} else {
			list.SetString(string(p), v.String())
		}
	}
	return list, nil
}

// checkPoolProp brings one property into the kernel's form.
func (c *Client) checkPoolProp(p PoolProp, v Value, creating bool) (Value, error) {
	if name, ok := strings.CutPrefix(string(p), featurePrefix); ok {
		return checkFeatureProp(p, name, v)
	}
	if strings.Contains(string(p), ":") {
		switch {
		case Prop(p).Check() != nil:
			return v, poolPropError(p, Prop(p).Check().Error())
		case v.Kind() != ValueString:
			return v, poolPropError(p, "a user property is a text")
		case len(v.String()) >= propValueMax || strings.IndexByte(v.String(), 0) >= 0:
			return v, poolPropError(p, "the text is too long, or has a NUL")
		}
		return v, nil
	}
	row, ok := lookupPoolProp(p)
	switch {
	case !ok:
		return v, poolPropError(p, "there is no such property of a pool")
	case row.read:
		return v, poolPropError(p, AttrReadOnly.String())
	case row.once && !creating:
		return v, poolPropError(p, "it is for making and importing a pool only")
	case !c.release.AtLeast(row.since):
		return v, poolPropError(p, fmt.Sprintf("the property exists since %v, this is %v", row.since, c.release))
	}
	v, why := row.value(v)
	if why != "" {
		return v, poolPropError(p, why)
	}
	return v, nil
}

// checkFeatureProp takes "enabled", which is 0 on the wire. A feature that is to
// be disabled is left out when the pool is made, and stays when it has been.
func checkFeatureProp(p PoolProp, name string, v Value) (Value, error) {
	switch {
	case !knownFeature(name):
		return v, poolPropError(p, "there is no such feature")
	case v.Kind() == ValueString && v.String() == "enabled", v.Kind() == ValueNumber && v.Uint64() == 0:
		return Uint64Value(0), nil
	}
	return v, poolPropError(p, "want enabled")
}

// value reads a value in text, or checks a number.
func (row *poolProp) value(v Value) (Value, string) {
	switch row.kind {
	case PropString:
		return v, row.checkText(v)
	case PropIndex:
		if v.Kind() == ValueString {
			i := slices.Index(row.values, v.String())
			v = Uint64Value(uint64(i)) // -1 is none of the numbers either
		}
		if v.Kind() != ValueNumber || v.Uint64() >= uint64(len(row.values)) {
			return v, "want one of " + strings.Join(row.values, ", ")
		}
		return v, ""
	}
	if v.Kind() == ValueString {
		text := v.String()
		switch {
		case row.form == formQuota && text == "auto":
			return Uint64Value(math.MaxUint64), ""
		case row.form == formQuota && text == "none":
			return Uint64Value(0), ""
		}
		n, why := parseSize(text)
		if why != "" {
			return v, why
		}
		v = Uint64Value(n)
	}
	return v, row.checkNumber(v.Uint64())
}

// checkNumber returns what is wrong with a number.
func (row *poolProp) checkNumber(n uint64) string {
	switch {
	case row.name == PoolAshift && n != 0 && (n < minAshift || n > maxAshift):
		return fmt.Sprintf("want 0 or %d to %d", minAshift, maxAshift)
	case row.name == PoolVersion && n != spaVersion && (n < 1 || n > maxPoolVersion):
		return fmt.Sprintf("want 1 to %d, or %d", maxPoolVersion, spaVersion)
	}
	return ""
}

// checkText returns what is wrong with a text.
func (row *poolProp) checkText(v Value) string {
	text := v.String()
	switch {
	case v.Kind() != ValueString:
		return "a text is wanted"
	case strings.IndexByte(text, 0) >= 0 || len(text) >= propValueMax:
		return "the text is too long, or has a NUL"
	case row.name == PoolComment && len(text) > maxPoolComment:
		return fmt.Sprintf("want at most %d bytes", maxPoolComment)
	case row.name == PoolAltroot && !strings.HasPrefix(text, "/"):
		return "want an absolute path"
	case row.name == PoolCacheFile && text != "" && text != "none" && !strings.HasPrefix(text, "/"):
		return "want an absolute path, none, or nothing for the default"
	}
	return ""
}

// standard is the value of a property that the kernel does not tell.
func (row *poolProp) standard() Value {
	if row.kind == PropString {
		return StringValue(row.text)
	}
	return Uint64Value(row.def)
}

// printed is a value as zpool get -p prints it.
func (row *poolProp) printed(v Value) string {
	n := v.Uint64()
	switch {
	case v.Kind() == ValueString:
		return v.String()
	case row.kind == PropIndex && n < uint64(len(row.values)):
		return row.values[n]
	case row.form == formRatio:
		return fmt.Sprintf("%d.%02d", n/100, n%100)
	case row.form == formDash && (n == 0 || n == math.MaxUint64 || row.name == PoolVersion && n == spaVersion):
		return "-"
	case row.form == formMost && n == math.MaxUint64:
		return "-"
	case row.form == formHealth:
		return VdevState(n).String()
	case row.form == formQuota && n == math.MaxUint64:
		return "auto"
	case row.form == formQuota && n == 0:
		return "none"
	}
	return strconv.FormatUint(n, 10)
}

package prop

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/internal/enum"
	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
)

// The native properties of pools that can be set. Others are "feature@" with the
// name of a feature, and user properties, whose names contain a colon.
const (
	PoolAltroot         Prop = "altroot"
	PoolAshift          Prop = "ashift"
	PoolAutoExpand      Prop = "autoexpand"
	PoolAutoReplace     Prop = "autoreplace"
	PoolAutoTrim        Prop = "autotrim"
	PoolBootFS          Prop = "bootfs"
	PoolCacheFile       Prop = "cachefile"
	PoolComment         Prop = "comment"
	PoolCompatibility   Prop = "compatibility"
	PoolDedupTableQuota Prop = "dedup_table_quota"
	PoolDelegation      Prop = "delegation"
	PoolFailMode        Prop = "failmode"
	PoolListSnapshots   Prop = "listsnapshots"
	PoolMultihost       Prop = "multihost"
	PoolReadOnly        Prop = "readonly"
	PoolTName           Prop = "tname"
	PoolVersion         Prop = "version"
)

// The maximum lengths of texts in the kernel.
const (
	maxPoolComment = 32
	maxPoolVersion = 28
)

// VersionFeatures is the version of a pool with feature flags.
const VersionFeatures = 5000

// The range of [PoolAshift], the binary logarithm of a device's sector size in bytes.
// With 0 the kernel chooses the size.
const (
	MinAshift = 9
	MaxAshift = 16
)

// A PoolInfo describes a native property of a pool or a device. Changing it changes
// only the copy.
type PoolInfo struct {
	Name Prop
	Kind Kind

	// ReadOnly properties cannot be set. AtCreation properties can be set only
	// when a pool is created or imported.
	ReadOnly, AtCreation bool

	// Hidden ones are answered when asked for by name, and are not in lists.
	Hidden bool

	// Since is the first release that has it; zero for those that are as old as
	// the oldest release that this package knows, 2.0.
	Since ioctl.Release

	values []string // names of an index property
	def    uint64
	text   string // default of a text property
	form   poolForm
	some   bool // only some devices have it
	dash   bool // the third value of a switch, 2, stands for a device without one
}

// poolForm is the format of a number.
type poolForm uint8

const (
	formNumber poolForm = iota
	formRatio           // hundredths
	formDash            // 0 and the largest number are "-"
	formMost            // the largest number is "-"
	formHealth
	formQuota   // the largest number is "auto"
	formPercent // formMost, and with a sign also where other percentages have none
)

// offOn are the values of a switch.
var offOn = []string{"off", "on"}

// poolRows are the native ones in the order of zpool get. It is never written to.
var poolRows = append([]PoolInfo{
	{Name: "size", ReadOnly: true}, {Name: "capacity", ReadOnly: true},
	{Name: PoolAltroot, Kind: KindString, text: "-", AtCreation: true},
	{Name: "health", ReadOnly: true, form: formHealth}, {Name: "guid", ReadOnly: true},
	{Name: PoolVersion, def: VersionFeatures, form: formDash},
	{Name: PoolBootFS, Kind: KindString, text: "-"},
	{Name: PoolDelegation, Kind: KindIndex, values: offOn, def: 1},
	{Name: PoolAutoReplace, Kind: KindIndex, values: offOn},
	{Name: PoolCacheFile, Kind: KindString, text: "-"},
	{Name: PoolFailMode, Kind: KindIndex, values: []string{"wait", "continue", "panic"}},
	{Name: PoolListSnapshots, Kind: KindIndex, values: offOn},
	{Name: PoolAutoExpand, Kind: KindIndex, values: offOn},
	{Name: "dedupratio", ReadOnly: true, form: formRatio, def: 100},
	{Name: "free", ReadOnly: true}, {Name: "allocated", ReadOnly: true},
	{Name: PoolReadOnly, Kind: KindIndex, values: offOn, AtCreation: true},
	{Name: PoolAshift},
	{Name: PoolComment, Kind: KindString, text: "-"},
	{Name: "expandsize", ReadOnly: true, form: formDash}, {Name: "freeing", ReadOnly: true},
	{Name: "fragmentation", ReadOnly: true, form: formMost}, {Name: "leaked", ReadOnly: true},
	{Name: PoolMultihost, Kind: KindIndex, values: offOn},
	{Name: "checkpoint", ReadOnly: true, form: formDash}, {Name: "load_guid", ReadOnly: true},
	{Name: PoolAutoTrim, Kind: KindIndex, values: offOn},
	{Name: PoolCompatibility, Kind: KindString, text: "off", Since: release.V2_1},
	{Name: "bcloneused", ReadOnly: true, Since: release.V2_2},
	{Name: "bclonesaved", ReadOnly: true, Since: release.V2_2},
	{Name: "bcloneratio", ReadOnly: true, form: formRatio, def: 100, Since: release.V2_2},
	{Name: "dedup_table_size", ReadOnly: true, Since: release.V2_3},
	{Name: PoolDedupTableQuota, form: formQuota, def: math.MaxUint64, Since: release.V2_3},
	{Name: "last_scrubbed_txg", ReadOnly: true, Since: release.V2_3},
	{Name: PoolTName, Kind: KindString, AtCreation: true},
	{Name: "name", Kind: KindString, ReadOnly: true, Hidden: true},
	{Name: "maxblocksize", ReadOnly: true, Hidden: true}, {Name: "maxdnodesize", ReadOnly: true, Hidden: true},
	{Name: "dedupditto", ReadOnly: true, Hidden: true}, {Name: "dedupcached", ReadOnly: true, Hidden: true, Since: release.V2_3},
	{Name: "dedupused", ReadOnly: true, Since: release.Master}, {Name: "dedupsaved", ReadOnly: true, Since: release.Master},
	{Name: "available", ReadOnly: true, Since: release.Master}, {Name: "usable", ReadOnly: true, Since: release.Master},
	{Name: "used", ReadOnly: true, Since: release.Master},
}, classRows()...)

// classRows are the properties of the classes of devices in a pool: class_normal_size
// and its like, in the order of zpool get.
func classRows() (rows []PoolInfo) {
	for _, class := range []string{"normal", "special", "dedup", "log", "elog", "special_elog"} {
		for _, row := range []PoolInfo{
			{Name: "size"}, {Name: "capacity"}, {Name: "free"}, {Name: "allocated"}, {Name: "available"}, {Name: "usable"}, {Name: "used"},
			{Name: "expandsize", form: formDash}, {Name: "fragmentation", form: formMost},
		} {
			row.Name, row.ReadOnly, row.Since = "class_"+Prop(class)+"_"+row.Name, true, release.Master
			rows = append(rows, row)
		}
	}
	return rows
}

// LookupPool returns what is known about the native property p of pools. ok is
// false for user properties, for those of features, and for properties that are
// newer than this package.
func LookupPool(p Prop) (info PoolInfo, ok bool) { return lookupIn(poolRows, p) }

// lookupIn finds the row of p.
func lookupIn(rows []PoolInfo, p Prop) (PoolInfo, bool) {
	i := slices.IndexFunc(rows, func(row PoolInfo) bool { return row.Name == p })
	if i < 0 {
		return PoolInfo{}, false
	}
	return rows[i], true
}

// AllPool returns the native properties of pools in the order of zpool get, without
// hidden ones.
func AllPool() iter.Seq[PoolInfo] {
	return func(yield func(PoolInfo) bool) {
		for _, row := range poolRows {
			if !row.Hidden && !yield(row) {
				return
			}
		}
	}
}

// Parse returns the value that the kernel expects: words that zpool set accepts
// become numbers, and invalid values are refused. The error is a *Error.
func (info PoolInfo) Parse(v Value) (Value, error) {
	v, allowed := info.parse(v)
	if allowed != "" {
		return Value{}, &Error{Prop: info.Name, Value: v.String(), Allowed: allowed}
	}
	return v, nil
}

// parse is Parse. If v is not valid, it returns a description of valid values.
func (info PoolInfo) parse(v Value) (_ Value, allowed string) {
	switch info.Kind {
	case KindString:
		return v, info.checkText(v)
	case KindIndex:
		if v.Kind() == ValueString {
			i := slices.Index(info.values, v.String())
			v = Uint64(uint64(i)) // -1 is out of range as well
		}
		if v.Kind() != ValueNumber || v.Uint64() >= uint64(len(info.values)) {
			return v, "want one of " + strings.Join(info.values, ", ")
		}
		return v, ""
	}
	if v.Kind() == ValueString {
		text := v.String()
		switch {
		case info.form == formMost && text == "none":
			return Uint64(math.MaxUint64), ""
		case info.form == formQuota && text == "auto":
			return Uint64(math.MaxUint64), ""
		case info.form == formQuota && text == "none":
			return Uint64(0), ""
		}
		n, why := ParseSize(text)
		if why != "" {
			return v, why
		}
		v = Uint64(n)
	}
	return v, info.checkNumber(v.Uint64())
}

// checkNumber returns what is wrong with a number.
func (info PoolInfo) checkNumber(n uint64) string {
	switch {
	case info.Name == PoolAshift && n != 0 && (n < MinAshift || n > MaxAshift):
		return fmt.Sprintf("want 0 or %d to %d", MinAshift, MaxAshift)
	case info.Name == PoolVersion && n != VersionFeatures && (n < 1 || n > maxPoolVersion):
		return fmt.Sprintf("want 1 to %d, or %d", maxPoolVersion, VersionFeatures)
	}
	return ""
}

// checkText returns what is wrong with a text.
func (info PoolInfo) checkText(v Value) string {
	text := v.String()
	switch {
	case v.Kind() != ValueString:
		return "want text"
	case strings.IndexByte(text, 0) >= 0 || len(text) >= MaxValue:
		return "the text is too long or contains a NUL"
	case info.Name == PoolComment && len(text) > maxPoolComment:
		return fmt.Sprintf("want at most %d bytes", maxPoolComment)
	case info.Name == PoolAltroot && !strings.HasPrefix(text, "/"):
		return "want an absolute path"
	case info.Name == PoolCacheFile && text != "" && text != "none" && !strings.HasPrefix(text, "/"):
		return "want an absolute path, none, or nothing for the default"
	}
	return ""
}

// Default returns the value of a property that the kernel does not report.
func (info PoolInfo) Default() Value {
	if info.Kind == KindString {
		return String(info.text)
	}
	return Uint64(info.def)
}

// Format returns a value as zpool get -p prints it: percentages without a sign, except
// for the fragmentation of a device.
// Format returns a value as zpool get -p prints it, but percentages without a sign.
func (info PoolInfo) Format(v Value) string {
	n := v.Uint64()
	switch {
	case v.Kind() == ValueString:
		return v.String()
	case info.Kind == KindIndex && n < uint64(len(info.values)):
		return info.values[n]
	case info.form == formRatio:
		return fmt.Sprintf("%d.%02d", n/100, n%100)
	case info.form == formDash && (n == 0 || n == math.MaxUint64 || info.Name == PoolVersion && n == VersionFeatures):
		return "-"
	case (info.form == formMost || info.form == formPercent) && n == math.MaxUint64:
		return "-"
	case info.form == formPercent:
		return strconv.FormatUint(n, 10) + "%"
	case info.form == formHealth:
		return HealthName(n)
	case info.form == formQuota && n == math.MaxUint64:
		return "auto"
	case info.form == formQuota && n == 0:
		return "none"
	}
	return strconv.FormatUint(n, 10)
}

// HealthName returns the name of a state of a pool or device in zpool(8).
func HealthName(n uint64) string {
	return enum.Name(uint8(min(n, math.MaxUint8)), "UNKNOWN", "OFFLINE", "OFFLINE", "REMOVED", "UNAVAIL", "FAULTED", "DEGRADED", "ONLINE")
}

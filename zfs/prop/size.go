package prop

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// FormatSize writes a number of bytes for a person, as zfs(8) and zpool(8) do: 24K,
// 1.50G, 512B. It has three significant digits or so; ParseSize reads it.
func FormatSize(n uint64) string {
	i, f := 0, float64(n)
	for f >= 1024 {
		f /= 1024
		i++
	}
	if i == 0 || n%(1<<(10*i)) == 0 {
		return fmt.Sprintf("%d%c", n>>(10*i), sizeSuffixes[i])
	}
	// The most digits that fit into five characters with the unit.
	for decimals := 2; decimals > 0; decimals-- {
		if s := fmt.Sprintf("%.*f%c", decimals, f, sizeSuffixes[i]); len(s) <= 5 {
			return s
		}
	}
	return fmt.Sprintf("%.0f%c", f, sizeSuffixes[i])
}

// FormatCount is FormatSize for things other than bytes: 512, 1.50K. The sizes of
// pools are written like that too.
func FormatCount(n uint64) string { return strings.TrimSuffix(FormatSize(n), "B") }

// Human returns the value of a property of a dataset for a person, as zfs get prints it
// without -p: sizes with a suffix, times in the local time zone. That of a pool's or a
// device's comes from [PoolInfo.Human].
func (p Property) Human() string {
	if p.Value.Kind() != ValueNumber {
		return p.Text
	}
	n := p.Value.Uint64()
	info, ok := row(p.Name)
	if !ok {
		return p.Name.humanExtra(n)
	}
	switch {
	case info.Unit == UnitBytes && n == 0 && hasNone(p.Name) && info.From != FromZPL:
		return "none"
	case info.Unit == UnitBytes:
		return FormatSize(n)
	case info.Unit == UnitSeconds && n > 0:
		return time.Unix(int64(n), 0).Format("Mon Jan _2 15:04 2006")
	case info.Unit == UnitRatio:
		return strings.TrimSuffix(p.Text, "x") + "x"
	}
	return p.Text
}

// humanExtra is the value of a property such as userquota@alice or written@monday.
func (p Prop) humanExtra(n uint64) string {
	kind, _, owner := p.Userspace()
	_, written := p.Written()
	switch {
	case owner && kind%2 == 1 && n == 0: // a quota, see UserspacePrefixes
		return "none"
	case owner && strings.Contains(UserspacePrefixes[kind], "obj"):
		return FormatCount(n)
	case owner || written:
		return FormatSize(n)
	}
	return strconv.FormatUint(n, 10)
}

// Human returns the value of a property of a pool or a device for a person, as zpool
// get prints it without -p.
func (info PoolInfo) Human(p Property) string {
	if p.Value.Kind() != ValueNumber || p.Text == noValue {
		return p.Text
	}
	n := p.Value.Uint64()
	switch {
	case info.form == formRatio:
		return p.Text + "x"
	case info.percent() && info.form != formPercent:
		return p.Text + "%"
	case info.counted():
		return FormatCount(n)
	case info.Name == "state":
		return HealthName(n)
	}
	return p.Text
}

// percent reports whether a number is a percentage.
func (info PoolInfo) percent() bool {
	name := info.plainName()
	return name == "capacity" || name == "fragmentation"
}

// plainName is the name of a property, and that of class_special_size and its like
// without the class.
func (info PoolInfo) plainName() string {
	name := string(info.Name)
	if strings.HasPrefix(name, "class_") {
		return name[strings.LastIndexByte(name, '_')+1:]
	}
	return name
}

// counted reports whether a number is a size or a count.
func (info PoolInfo) counted() bool {
	switch info.plainName() {
	case "used", "usable", "available", "dedupused", "dedupsaved", "size", "free", "allocated", "expandsize", "freeing", "leaked", "checkpoint", "bcloneused", "bclonesaved", "dedup_table_size",
		"asize", "psize", "bootsize", "slow_ios":
		return true
	}
	for _, counter := range [...]string{"_errors", "_ops", "_bytes"} {
		if strings.HasSuffix(string(info.Name), counter) {
			return true
		}
	}
	return false
}

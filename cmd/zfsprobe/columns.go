package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/purezfs/purezfs/zfs"
)

// columnNames are the short names of columns, as zfs(8) has them.
func longColumn(name string) zfs.Prop {
	switch name {
	case "avail":
		return zfs.PropAvailable
	case "refer":
		return zfs.PropReferenced
	case "ratio":
		return zfs.PropCompressRatio
	case "refratio":
		return zfs.PropRefCompressRatio
	case "compress":
		return zfs.PropCompression
	case "recsize":
		return zfs.PropRecordSize
	case "volblock":
		return zfs.PropVolBlockSize
	case "reserv":
		return zfs.PropReservation
	case "refreserv":
		return zfs.PropRefReservation
	case "rdonly":
		return zfs.PropReadonly
	case "usedsnap":
		return zfs.PropUsedBySnapshots
	case "usedds":
		return zfs.PropUsedByDataset
	case "usedchild":
		return zfs.PropUsedByChildren
	case "usedrefreserv":
		return zfs.PropUsedByRefreservation
	case "lused":
		return zfs.PropLogicalUsed
	case "lrefer":
		return zfs.PropLogicalReferenced
	}
	return zfs.Prop(name)
}

// parseColumns reads a list of columns.
func parseColumns(list string) ([]zfs.Prop, error) {
	var props []zfs.Prop
	for name := range strings.SplitSeq(list, ",") {
		if name == "space" {
			props = append(props, zfs.PropName, zfs.PropAvailable, zfs.PropUsed, zfs.PropUsedBySnapshots,
				zfs.PropUsedByDataset, zfs.PropUsedByRefreservation, zfs.PropUsedByChildren)
			continue
		}
		prop := longColumn(name)
		if err := prop.Check(); err != nil {
			return nil, fmt.Errorf("%w; 'zfsprobe get all DATASET' shows what there is", err)
		}
		props = append(props, prop)
	}
	return props, nil
}

// heading is the title of a column.
func heading(prop zfs.Prop) string {
	switch prop {
	case zfs.PropAvailable:
		return "AVAIL"
	case zfs.PropReferenced:
		return "REFER"
	}
	return strings.ToUpper(string(prop))
}

// numeric reports whether a column is set flush right.
func numeric(prop zfs.Prop) bool {
	info, ok := zfs.LookupProp(prop)
	return ok && info.Kind == zfs.PropNumber
}

// humanText is a value for a person: sizes with a suffix, times as dates.
func humanText(p zfs.Property) string {
	info, ok := zfs.LookupProp(p.Name)
	if !ok || p.Value.Kind() != zfs.ValueNumber {
		return p.Text
	}
	n := p.Value.Uint64()
	switch {
	case info.Unit == zfs.UnitBytes && noneIfZero(p.Name) && n == 0:
		return "none"
	case info.Unit == zfs.UnitBytes:
		return niceBytes(n)
	case info.Unit == zfs.UnitSeconds && n > 0:
		return time.Unix(int64(n), 0).Format("Mon Jan _2 15:04 2006")
	case info.Unit == zfs.UnitRatio:
		return strings.TrimSuffix(p.Text, "x") + "x"
	}
	return p.Text
}

// noneIfZero are the limits that zero switches off.
func noneIfZero(p zfs.Prop) bool {
	switch p {
	case zfs.PropQuota, zfs.PropRefQuota, zfs.PropReservation, zfs.PropRefReservation:
		return true
	}
	return false
}

// niceBytes writes a size with three significant digits or so: 1.50G, 24K.
func niceBytes(n uint64) string {
	const units = "BKMGTPE"
	i, f := 0, float64(n)
	for f >= 1024 && i < len(units)-1 {
		f /= 1024
		i++
	}
	if i == 0 || n%(1<<(10*i)) == 0 {
		return fmt.Sprintf("%d%c", n>>(10*i), units[i])
	}
	// The most digits that fit into five characters with the unit.
	for decimals := 2; decimals > 0; decimals-- {
		if s := fmt.Sprintf("%.*f%c", decimals, f, units[i]); len(s) <= 5 {
			return s
		}
	}
	return fmt.Sprintf("%.0f%c", f, units[i])
}

package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/purezfs/purezfs/zfs"
)

// shortNames are the names of columns that differ from their property's. They
// serve as headings, and are understood as well.
var shortNames = [...]struct {
	short string
	prop  zfs.Prop
}{
	{"avail", zfs.PropAvailable},
	{"refer", zfs.PropReferenced},
	{"ratio", zfs.PropCompressRatio},
	{"refratio", zfs.PropRefCompressRatio},
	{"compress", zfs.PropCompression},
	{"recsize", zfs.PropRecordSize},
	{"volblock", zfs.PropVolBlockSize},
	{"reserv", zfs.PropReservation},
	{"refreserv", zfs.PropRefReservation},
	{"rdonly", zfs.PropReadonly},
	{"case", zfs.PropCaseSensitivity},
	{"usedsnap", zfs.PropUsedBySnapshots},
	{"usedds", zfs.PropUsedByDataset},
	{"usedchild", zfs.PropUsedByChildren},
	{"usedrefreserv", zfs.PropUsedByRefreservation},
	{"lused", zfs.PropLogicalUsed},
	{"lrefer", zfs.PropLogicalReferenced},
	{"fslimit", zfs.PropFilesystemLimit},
	{"sslimit", zfs.PropSnapshotLimit},
	{"fscount", zfs.PropFilesystemCount},
	{"sscount", zfs.PropSnapshotCount},
	{"dnsize", zfs.PropDnodeSize},
	{"redund_md", zfs.PropRedundantMetadata},
	{"resumetok", zfs.PropReceiveResumeToken},
	{"encroot", zfs.PropEncryptionRoot},
}

// longColumn is the property that a column shows.
func longColumn(name string) zfs.Prop {
	for _, n := range shortNames {
		if n.short == name {
			return n.prop
		}
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
	for _, n := range shortNames {
		if n.prop == prop {
			return strings.ToUpper(n.short)
		}
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
	if p.Value.Kind() != zfs.ValueNumber {
		return p.Text
	}
	n := p.Value.Uint64()
	info, ok := zfs.LookupProp(p.Name)
	if !ok {
		return extraText(p.Name, n)
	}
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

// extraText is the value of a property such as userquota@alice or
// written@monday for a person.
func extraText(p zfs.Prop, n uint64) string {
	number, _, owner := p.Userspace()
	kind := zfs.UserspaceKind(number)
	_, written := p.Written()
	switch {
	case owner && kind.IsQuota() && n == 0:
		return "none"
	case owner && kind.IsObjects():
		return niceCount(n)
	case owner || written:
		return niceBytes(n)
	}
	return strconv.FormatUint(n, 10)
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

package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

// shortNames are the names of columns that differ from their property's. They
// serve as headings, and are understood as well.
var shortNames = [...]struct {
	short string
	prop  prop.Prop
}{
	{"avail", prop.Available},
	{"refer", prop.Referenced},
	{"ratio", prop.CompressRatio},
	{"refratio", prop.RefCompressRatio},
	{"compress", prop.Compression},
	{"recsize", prop.RecordSize},
	{"volblock", prop.VolBlockSize},
	{"reserv", prop.Reservation},
	{"refreserv", prop.RefReservation},
	{"rdonly", prop.Readonly},
	{"case", prop.CaseSensitivity},
	{"usedsnap", prop.UsedBySnapshots},
	{"usedds", prop.UsedByDataset},
	{"usedchild", prop.UsedByChildren},
	{"usedrefreserv", prop.UsedByRefreservation},
	{"lused", prop.LogicalUsed},
	{"lrefer", prop.LogicalReferenced},
	{"fslimit", prop.FilesystemLimit},
	{"sslimit", prop.SnapshotLimit},
	{"fscount", prop.FilesystemCount},
	{"sscount", prop.SnapshotCount},
	{"dnsize", prop.DnodeSize},
	{"redund_md", prop.RedundantMetadata},
	{"resumetok", prop.ReceiveResumeToken},
	{"encroot", prop.EncryptionRoot},
}

// longColumn is the property that a column shows.
func longColumn(name string) prop.Prop {
	for _, n := range shortNames {
		if n.short == name {
			return n.prop
		}
	}
	return prop.Prop(name)
}

// parseColumns reads a list of columns.
func parseColumns(list string) ([]prop.Prop, error) {
	var props []prop.Prop
	for name := range strings.SplitSeq(list, ",") {
		if name == "space" {
			props = append(props, prop.Name, prop.Available, prop.Used, prop.UsedBySnapshots,
				prop.UsedByDataset, prop.UsedByRefreservation, prop.UsedByChildren)
			continue
		}
		property := longColumn(name)
		if err := property.Check(); err != nil {
			return nil, fmt.Errorf("%w; 'zfsprobe get all DATASET' lists all properties", err)
		}
		props = append(props, property)
	}
	return props, nil
}

// heading is the title of a column.
func heading(property prop.Prop) string {
	for _, n := range shortNames {
		if n.prop == property {
			return strings.ToUpper(n.short)
		}
	}
	return strings.ToUpper(string(property))
}

// numeric reports whether a column is set flush right.
func numeric(property prop.Prop) bool {
	info, ok := prop.Lookup(property)
	return ok && info.Kind == prop.KindNumber
}

// humanText is a value for a person: sizes with a suffix, times as dates.
func humanText(p prop.Property) string {
	if p.Value.Kind() != prop.ValueNumber {
		return p.Text
	}
	n := p.Value.Uint64()
	info, ok := prop.Lookup(p.Name)
	if !ok {
		return extraText(p.Name, n)
	}
	switch {
	case info.Unit == prop.UnitBytes && noneIfZero(p.Name) && n == 0:
		return "none"
	case info.Unit == prop.UnitBytes:
		return show.Size(n)
	case info.Unit == prop.UnitSeconds && n > 0:
		return time.Unix(int64(n), 0).Format("Mon Jan _2 15:04 2006")
	case info.Unit == prop.UnitRatio:
		return strings.TrimSuffix(p.Text, "x") + "x"
	}
	return p.Text
}

// extraText is the value of a property such as userquota@alice or
// written@monday for a person.
func extraText(p prop.Prop, n uint64) string {
	number, _, owner := p.Userspace()
	kind := zfs.UserspaceKind(number)
	_, written := p.Written()
	switch {
	case owner && kind.IsQuota() && n == 0:
		return "none"
	case owner && kind.IsObjects():
		return show.Count(n)
	case owner || written:
		return show.Size(n)
	}
	return strconv.FormatUint(n, 10)
}

// noneIfZero are the limits that zero switches off.
func noneIfZero(p prop.Prop) bool {
	switch p {
	case prop.Quota, prop.RefQuota, prop.Reservation, prop.RefReservation:
		return true
	}
	return false
}

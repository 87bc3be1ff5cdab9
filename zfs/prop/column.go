package prop

import "strings"

// A column is a short name of a property.
type column struct {
	short string
	prop  Prop
}

// columns are the short names of properties of datasets.
var columns = [...]column{
	{"avail", Available},
	{"refer", Referenced},
	{"ratio", CompressRatio},
	{"refratio", RefCompressRatio},
	{"compress", Compression},
	{"recsize", RecordSize},
	{"volblock", VolBlockSize},
	{"reserv", Reservation},
	{"refreserv", RefReservation},
	{"rdonly", Readonly},
	{"case", CaseSensitivity},
	{"usedsnap", UsedBySnapshots},
	{"usedds", UsedByDataset},
	{"usedchild", UsedByChildren},
	{"usedrefreserv", UsedByRefreservation},
	{"lused", LogicalUsed},
	{"lrefer", LogicalReferenced},
	{"fslimit", FilesystemLimit},
	{"sslimit", SnapshotLimit},
	{"fscount", FilesystemCount},
	{"sscount", SnapshotCount},
	{"dnsize", DnodeSize},
	{"redund_md", RedundantMetadata},
	{"resumetok", ReceiveResumeToken},
	{"encroot", EncryptionRoot},
}

// poolColumns are the short names of properties of pools and devices.
var poolColumns = [...]column{
	{"alloc", "allocated"},
	{"cap", "capacity"},
	{"ckpoint", "checkpoint"},
	{"dedup", "dedupratio"},
	{"expandsz", "expandsize"},
	{"frag", "fragmentation"},
}

// ParseColumn returns the property of a dataset that a name stands for on the command
// line of zfs(8), which takes short names such as "avail" and "refer" too. Other names
// come back as they are: see [Prop.Check].
func ParseColumn(name string) Prop { return parseColumn(columns[:], name) }

// ParsePoolColumn is ParseColumn for the properties of pools and devices, with the
// short names of zpool(8), such as "cap" and "frag".
func ParsePoolColumn(name string) Prop { return parseColumn(poolColumns[:], name) }

// parseColumn finds a short name.
func parseColumn(columns []column, name string) Prop {
	for _, c := range columns {
		if c.short == name {
			return c.prop
		}
	}
	return Prop(name)
}

// ParseColumns reads a list as -o of zfs list takes it: names of properties, short ones
// among them, separated by commas. "space" stands for the columns that tell what takes
// space. The error is that of [Prop.Check].
func ParseColumns(list string) ([]Prop, error) {
	var props []Prop
	for name := range strings.SplitSeq(list, ",") {
		if name == "space" {
			props = append(props, Name, Available, Used, UsedBySnapshots, UsedByDataset, UsedByRefreservation, UsedByChildren)
			continue
		}
		p := ParseColumn(name)
		if err := p.Check(); err != nil {
			return nil, err
		}
		props = append(props, p)
	}
	return props, nil
}

// Column returns the heading that zfs list has for a property of a dataset, such as
// "AVAIL".
func (p Prop) Column() string { return p.heading(columns[:]) }

// PoolColumn returns the heading that zpool list has for a property of a pool, such as
// "CAP".
func (p Prop) PoolColumn() string { return p.heading(poolColumns[:]) }

// heading is the short name, or else the name, in capital letters.
func (p Prop) heading(columns []column) string {
	for _, c := range columns {
		if c.prop == p {
			return strings.ToUpper(c.short)
		}
	}
	return strings.ToUpper(string(p))
}

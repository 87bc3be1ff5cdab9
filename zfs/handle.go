package zfs

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/purezfs/purezfs/zfs/prop"
)

// handle is the kernel's data about a dataset other than its properties: struct
// dmu_objset_stats.
type handle struct {
	clones       uint64
	creationTxg  uint64
	guid         uint64
	objsetType   uint32
	snapshot     bool
	inconsistent bool
	redacted     bool
	origin       string
}

// handleSize is the size of the structure in bytes.
const handleSize = 288

// The types of an object set that a dataset can have.
const (
	objsetZPL  = 2
	objsetZvol = 3
)

// parseHandle decodes the structure in the layout of releases since 2.0. It does
// not keep b.
func parseHandle(b []byte) handle {
	if len(b) < handleSize {
		return handle{}
	}
	origin := b[31:287]
	if i := bytes.IndexByte(origin, 0); i >= 0 {
		origin = origin[:i]
	}
	return handle{
		clones:       binary.NativeEndian.Uint64(b[0:]),
		creationTxg:  binary.NativeEndian.Uint64(b[8:]),
		guid:         binary.NativeEndian.Uint64(b[16:]),
		objsetType:   binary.NativeEndian.Uint32(b[24:]),
		snapshot:     b[28] != 0,
		inconsistent: b[29] != 0,
		redacted:     b[30] != 0,
		origin:       string(origin),
	}
}

// datasetType returns the type in the structure. A snapshot also has the type of
// its dataset.
func (h *handle) datasetType() prop.DatasetType {
	var t prop.DatasetType
	switch h.objsetType {
	case objsetZPL:
		t = prop.TypeFilesystem
	case objsetZvol:
		t = prop.TypeVolume
	}
	if h.snapshot {
		t |= prop.TypeSnapshot
	}
	return t
}

// value returns a property that follows from the name and the structure.
func (h *handle) value(property prop.Prop, p *Properties) (prop.Value, bool) {
	switch property {
	case prop.Name:
		return prop.String(p.name), true
	case prop.Type:
		return prop.String(typeWord(p.typ)), true
	case prop.NumClones:
		return prop.Uint64(h.clones), true
	case prop.Inconsistent:
		return boolValue(h.inconsistent), true
	case prop.Redacted:
		return boolValue(h.redacted), true
	case prop.GUID:
		return prop.Uint64(h.guid), h.guid != 0
	case prop.CreateTXG:
		return prop.Uint64(h.creationTxg), h.creationTxg != 0
	case prop.Origin:
		return prop.String(h.origin), h.origin != ""
	}
	return prop.Value{}, false
}

func boolValue(b bool) prop.Value {
	if b {
		return prop.Uint64(1)
	}
	return prop.Uint64(0)
}

// typeWord returns the word of zfs(8) for a dataset's type.
func typeWord(t prop.DatasetType) string {
	switch {
	case t.Has(prop.TypeSnapshot):
		return "snapshot"
	case t.Has(prop.TypeBookmark):
		return "bookmark"
	}
	return t.String()
}

// internal reports whether a name is internal to the kernel: $MOS, $ORIGIN,
// $FREE, or the hidden dataset of a partial receive.
func internal(name string) bool {
	return strings.ContainsAny(lastComponent(name), "$%")
}

// lastComponent returns the part behind the last slash.
func lastComponent(name string) string {
	return name[strings.LastIndexByte(name, '/')+1:]
}

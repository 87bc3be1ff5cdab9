package zfs

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// handle is what the kernel tells of a dataset beside its properties: struct
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

// parseHandle reads the structure as releases since 2.0 lay it out. It does
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

// datasetType is the type that the structure tells. A snapshot has that of its
// dataset as well.
func (h *handle) datasetType() DatasetType {
	var t DatasetType
	switch h.objsetType {
	case objsetZPL:
		t = TypeFilesystem
	case objsetZvol:
		t = TypeVolume
	}
	if h.snapshot {
		t |= TypeSnapshot
	}
	return t
}

// value returns a property that follows from the name and the structure.
func (h *handle) value(prop Prop, p *Properties) (Value, bool) {
	switch prop {
	case PropName:
		return StringValue(p.name), true
	case PropType:
		return StringValue(typeWord(p.typ)), true
	case PropNumClones:
		return Uint64Value(h.clones), true
	case PropInconsistent:
		return boolValue(h.inconsistent), true
	case PropRedacted:
		return boolValue(h.redacted), true
	case PropGUID:
		return Uint64Value(h.guid), h.guid != 0
	case PropCreateTXG:
		return Uint64Value(h.creationTxg), h.creationTxg != 0
	case PropOrigin:
		return StringValue(h.origin), h.origin != ""
	}
	return Value{}, false
}

func boolValue(b bool) Value {
	if b {
		return Uint64Value(1)
	}
	return Uint64Value(0)
}

// typeWord is the one word that zfs(8) has for a dataset's type.
func typeWord(t DatasetType) string {
	switch {
	case t.Has(TypeSnapshot):
		return "snapshot"
	case t.Has(TypeBookmark):
		return "bookmark"
	}
	return t.String()
}

// internal reports whether a name is one of the kernel's own: $MOS, $ORIGIN,
// $FREE, or the hidden dataset of a partial receive.
func internal(name string) bool {
	return strings.ContainsAny(lastComponent(name), "$%")
}

// lastComponent returns the part behind the last slash.
func lastComponent(name string) string {
	return name[strings.LastIndexByte(name, '/')+1:]
}

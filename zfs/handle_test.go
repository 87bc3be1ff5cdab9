package zfs

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/prop"
)

// packHandle lays a handle out as the kernel does.
func packHandle(h handle) []byte {
	b := make([]byte, handleSize)
	binary.NativeEndian.PutUint64(b[0:], h.clones)
	binary.NativeEndian.PutUint64(b[8:], h.creationTxg)
	binary.NativeEndian.PutUint64(b[16:], h.guid)
	binary.NativeEndian.PutUint32(b[24:], h.objsetType)
	for i, set := range []bool{h.snapshot, h.inconsistent, h.redacted} {
		if set {
			b[28+i] = 1
		}
	}
	copy(b[31:287], h.origin)
	return b
}

func TestParseHandle(t *testing.T) {
	full := handle{
		clones: 3, creationTxg: 42, guid: 1<<63 | 7, objsetType: objsetZPL,
		snapshot: true, inconsistent: true, redacted: true, origin: "tank/a@s",
	}
	long := handle{origin: strings.Repeat("x", 256)}
	stale := packHandle(handle{origin: "tank/origin@old"})
	copy(stale[31:], "tank\x00")
	tests := []struct {
		name string
		in   []byte
		want handle
	}{
		{"every field", packHandle(full), full},
		{"zeros", make([]byte, handleSize), handle{}},
		{"origin without a NUL", packHandle(long), long},
		{"stale bytes behind the NUL", stale, handle{origin: "tank"}},
		{"longer than known", append(packHandle(full), 1, 2, 3), full},
		{"one byte short", packHandle(full)[:handleSize-1], handle{}},
		{"empty", nil, handle{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := parseHandle(tt.in)
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(handle{})); diff != "" {
				t.Errorf("handle (-want +got):\n%s", diff)
			}
			clear(tt.in)
			if got.origin != tt.want.origin {
				t.Error("the handle kept the kernel's bytes")
			}
		})
	}
}

func TestHandleType(t *testing.T) {
	tests := []struct {
		name string
		in   handle
		want prop.DatasetType
	}{
		{"filesystem", handle{objsetType: objsetZPL}, prop.TypeFilesystem},
		{"volume", handle{objsetType: objsetZvol}, prop.TypeVolume},
		{"snapshot of a filesystem", handle{objsetType: objsetZPL, snapshot: true}, prop.TypeFilesystem | prop.TypeSnapshot},
		{"snapshot of a volume", handle{objsetType: objsetZvol, snapshot: true}, prop.TypeVolume | prop.TypeSnapshot},
		{"the pool's own", handle{objsetType: 1}, 0},
		{"unknown", handle{objsetType: 1 << 31}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.in.datasetType(); got != tt.want {
				t.Errorf("type %s, want %s", got, tt.want)
			}
		})
	}
}

func TestHandleValue(t *testing.T) {
	h := handle{clones: 2, inconsistent: true, origin: "tank/a@s"}
	p := &Properties{name: "tank/b", typ: prop.TypeVolume, handle: h}
	tests := []struct {
		prop prop.Prop
		want prop.Value
		ok   bool
	}{
		{prop.Name, prop.String("tank/b"), true},
		{prop.Type, prop.String("volume"), true},
		{prop.NumClones, prop.Uint64(2), true},
		{prop.Inconsistent, prop.Uint64(1), true},
		{prop.Redacted, prop.Uint64(0), true},
		{prop.Origin, prop.String("tank/a@s"), true},
		{prop.Used, prop.Value{}, false},
	}
	for _, tt := range tests {
		t.Run(string(tt.prop), func(t *testing.T) {
			got, ok := h.value(tt.prop, p)
			if !got.Equal(tt.want) || ok != tt.ok {
				t.Errorf("value = %v, %v, want %v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
	if v, ok := (&handle{}).value(prop.Origin, p); ok {
		t.Errorf("a dataset that is not a clone has the origin %v", v)
	}
}

func TestTypeWord(t *testing.T) {
	tests := []struct {
		want string
		in   prop.DatasetType
	}{
		{"filesystem", prop.TypeFilesystem},
		{"volume", prop.TypeVolume},
		{"snapshot", prop.TypeVolume | prop.TypeSnapshot},
		{"bookmark", prop.TypeBookmark},
		{"none", 0},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			if got := typeWord(tt.in); got != tt.want {
				t.Errorf("typeWord = %q", got)
			}
		})
	}
}

func TestInternal(t *testing.T) {
	tests := []struct {
		name string
		want bool
	}{
		{"tank", false},
		{"tank/a", false},
		{"tank/$MOS", true},
		{"tank/$ORIGIN", true},
		{"tank/$FREE", true},
		{"tank/a/%recv", true},
		{"tank/a@%recv", true},
		{"tank/%recv/a", false},
		{"", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := internal(tt.name); got != tt.want {
				t.Errorf("internal = %t", got)
			}
		})
	}
}

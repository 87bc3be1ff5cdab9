package stream

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
)

// place is where a number stands in a record.
type place struct {
	off, size int
	value     uint64
}

// number reads the number at a place.
func (p place) number(b []byte, bigEndian bool) uint64 {
	order := binary.ByteOrder(binary.LittleEndian)
	if bigEndian {
		order = binary.BigEndian
	}
	switch p.size {
	case 1:
		return uint64(b[p.off])
	case 4:
		return uint64(order.Uint32(b[p.off:]))
	}
	return order.Uint64(b[p.off:])
}

// Every field stands at its place in the format. The numbers are from the
// format's description, not from the code.
func TestRecordLayout(t *testing.T) {
	tests := []struct {
		name   string
		rec    Record
		places []place
	}{
		{
			"begin", &Begin{Features: FeatureSpill, Created: 1, ObjsetType: 2, Flags: 3, ToGUID: 4, FromGUID: 5, ToName: "a"},
			[]place{{0, 4, 0}, {4, 4, 0}, {8, 8, 0x2F5bacbac}, {16, 8, 17}, {24, 8, 1}, {32, 4, 2}, {36, 4, 3}, {40, 8, 4}, {48, 8, 5}, {56, 1, 'a'}},
		},
		{"compound begin", &Begin{Compound: true}, []place{{16, 8, 2}}},
		{
			"object", &Object{
				Object: 1, ObjectType: 2, BonusType: 3, BlockSize: 4, ChecksumType: 6, Compress: 7, Slots: 8, Flags: 9,
				ToGUID: 11, IndirectShift: 12, Levels: 13, BlockPointers: 14, MaxBlockID: 15,
			},
			[]place{
				{0, 4, 1}, {8, 8, 1}, {16, 4, 2}, {20, 4, 3}, {24, 4, 4}, {32, 1, 6}, {33, 1, 7}, {34, 1, 8}, {35, 1, 9},
				{40, 8, 11}, {48, 1, 12}, {49, 1, 13}, {50, 1, 14}, {56, 8, 15},
			},
		},
		{
			"object with bonus", &Object{Head: Head{Payload: filled(16)}, BonusLen: 10, RawBonusLen: 16},
			[]place{{4, 4, 16}, {28, 4, 10}, {36, 4, 16}},
		},
		{"free objects", &FreeObjects{First: 1, Count: 2, ToGUID: 3}, []place{{0, 4, 2}, {8, 8, 1}, {16, 8, 2}, {24, 8, 3}}},
		{
			"write", &Write{
				Head: Head{Payload: filled(8)}, Object: 1, ObjectType: 2, Offset: 3, LogicalSize: 4, ToGUID: 5, ChecksumType: 6, Flags: 7,
				Compression: 9, Key: [5]uint64{10, 11, 12, 13, 14}, CompressedSize: 8, Salt: [8]byte{15}, IV: [12]byte{16}, MAC: [16]byte{17},
			},
			[]place{
				{0, 4, 3}, {4, 4, 8}, {8, 8, 1}, {16, 4, 2}, {24, 8, 3}, {32, 8, 4}, {40, 8, 5}, {48, 1, 6}, {49, 1, 7}, {50, 1, 9},
				{56, 8, 10}, {64, 8, 11}, {72, 8, 12}, {80, 8, 13}, {88, 8, 14}, {96, 8, 8}, {104, 1, 15}, {112, 1, 16}, {124, 1, 17},
			},
		},
		{"free", &Free{Object: 1, Offset: 2, Length: 3, ToGUID: 4}, []place{{0, 4, 4}, {8, 8, 1}, {16, 8, 2}, {24, 8, 3}, {32, 8, 4}}},
		{
			"write by reference", &WriteByRef{
				Object: 1, Offset: 2, Length: 3, ToGUID: 4, RefGUID: 5, RefObject: 6, RefOffset: 7, ChecksumType: 8, Flags: 9, Key: [5]uint64{10, 0, 0, 0, 11},
			},
			[]place{
				{0, 4, 6}, {8, 8, 1}, {16, 8, 2}, {24, 8, 3}, {32, 8, 4}, {40, 8, 5}, {48, 8, 6}, {56, 8, 7}, {64, 1, 8}, {65, 1, 9}, {72, 8, 10}, {104, 8, 11},
			},
		},
		{
			"spill", &Spill{
				Head: Head{Payload: filled(8)}, Object: 1, Length: 2, ToGUID: 3, Flags: 4, Compression: 5, CompressedSize: 8,
				Salt: [8]byte{6}, IV: [12]byte{7}, MAC: [16]byte{9}, ObjectType: 10,
			},
			[]place{
				{0, 4, 7}, {4, 4, 8}, {8, 8, 1}, {16, 8, 2}, {24, 8, 3}, {32, 1, 4}, {33, 1, 5}, {40, 8, 8}, {48, 1, 6}, {56, 1, 7}, {68, 1, 9}, {84, 4, 10},
			},
		},
		{
			"embedded", &WriteEmbedded{
				Head: Head{Payload: filled(8)}, Object: 1, Offset: 2, Length: 3, ToGUID: 4, Compression: 5, EmbeddedType: 6, LogicalSize: 7, PhysicalSize: 8,
			},
			[]place{{0, 4, 8}, {4, 4, 8}, {8, 8, 1}, {16, 8, 2}, {24, 8, 3}, {32, 8, 4}, {40, 1, 5}, {41, 1, 6}, {48, 4, 7}, {52, 4, 8}},
		},
		{
			"object range", &ObjectRange{First: 1, Slots: 2, ToGUID: 3, Salt: [8]byte{4}, IV: [12]byte{5}, MAC: [16]byte{6}, Flags: 7},
			[]place{{0, 4, 9}, {8, 8, 1}, {16, 8, 2}, {24, 8, 3}, {32, 1, 4}, {40, 1, 5}, {52, 1, 6}, {68, 1, 7}},
		},
		{"redact", &Redact{Object: 1, Offset: 2, Length: 3, ToGUID: 4}, []place{{0, 4, 10}, {8, 8, 1}, {16, 8, 2}, {24, 8, 3}, {32, 8, 4}}},
		{"end", &End{ToGUID: 1}, []place{{0, 4, 5}, {40, 8, 1}}},
	}
	for _, tt := range tests {
		for _, bigEndian := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, big-endian %t", tt.name, bigEndian), func(t *testing.T) {
				var records []Record
				at := 0
				if begin, ok := tt.rec.(*Begin); ok {
					begin.BigEndian = bigEndian
				} else {
					records, at = append(records, &Begin{BigEndian: bigEndian}), recordSize
				}
				b := mustStream(t, append(records, tt.rec)...)[at:]
				for _, p := range tt.places {
					if got := p.number(b, bigEndian); got != p.value {
						t.Errorf("byte %d is %d, want %d", p.off, got, p.value)
					}
				}
			})
		}
	}
}

// How long a payload is, by the fields.
func TestRecordPayloadSize(t *testing.T) {
	tests := []struct {
		name string
		rec  Record
		want uint64
	}{
		{"begin", &Begin{Head: Head{Payload: filled(8)}}, 8},
		{"object without bonus", &Object{}, 0},
		{"object", &Object{BonusLen: 169}, 176},
		{"largest object", &Object{BonusLen: 1<<32 - 1}, 1 << 32},
		{"raw object", &Object{BonusLen: 169, RawBonusLen: 320}, 320},
		{"write", &Write{LogicalSize: 4096, CompressedSize: 512}, 4096},
		{"compressed write", &Write{LogicalSize: 4096, CompressedSize: 512, Compression: 2}, 512},
		{"spill", &Spill{Length: 1024, Compression: 2}, 1024},
		{"compressed spill", &Spill{Length: 1024, CompressedSize: 512}, 512},
		{"embedded", &WriteEmbedded{LogicalSize: 4096, PhysicalSize: 17}, 24},
		{"free", &Free{Length: 4096}, 0},
		{"by reference", &WriteByRef{Length: 4096}, 0},
		{"redact", &Redact{Length: 4096}, 0},
		{"end", &End{}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.rec.PayloadSize(); got != tt.want {
				t.Errorf("payload of %d bytes, want %d", got, tt.want)
			}
		})
	}
}

// Where the sums stand, against the plain definition.
func TestRecordSums(t *testing.T) {
	b := mustStream(t, &Begin{ToName: "p@s"}, &Free{Object: 1}, &End{})
	free, end := b[recordSize:2*recordSize], b[2*recordSize:]
	tests := []struct {
		name   string
		stored []byte
		upTo   int
	}{
		{"free", free[sumOffset:], recordSize + sumOffset},
		{"checksum of the end", end[8:40], 2 * recordSize},
		{"end", end[sumOffset:], 2*recordSize + sumOffset},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var want []byte
			for _, word := range plainSum(b[:tt.upTo], binary.LittleEndian) {
				want = binary.LittleEndian.AppendUint64(want, word)
			}
			if !bytes.Equal(tt.stored[:sumSize], want) {
				t.Errorf("sum %x, want %x", tt.stored[:sumSize], want)
			}
		})
	}
}

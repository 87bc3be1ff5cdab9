package label

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
)

// trailerSize is the size of the checksum at the end of a block, and
// trailerMagic is the number that the checksum begins with.
const (
	trailerSize  = 40
	trailerMagic = 0x0210da7ab10c7a11
)

// verify checks a block at an offset of the device against the checksum at its
// end, and returns the byte order of the machine that wrote it. It changes the
// block temporarily.
func verify(b []byte, offset int64) (binary.ByteOrder, error) {
	trailer := b[len(b)-trailerSize:]
	order, ok := orderOf(trailer, trailerMagic)
	if !ok {
		if isZero(b) {
			return nil, ErrEmpty
		}
		return nil, ErrChecksum
	}
	// The checksum was computed with the block's offset in place of the
	// checksum.
	var stored [trailerSize - 8]byte
	copy(stored[:], trailer[8:])
	clear(trailer[8:])
	order.PutUint64(trailer[8:], uint64(offset))
	sum := sha256.Sum256(b)
	copy(trailer[8:], stored[:])
	for i := range 4 {
		if order.Uint64(stored[8*i:]) != binary.BigEndian.Uint64(sum[8*i:]) {
			return order, ErrChecksum
		}
	}
	return order, nil
}

// seal sets the checksum of a block for an offset of a device.
func seal(b []byte, offset int64, order binary.ByteOrder) {
	trailer := b[len(b)-trailerSize:]
	order.PutUint64(trailer, trailerMagic)
	clear(trailer[8:])
	order.PutUint64(trailer[8:], uint64(offset))
	sum := sha256.Sum256(b)
	for i := range 4 {
		order.PutUint64(trailer[8+8*i:], binary.BigEndian.Uint64(sum[8*i:]))
	}
}

// orderOf returns the byte order in which b begins with a magic number.
func orderOf(b []byte, magic uint64) (binary.ByteOrder, bool) {
	switch magic {
	case binary.LittleEndian.Uint64(b):
		return binary.LittleEndian, true
	case binary.BigEndian.Uint64(b):
		return binary.BigEndian, true
	}
	return nil, false
}

// isZero reports whether all bytes are zero.
func isZero(b []byte) bool {
	return len(bytes.TrimLeft(b, "\x00")) == 0
}

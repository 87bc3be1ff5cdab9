package stream

import (
	"encoding/binary"
	"math/bits"
)

// Sum is a Fletcher-4 checksum of a stream: four running sums, the first of the
// 32-bit words, each other one of the sum before it. The zero value is the sum
// of no data. Copies are independent.
type Sum [4]uint64

// IsZero reports whether s is the zero value. In a record it means that the
// record has no checksum.
func (s Sum) IsZero() bool { return s == Sum{} }

// Update adds the bytes of b as words, in the byte order that bigEndian
// selects. Like the kernel, it ignores up to three bytes at the end that are
// not a whole word.
func (s *Sum) Update(b []byte, bigEndian bool) {
	if bigEndian {
		s.updateBig(b)
		return
	}
	s.updateLittle(s.updateLanes(b))
}

// updateLittle is the loop for the words that updateLanes does not add. The
// sums are in variables, so that the compiler keeps them in registers, and
// eight words are added per iteration, so that bounds are checked once for
// them.
func (s *Sum) updateLittle(p []byte) {
	a, b, c, d := s[0], s[1], s[2], s[3]
	for len(p) >= 32 {
		w := (*[32]byte)(p)
		a += uint64(binary.LittleEndian.Uint32(w[0:4]))
		b += a
		c += b
		d += c
		a += uint64(binary.LittleEndian.Uint32(w[4:8]))
		b += a
		c += b
		d += c
		a += uint64(binary.LittleEndian.Uint32(w[8:12]))
		b += a
		c += b
		d += c
		a += uint64(binary.LittleEndian.Uint32(w[12:16]))
		b += a
		c += b
		d += c
		a += uint64(binary.LittleEndian.Uint32(w[16:20]))
		b += a
		c += b
		d += c
		a += uint64(binary.LittleEndian.Uint32(w[20:24]))
		b += a
		c += b
		d += c
		a += uint64(binary.LittleEndian.Uint32(w[24:28]))
		b += a
		c += b
		d += c
		a += uint64(binary.LittleEndian.Uint32(w[28:32]))
		b += a
		c += b
		d += c
		p = p[32:]
	}
	for ; len(p) >= 4; p = p[4:] {
		a += uint64(binary.LittleEndian.Uint32(p))
		b += a
		c += b
		d += c
	}
	*s = Sum{a, b, c, d}
}

// updateBig is the loop for streams of big-endian machines.
func (s *Sum) updateBig(p []byte) {
	a, b, c, d := s[0], s[1], s[2], s[3]
	for len(p) >= 16 {
		w := (*[16]byte)(p)
		a += uint64(bits.ReverseBytes32(binary.LittleEndian.Uint32(w[0:4])))
		b += a
		c += b
		d += c
		a += uint64(bits.ReverseBytes32(binary.LittleEndian.Uint32(w[4:8])))
		b += a
		c += b
		d += c
		a += uint64(bits.ReverseBytes32(binary.LittleEndian.Uint32(w[8:12])))
		b += a
		c += b
		d += c
		a += uint64(bits.ReverseBytes32(binary.LittleEndian.Uint32(w[12:16])))
		b += a
		c += b
		d += c
		p = p[16:]
	}
	for ; len(p) >= 4; p = p[4:] {
		a += uint64(binary.BigEndian.Uint32(p))
		b += a
		c += b
		d += c
	}
	*s = Sum{a, b, c, d}
}

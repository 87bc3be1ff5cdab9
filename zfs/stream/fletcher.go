package stream

import (
	"encoding/binary"
	"math/bits"
)

// Sum is a Fletcher-4 checksum as streams carry it: four running sums, the first
// of the 32-bit words, each next one of the one before it. The zero value is the
// sum of nothing. It is a value: copies are independent.
type Sum [4]uint64

// IsZero reports whether the sum is that of nothing. In a record it means that
// there is none.
func (s Sum) IsZero() bool { return s == Sum{} }

// Update adds the bytes of b, as words of the byte order that bigEndian names.
// Up to three bytes that make no whole word at the end are left out, as the
// kernel does.
func (s *Sum) Update(b []byte, bigEndian bool) {
	if bigEndian {
		s.updateBig(b)
		return
	}
	s.updateLittle(s.updateLanes(b))
}

// updateLittle is the loop for all that updateLanes leaves. The sums are in
// variables, and eight words are taken at a time, so that the compiler keeps
// the former in registers and checks bounds once for the latter.
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

// updateBig is for streams of big-endian machines.
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

package nvlist

import (
	"encoding/binary"
	"math/bits"
)

// align8 and align4 round a size up as the native and the XDR encoding demand.
func align8[T int | int64 | uint64](n T) T { return (n + 7) &^ 7 }
func align4[T int | int64 | uint64](n T) T { return (n + 3) &^ 3 }

// zeroByte marks the highest bit of every zero byte of w; bits above the first
// one found may be wrong, which does not matter to who looks for the first.
func zeroByte(w uint64) uint64 {
	return (w - 0x0101010101010101) &^ w & 0x8080808080808080
}

// indexNUL returns the position of the first NUL in b, or len(b). Names and
// values are short, so this beats the general search of the standard library.
func indexNUL(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if z := zeroByte(binary.LittleEndian.Uint64(b[i:])); z != 0 {
			return i + bits.TrailingZeros64(z)>>3
		}
	}
	for ; i < len(b); i++ {
		if b[i] == 0 {
			break
		}
	}
	return i
}

// byteString is text or bytes: decoded lists keep their packed form as a
// string, because that cannot be changed behind their back.
type byteString interface{ ~string | ~[]byte }

// u16, u32 and u64 read a number in the byte order of f at the start of b.
func u16[B byteString](b B, f form) uint16 {
	_ = b[1]
	if f == formLittle {
		return uint16(b[0]) | uint16(b[1])<<8
	}
	return uint16(b[1]) | uint16(b[0])<<8
}

func u32[B byteString](b B, f form) uint32 {
	_ = b[3]
	if f == formLittle {
		return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
	}
	return uint32(b[3]) | uint32(b[2])<<8 | uint32(b[1])<<16 | uint32(b[0])<<24
}

func u64[B byteString](b B, f form) uint64 {
	_ = b[7]
	if f == formLittle {
		return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
	}
	return uint64(b[7]) | uint64(b[6])<<8 | uint64(b[5])<<16 | uint64(b[4])<<24 |
		uint64(b[3])<<32 | uint64(b[2])<<40 | uint64(b[1])<<48 | uint64(b[0])<<56
}

// word reads eight bytes of b in little-endian order. The index form costs no
// slicing, which a chain of reads that depend on each other would wait for.
func word(b []byte, i int) uint64 {
	return uint64(b[i]) | uint64(b[i+1])<<8 | uint64(b[i+2])<<16 | uint64(b[i+3])<<24 |
		uint64(b[i+4])<<32 | uint64(b[i+5])<<40 | uint64(b[i+6])<<48 | uint64(b[i+7])<<56
}

// put16, put32 and put64 are the inverse of u16, u32 and u64.
func put16(b []byte, f form, v uint16) {
	if f == formLittle {
		binary.LittleEndian.PutUint16(b, v)
		return
	}
	binary.BigEndian.PutUint16(b, v)
}

func put32(b []byte, f form, v uint32) {
	if f == formLittle {
		binary.LittleEndian.PutUint32(b, v)
		return
	}
	binary.BigEndian.PutUint32(b, v)
}

func put64(b []byte, f form, v uint64) {
	if f == formLittle {
		binary.LittleEndian.PutUint64(b, v)
		return
	}
	binary.BigEndian.PutUint64(b, v)
}

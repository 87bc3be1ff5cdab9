package nvlist

import "encoding/binary"

// Arrays of 64-bit numbers are most of what kernels answer about pools. Eight
// at a time, or four that have to be turned round, with constant bounds, they
// are copied about as fast as memory is.
const wordsAtOnce = 8

// putWords stores numbers in the layout f at the start of b, which has room.
func putWords(b []byte, f form, s []uint64) {
	if f == formLittle {
		for len(s) >= wordsAtOnce && len(b) >= 8*wordsAtOnce {
			w, v := (*[8 * wordsAtOnce]byte)(b), (*[wordsAtOnce]uint64)(s)
			binary.LittleEndian.PutUint64(w[0:8], v[0])
			binary.LittleEndian.PutUint64(w[8:16], v[1])
			binary.LittleEndian.PutUint64(w[16:24], v[2])
			binary.LittleEndian.PutUint64(w[24:32], v[3])
			binary.LittleEndian.PutUint64(w[32:40], v[4])
			binary.LittleEndian.PutUint64(w[40:48], v[5])
			binary.LittleEndian.PutUint64(w[48:56], v[6])
			binary.LittleEndian.PutUint64(w[56:64], v[7])
			b, s = b[8*wordsAtOnce:], s[wordsAtOnce:]
		}
	}
	if f != formLittle {
		for len(s) >= 4 && len(b) >= 32 {
			w, v := (*[32]byte)(b), (*[4]uint64)(s)
			binary.BigEndian.PutUint64(w[0:8], v[0])
			binary.BigEndian.PutUint64(w[8:16], v[1])
			binary.BigEndian.PutUint64(w[16:24], v[2])
			binary.BigEndian.PutUint64(w[24:32], v[3])
			b, s = b[32:], s[4:]
		}
	}
	for i, n := range s {
		put64(b[8*i:], f, n)
	}
}

// getWords fills s with the numbers in the layout f at the start of b, which
// has as many.
func getWords(s []uint64, b []byte, f form) {
	if f == formLittle {
		for len(s) >= wordsAtOnce && len(b) >= 8*wordsAtOnce {
			w, v := (*[8 * wordsAtOnce]byte)(b), (*[wordsAtOnce]uint64)(s)
			v[0] = binary.LittleEndian.Uint64(w[0:8])
			v[1] = binary.LittleEndian.Uint64(w[8:16])
			v[2] = binary.LittleEndian.Uint64(w[16:24])
			v[3] = binary.LittleEndian.Uint64(w[24:32])
			v[4] = binary.LittleEndian.Uint64(w[32:40])
			v[5] = binary.LittleEndian.Uint64(w[40:48])
			v[6] = binary.LittleEndian.Uint64(w[48:56])
			v[7] = binary.LittleEndian.Uint64(w[56:64])
			b, s = b[8*wordsAtOnce:], s[wordsAtOnce:]
		}
	}
	if f != formLittle {
		for len(s) >= 4 && len(b) >= 32 {
			w, v := (*[32]byte)(b), (*[4]uint64)(s)
			v[0] = binary.BigEndian.Uint64(w[0:8])
			v[1] = binary.BigEndian.Uint64(w[8:16])
			v[2] = binary.BigEndian.Uint64(w[16:24])
			v[3] = binary.BigEndian.Uint64(w[24:32])
			b, s = b[32:], s[4:]
		}
	}
	for i := range s {
		s[i] = u64(b[8*i:], f)
	}
}

package nvlist

import "math/bits"

// nameTable finds a field by its name: an open hash table that is at most half
// full and never changes. It beats a map because names are short.
type nameTable struct {
	slots []int16
	shift uint
}

// build fills the table. Structs have fewer than 32,768 fields.
func (t *nameTable) build(fields []structField) {
	size := bits.Len(uint(2*len(fields))) + 1
	t.slots = make([]int16, 1<<size)
	t.shift = 64 - uint(size)
	for i := range fields {
		at := nameHash(fields[i].name) >> t.shift
		for t.slots[at] != 0 {
			at = (at + 1) % uint64(len(t.slots))
		}
		t.slots[at] = int16(i + 1)
	}
}

// find returns the field with the given name, or -1.
func (t *nameTable) find(fields []structField, name []byte) int {
	for at := nameHash(name) >> t.shift; ; at = (at + 1) % uint64(len(t.slots)) {
		i := int(t.slots[at]) - 1
		if i < 0 || fields[i].name == string(name) {
			return i
		}
	}
}

// nameHash mixes the length, the first and the last bytes of a name.
func nameHash[B byteString](name B) uint64 {
	n := len(name)
	h := uint64(n) * 0x9e3779b97f4a7c15
	switch {
	case n >= 8:
		h ^= u64(name, formLittle) ^ bits.RotateLeft64(u64(name[n-8:], formLittle), 29)
	case n >= 4:
		h ^= uint64(u32(name, formLittle)) | uint64(u32(name[n-4:], formLittle))<<32
	case n > 0:
		h ^= uint64(name[0]) | uint64(name[n/2])<<8 | uint64(name[n-1])<<16
	}
	return h * 0xff51afd7ed558ccd
}

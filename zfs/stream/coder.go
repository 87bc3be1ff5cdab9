package stream

import "encoding/binary"

// coder copies fields between a record's bytes and its struct, so that one
// description of a record is used in both directions.
type coder struct {
	b         []byte // recordSize bytes
	bigEndian bool
	write     bool
}

func (c *coder) u8(off int, v *uint8) {
	if c.write {
		c.b[off] = *v
		return
	}
	*v = c.b[off]
}

func (c *coder) u32(off int, v *uint32) {
	b := c.b[off : off+4]
	switch {
	case c.write && c.bigEndian:
		binary.BigEndian.PutUint32(b, *v)
	case c.write:
		binary.LittleEndian.PutUint32(b, *v)
	case c.bigEndian:
		*v = binary.BigEndian.Uint32(b)
	default:
		*v = binary.LittleEndian.Uint32(b)
	}
}

func (c *coder) u64(off int, v *uint64) {
	b := c.b[off : off+8]
	switch {
	case c.write && c.bigEndian:
		binary.BigEndian.PutUint64(b, *v)
	case c.write:
		binary.LittleEndian.PutUint64(b, *v)
	case c.bigEndian:
		*v = binary.BigEndian.Uint64(b)
	default:
		*v = binary.LittleEndian.Uint64(b)
	}
}

// bytes copies bytes that have no byte order.
func (c *coder) bytes(off int, v []byte) {
	if c.write {
		copy(c.b[off:], v)
		return
	}
	copy(v, c.b[off:])
}

func (c *coder) sum(off int, v *Sum) {
	for i := range v {
		c.u64(off+8*i, &v[i])
	}
}

func (c *coder) key(off int, v *[5]uint64) {
	for i := range v {
		c.u64(off+8*i, &v[i])
	}
}

// roundUp8 cannot overflow, because n has 32 bits.
func roundUp8(n uint32) uint64 { return (uint64(n) + 7) &^ 7 }

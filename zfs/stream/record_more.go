package stream

// WriteByRef is a block that equals an earlier block of the stream. Only
// streams of zfs send -D contain it, which no release since 2.0 sends or
// receives.
type WriteByRef struct {
	Head
	Object       uint64
	Offset       uint64 // bytes
	Length       uint64 // bytes
	ToGUID       uint64
	RefGUID      uint64
	RefObject    uint64
	RefOffset    uint64 // bytes
	ChecksumType uint8
	Flags        uint8 // FlagDedup
	Key          [5]uint64
}

// Type returns TypeWriteByRef.
func (*WriteByRef) Type() Type { return TypeWriteByRef }

func (r *WriteByRef) layout(c *coder) {
	c.u64(8, &r.Object)
	c.u64(16, &r.Offset)
	c.u64(24, &r.Length)
	c.u64(32, &r.ToGUID)
	c.u64(40, &r.RefGUID)
	c.u64(48, &r.RefObject)
	c.u64(56, &r.RefOffset)
	c.u8(64, &r.ChecksumType)
	c.u8(65, &r.Flags)
	c.key(72, &r.Key)
}

// Spill holds the spill block, with the attributes that do not fit into the
// bonus buffer.
type Spill struct {
	Head
	Object         uint64
	Length         uint64 // bytes, uncompressed
	ToGUID         uint64
	Flags          uint8 // FlagRawByteSwap, FlagSpillUnmodified
	Compression    uint8
	CompressedSize uint64 // bytes; 0 if the payload is not compressed
	// The rest is 0 unless the stream is raw.
	Salt       [8]byte
	IV         [12]byte
	MAC        [16]byte
	ObjectType uint32
}

// Type returns TypeSpill.
func (*Spill) Type() Type { return TypeSpill }

// PayloadSize returns the compressed size if it is set, or else the length.
func (r *Spill) PayloadSize() uint64 {
	if r.CompressedSize != 0 {
		return r.CompressedSize
	}
	return r.Length
}

func (r *Spill) layout(c *coder) {
	c.u64(8, &r.Object)
	c.u64(16, &r.Length)
	c.u64(24, &r.ToGUID)
	c.u8(32, &r.Flags)
	c.u8(33, &r.Compression)
	c.u64(40, &r.CompressedSize)
	c.bytes(48, r.Salt[:])
	c.bytes(56, r.IV[:])
	c.bytes(68, r.MAC[:])
	c.u32(84, &r.ObjectType)
}

// WriteEmbedded holds a block that is so small that it is stored in its block
// pointer.
type WriteEmbedded struct {
	Head
	Object       uint64
	Offset       uint64 // bytes
	Length       uint64 // bytes that the block covers
	ToGUID       uint64
	Compression  uint8
	EmbeddedType uint8
	LogicalSize  uint32 // bytes, uncompressed
	PhysicalSize uint32 // bytes, without the padding of the payload
}

// Type returns TypeWriteEmbedded.
func (*WriteEmbedded) Type() Type { return TypeWriteEmbedded }

// PayloadSize returns the physical size, rounded up to a multiple of 8.
func (r *WriteEmbedded) PayloadSize() uint64 { return roundUp8(r.PhysicalSize) }

func (*WriteEmbedded) limit() uint64 { return maxEmbedded }

func (r *WriteEmbedded) layout(c *coder) {
	c.u64(8, &r.Object)
	c.u64(16, &r.Offset)
	c.u64(24, &r.Length)
	c.u64(32, &r.ToGUID)
	c.u8(40, &r.Compression)
	c.u8(41, &r.EmbeddedType)
	c.u32(48, &r.LogicalSize)
	c.u32(52, &r.PhysicalSize)
}

// ObjectRange holds the encryption parameters of a range of objects in a raw
// stream.
type ObjectRange struct {
	Head
	First  uint64
	Slots  uint64
	ToGUID uint64
	Salt   [8]byte
	IV     [12]byte
	MAC    [16]byte
	Flags  uint8 // FlagRawByteSwap
}

// Type returns TypeObjectRange.
func (*ObjectRange) Type() Type { return TypeObjectRange }

func (r *ObjectRange) layout(c *coder) {
	c.u64(8, &r.First)
	c.u64(16, &r.Slots)
	c.u64(24, &r.ToGUID)
	c.bytes(32, r.Salt[:])
	c.bytes(40, r.IV[:])
	c.bytes(52, r.MAC[:])
	c.u8(68, &r.Flags)
}

// Redact is a range of an object that is redacted.
type Redact struct {
	Head
	Object uint64
	Offset uint64 // bytes
	Length uint64 // bytes
	ToGUID uint64
}

// Type returns TypeRedact.
func (*Redact) Type() Type { return TypeRedact }

func (r *Redact) layout(c *coder) {
	c.u64(8, &r.Object)
	c.u64(16, &r.Offset)
	c.u64(24, &r.Length)
	c.u64(32, &r.ToGUID)
}

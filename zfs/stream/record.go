package stream

// recordSize is the length of a record without its payload. The last sumSize bytes
// are the checksum, except in a Begin, which has no checksum.
const (
	recordSize = 312
	sumSize    = 32
	sumOffset  = recordSize - sumSize
)

// The longest payloads that a kernel accepts. Longer ones are not read.
const (
	maxBlock    = 16 << 20
	maxBonus    = 16 << 10
	maxEmbedded = 112
	maxList     = 64 << 20
)

// Record is one record of a stream: a *Begin, *Object, *FreeObjects, *Write,
// *Free, *End, *WriteByRef, *Spill, *WriteEmbedded, *ObjectRange or *Redact. Its
// numbers are those of the stream; whether they are valid in a filesystem is not
// checked.
type Record interface {
	// Type returns the type of the record.
	Type() Type
	// PayloadSize returns the length of the payload according to the fields.
	PayloadSize() uint64

	head() *Head
	layout(c *coder)
	limit() uint64
}

// Head is the common part of all records. Use its zero value for a record that was
// not read from a stream.
type Head struct {
	// Offset is the offset of the record in bytes from the start of the stream
	// that it was read from. A Writer ignores it.
	Offset int64
	// Payload are the bytes after the record, or nil. The payload of a record
	// that was read is valid until the next record is read.
	Payload []byte

	// raw is the record as it was read. Bytes that are not in a field are
	// written from here.
	raw []byte
	// size is the length of the payload that was read, length the value of the
	// record's length field.
	size   int
	length uint32
}

func (h *Head) head() *Head { return h }

// PayloadSize returns 0, for records without a payload.
func (h *Head) PayloadSize() uint64 { return 0 }

func (h *Head) limit() uint64 { return maxBlock }

// Object starts the records of an object: a file, a directory, or a table of the
// filesystem. Its payload is the bonus buffer.
type Object struct {
	Head
	Object       uint64
	ObjectType   uint32
	BonusType    uint32
	BlockSize    uint32 // bytes
	BonusLen     uint32 // bytes, without the padding of the payload
	ChecksumType uint8
	Compress     uint8
	Slots        uint8 // of 512 bytes; 0 means 1
	Flags        uint8 // FlagRawByteSwap, FlagObjectSpill
	RawBonusLen  uint32
	ToGUID       uint64
	// The rest is 0 unless the stream is raw.
	IndirectShift uint8
	Levels        uint8
	BlockPointers uint8
	MaxBlockID    uint64
}

// The flags of single records.
const (
	FlagDedup           = 1 << 0
	FlagRawByteSwap     = 1 << 1
	FlagObjectSpill     = 1 << 2
	FlagSpillUnmodified = 1 << 2
)

// Type returns TypeObject.
func (*Object) Type() Type { return TypeObject }

// PayloadSize returns the length of the bonus buffer, in streams that are not raw
// rounded up to a multiple of 8.
func (r *Object) PayloadSize() uint64 {
	if r.RawBonusLen != 0 {
		return uint64(r.RawBonusLen)
	}
	return roundUp8(r.BonusLen)
}

func (*Object) limit() uint64 { return maxBonus }

func (r *Object) layout(c *coder) {
	c.u64(8, &r.Object)
	c.u32(16, &r.ObjectType)
	c.u32(20, &r.BonusType)
	c.u32(24, &r.BlockSize)
	c.u32(28, &r.BonusLen)
	c.u8(32, &r.ChecksumType)
	c.u8(33, &r.Compress)
	c.u8(34, &r.Slots)
	c.u8(35, &r.Flags)
	c.u32(36, &r.RawBonusLen)
	c.u64(40, &r.ToGUID)
	c.u8(48, &r.IndirectShift)
	c.u8(49, &r.Levels)
	c.u8(50, &r.BlockPointers)
	c.u64(56, &r.MaxBlockID)
}

// FreeObjects is a range of objects that do not exist.
type FreeObjects struct {
	Head
	First  uint64
	Count  uint64
	ToGUID uint64
}

// Type returns TypeFreeObjects.
func (*FreeObjects) Type() Type { return TypeFreeObjects }

func (r *FreeObjects) layout(c *coder) {
	c.u64(8, &r.First)
	c.u64(16, &r.Count)
	c.u64(24, &r.ToGUID)
}

// Write holds a block of an object. Its payload is the block, compressed if
// Compression is not 0, and in its form on disk if the stream is raw.
type Write struct {
	Head
	Object       uint64
	ObjectType   uint32
	Offset       uint64 // bytes
	LogicalSize  uint64 // bytes
	ToGUID       uint64
	ChecksumType uint8
	Flags        uint8 // FlagDedup, FlagRawByteSwap
	Compression  uint8
	// Key is the checksum of the block and its properties, for deduplication.
	Key            [5]uint64
	CompressedSize uint64 // bytes; 0 if Compression is
	// The rest is 0 unless the stream is raw.
	Salt [8]byte
	IV   [12]byte
	MAC  [16]byte
}

// Type returns TypeWrite.
func (*Write) Type() Type { return TypeWrite }

// PayloadSize returns the compressed size of a compressed block, or else the
// logical size.
func (r *Write) PayloadSize() uint64 {
	if r.Compression != 0 {
		return r.CompressedSize
	}
	return r.LogicalSize
}

func (r *Write) layout(c *coder) {
	c.u64(8, &r.Object)
	c.u32(16, &r.ObjectType)
	c.u64(24, &r.Offset)
	c.u64(32, &r.LogicalSize)
	c.u64(40, &r.ToGUID)
	c.u8(48, &r.ChecksumType)
	c.u8(49, &r.Flags)
	c.u8(50, &r.Compression)
	c.key(56, &r.Key)
	c.u64(96, &r.CompressedSize)
	c.bytes(104, r.Salt[:])
	c.bytes(112, r.IV[:])
	c.bytes(124, r.MAC[:])
}

// Free is a range of an object that is a hole.
type Free struct {
	Head
	Object uint64
	Offset uint64 // bytes
	Length uint64 // bytes, or all ones for the rest of the object
	ToGUID uint64
}

// Type returns TypeFree.
func (*Free) Type() Type { return TypeFree }

func (r *Free) layout(c *coder) {
	c.u64(8, &r.Object)
	c.u64(16, &r.Offset)
	c.u64(24, &r.Length)
	c.u64(32, &r.ToGUID)
}

// End ends a stream.
type End struct {
	Head
	// Checksum is the sum of all bytes of the stream before this record. It is
	// zero at the end of a compound stream. A Writer computes it.
	Checksum Sum
	ToGUID   uint64
}

// Type returns TypeEnd.
func (*End) Type() Type { return TypeEnd }

func (r *End) layout(c *coder) {
	c.sum(8, &r.Checksum)
	c.u64(40, &r.ToGUID)
}

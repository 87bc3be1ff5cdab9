package stream

import "io"

// MaxParts is how many parts of a stream a Summary describes one by one.
const MaxParts = 1 << 16

// Count is how many records there are and how many bytes follow them.
type Count struct {
	Records int64
	Payload int64 // bytes
}

// Summary is what a stream contains, in numbers. The zero value is ready for
// Add.
type Summary struct {
	BigEndian bool
	// Compound is set if any stream in the input is.
	Compound bool
	// Bytes is the length of all records with their payloads.
	Bytes int64
	// Total counts all records, Types those of each type.
	Total Count
	Types [NumTypes]Count
	// Features are all that a receiver needs for one part or another.
	Features Features
	// Parts are the first MaxParts snapshots that are sent, PartCount is how
	// many there are.
	Parts     []Part
	PartCount int64

	open bool // within a part
}

// Part is the stream of one snapshot.
type Part struct {
	// Offset is where it starts, in bytes.
	Offset int64
	// ToName is the full name of the snapshot.
	ToName   string
	ToGUID   uint64
	FromGUID uint64 // 0 for a full stream
	// Created is when the snapshot was made, in seconds since 1970.
	Created    uint64
	ObjsetType uint32
	Flags      uint32
	Features   Features
	// Count is of all records of the part.
	Count Count
}

// Add counts a record.
func (s *Summary) Add(rec Record) {
	size := int64(len(rec.head().Payload))
	s.Bytes += recordSize + size
	s.Total.add(size)
	s.Types[rec.Type()].add(size)
	begin, ok := rec.(*Begin)
	if ok {
		s.begin(begin)
	}
	// The Begin and the Ends around the parts belong to none of them.
	if n := len(s.Parts); n > 0 && s.open && s.PartCount == int64(n) {
		s.Parts[n-1].Count.add(size)
	}
	if _, ok := rec.(*End); ok {
		s.open = false
	}
}

// begin starts a part, unless it is the list of a compound stream.
func (s *Summary) begin(b *Begin) {
	s.BigEndian = b.BigEndian
	s.Features |= b.Features
	if b.Compound {
		s.Compound = true
		return
	}
	s.open = true
	s.PartCount++
	if len(s.Parts) == MaxParts {
		return
	}
	s.Parts = append(s.Parts, Part{
		Offset: b.Offset, ToName: b.ToName, ToGUID: b.ToGUID, FromGUID: b.FromGUID,
		Created: b.Created, ObjsetType: b.ObjsetType, Flags: b.Flags, Features: b.Features,
	})
}

func (c *Count) add(size int64) {
	c.Records++
	c.Payload += size
}

// Summarize reads a stream to its end. With an error, which is that of Next, it
// also returns what there was up to it.
func Summarize(r *Reader) (*Summary, error) {
	s := &Summary{}
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		s.Add(rec)
	}
}

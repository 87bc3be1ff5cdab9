package stream

import "io"

// MaxParts is the maximum number of parts in a Summary.
const MaxParts = 1 << 16

// Count is a number of records and the length of their payloads.
type Count struct {
	Records int64
	Payload int64 // bytes
}

// Summary counts the content of a stream. The zero value is ready to use.
type Summary struct {
	BigEndian bool
	// Compound is set if any stream in the input is a compound stream.
	Compound bool
	// Bytes is the length of all records with their payloads.
	Bytes int64
	// Total counts all records, Types the records of each type.
	Total Count
	Types [NumTypes]Count
	// Features are the features that a receiver needs for any part.
	Features Features
	// Parts are the first MaxParts snapshots that are sent, PartCount is the
	// number of all of them.
	Parts     []Part
	PartCount int64

	open bool // within a part
}

// Part is the stream of one snapshot.
type Part struct {
	// Offset is its offset in bytes.
	Offset int64
	// ToName is the full name of the snapshot.
	ToName   string
	ToGUID   uint64
	FromGUID uint64 // 0 for a full stream
	// Created is the creation time of the snapshot, in seconds since 1970.
	Created    uint64
	ObjsetType uint32
	Flags      uint32
	Features   Features
	// Count counts all records of the part.
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
	// The Begin and the Ends around the parts do not belong to a part.
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

// Summarize reads a stream to its end. If Next returns an error, it returns the
// summary so far with that error.
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

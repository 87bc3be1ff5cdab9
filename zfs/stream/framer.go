package stream

// HeaderSize is the length of a record in bytes, without its payload.
const HeaderSize = recordSize

// Framer tells how long the records of a stream are, for who hands a stream on
// and must not read beyond its end. It looks into no payload and checks no sum.
// The zero value is ready. It is for one goroutine at a time.
type Framer struct{ r Reader }

// Next takes the next HeaderSize bytes of the stream and returns the record,
// without its payload, and how many bytes of payload follow. The record is valid
// until the next call. A malformed one is a *SyntaxError, as in a Reader.
func (f *Framer) Next(header []byte) (rec Record, payload int, err error) {
	if len(header) != HeaderSize {
		return nil, 0, f.r.fail(len(header), ErrTruncated)
	}
	if rec, err = f.r.decode(header); err != nil {
		return nil, 0, err
	}
	if payload, err = f.r.size(rec, header); err != nil {
		return nil, 0, err
	}
	f.r.count++
	f.r.base += int64(HeaderSize + payload)
	return rec, payload, nil
}

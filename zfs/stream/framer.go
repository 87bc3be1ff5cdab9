package stream

// HeaderSize is the length of a record in bytes, without its payload.
const HeaderSize = recordSize

// Framer reports the lengths of a stream's records, for programs that copy a
// stream and must not read beyond its end. It does not check payloads or sums.
// The zero value is ready to use. It must not be used concurrently.
type Framer struct{ r Reader }

// Next parses the next HeaderSize bytes of the stream. It returns the record
// without its payload, and how many bytes of payload follow. The record is valid
// until the next call. A malformed record is a *SyntaxError, as in a Reader.
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

package stream

import "strconv"

// Type is the type of a record.
type Type uint32

// The types of records.
const (
	TypeBegin         Type = 0
	TypeObject        Type = 1
	TypeFreeObjects   Type = 2
	TypeWrite         Type = 3
	TypeFree          Type = 4
	TypeEnd           Type = 5
	TypeWriteByRef    Type = 6
	TypeSpill         Type = 7
	TypeWriteEmbedded Type = 8
	TypeObjectRange   Type = 9
	TypeRedact        Type = 10

	// NumTypes is the number of types.
	NumTypes = 11
)

// String returns the name that zstream(8) uses, or the number of an unknown
// type.
func (t Type) String() string {
	names := [NumTypes]string{
		"BEGIN", "OBJECT", "FREEOBJECTS", "WRITE", "FREE", "END", "WRITE_BYREF", "SPILL", "WRITE_EMBEDDED",
		"OBJECT_RANGE", "REDACT",
	}
	if t < NumTypes {
		return names[t]
	}
	return strconv.FormatUint(uint64(t), 10)
}

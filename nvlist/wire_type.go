package nvlist

import "strconv"

// Type says what a pair holds. The numbers are those of the wire, the same in
// both encodings.
type Type int32

// The 27 types that a packed list can carry. TypeUnknown is the zero value and
// never appears on the wire.
const (
	TypeUnknown      Type = 0
	TypeBoolean      Type = 1  // presence only, no value
	TypeByte         Type = 2  // Go: byte
	TypeInt16        Type = 3  // Go: int16
	TypeUint16       Type = 4  // Go: uint16
	TypeInt32        Type = 5  // Go: int32
	TypeUint32       Type = 6  // Go: uint32
	TypeInt64        Type = 7  // Go: int64
	TypeUint64       Type = 8  // Go: uint64
	TypeString       Type = 9  // Go: string, without a NUL
	TypeByteArray    Type = 10 // Go: []byte
	TypeInt16Array   Type = 11 // Go: []int16
	TypeUint16Array  Type = 12 // Go: []uint16
	TypeInt32Array   Type = 13 // Go: []int32
	TypeUint32Array  Type = 14 // Go: []uint32
	TypeInt64Array   Type = 15 // Go: []int64
	TypeUint64Array  Type = 16 // Go: []uint64
	TypeStringArray  Type = 17 // Go: []string
	TypeHrtime       Type = 18 // Go: time.Duration, in nanoseconds
	TypeList         Type = 19 // Go: *List
	TypeListArray    Type = 20 // Go: []*List
	TypeBooleanValue Type = 21 // Go: bool
	TypeInt8         Type = 22 // Go: int8
	TypeUint8        Type = 23 // Go: uint8
	TypeBooleanArray Type = 24 // Go: []bool
	TypeInt8Array    Type = 25 // Go: []int8
	TypeUint8Array   Type = 26 // Go: []uint8
	TypeDouble       Type = 27 // Go: float64; the kernel refuses it
)

// maxType is the highest type number that the wire knows.
const maxType = TypeDouble

// typeClass groups the types that share a layout.
type typeClass uint8

const (
	classScalar typeClass = iota // one number
	classList
	classString
	classFlag  // no value at all
	classArray // numbers of one width
	classStrings
	classLists
	classNone // not a type of the wire
)

// typeInfo is what both encodings need to know about a type.
type typeInfo struct {
	name  string
	class typeClass
	// width is the size in bytes of one number in the native encoding.
	width uint8
	// elem is the scalar type of an array's elements, or the type itself.
	elem Type
}

// typeInfos is indexed by type number. It is never written to.
var typeInfos = [maxType + 1]typeInfo{
	TypeUnknown:      {"unknown", classNone, 0, TypeUnknown},
	TypeBoolean:      {"boolean", classFlag, 0, TypeBoolean},
	TypeByte:         {"byte", classScalar, 1, TypeByte},
	TypeInt16:        {"int16", classScalar, 2, TypeInt16},
	TypeUint16:       {"uint16", classScalar, 2, TypeUint16},
	TypeInt32:        {"int32", classScalar, 4, TypeInt32},
	TypeUint32:       {"uint32", classScalar, 4, TypeUint32},
	TypeInt64:        {"int64", classScalar, 8, TypeInt64},
	TypeUint64:       {"uint64", classScalar, 8, TypeUint64},
	TypeString:       {"string", classString, 0, TypeString},
	TypeByteArray:    {"byte_array", classArray, 1, TypeByte},
	TypeInt16Array:   {"int16_array", classArray, 2, TypeInt16},
	TypeUint16Array:  {"uint16_array", classArray, 2, TypeUint16},
	TypeInt32Array:   {"int32_array", classArray, 4, TypeInt32},
	TypeUint32Array:  {"uint32_array", classArray, 4, TypeUint32},
	TypeInt64Array:   {"int64_array", classArray, 8, TypeInt64},
	TypeUint64Array:  {"uint64_array", classArray, 8, TypeUint64},
	TypeStringArray:  {"string_array", classStrings, 0, TypeString},
	TypeHrtime:       {"hrtime", classScalar, 8, TypeHrtime},
	TypeList:         {"nvlist", classList, 0, TypeList},
	TypeListArray:    {"nvlist_array", classLists, 0, TypeList},
	TypeBooleanValue: {"boolean_value", classScalar, 4, TypeBooleanValue},
	TypeInt8:         {"int8", classScalar, 1, TypeInt8},
	TypeUint8:        {"uint8", classScalar, 1, TypeUint8},
	TypeBooleanArray: {"boolean_array", classArray, 4, TypeBooleanValue},
	TypeInt8Array:    {"int8_array", classArray, 1, TypeInt8},
	TypeUint8Array:   {"uint8_array", classArray, 1, TypeUint8},
	TypeDouble:       {"double", classScalar, 8, TypeDouble},
}

// info returns the row of t. A number that the wire does not know gets the row
// of TypeUnknown, so that hostile numbers need no check of their own.
func (t Type) info() *typeInfo {
	if uint32(t) > uint32(maxType) {
		return &typeInfos[TypeUnknown]
	}
	return &typeInfos[t]
}

// Valid reports whether t is one of the 27 types of the wire.
func (t Type) Valid() bool { return t.info().class != classNone }

// IsArray reports whether t holds any number of elements, lists included.
func (t Type) IsArray() bool {
	switch t.info().class {
	case classArray, classStrings, classLists:
		return true
	}
	return false
}

// String returns the lower-case name of t, such as "uint64_array" or "nvlist".
// A number that is not a type gives "type(N)".
func (t Type) String() string {
	if t == TypeUnknown || t.Valid() {
		return t.info().name
	}
	return "type(" + strconv.Itoa(int(t)) + ")"
}

// ParseType is the inverse of String for the 27 types of the wire. It reports
// false for any other name.
func ParseType(name string) (Type, bool) {
	for t := TypeBoolean; t <= maxType; t++ {
		if typeInfos[t].name == name {
			return t, true
		}
	}
	return TypeUnknown, false
}

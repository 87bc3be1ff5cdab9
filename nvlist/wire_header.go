package nvlist

import "encoding/binary"

// Encoding is one of the two packed forms of a list.
type Encoding uint8

const (
	// Native is the host's own layout; it is what the kernel answers with.
	Native Encoding = 0
	// XDR is big-endian everywhere; it is what disks and streams hold.
	XDR Encoding = 1
)

// String returns "native" or "xdr".
func (e Encoding) String() string {
	switch e {
	case Native:
		return "native"
	case XDR:
		return "xdr"
	}
	return "unknown"
}

// The envelope: encoding, byte order, two zero bytes, then the list's version
// and flags. The version and the flags follow the rules of the encoding.
const (
	headerLen   = 4
	listHeadLen = 8

	orderBig    = 0
	orderLittle = 1

	// UniqueName is the flag of a list whose names are unique.
	UniqueName uint32 = 1
	// UniqueNameType is the flag of a list in which a name may occur once per
	// type.
	UniqueNameType uint32 = 2
)

// Header is what the first four bytes of a packed list say.
type Header struct {
	// Encoding is the form of everything that follows.
	Encoding Encoding
	// BigEndian is the byte order of the host that packed the list. Only the
	// native encoding depends on it.
	BigEndian bool
}

// ParseHeader reads the first four bytes of a packed list. It fails with
// ErrTruncated for fewer bytes and with ErrHeader for bytes that start no list.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < headerLen {
		return Header{}, &SyntaxError{Offset: int64(len(b)), Err: ErrTruncated}
	}
	for i, top := range [headerLen]byte{byte(XDR), orderLittle, 0, 0} {
		if b[i] > top {
			return Header{}, &SyntaxError{Offset: int64(i), Err: ErrHeader}
		}
	}
	return Header{Encoding: Encoding(b[0]), BigEndian: b[1] == orderBig}, nil
}

// HostHeader is what a list packed on this machine starts with. A kernel only
// takes native lists in its own byte order.
func HostHeader(enc Encoding) Header {
	return Header{Encoding: enc, BigEndian: binary.NativeEndian.Uint16([]byte{0, 1}) == 1}
}

// append starts a packed list with h.
func (h Header) append(dst []byte) []byte {
	order := byte(orderLittle)
	if h.BigEndian {
		order = orderBig
	}
	return append(dst, byte(h.Encoding), order, 0, 0)
}

// form returns the layout of the values behind h.
func (h Header) form() form {
	switch {
	case h.Encoding == XDR:
		return formXDR
	case h.BigEndian:
		return formBig
	}
	return formLittle
}

// form is one of the three layouts that a value can be packed in. XDR widens
// small numbers to four bytes; the native ones differ in byte order only.
type form uint8

const (
	formLittle form = iota
	formBig
	formXDR
)

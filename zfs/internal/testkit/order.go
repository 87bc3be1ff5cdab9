package testkit

import "encoding/binary"

// BigEndian reports the byte order of this machine, and of its kernel.
func BigEndian() bool { return binary.NativeEndian.Uint16([]byte{0, 1}) == 1 }

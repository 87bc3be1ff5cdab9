// Package nvlist packs and unpacks name/value lists, the format in which ZFS
// passes structured data between programs, the kernel and disks.
//
// # Two ways in
//
// A [Cursor] walks packed bytes pair by pair and allocates nothing. [Decode]
// makes a [List], an ordered collection of typed pairs with getters and setters,
// which packs itself again. Both read both encodings in either byte order, check
// every length before they use it, and report at which byte and in which pair a
// malformed list goes wrong.
//
// A [Reader] takes the values that a program knows out of a List, and reports the
// first one that has another type.
//
// Lists also have a lossless typed JSON form, a text form for humans, and
// [Diff].
//
// # Files
//
// The files form four layers, and none uses a name of a layer below it. The file
// to read first comes first.
//
//   - the wire: wire_type.go, wire_header.go, wire_bytes.go, wire_number.go; error.go,
//     path.go, limits.go
//   - the grammar: cursor.go, cursor_value.go; cursor_native.go and cursor_xdr.go
//     read one pair, cursor_native_quick.go and cursor_xdr_quick.go the most common ones
//     in less time
//   - lists: list.go, pair.go, pair_array.go, list_get.go, list_set.go, reader.go;
//     decode.go and list_tape.go, what a decoded list reads from; encode.go,
//     encode_native.go, encode_xdr.go, encode_transcode.go
//   - other forms of lists: json.go, json_decode.go, dump.go, parse.go, diff.go
//
// # Wire format
//
// A packed list starts with four bytes, followed by the top list:
//
//	0 encoding: 0 native, 1 XDR
//	1 byte order of the packing machine: 0 big, 1 little
//	2 zero, zero
//	4 version int32, always 0; flags uint32, 1 for unique names
//	  pairs, then a terminator
//
// The native encoding is aligned so that a machine can read it in place, in its
// own byte order. A pair "guid" with the uint64 7 on a little-endian machine:
//
//	20 00 00 00  size of the pair, 32
//	05 00        size of the name with its NUL
//	00 00        reserved
//	01 00 00 00  number of elements
//	08 00 00 00  type
//	67 75 69 64 00 00 00 00  name, padded with the fields above to a multiple of 8
//	07 00 00 00 00 00 00 00  value, padded to a multiple of 8
//
// Four zero bytes, a pair of size 0, end a list. A pair that holds a list has an
// image of 24 bytes as its value, {version, flags, zeros}, and the pairs of the
// list follow the pair; its size does not count them:
//
//	pair "a" | pair "list" {image} | pair "list/x" | 0 | pair "b" | 0
//
// An array of lists has 8 zero bytes for each element, then the images, and then
// the pairs of one list after the other. So a reader that skips a list must
// still read it to find the next pair. An array of strings has 8 zero bytes for
// each element too, then the strings with their NULs.
//
// XDR consists of big-endian words of four bytes. The same pair:
//
//	00 00 00 20  size of the pair here, 32
//	00 00 00 20  size of the pair in the native encoding
//	00 00 00 04  length of the name
//	67 75 69 64  name, padded to a multiple of 4
//	00 00 00 08  type
//	00 00 00 01  number of elements
//	00 00 00 00 00 00 00 07  value
//
// Numbers below 32 bits take a word each. Arrays of numbers repeat the number of
// elements before them, unless they are empty or consist of bytes, which are
// packed without words. Strings are a length and padded bytes. Lists are stored
// in place: version, flags, pairs, and eight zero bytes, which also end the top
// list; the size of the pair includes them.
//
// # Untrusted input
//
// Decoding never panics, needs time and memory in proportion to the input, and
// obeys [Limits]. It is stricter than libnvpair: it refuses a pair whose parts
// do not add up exactly to its size, text that contains a NUL, and booleans
// other than 0 and 1. By default it accepts names that occur twice.
//
// # Compatibility
//
// In XDR, libnvpair sign-extends numbers of 8 and 16 bits, but the kernel accepts
// them only if they are zero-extended. This package reads both forms and writes
// the kernel's form. Everything else is written byte for byte as libnvpair does.
package nvlist

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
// The package has four layers, each of which uses only those above it. In each,
// the file to read first comes first.
//
//	wire format   type.go, header.go, bytes.go, number.go, limits.go, error.go
//	grammar       cursor.go, then native.go and xdr.go, which read one pair of an
//	              encoding, native_quick.go and xdr_quick.go, which read the most
//	              common ones faster; cursor_value.go, path.go
//	list          list.go, pair.go, get.go, set.go, reader.go, array.go; decode.go with
//	              tape.go, what a decoded list reads from; encode.go with
//	              native_encode.go, xdr_encode.go and transcode.go
//	other forms   json.go, json_decode.go, dump.go, parse.go, diff.go
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

// Package stream reads and writes ZFS send streams and resume tokens as data.
// It needs no kernel and no privilege.
//
// # Streams
//
// A stream is a sequence of records of 312 bytes, most of them followed by a
// payload. All numbers are in the byte order of the machine that sent the
// stream:
//
//	0   type uint32; length of the payload uint32
//	8   the fields of the type
//	280 Fletcher-4 of all bytes of the stream before this one, four uint64
//	312 payload
//
// It starts with a Begin, which describes the snapshot and the features that a
// receiver needs, and ends with an End. A Begin has no checksum at its end: its
// name fills the space. The sum restarts with each Begin, and the End holds the
// sum of everything before it.
//
// The replication stream of zfs send -R is a compound stream: a Begin whose list
// describes datasets and snapshots, its End, then a whole stream for each
// snapshot, and an End without a sum:
//
//	BEGIN{list} END | BEGIN records END | BEGIN records END | END
//
// A Reader parses streams, checks every sum, length and order, and does not
// allocate per record. A Writer writes records and computes the sums, so a filter
// is a loop over both. Summarize counts records.
//
// # Untrusted input
//
// A malformed stream is a *SyntaxError with the offset of the byte. A Reader
// holds one record and its payload in memory: at most 16 MiB, or 64 MiB for the
// list of a Begin. It allocates memory only for bytes that have arrived. Nothing
// panics.
//
// # Resume tokens
//
// An interrupted receive leaves a token, with which the sender can resume.
// ParseToken parses the text of a token, and Token.Text returns it.
package stream

// Package stream reads and writes ZFS send streams and resume tokens as data.
// It needs no kernel and no privilege.
//
// # Streams
//
// A stream is a sequence of records of 312 bytes, most of them followed by a
// payload. All numbers are in the byte order of the machine that sent it:
//
//	0   type uint32; length of the payload uint32
//	8   the fields of the type
//	280 Fletcher-4 of all bytes of the stream before this one, four uint64
//	312 payload
//
// It starts with a Begin, which says what is sent and which features a receiver
// needs, and ends with an End. A Begin has no checksum at its end: its name
// fills the place. The sum starts anew with each Begin, and the End holds the
// sum of all that was before it.
//
// What zfs send -R makes is a compound stream: a Begin whose list describes
// datasets and snapshots, its End, then a whole stream for each snapshot, and an
// End without a sum:
//
//	BEGIN{list} END | BEGIN records END | BEGIN records END | END
//
// A Reader takes all of this apart, checks each sum, length and order, and
// allocates nothing per record. A Writer puts records together again and computes
// the sums, so a filter is a loop over both. Summarize counts.
//
// # Untrusted input
//
// A malformed stream is a *SyntaxError with the offset of the byte. A Reader
// holds one record and its payload in memory, of 16 MiB at most, 64 MiB for the
// list of a Begin, and allocates only for bytes that have arrived. Nothing
// panics.
//
// # Resume tokens
//
// An interrupted receive leaves a token, from which the sender goes on.
// ParseToken and Token.Text read and make its text.
package stream

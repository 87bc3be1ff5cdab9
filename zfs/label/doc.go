// Package label reads what ZFS keeps on a device to know it again: the four
// labels, with the configuration of the pool, its uberblocks and the boot
// environment. It also reads cachefiles, looks through many devices at once, and
// puts pools together from what it finds. It needs no kernel module and no
// privilege beyond reading the devices, and writes nothing.
//
// # On the device
//
// The size of the device is rounded down to a multiple of 256 KiB. There are two
// labels of 256 KiB at its start and two at its end, so that no accident at one
// end takes all of them:
//
//	label 0 | label 1 | 3.5 MiB for boot loaders | data | label 2 | label 3
//
// A label:
//
//	0    8 KiB    nothing
//	8    8 KiB    the boot environment: version uint64, big-endian; text or list
//	16   112 KiB  the configuration, a packed list in XDR
//	128  128 KiB  the uberblocks, a ring of slots
//
// A slot is as large as a sector of the top-level device, 1 KiB at least and
// 8 KiB at most. The boot environment, the configuration and each slot end with a
// checksum of their own, a SHA-256 that also covers the place on the device, so
// that a block that was copied from elsewhere does not count:
//
//	-40 magic uint64; four uint64
//
// All but the list is in the byte order of the machine that wrote it.
//
// # Pools
//
// A label tells the whole pool's name and number, but of its devices only those
// that belong to the same top-level device. [Pools] groups the labels of many
// devices, takes the newest of each, and says what is missing. Log devices and
// the others that can be missing are not told apart there: only the pool itself
// knows which is which, and TRYIMPORT of the kernel reads that.
//
// # Untrusted input
//
// Whatever the bytes are, reading ends with a value or an *Error, nothing panics,
// and a device takes no more memory than its labels. Each label has an error of
// its own.
package label

// Package label reads the labels by which ZFS identifies a device: the four
// copies of the pool's configuration, its uberblocks and the boot environment. It
// also reads cachefiles, scans many devices concurrently, and assembles pools
// from their labels. It needs no kernel module and only the privilege to read the
// devices, and it writes nothing.
//
// # On the device
//
// The size of the device is rounded down to a multiple of 256 KiB. Two labels of
// 256 KiB are at its start and two at its end, so that damage at one end cannot
// destroy all of them:
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
// A slot has the size of a sector of the top-level device, but at least 1 KiB and
// at most 8 KiB. The boot environment, the configuration and each slot end with a
// separate checksum, a SHA-256 that also covers the offset on the device, so that
// a block that was copied from another offset is not valid:
//
//	-40 magic uint64; four uint64
//
// Everything except the list is in the byte order of the machine that wrote it.
//
// # Pools
//
// A label contains the name and the GUID of the pool, but describes only the
// devices of one top-level device. [Pools] groups the labels of many devices,
// uses the newest of each device, and reports missing devices. It cannot
// distinguish missing log devices from other missing devices, because only the
// pool itself stores that; TRYIMPORT of the kernel reads it.
//
// # Untrusted input
//
// For any input, reading ends with a value or an *Error, nothing panics, and a
// device needs no more memory than its labels. Each label has its own error.
package label

// Package vm boots small virtual machines with real OpenZFS kernel modules in them,
// so that tests and the demo run on the kernel itself. Package image builds the images.
//
// A run boots an image under qemu with one more initramfs that holds the program to
// run; there is no disk image, no network and no shared directory. The same static
// binary is the host's tool and the guest's process 1.
//
// # The guest contract
//
// Paths. The program to run, its working directory, the testdata directories and the
// files asked for with Put are at their host paths (or where Put says). /tmp
// and /dev/shm are in memory and writable, everything else is too, and nothing
// survives the run. Busybox applets are in /bin; zfs, zpool, zdb, zinject,
// zhack and (where the release has it) zstream are in /sbin. /etc/passwd knows
// root, alice (1001) and bob (1002), each with a group of the same name. There
// is no udev: a volume is /dev/zdN, /dev/zvol does not exist. Raw host files
// attached with Disks are /dev/zvm/disk0, /dev/zvm/disk1 and so on.
//
// Environment. GO*, ZFS* and PUREZFS* are taken from the host; PATH is
// /usr/sbin:/usr/bin:/sbin:/bin, HOME is /tmp, ZVM_GUEST is 1, ZVM_IMAGE is the
// image's name (2.4) and ZVM_ZFS_VERSION the release of its modules (2.4.4).
//
// Streams. Standard input is empty. Standard output and standard error reach
// the host separately, byte for byte, at some 450 KB/s over an emulated serial
// port. Files fetched with Get travel over a scratch disk and are much faster.
//
// Exit codes. Only an explicit final message of the guest counts as a verdict.
//
//	0..123    the program's own code; 124, 125 and 126 become 123
//	127..255  the program's own code, 128+n when signal n ended it
//	124       watchdog: the program or the kernel hung (ErrHang)
//	125       no final message: a kernel panic (ErrPanic), or the machine went
//	          away without a verdict (ErrNoVerdict)
//	126       the machine or the program could not be started (ErrStart)
//
// A ZFS assertion is a kernel panic here (spl_panic_halt=1), and so is an oops.
package vm

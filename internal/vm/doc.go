// Package vm boots small virtual machines with real OpenZFS kernel modules in them,
// so that tests and the demo run on the kernel itself. Package image builds the images.
//
// A run boots an image under qemu with one more initramfs that holds the program to
// run; there is no disk image, no network and no shared directory. The same static
// binary is the host's tool and the guest's process 1. Where the guest is another
// machine, its process 1 is the binary beside the host's tool that is built for it:
// zvm-arm64, zvm-s390x.
//
// # The guest contract
//
// Paths. The program to run, its working directory and the testdata directories have
// their host paths, and files of Put have the paths that Put sets. All files,
// including /tmp and /dev/shm, are in memory and writable, and are lost after the
// run. Busybox applets are in /bin; zfs, zpool, zdb, zinject, zhack and (if the
// release has it) zstream are in /sbin. /etc/passwd has the users root, alice (1001)
// and bob (1002), each with a group of the same name. Without udev, a volume is
// /dev/zdN, and /dev/zvol does not exist. Raw host files attached with Disks are
// /dev/zvm/disk0, /dev/zvm/disk1 and so on.
//
// Environment. GO*, ZFS* and PUREZFS* are copied from the host; PATH is
// /usr/sbin:/usr/bin:/sbin:/bin, HOME is /tmp, ZVM_GUEST is 1, ZVM_IMAGE is the
// image's name (2.4) and ZVM_ZFS_VERSION the release of its modules (2.4.4).
//
// Streams. Standard input is empty. Standard output and standard error reach
// the host separately, byte for byte, at some 450 KB/s over an emulated serial
// port, or faster over a virtio port of another machine. Files fetched with Get travel over a scratch disk and are much faster.
//
// Exit codes. Only an explicit final message of the guest is a verdict.
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

package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// What zfsprobe holds prints equals what zfs holds prints, but for the order of
// a snapshot's tags, which is the kernel's there.
func TestKernelHoldsEqualZfsHolds(t *testing.T) {
	zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll(`set -e
zfs create -p P/a/b
zfs create -V 1M P/vol
zfs snapshot -r P@s
zfs snapshot P/a@free
zfs hold -r everywhere P@s
zfs hold "a tag" P/a@s
zfs hold 1 P/vol@s
`, "P", pool))
	for _, args := range [][]string{
		{"holds", "-H", pool + "/a@s"}, {"holds", "-rH", pool + "@s"}, {"holds", "-r", pool + "@s"}, {"holds", pool + "/vol@s", pool + "/a@s"},
		{"holds", "-H", pool + "/a@free"},
		{"holds", "-Hpr", pool + "@s"}, {"holds", "-p", pool + "@s"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			if strings.Contains(args[1], "p") && strings.HasPrefix(args[1], "-") {
				zfstest.Since(t, "2.2", "zfs holds -p")
			}
			theirs := strings.Split(foldSpaces(zfstest.Run(t, "zfs", args...)), "\n")
			ours := strings.Split(foldSpaces(string(probe(t, args...))), "\n")
			slices.Sort(theirs)
			slices.Sort(ours)
			if diff := cmp.Diff(theirs, ours); diff != "" {
				t.Errorf("zfs and zfsprobe differ (-zfs +zfsprobe):\n%s", diff)
			}
		})
	}
}

// What zfsprobe keys prints equals the properties that zfs get prints.
func TestKernelKeysEqualZfsGet(t *testing.T) {
	zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll(`set -e
zfs create P/plain
echo password1 | zfs create -o encryption=on -o keyformat=passphrase -o pbkdf2iters=100000 P/vault
zfs create P/vault/a
printf %064d 7 > /tmp/P.key
zfs create -V 1M -o encryption=aes-128-ccm -o keyformat=hex -o keylocation=file:///tmp/P.key P/vault/vol
zfs umount -a
zfs unload-key P/vault
`, "P", pool))
	columns := []string{"name", "encryptionroot", "keystatus", "encryption", "keyformat", "keylocation"}
	theirs := zfstest.Run(t, "zfs", "list", "-Hr", "-o", strings.Join(columns, ","), pool+"/vault")
	if diff := cmp.Diff(theirs, string(probe(t, "keys", "-rH", pool))); diff != "" {
		t.Errorf("zfs and zfsprobe differ (-zfs +zfsprobe):\n%s", diff)
	}
	if strings.Count(theirs, "\n") != 3 {
		t.Errorf("zfs list prints %s", theirs)
	}
}

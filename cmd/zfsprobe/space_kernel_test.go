package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// settledSpace makes a filesystem with files and quotas of several owners.
func settledSpace(t *testing.T) (pool string) {
	t.Helper()
	zfstest.Kernel(t)
	pool = zfstest.Pool(t, nil)
	script := `set -e
zfs create -o mountpoint=/tmp/P/fs P/fs
for uid in 0 1001 1002 1500 70000; do
	dd if=/dev/zero of=/tmp/P/fs/$uid bs=1024 count=$((uid / 10)) 2>/dev/null
	chown $uid:$((uid + 1)) /tmp/P/fs/$uid
done
zfs project -p 7 /tmp/P/fs/1500
zfs set userquota@alice=10M userobjquota@1500=1500 userquota@9999=1G P/fs
zfs set groupquota@bob=20M groupobjquota@8888=5 P/fs
zfs set projectquota@7=3M projectobjquota@8=4 P/fs
zpool sync P
zfs snapshot P/fs@s
`
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll(script, "P", pool))
	return pool
}

// The tables equal those of zfs(8), byte for byte but for the blanks that it
// leaves at the end of a line.
func TestKernelSpaceEqualsZfs(t *testing.T) {
	pool := settledSpace(t)
	for _, args := range [][]string{
		{"userspace", "-Hpn"}, {"userspace", "-Hp"}, {"userspace", "-H"}, {"userspace"}, {"userspace", "-n"},
		{"userspace", "-Hp", "-t", "all"}, {"userspace", "-Hpn", "-t", "posixgroup,posixuser"},
		{"userspace", "-Hp", "-o", "name,objused"}, {"userspace", "-Hpn", "-S", "used"}, {"userspace", "-Hpn", "-s", "quota", "-S", "name"},
		{"groupspace", "-Hpn"}, {"groupspace", "-Hp"}, {"groupspace"},
		{"projectspace", "-Hp"}, {"projectspace"},
	} {
		for _, name := range []string{pool + "/fs", pool + "/fs@s"} {
			args := append(args, name)
			theirs := strings.Split(zfstest.Run(t, "zfs", args...), "\n")
			for i, line := range theirs {
				theirs[i] = strings.TrimRight(line, " ")
			}
			if diff := cmp.Diff(theirs, strings.Split(string(probe(t, args...)), "\n")); diff != "" {
				t.Errorf("zfs and zfsprobe differ for %v (-zfs +zfsprobe):\n%s", args, diff)
			}
		}
	}
}

func TestKernelAllowEqualsZfs(t *testing.T) {
	zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	script := `set -e
zfs create -p P/a/b
zfs allow -s @backup snapshot,send,hold P
zfs allow -s @more @backup,compression P/a
zfs allow -c destroy,@backup P/a
zfs allow -l alice create,mount P/a
zfs allow -d alice create,@more P/a
zfs allow -g bob quota P/a
zfs allow -u bob,root,4321 userprop P/a/b
zfs allow -g 4321 userquota P/a/b
zfs allow -e diff P/a/b
`
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll(script, "P", pool))
	for _, name := range []string{pool, pool + "/a", pool + "/a/b"} {
		if diff := cmp.Diff(zfstest.Run(t, "zfs", "allow", name), string(probe(t, "allow", name))); diff != "" {
			t.Errorf("zfs and zfsprobe differ for allow %s (-zfs +zfsprobe):\n%s", name, diff)
		}
	}
}

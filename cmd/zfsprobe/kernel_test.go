package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// tree makes datasets of every kind below a pool: filesystems, volumes,
// snapshots, clones, bookmarks, with user properties, inherited and received
// values, mounted and not.
func tree(t *testing.T) (pool string) {
	t.Helper()
	zfstest.Kernel(t)
	pool = zfstest.Pool(t, nil)
	script := `set -e
zfs set mountpoint=/tmp/P P
zfs create -o compression=lz4 -o com.example:owner=alice -o quota=30M P/fs
zfs create -o recordsize=16K -o atime=off -o copies=2 P/fs/child
zfs create -o mountpoint=legacy -o canmount=noauto P/fs/legacy
zfs create -o mountpoint=none -o utf8only=on -o normalization=formD P/fs/none
zfs create -o casesensitivity=mixed -o dedup=verify -o checksum=sha512 P/fs/mixed
zfs create -o snapshot_limit=10 -o filesystem_limit=20 -o refquota=9M -o reservation=1M P/limits
zfs create -s -V 16M P/sparse
zfs create -V 4M -o volblocksize=4K -o com.example:disk=yes P/thick
echo data > /tmp/P/fs/file
zfs snapshot -r -o com.example:snapped=1 P/fs@one
zfs snapshot P/sparse@one
zfs clone P/fs@one P/clone
zfs clone P/sparse@one P/vclone
zfs bookmark P/fs@one P/fs#mark
zfs bookmark P/fs/child@one P/fs/child#mark
echo more >> /tmp/P/fs/file
zfs snapshot -r P/fs@two
zfs hold keep P/fs@two
zfs create -o compression=gzip-2 -o com.example:sent=yes -o recordsize=32K P/src
zfs snapshot P/src@s
zfs send -p P/src@s | zfs receive P/received
zfs set recordsize=64K P/received
zfs send P/src@s | zfs receive -o atime=off P/plain
zfs inherit compression P/src
mount -o remount,noatime,ro /tmp/P/fs/child
echo password | zfs create -o encryption=on -o keyformat=passphrase P/secret
zfs create P/secret/inner
zfs snapshot P/secret@s
zfs umount P/secret/inner
`
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll(script, "P", pool))
	return pool
}

// probe runs zfsprobe in this process.
func probe(t *testing.T, args ...string) []byte {
	t.Helper()
	var out, errOut bytes.Buffer
	if code := run(t.Context(), args, strings.NewReader(""), &out, &errOut); code != exitFine {
		t.Fatalf("zfsprobe %v: exit %d\n%s", args, code, errOut.String())
	}
	return out.Bytes()
}

// What zfsprobe get --json says equals what zfs get says, property by property
// and source by source.
func TestKernelGetEqualsZfsGet(t *testing.T) {
	pool := tree(t)
	var doc getDoc
	if err := json.Unmarshal(probe(t, "get", "--json", "-r", "-t", "all", "all", pool), &doc); err != nil {
		t.Fatal(err)
	}
	var ours []string
	for _, ds := range doc.Datasets {
		for name, p := range ds.Properties {
			source := map[string]string{"NONE": "-", "INHERITED": "inherited from " + p.Source.Data}[p.Source.Type]
			if source == "" {
				source = strings.ToLower(p.Source.Type)
			}
			ours = append(ours, strings.Join([]string{ds.Name, name, p.Text, source}, "\t"))
		}
	}
	slices.Sort(ours)
	theirs := strings.Split(strings.TrimSuffix(zfstest.Run(t, "zfs", "get", "-Hp", "-r", "-t", "all", "all", pool), "\n"), "\n")
	slices.Sort(theirs)
	if len(theirs) < 1000 {
		t.Errorf("zfs get printed %d lines only", len(theirs))
	}
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("zfs get and zfsprobe get differ (-zfs +zfsprobe):\n%s", diff)
	}
}

// The text forms are equal byte for byte, including the order.
func TestKernelTextEqualsZfs(t *testing.T) {
	pool := tree(t)
	for _, args := range [][]string{
		{"list", "-Hp", "-r", pool},
		{"list", "-Hp", "-r", "-t", "all", pool},
		{"list", "-Hp", "-r", "-t", "snapshot", "-o", "name,used,refer,creation,guid,createtxg,userrefs", pool},
		{"list", "-Hp", "-d", "1", "-o", "name,type,mounted,origin,volsize,com.example:owner", pool},
		{"list", "-Hp", "-r", "-t", "all", "-o", "name", pool},
		{"list", "-Hp", "-r", "-t", "snapshot,bookmark", "-o", "name,guid,createtxg,type", pool},
		{"list", "-Hp", "-r", "-t", "filesystem", "-o", "name,version,mounted", pool},
		{"list", "-Hp", "-d", "1", "-t", "all", "-o", "name", pool},
		{"list", "-Hp", "-d", "0", "-t", "all", "-o", "name", pool},
		{"list", "-Hp", "-r", "-t", "bookmark", "-o", "name,guid,createtxg", pool},
		{"list", "-H", "-r", "-o", "name,used,avail,refer,compressratio,quota", pool},
		{"list", "-Hp", "-r", "-s", "used", "-o", "name,used", pool},
		{"list", "-Hp", "-r", "-S", "name", "-o", "name", pool},
		{"list", "-r", "-o", "name,refer,compress", pool},
		{"list", "-H", "-o", "name", "-t", "snapshot", pool + "/fs"},
		{"list", "-H", "-o", "name", "-t", "all", pool + "/fs"},
		{"get", "-Hp", "all", pool + "/fs"},
		{"get", "-Hp", "all", pool + "/thick"},
		{"get", "-Hp", "-o", "all", "-r", "-t", "all", "compression,recordsize,atime,com.example:sent", pool},
		{"get", "-o", "name,property,received,value", "-s", "local,received", "all", pool + "/received", pool + "/received@s", pool + "/plain"},
		{"get", "-Hp", "-r", "compression,recordsize,com.example:owner", pool + "/fs"},
		{"get", "-Hp", "-s", "local,received", "all", pool + "/received"},
		{"get", "-Hp", "-o", "value", "guid", pool + "/fs@one"},
		{"get", "-r", "-t", "all", "-H", "userused@0,userquota@root,groupobjused@0,projectobjquota@7,written@one,written@two", pool},
		{"get", "-Hp", "userused@root,groupobjused@root,written@one", pool + "/fs", pool + "/fs@two"},
		{"list", "-Hp", "-r", "-o", "name,userused@0,written@one", pool},
	} {
		theirs := zfstest.Run(t, "zfs", args...)
		if args[0] == "list" {
			args[0] = "ls"
		}
		ours := string(probe(t, args...))
		if !strings.HasPrefix(args[1], "-H") {
			// Before 2.3 columns had a fixed width.
			theirs, ours = foldSpaces(theirs), foldSpaces(ours)
		}
		if diff := cmp.Diff(strings.Split(theirs, "\n"), strings.Split(ours, "\n")); diff != "" {
			t.Errorf("zfs and zfsprobe differ for %v (-zfs +zfsprobe):\n%s", args, diff)
		}
	}
}

// foldSpaces makes one space of several.
func foldSpaces(s string) string {
	return regexp.MustCompile(" +").ReplaceAllString(s, " ")
}

// What zfsprobe ls --json says equals what zfs list says.
func TestKernelListJSONEqualsZfsList(t *testing.T) {
	pool := tree(t)
	columns := []string{"name", "used", "available", "referenced", "mountpoint", "compressratio", "guid", "type"}
	var doc lsDoc
	if err := json.Unmarshal(probe(t, "ls", "--json", "-r", "-t", "all", "-o", strings.Join(columns, ","), pool), &doc); err != nil {
		t.Fatal(err)
	}
	var ours []string
	for _, ds := range doc.Datasets {
		var row []string
		for _, column := range columns {
			row = append(row, ds.Properties[column].Text)
		}
		ours = append(ours, strings.Join(row, "\t"))
	}
	theirs := strings.Split(strings.TrimSuffix(zfstest.Run(t, "zfs", "list", "-Hp", "-r", "-t", "all", "-o", strings.Join(columns, ","), pool), "\n"), "\n")
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("zfs list and zfsprobe ls differ (-zfs +zfsprobe):\n%s", diff)
	}
}

// Doctor finds nothing wrong where all is well, and says what is.
func TestKernelDoctor(t *testing.T) {
	zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	out := string(probe(t, "doctor"))
	for _, want := range []string{"ok", "13744 bytes", pool, "CAP_SYS_ADMIN"} {
		if !strings.Contains(out, want) {
			t.Errorf("doctor does not say %q:\n%s", want, out)
		}
	}
	var report, errOut bytes.Buffer
	if code := run(t.Context(), []string{"doctor", "--device", "/dev/nosuch"}, nil, &report, &errOut); code != exitFinding {
		t.Errorf("exit %d for a missing node, want %d", code, exitFinding)
	}
	if !strings.Contains(report.String(), "mknod -m 0666 /dev/nosuch c 10 ") {
		t.Errorf("doctor does not say how to make the node:\n%s", report.String())
	}
}

// The pool's cachefile is a list that nv reads.
func TestKernelNvCachefile(t *testing.T) {
	zfstest.Kernel(t)
	cache := filepath.Join(t.TempDir(), "cache")
	pool := zfstest.Pool(t, &zfstest.PoolOptions{Args: []string{"-o", "cachefile=" + cache}})
	out := string(probe(t, "nv", cache))
	for _, want := range []string{pool, "vdev_tree", "pool_guid"} {
		if !strings.Contains(out, want) {
			t.Errorf("nv does not show %q:\n%s", want, out)
		}
	}
}

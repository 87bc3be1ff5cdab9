package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// What zfsprobe send writes is what zfs send writes, and what it is expected to
// write too. What zfsprobe receive makes of it has the same GUID and files.
func TestKernelSendAndReceiveEqualZfs(t *testing.T) {
	zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll(`set -e
zfs create -o mountpoint=/tmp/P/src P/src
head -c 300000 /dev/urandom > /tmp/P/src/file
zfs snapshot P/src@a
zfs bookmark P/src@a P/src#m
echo more > /tmp/P/src/more
zfs snapshot P/src@b
`, "P", pool))
	pipe := func(in *os.File, args ...string) (out []byte) {
		t.Helper()
		file := t.TempDir() + "/out"
		w, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		var errOut bytes.Buffer
		if code := run(t.Context(), args, in, w, &errOut); code != exitFine {
			t.Fatalf("zfsprobe %v: exit %d\n%s", args, code, errOut.String())
		}
		out, err = os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for i, args := range [][]string{
		{"send", pool + "/src@a"}, {"send", "-c", "-i", "@a", pool + "/src@b"}, {"send", "-Le", "-i", pool + "/src#m", pool + "/src@b"},
		{"send", "-nvP", pool + "/src@a"}, {"send", "-nP", "-v", "-i", "@a", pool + "/src@b"},
	} {
		got := pipe(nil, args...)
		file := t.TempDir() + "/theirs"
		zfstest.Run(t, "sh", "-c", "zfs "+strings.ReplaceAll(strings.Join(args, " "), "#", `\#`)+" > "+file)
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("zfsprobe %v: %d bytes, zfs has %d others: %.200q, want %.200q", args, len(got), len(want), got, want)
		}
		if i > 1 {
			continue
		}
		in, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		pipe(in, "receive", "-F", "-u", "-o", "mountpoint=/tmp/"+pool+"/dst", pool+"/dst")
	}
	zfstest.Run(t, "zfs", "mount", pool+"/dst")
	if diff := cmp.Diff(zfstest.Run(t, "sh", "-c", "cd /tmp/"+pool+"/src; sha256sum *"), zfstest.Run(t, "sh", "-c", "cd /tmp/"+pool+"/dst; sha256sum *")); diff != "" {
		t.Errorf("files (-source +copy):\n%s", diff)
	}
	guids := func(name string) string {
		return zfstest.Run(t, "zfs", "list", "-H", "-t", "snapshot", "-o", "guid", "-r", pool+name)
	}
	if diff := cmp.Diff(guids("/src"), guids("/dst")); diff != "" {
		t.Errorf("GUIDs (-source +copy):\n%s", diff)
	}
}

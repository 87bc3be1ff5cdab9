package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// mustPipe runs zfsprobe between two files, as a shell does.
func mustPipe(t *testing.T, in *os.File, args ...string) (out []byte) {
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
	for i, args := range [][]string{
		{"send", pool + "/src@a"}, {"send", "-c", "-i", "@a", pool + "/src@b"}, {"send", "-Le", "-i", pool + "/src#m", pool + "/src@b"},
		{"send", "-nvP", pool + "/src@a"}, {"send", "-nP", "-v", "-i", "@a", pool + "/src@b"},
	} {
		got := mustPipe(t, nil, args...)
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
		mustPipe(t, in, "receive", "-F", "-u", "-o", "mountpoint=/tmp/"+pool+"/dst", pool+"/dst")
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

// Of packages zfsprobe expects what zfs send expects, and each receives those of
// the other.
func TestKernelTreeEqualZfs(t *testing.T) {
	zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll(`set -e
zfs create -o a:b=c P/src
zfs create P/src/low
for i in 1 2 3; do zfs snapshot -r P/src@$i; done
zfs hold tag P/src@2
zfs create P/d
`, "P", pool))
	top := pool + "/src@3"
	for _, flags := range []string{"-R", "-R -i @1", "-R -I @1", "-I @1", "-p", "-p -i @2", "-b", "-h"} {
		args := append(append([]string{"send", "-nvP"}, strings.Fields(flags)...), top)
		got, want := string(mustPipe(t, nil, args...)), zfstest.Run(t, "zfs", args...)
		if diff := cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(got)); diff != "" {
			t.Errorf("zfsprobe %v (-zfs +got):\n%s", args, diff)
		}
	}
	ours := t.TempDir() + "/ours"
	if err := os.WriteFile(ours, mustPipe(t, nil, "send", "-R", "-h", top), 0o600); err != nil {
		t.Fatal(err)
	}
	zfstest.Run(t, "sh", "-c", "zfs receive -u "+pool+"/theirs < "+ours)
	theirs := t.TempDir() + "/theirs"
	zfstest.Run(t, "sh", "-c", "zfs send -R -h "+top+" > "+theirs)
	state := func(name string) string {
		tree := zfstest.Run(t, "zfs", "list", "-H", "-r", "-t", "all", "-s", "name", "-o", "name,guid,userrefs,a:b", pool+name)
		var b strings.Builder
		for line := range strings.Lines(tree) {
			f := strings.Split(line, "\t")
			if !strings.Contains(f[0], "@") {
				f[1] = "-" // a filesystem has a GUID of its own
			}
			b.WriteString(strings.Join(append([]string{strings.TrimPrefix(f[0], pool+name)}, f[1:]...), "\t"))
		}
		return b.String()
	}
	want := state("/src")
	if diff := cmp.Diff(want, state("/theirs")); diff != "" {
		t.Errorf("zfs receive of zfsprobe send -R (-source +copy):\n%s", diff)
	}
	for _, tc := range []struct{ flag, target, made string }{
		{"-s", "/ours", "/ours"}, {"-d", "/d", "/d/src"},
	} {
		in, err := os.Open(theirs)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		mustPipe(t, in, "receive", tc.flag, pool+tc.target)
		if diff := cmp.Diff(want, state(tc.made)); diff != "" {
			t.Errorf("zfsprobe receive %s of zfs send -R (-source +copy):\n%s", tc.flag, diff)
		}
	}
}

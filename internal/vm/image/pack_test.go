package image

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/internal/vm/cpio"
	"github.com/purezfs/purezfs/internal/vm/vmtest"
)

// mustOut makes a small directory like the one that collect.sh lays out.
func mustOut(t *testing.T) string {
	t.Helper()
	out := t.TempDir()
	for name, text := range map[string]string{
		"root/usr/bin/busybox": "bb", "root/usr/sbin/zfs": "zfs", "root/usr/bin/own": "own",
		"modules/spl.ko": "spl", "modules/zfs.ko": "zfs", "order": "spl.ko\nzfs.ko\n",
		"applets": "ls\nown\nsh\n", "kernel-version": "6.1.0-1-cloud-amd64\n", "zfs-version": "2.1.11-1+deb12u1\n",
		"vmlinuz": "kernel",
	} {
		vmtest.Write(t, filepath.Join(out, name), text)
	}
	return out
}

func TestPack(t *testing.T) {
	var b bytes.Buffer
	if err := pack(&b, mustOut(t)); err != nil {
		t.Fatal(err)
	}
	lines, err := cpio.Lines(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"120777 bin usr/bin", "120777 lib64 usr/lib64", "120777 etc/mtab /proc/self/mounts",
		"100644 etc/hostid \x01\x02\x03\x04", "100644 usr/sbin/zfs zfs", "40755 proc ",
		"100644 usr/lib/zvm/modules/zfs.ko zfs", "100644 usr/lib/zvm/modules/order spl.ko\nzfs.ko\n",
		"120777 usr/bin/ls busybox", "120777 usr/bin/sh busybox", "100644 usr/bin/own own",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("no entry %q", want)
		}
	}
	if slices.Contains(lines, "120777 usr/bin/own busybox") {
		t.Error("an applet hides the image's own program")
	}
	if i := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "etc/passwd") }); i < 0 ||
		!strings.Contains(lines[i], "alice:x:1001:1001") || !strings.Contains(lines[i], "bob:x:1002:1002") {
		t.Error("the ordinary users are missing")
	}
}

func TestPackErrors(t *testing.T) {
	for _, name := range []string{"order", "applets"} {
		t.Run(name, func(t *testing.T) {
			out := mustOut(t)
			vmtest.Remove(t, filepath.Join(out, name))
			if err := pack(&bytes.Buffer{}, out); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("got %v", err)
			}
		})
	}
	out := mustOut(t)
	vmtest.Write(t, filepath.Join(out, "applets"), "\n")
	if err := pack(&bytes.Buffer{}, out); err == nil {
		t.Error("a busybox without applets passed")
	}
}

func TestReadManifest(t *testing.T) {
	r, out := Releases()[1], mustOut(t)
	m, err := readManifest(r, out)
	want := Manifest{Release: r, Kernel: "6.1.0-1-cloud-amd64", ZFS: "2.1.11", Package: "2.1.11-1+deb12u1"}
	if err != nil || m != want {
		t.Errorf("got %+v, %v", m, err)
	}
	vmtest.Write(t, filepath.Join(out, "zfs-version"), "\n")
	if _, err := readManifest(r, out); err == nil {
		t.Error("an empty version passed")
	}
}

package image

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/purezfs/purezfs/internal/vm/cpio"
)

// guestFiles are the small files that every guest has. /etc/passwd holds two
// ordinary users, so that delegated permissions can be tried.
func guestFiles() map[string]string {
	return map[string]string{
		"/etc/passwd": "root:x:0:0:root:/tmp:/bin/sh\n" +
			"alice:x:1001:1001:alice:/tmp:/bin/sh\n" +
			"bob:x:1002:1002:bob:/tmp:/bin/sh\n",
		"/etc/group":         "root:x:0:\nalice:x:1001:\nbob:x:1002:\n",
		"/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
		"/etc/hosts":         "127.0.0.1 localhost zvm\n",
		// Pools remember the host by this number; any that is not zero will do.
		"/etc/hostid": "\x01\x02\x03\x04",
	}
}

// pack writes the image's initramfs from the directory that collect.sh laid out.
func pack(w io.Writer, out string) error {
	a := cpio.New(w)
	for _, dir := range []string{"bin", "sbin", "lib", "lib64"} {
		a.AddDir("/usr/"+dir, 0o755)
		a.AddSymlink("usr/"+dir, "/"+dir)
	}
	for _, dir := range []string{"/proc", "/sys", "/dev", "/run", "/root", "/mnt", "/etc/zfs", "/var/log"} {
		a.AddDir(dir, 0o755)
	}
	files := guestFiles()
	for _, name := range sortedKeys(files) {
		a.AddBytes(name, 0o644, []byte(files[name]))
	}
	a.AddSymlink("/proc/self/mounts", "/etc/mtab")
	if err := cpio.AddTree(a, filepath.Join(out, "root"), "/"); err != nil {
		return err
	}
	if err := cpio.AddTree(a, filepath.Join(out, "modules"), GuestModules); err != nil {
		return err
	}
	if err := cpio.AddFile(a, filepath.Join(out, "order"), GuestOrder, 0o644); err != nil {
		return err
	}
	if err := packApplets(a, filepath.Join(out, "applets")); err != nil {
		return err
	}
	return a.Close()
}

// packApplets links busybox's applets in /bin, except where the image has a
// program of that name.
func packApplets(a *cpio.Archive, list string) error {
	data, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	names := strings.Fields(string(data))
	if len(names) == 0 {
		return fmt.Errorf("%s: busybox names no applets", list)
	}
	for _, name := range names {
		if path := "/usr/bin/" + name; !a.Has(path) {
			a.AddSymlink("busybox", path)
		}
	}
	return a.Err
}

// readManifest reads what the recipe noted about the packages.
func readManifest(r Release, out string) (Manifest, error) {
	m := Manifest{Release: r}
	kernel, err := os.ReadFile(filepath.Join(out, "kernel-version"))
	if err != nil {
		return m, err
	}
	zfs, err := os.ReadFile(filepath.Join(out, "zfs-version"))
	if err != nil {
		return m, err
	}
	m.Kernel = strings.TrimSpace(string(kernel))
	m.Package = strings.TrimSpace(string(zfs))
	// The package's version is the release, a dash and Debian's own revision.
	m.ZFS, _, _ = strings.Cut(m.Package, "-")
	if m.Kernel == "" || m.ZFS == "" {
		return m, fmt.Errorf("%s: empty version", out)
	}
	return m, nil
}

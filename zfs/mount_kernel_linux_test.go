package zfs_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// mountLine returns a dataset's line in the table of mounts, without the fields
// after the options; empty if it is not mounted. The order of options is that of
// the kernel.
func mountLine(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("/proc/self/mounts")
	testkit.Must(t, err)
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); f[0] == name {
			return strings.Join(f[1:4], " ")
		}
	}
	return ""
}

// mustUnmounted creates a filesystem with properties, without mounting it.
func mustUnmounted(t *testing.T, c *zfs.Client, name string, props ...string) {
	t.Helper()
	values := make(prop.Values)
	for _, property := range props {
		property, value, _ := strings.Cut(property, "=")
		values[prop.Prop(property)] = prop.String(value)
	}
	mustCreate(t, c, name, &zfs.DatasetCreateOptions{Props: values})
}

// Each mount has the same line as zfs mount for the same properties.
func TestKernelDatasetMount(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	base := "/tmp/mnt-" + pool
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	for _, tc := range []struct {
		name  string
		props []string
	}{
		{"plain", nil},
		{"noatime", []string{"atime=off"}},
		{"norelatime", []string{"relatime=off"}},
		{"relatime", []string{"relatime=on"}},
		{"safe", []string{"devices=off", "exec=off", "setuid=off"}},
		{"readonly", []string{"readonly=on"}},
		{"noxattr", []string{"xattr=off"}},
		{"posix", []string{"acltype=posixacl", "xattr=sa"}},
		{"noauto", []string{"canmount=noauto"}},
		{"with blank", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			name, path := pool+"/"+tc.name, filepath.Join(base, tc.name)
			mustUnmounted(t, c, name, append([]string{"mountpoint=" + path}, tc.props...)...)
			device := strings.ReplaceAll(name, " ", `\040`)
			zfstest.Run(t, "zfs", "mount", name)
			want := mountLine(t, device)
			zfstest.Run(t, "zfs", "unmount", name)
			testkit.Must(t, os.Remove(path))
			got, err := c.DatasetMount(t.Context(), name, nil)
			if err != nil || got != path {
				t.Fatalf("mounted at %q, %v, want %q", got, err, path)
			}
			if diff := cmp.Diff(want, mountLine(t, device)); diff != "" {
				t.Errorf("mount (-zfs +ours):\n%s", diff)
			}
			if got := zfstest.Run(t, "zfs", "get", "-H", "-o", "value", "mounted", name); got != "yes\n" {
				t.Errorf("zfs get mounted says %s", got)
			}
			for _, property := range tc.props {
				property, _, _ := strings.Cut(property, "=")
				if got := zfstest.Run(t, "zfs", "get", "-H", "-o", "source", property, name); got != "local\n" {
					t.Errorf("the source of %s is %s", property, got)
				}
			}
			testkit.Must(t, c.DatasetUnmount(t.Context(), name, nil))
			if line := mountLine(t, device); line != "" {
				t.Errorf("after the unmount: %s", line)
			}
		})
	}
}

func TestKernelDatasetMountOptions(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	base := "/tmp/mnt-" + pool
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	name := pool + "/a"
	mustCreate(t, c, name, nil)
	mount := func(ds, where string, options ...string) {
		t.Helper()
		path := filepath.Join(base, where)
		got, err := c.DatasetMount(t.Context(), ds, &zfs.DatasetMountOptions{Path: path, Options: options})
		if err != nil || got != path {
			t.Fatalf("mounted at %q, %v, want %q", got, err, path)
		}
	}
	mount(name, "once", "noexec", "nosuid")
	if options := strings.Split(mountLine(t, name), " ")[2]; !strings.Contains(options, "noexec") || !strings.Contains(options, "nosuid") {
		t.Errorf("options %s", options)
	}
	testkit.Must(t, os.WriteFile(filepath.Join(base, "once/file"), []byte("data"), 0o644))
	mount(name, "twice, with a comma")
	testkit.Must(t, c.SnapshotCreate(t.Context(), []string{name + "@s"}, nil))
	mount(name+"@s", "snapshot")
	if b, err := os.ReadFile(filepath.Join(base, "snapshot/file")); string(b) != "data" {
		t.Errorf("the snapshot has %q, %v", b, err)
	}
	if err := os.WriteFile(filepath.Join(base, "snapshot/file"), nil, 0o644); err == nil {
		t.Error("the snapshot can be written to")
	}
	testkit.Must(t, c.DatasetUnmount(t.Context(), name+"@s", nil))
	testkit.Must(t, c.DatasetUnmount(t.Context(), name, nil)) // both of its mounts
	for _, ds := range []string{name, name + "@s"} {
		if line := mountLine(t, ds); line != "" {
			t.Errorf("still there: %s", line)
		}
	}
	if err := c.DatasetUnmount(t.Context(), name, nil); !errors.Is(err, zfs.ErrNotMounted) {
		t.Errorf("unmounted again: %v, want ErrNotMounted", err)
	}
}

// Options that differ from the properties hold for the mount, and zfs get shows
// them as temporary.
func TestKernelDatasetMountTemporary(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	path := "/tmp/mnt-" + pool
	t.Cleanup(func() { _ = os.RemoveAll(path) })
	mustUnmounted(t, c, pool+"/a", "mountpoint="+path)
	_, err := c.DatasetMount(t.Context(), pool+"/a", &zfs.DatasetMountOptions{Options: []string{"ro", "noatime"}})
	testkit.Must(t, err)
	for _, property := range []string{"readonly", "atime"} {
		if got := zfstest.Run(t, "zfs", "get", "-H", "-o", "source", property, pool+"/a"); got != "temporary\n" {
			t.Errorf("the source of %s is %s", property, got)
		}
	}
	if err := os.WriteFile(path+"/file", nil, 0o644); err == nil {
		t.Error("it can be written to")
	}
}

func TestKernelDatasetUnmount(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	dir := mustMount(t, pool+"/a")
	mustMount(t, pool+"/a/below")
	if err := c.DatasetUnmount(t.Context(), pool+"/a", nil); !errors.Is(err, zfs.ErrBusy) {
		t.Errorf("with a child mounted below: %v, want ErrBusy", err)
	}
	testkit.Must(t, c.DatasetUnmount(t.Context(), pool+"/a/below", nil))
	file, err := os.Create(dir + "/open")
	testkit.Must(t, err)
	defer file.Close()
	for _, opts := range []*zfs.DatasetUnmountOptions{nil, {Force: true}} {
		if err := c.DatasetUnmount(t.Context(), pool+"/a", opts); !errors.Is(err, zfs.ErrBusy) {
			t.Errorf("with an open file, %+v: %v, want ErrBusy", opts, err)
		}
	}
	testkit.Must(t, c.DatasetUnmount(t.Context(), pool+"/a", &zfs.DatasetUnmountOptions{Lazy: true}))
	if line := mountLine(t, pool+"/a"); line != "" {
		t.Errorf("after a lazy unmount: %s", line)
	}
	testkit.Must(t, file.Close())
	zfstest.Run(t, "zfs", "mount", pool+"/a")
	zfstest.Run(t, "mount", "-t", "tmpfs", "tmpfs", dir)
	if err := c.DatasetUnmount(t.Context(), pool+"/a", nil); !errors.Is(err, zfs.ErrBusy) || !strings.Contains(err.Error(), "tmpfs is mounted over it") {
		t.Errorf("under another mount: %v, want ErrBusy", err)
	}
	zfstest.Run(t, "umount", dir)
	if err := as(t, aliceID, func() error { return c.DatasetUnmount(t.Context(), pool+"/a", nil) }); !errors.Is(err, zfs.ErrPermission) {
		t.Errorf("by an ordinary user: %v, want ErrPermission", err)
	}
	testkit.Must(t, c.DatasetUnmount(t.Context(), pool+"/a", nil))
}

// A pool that was imported read-only, below another root.
func TestKernelDatasetMountImported(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	root := "/tmp/alt-" + pool
	mustUnmounted(t, c, pool+"/a", "mountpoint=/mnt/a")
	file := strings.Fields(zfstest.Run(t, "zpool", "list", "-vHPp", "-o", "name", pool))[1]
	zfstest.Run(t, "zpool", "export", pool)
	zfstest.Run(t, "zpool", "import", "-N", "-o", "readonly=on", "-R", root, "-d", filepath.Dir(file), pool)
	path, err := c.DatasetMount(t.Context(), pool+"/a", nil)
	if err != nil || path != root+"/mnt/a" {
		t.Fatalf("mounted at %q, %v", path, err)
	}
	if line := mountLine(t, pool+"/a"); !strings.HasPrefix(line, path+" zfs ro,") {
		t.Errorf("mounted as %s", line)
	}
	testkit.Must(t, c.DatasetUnmount(t.Context(), pool+"/a", nil))
}

package zfs_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// mustDisks creates sparse files for pools.
func mustDisks(t *testing.T, n int, size int64) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		path := filepath.Join(dir, string(rune('a'+i)))
		testkit.Must(t, os.WriteFile(path, nil, 0o600))
		testkit.Must(t, os.Truncate(path, size))
		paths = append(paths, path)
	}
	return paths
}

// poolSerial makes the names of pools unique.
var poolSerial atomic.Uint32

// newPoolName returns a name that no other test has. The pool is destroyed at
// the test's end, if it is there by then.
func newPoolName(t *testing.T) string {
	t.Helper()
	name := fmt.Sprintf("p%d_%d", os.Getpid(), poolSerial.Add(1))
	t.Cleanup(func() {
		// It no longer exists if the test has destroyed it.
		_, _ = zfstest.Try("zpool", "destroy", "-f", name)
	})
	return name
}

// layoutOf parses a layout in which letters stand for the paths.
func layoutOf(t *testing.T, words string, paths []string) *zfs.Layout {
	t.Helper()
	l, err := zfs.ParseLayout(layoutWords(words, paths))
	testkit.Must(t, err)
	return l
}

// layoutWords puts paths in the place of letters.
func layoutWords(words string, paths []string) []string {
	fields := strings.Fields(words)
	for i, word := range fields {
		if len(word) == 1 {
			fields[i] = paths[word[0]-'a']
		}
	}
	return fields
}

// shape describes a pool's devices without what differs from pool to pool.
func shape(vdev *nvlist.List, indent string) string {
	var b strings.Builder
	b.WriteString(indent)
	for _, key := range []string{
		"type", "path", "is_log", "alloc_bias", "nparity", "ashift", "asize", "metaslab_shift", "whole_disk",
		"draid_ndata", "draid_nspares", "draid_ngroups", "is_spare",
	} {
		if pair, ok := vdev.Lookup(key); ok {
			fmt.Fprintf(&b, "%s=%v ", key, pair.Value())
		}
	}
	b.WriteByte('\n')
	for _, key := range []string{"children", "spares", "l2cache"} {
		list, _ := vdev.Lists(key)
		for _, child := range list {
			b.WriteString(shape(child, indent+"  "))
		}
	}
	return b.String()
}

// shapeOf is the shape of an imported pool.
func shapeOf(t *testing.T, c *zfs.Client, pool string) string {
	t.Helper()
	for p, err := range c.Pools(t.Context()) {
		testkit.Must(t, err)
		if p.Name == pool {
			tree, _ := p.Config.List("vdev_tree")
			return shape(tree, "")
		}
	}
	t.Fatalf("there is no pool %s", pool)
	return ""
}

// A pool is created as by zpool create: devices, sizes, alignment, features.
func TestKernelPoolCreateEqualsZpoolCreate(t *testing.T) {
	c := zfstest.Kernel(t)
	paths := mustDisks(t, 11, 128<<20)
	for i, tt := range []struct{ words, since, ashift string }{
		{words: "a b", ashift: "12"},
		{words: "raidz2 a b c d log mirror e f cache g spare h i"},
		{words: "mirror a b special mirror c d dedup mirror e f log g h"},
		{words: "draid2:4d:11c:2s a b c d e f g h i j k", since: "2.1"},
		{words: "draid:1s:2d a b c d e spare f", since: "2.1"},
	} {
		if !zfstest.Share(t, i) {
			continue
		}
		t.Run(tt.words, func(t *testing.T) {
			if tt.since != "" {
				zfstest.Since(t, tt.since, "draid")
			}
			pool := newPoolName(t)
			args := []string{"create", "-O", "mountpoint=none"}
			opts := &zfs.PoolCreateOptions{AllFeatures: true, RootProps: texts("mountpoint", "none"), Props: prop.Values{}}
			if tt.ashift != "" {
				args = append(args, "-o", "ashift="+tt.ashift)
				opts.Props[prop.PoolAshift] = prop.String(tt.ashift)
			}
			zfstest.Run(t, "zpool", append(append(args, pool), layoutWords(tt.words, paths)...)...)
			want, features := shapeOf(t, c, pool), featuresOf(t, pool)
			zfstest.Run(t, "zpool", "destroy", pool)
			testkit.Must(t, c.PoolCreate(t.Context(), pool, layoutOf(t, tt.words, paths), opts))
			if diff := cmp.Diff(want, shapeOf(t, c, pool)); diff != "" {
				t.Errorf("devices (-zpool create +PoolCreate):\n%s", diff)
			}
			if diff := cmp.Diff(features, featuresOf(t, pool)); diff != "" {
				t.Errorf("features (-zpool create +PoolCreate):\n%s", diff)
			}
			testkit.Must(t, c.PoolDestroy(t.Context(), pool, nil))
		})
	}
}

// featuresOf returns a pool's features and what zpool prints about them.
func featuresOf(t *testing.T, pool string) (lines []string) {
	t.Helper()
	for line := range strings.Lines(zfstest.Run(t, "zpool", "get", "-H", "-o", "property,value", "all", pool)) {
		if strings.HasPrefix(line, "feature@") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// The pool has what the options request.
func TestKernelPoolCreateOptions(t *testing.T) {
	c := zfstest.Kernel(t)
	paths := mustDisks(t, 2, 128<<20)
	l := layoutOf(t, "mirror a b", paths)
	for _, tt := range []struct {
		name string
		opts *zfs.PoolCreateOptions
		ask  string
		want string
	}{
		{"nothing", nil, "zpool get -Hpo value version,feature@lz4_compress,feature@async_destroy,comment,failmode,ashift", "-\nenabled\ndisabled\n-\nwait\n0\n"},
		{"features", &zfs.PoolCreateOptions{Features: []string{"encryption", "large_blocks"}}, "zpool get -Hpo value feature@encryption,feature@extensible_dataset,feature@large_blocks,feature@skein", "enabled\nenabled\nenabled\ndisabled\n"},
		{"version", &zfs.PoolCreateOptions{Props: prop.Values{prop.PoolVersion: prop.String("28")}}, "zpool get -Hpo value version", "28\n"},
		{"properties", &zfs.PoolCreateOptions{
			AllFeatures: true,
			Props: prop.Values{prop.PoolComment: prop.String("a b"), prop.PoolFailMode: prop.String("continue"),
				prop.PoolAutoTrim: prop.String("on"), prop.PoolAshift: prop.Uint64(12)},
			RootProps: texts("compression", "zstd", "mountpoint", "none", "recordsize", "1M", "a:b", "c"),
		}, "zpool get -Hpo value comment,failmode,autotrim,ashift", "a b\ncontinue\non\n12\n"},
		{"key", &zfs.PoolCreateOptions{Features: []string{"encryption"}, Key: newKeys()["raw"]}, "zfs get -Hpo value encryptionroot,keystatus", "POOL\navailable\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pool := newPoolName(t)
			testkit.Must(t, c.PoolCreate(t.Context(), pool, l, tt.opts))
			ask := strings.Fields(tt.ask)
			got := zfstest.Run(t, ask[0], append(ask[1:], pool)...)
			want := strings.ReplaceAll(tt.want, "POOL", pool)
			if tt.name == "nothing" {
				// lz4 is there in every pool of features that a compressed block was
				// written to, or is not, by the release's default.
				want, got = dropLine(want, 1), dropLine(got, 1)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.ask, diff)
			}
			if tt.name == "properties" {
				if got := zfstest.Run(t, "zfs", "get", "-Hpo", "value", "compression,mountpoint,recordsize,a:b", pool); got != "zstd\nnone\n1048576\nc\n" {
					t.Errorf("the root dataset has %q", got)
				}
			}
			testkit.Must(t, c.PoolDestroy(t.Context(), pool, nil))
		})
	}
}

// dropLine leaves one line out.
func dropLine(text string, n int) string {
	return strings.Join(slices.Delete(strings.Split(text, "\n"), n, n+1), "\n")
}

// A temporary name lasts until the pool is exported. A pool on a disk uses it as
// it is.
func TestKernelPoolCreateOnDisk(t *testing.T) {
	c := zfstest.Kernel(t)
	paths := mustDisks(t, 1, 128<<20)
	disk := mustLoop(t, paths[0])
	pool, temp := newPoolName(t), newPoolName(t)
	testkit.Must(t, c.PoolCreate(t.Context(), pool, layoutOf(t, "a", []string{disk}), &zfs.PoolCreateOptions{TempName: temp, AllFeatures: true}))
	if got := shapeOf(t, c, temp); !strings.Contains(got, "type=disk path="+disk+" ") || !strings.Contains(got, "whole_disk=0") {
		t.Errorf("the pool's devices are %s", got)
	}
	var e *zfs.LayoutError
	err := c.PoolCreate(t.Context(), newPoolName(t), layoutOf(t, "a", []string{disk}), nil)
	if !errors.Is(err, zfs.ErrDeviceInUse) || !errors.As(err, &e) || e.Device != disk {
		t.Errorf("a second pool on the same disk: %v", err)
	}
	if err := c.PoolCreate(t.Context(), newPoolName(t), layoutOf(t, "a", []string{disk}), &zfs.PoolCreateOptions{Force: true}); !errors.Is(err, zfs.ErrDeviceInUse) {
		t.Errorf("a second pool on the same disk by force: %v", err)
	}
	testkit.Must(t, c.PoolDestroy(t.Context(), temp, nil))
}

// mustLoop makes a disk of a file.
func mustLoop(t *testing.T, file string) (disk string) {
	t.Helper()
	disk = strings.TrimSpace(zfstest.Run(t, "losetup", "-f"))
	zfstest.Run(t, "losetup", disk, file)
	t.Cleanup(func() { zfstest.Run(t, "losetup", "-d", disk) })
	return disk
}

// What is refused, and that nothing was then written.
func TestKernelPoolCreateRefused(t *testing.T) {
	c := zfstest.Kernel(t)
	paths := mustDisks(t, 6, 128<<20)
	active, exported := newPoolName(t), newPoolName(t)
	testkit.Must(t, c.PoolCreate(t.Context(), active, layoutOf(t, "a cache b spare c", paths), &zfs.PoolCreateOptions{RootProps: texts("mountpoint", "none")}))
	testkit.Must(t, c.PoolCreate(t.Context(), exported, layoutOf(t, "d", paths), nil))
	zfstest.Run(t, "zpool", "export", exported)
	small := filepath.Join(t.TempDir(), "small")
	testkit.Must(t, os.WriteFile(small, make([]byte, 1<<20), 0o600))
	testkit.Must(t, os.Truncate(paths[5], 256<<20))
	swap := mustDisks(t, 1, 128<<20)
	testkit.Must(t, writeAt(swap[0], "SWAPSPACE2", 4096-10))
	force := &zfs.PoolCreateOptions{Force: true}
	for _, tt := range []struct {
		name, pool, words string
		opts              *zfs.PoolCreateOptions
		want              error
		text              string
	}{
		{"a pool's device", "", "mirror e a", nil, zfs.ErrDeviceInUse, `"` + active + `"`},
		{"a pool's device by force", "", "a", force, zfs.ErrDeviceInUse, ""},
		{"a pool's cache", "", "b", nil, zfs.ErrDeviceInUse, paths[1]},
		{"a pool's spare", "", "c", nil, zfs.ErrDeviceInUse, paths[2]},
		{"an exported pool's device", "", "d", nil, zfs.ErrDeviceInUse, "exported"},
		{"a device that is too small", "", "e " + small, nil, zfs.ErrInvalidLayout, small},
		{"a device that is not there", "", "e /nosuch", nil, os.ErrNotExist, "/nosuch"},
		{"a directory", "", "/dev", nil, zfs.ErrInvalidLayout, "/dev"},
		{"a character device", "", "/dev/zero", nil, zfs.ErrInvalidLayout, "/dev/zero"},
		{"devices of unequal size", "", "mirror e f", nil, zfs.ErrInvalidLayout, "mirror-0: " + paths[5]},
		{"a device with something of others", "", "mirror e " + swap[0], nil, zfs.ErrDeviceInUse, "swap space"},
		{"a name that is taken", active, "e", nil, zfs.ErrExists, active},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pool := tt.pool
			if pool == "" {
				pool = newPoolName(t)
			}
			err := c.PoolCreate(t.Context(), pool, layoutOf(t, tt.words, paths), tt.opts)
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v, want %v with %q", err, tt.want, tt.text)
			}
		})
	}
	if out, err := zfstest.Try("zdb", "-l", paths[4]); err == nil && !strings.Contains(out, "failed to unpack") && strings.Contains(out, "pool_guid") {
		t.Errorf("the free device has a label now:\n%s", out)
	}
	pool := newPoolName(t)
	testkit.Must(t, c.PoolCreate(t.Context(), pool, layoutOf(t, "mirror d f", paths), force))
	testkit.Must(t, c.PoolDestroy(t.Context(), pool, nil))
	testkit.Must(t, c.PoolCreate(t.Context(), pool, layoutOf(t, "d", paths), nil))
	testkit.Must(t, c.PoolDestroy(t.Context(), pool, nil))
	// A mark that ZFS does not overwrite is not mistaken for the present content.
	testkit.Must(t, c.PoolCreate(t.Context(), pool, layoutOf(t, "a", swap), force))
	testkit.Must(t, c.PoolDestroy(t.Context(), pool, nil))
	testkit.Must(t, writeAt(swap[0], "XFSB", 0))
	testkit.Must(t, c.PoolCreate(t.Context(), pool, layoutOf(t, "a", swap), nil))
	testkit.Must(t, c.PoolDestroy(t.Context(), pool, nil))
	testkit.Must(t, c.PoolDestroy(t.Context(), active, nil))
}

// writeAt writes a text into a file.
func writeAt(path, text string, at int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(text), at)
	return errors.Join(err, f.Close())
}

func TestKernelPoolDestroy(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := newPoolName(t)
	dir := t.TempDir()
	testkit.Must(t, c.PoolCreate(t.Context(), pool, layoutOf(t, "a", mustDisks(t, 1, 128<<20)), &zfs.PoolCreateOptions{RootProps: texts("mountpoint", dir)}))
	zfstest.Run(t, "zfs", "mount", pool)
	zfstest.Run(t, "zfs", "create", pool+"/a")
	zfstest.Run(t, "zfs", "create", pool+"/a/b")
	if err := c.PoolDestroy(t.Context(), pool, nil); !errors.Is(err, zfs.ErrBusy) {
		t.Errorf("with mounts: %v", err)
	}
	ctx := zfs.WithHistory(t.Context(), "destroyed by a test")
	testkit.Must(t, c.PoolDestroy(ctx, pool, &zfs.PoolDestroyOptions{Unmount: true}))
	if err := c.PoolDestroy(t.Context(), pool, nil); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("once more: %v", err)
	}
}

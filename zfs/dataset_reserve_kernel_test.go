package zfs_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// mustPoolOf creates a pool of several files in a layout, such as "raidz2".
func mustPoolOf(t *testing.T, layout string, disks int) (pool string) {
	t.Helper()
	dir := t.TempDir()
	pool = "l" + filepath.Base(filepath.Dir(dir))[len("TestKernel"):] + layout
	pool = strings.NewReplacer(":", "", "/", "").Replace(pool)
	args := []string{"create", "-O", "mountpoint=none", pool}
	if layout != "" {
		args = append(args, layout)
	}
	for i := range disks {
		file := fmt.Sprintf("%s/%d", dir, i)
		zfstest.Run(t, "truncate", "-s", "256M", file)
		args = append(args, file)
	}
	zfstest.Run(t, "zpool", args...)
	t.Cleanup(func() {
		if _, err := zfstest.Try("zpool", "destroy", "-f", pool); err != nil {
			t.Error(err)
		}
	})
	return pool
}

// reserved returns the reservation of a volume.
func reserved(t *testing.T, c *zfs.Client, name string) uint64 {
	t.Helper()
	ds, err := c.DatasetStats(t.Context(), name, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ds.Props.Uint64(prop.RefReservation)
}

// theirs returns the reservation of zfs create -V.
func theirs(t *testing.T, pool string, args ...string) string {
	t.Helper()
	args = append([]string{"create", "-nPv"}, append(args, pool+"/x")...)
	for line := range strings.Lines(zfstest.Run(t, "zfs", args...)) {
		if n, ok := strings.CutPrefix(line, "property\trefreservation\t"); ok {
			return strings.TrimSpace(n)
		}
	}
	t.Fatal("zfs create shows no reservation")
	return ""
}

// "auto" reserves what zfs create -V reserves, in every layout.
func TestKernelReserveLayouts(t *testing.T) {
	c := zfstest.Kernel(t)
	for _, l := range []struct {
		layout, since string
		disks         int
	}{
		{"", "2.0", 1}, {"mirror", "2.0", 2}, {"raidz", "2.0", 3}, {"raidz2", "2.0", 5}, {"raidz3", "2.0", 5}, {"draid1:2d", "2.1", 4},
	} {
		t.Run("on "+l.layout, func(t *testing.T) {
			zfstest.Since(t, l.since, l.layout)
			pool := mustPoolOf(t, l.layout, l.disks)
			for i, v := range []struct{ size, block, copies string }{
				{"16M", "4K", "1"}, {"16M", "8K", "1"}, {"40M", "16K", "1"}, {"8M", "64K", "1"}, {"16M", "128K", "1"}, {"16M", "8K", "2"}, {"64K", "512", "1"},
			} {
				if !zfstest.Share(t, i) {
					continue
				}
				name := fmt.Sprintf("%s/v%d", pool, i)
				size, err := prop.Parse(prop.VolSize, v.size, c.Release())
				if err != nil {
					t.Fatal(err)
				}
				mustCreate(t, c, name, &zfs.DatasetCreateOptions{
					VolumeSize: size.Uint64(), Props: texts("volblocksize", v.block, "copies", v.copies, "refreservation", "auto"),
				})
				want := theirs(t, pool, "-V", v.size, "-b", v.block, "-o", "copies="+v.copies)
				if got := fmt.Sprint(reserved(t, c, name)); got != want {
					t.Errorf("%s in blocks of %s, copies %s: %s are reserved, zfs create reserves %s", v.size, v.block, v.copies, got, want)
				}
				if err := c.DatasetDestroy(t.Context(), name); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// The reservation follows the size if all of it was reserved, as with zfs set.
func TestKernelReserveFollows(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := mustPoolOf(t, "raidz", 3)
	for i, tt := range []struct {
		name, before string
		set          []string
	}{
		{"whole, grown", "auto", []string{"volsize=32M"}},
		{"whole, shrunk", "auto", []string{"volsize=8M"}},
		{"sparse, grown", "none", []string{"volsize=32M"}},
		{"half, grown", "9M", []string{"volsize=32M"}},
		{"whole, size and reservation", "auto", []string{"volsize=32M", "refreservation=7M"}},
		{"sparse, made whole", "none", []string{"refreservation=auto"}},
		{"half, made whole and grown", "9M", []string{"volsize=32M", "refreservation=auto"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ours, other := fmt.Sprintf("%s/a%d", pool, i), fmt.Sprintf("%s/b%d", pool, i)
			var pairs []string
			for _, set := range tt.set {
				property, value, _ := strings.Cut(set, "=")
				pairs = append(pairs, property, value)
			}
			for _, name := range []string{ours, other} {
				mustCreate(t, c, name, &zfs.DatasetCreateOptions{
					VolumeSize: 16 << 20, Props: texts("volblocksize", "8K", "refreservation", tt.before),
				})
			}
			if err := c.DatasetSetProps(t.Context(), ours, texts(pairs...)); err != nil {
				t.Fatal(err)
			}
			zfstest.Run(t, "zfs", append(append([]string{"set"}, tt.set...), other)...)
			if got, want := reserved(t, c, ours), reserved(t, c, other); got != want {
				t.Errorf("%d are reserved, zfs set reserves %d", got, want)
			}
			for _, name := range []string{ours, other} {
				if err := c.DatasetDestroy(t.Context(), name); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	// A clone has the size of its origin.
	mustCreate(t, c, pool+"/v", &zfs.DatasetCreateOptions{VolumeSize: 16 << 20, Props: texts("volblocksize", "8K")})
	if err := c.SnapshotCreate(t.Context(), []string{pool + "/v@s"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.DatasetClone(t.Context(), pool+"/c", pool+"/v@s", &zfs.DatasetCloneOptions{Props: texts("refreservation", "auto")}); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(reserved(t, c, pool+"/c")), theirs(t, pool, "-V", "16M", "-b", "8K"); got != want {
		t.Errorf("%s are reserved for a clone, want %s", got, want)
	}
}

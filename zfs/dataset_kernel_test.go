package zfs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// names collects the names that a walk yields, sorted.
func names(t *testing.T, c *zfs.Client, root string, opts *zfs.DatasetsOptions) []string {
	t.Helper()
	var all []string
	for ds, err := range c.Datasets(t.Context(), root, opts) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, ds.Name)
	}
	slices.Sort(all)
	return all
}

func mustCreate(t *testing.T, c *zfs.Client, name string, opts *zfs.DatasetCreateOptions) {
	t.Helper()
	if err := c.DatasetCreate(t.Context(), name, opts); err != nil {
		t.Fatal(err)
	}
}

func TestKernelDatasetCreate(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/fs", nil)
	mustCreate(t, c, pool+"/fs/deep/er/est", &zfs.DatasetCreateOptions{Parents: true})
	mustCreate(t, c, pool+"/vol", &zfs.DatasetCreateOptions{VolumeSize: 8 << 20, Props: prop.Values{
		prop.VolBlockSize: prop.String("8K"),
	}})
	mustCreate(t, c, pool+"/props", &zfs.DatasetCreateOptions{Props: prop.Values{
		prop.Compression:     prop.String("gzip-9"),
		prop.Quota:           prop.String("50M"),
		prop.RecordSize:      prop.Uint64(16384),
		prop.CaseSensitivity: prop.String("mixed"),
		"com.example:owner":  prop.String("me and you"),
	}})
	want := []string{pool, pool + "/fs", pool + "/fs/deep", pool + "/fs/deep/er", pool + "/fs/deep/er/est", pool + "/props", pool + "/vol"}
	if diff := cmp.Diff(want, names(t, c, pool, &zfs.DatasetsOptions{Recursive: true})); diff != "" {
		t.Errorf("datasets (-want +got):\n%s", diff)
	}
	for property, want := range map[string]string{
		"compression": "gzip-9", "quota": "52428800", "recordsize": "16384", "casesensitivity": "mixed", "com.example:owner": "me and you",
	} {
		if got := zfstest.Run(t, "zfs", "get", "-Hp", "-o", "value", property, pool+"/props"); strings.TrimSuffix(got, "\n") != want {
			t.Errorf("%s is %q, want %q", property, got, want)
		}
	}
	vol, err := c.DatasetStats(t.Context(), pool+"/vol", nil)
	if err != nil {
		t.Fatal(err)
	}
	if vol.Type != prop.TypeVolume || vol.Props.Uint64(prop.VolSize) != 8<<20 || vol.Props.Uint64(prop.VolBlockSize) != 8192 {
		t.Errorf("volume has type %s, size %d, block size %d", vol.Type, vol.Props.Uint64(prop.VolSize), vol.Props.Uint64(prop.VolBlockSize))
	}
}

func TestKernelDatasets(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	mustCreate(t, c, pool+"/a/b/c", &zfs.DatasetCreateOptions{Parents: true})
	mustCreate(t, c, pool+"/v", &zfs.DatasetCreateOptions{VolumeSize: 1 << 20})
	if err := c.SnapshotCreate(ctx, []string{pool + "/a@1", pool + "/v@1"}, nil); err != nil {
		t.Fatal(err)
	}
	p := func(names ...string) []string {
		for i := range names {
			names[i] = pool + names[i]
		}
		return names
	}
	for _, tc := range []struct {
		name string
		root string
		opts *zfs.DatasetsOptions
		want []string
	}{
		{"itself", "/a", nil, p("/a")},
		{"children", "", &zfs.DatasetsOptions{Depth: 1}, p("", "/a", "/v")},
		{"two levels", "", &zfs.DatasetsOptions{Depth: 2}, p("", "/a", "/a/b", "/v")},
		{"all", "", &zfs.DatasetsOptions{Recursive: true}, p("", "/a", "/a/b", "/a/b/c", "/v")},
		{"volumes", "", &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeVolume}, p("/v")},
		{"snapshots", "", &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeSnapshot}, p("/a@1", "/v@1")},
		{"filesystems and snapshots", "/a", &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeFilesystem | prop.TypeSnapshot}, p("/a", "/a/b", "/a/b/c", "/a@1")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, names(t, c, pool+tc.root, tc.opts)); diff != "" {
				t.Errorf("datasets (-want +got):\n%s", diff)
			}
		})
	}
	for ds, err := range c.Datasets(ctx, pool+"/nope", &zfs.DatasetsOptions{Recursive: true}) {
		if !errors.Is(err, zfs.ErrNotFound) || ds != nil {
			t.Errorf("walk of what does not exist: %v, %v", ds, err)
		}
	}
}

// A dataset that is destroyed during a walk is skipped, except the few datasets
// that were read ahead; the walk continues and ends without an error.
func TestKernelDatasetsVanish(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	const total = 30
	parents := make(map[string]bool)
	for i := range total {
		parent := fmt.Sprintf("%s/d%d", pool, i)
		parents[parent] = true
		mustCreate(t, c, parent+"/child", &zfs.DatasetCreateOptions{Parents: true})
	}
	late := 0
	for ds, err := range c.Datasets(ctx, pool, &zfs.DatasetsOptions{Recursive: true, AllProps: true}) {
		switch {
		case err != nil:
			t.Fatal(err)
		case ds.Name == pool:
			continue
		case len(parents) == 0:
			late++
			continue
		}
		// The walk is before the child of the first dataset, and before all
		// others in the cursor of the pool.
		for name := range parents {
			for _, name := range []string{name + "/child", name} {
				if err := c.DatasetDestroy(ctx, name); err != nil {
					t.Fatal(err)
				}
			}
			delete(parents, name)
		}
	}
	if late > 20 {
		t.Errorf("%d datasets were yielded after they had been destroyed, of %d", late, 2*total)
	}
}

// The kernel's own datasets ($MOS, $ORIGIN, $FREE) and a partial receive are
// never shown.
func TestKernelInternalDatasetsAreHidden(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a", nil)
	for _, name := range names(t, c, pool, &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeAll}) {
		if strings.ContainsAny(name, "$%\x00") {
			t.Errorf("%q was shown", name)
		}
	}
}

// A context that ends stops a walk with the context's error.
func TestKernelDatasetsCancelled(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	for i := range 4 {
		mustCreate(t, c, fmt.Sprintf("%s/d%d", pool, i), nil)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var last error
	for _, err := range c.Datasets(ctx, pool, &zfs.DatasetsOptions{Recursive: true}) {
		if last = err; err != nil {
			break
		}
		if n++; n == 2 {
			cancel()
		}
	}
	if n != 2 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d datasets and then %v, want 2 and context.Canceled", n, last)
	}
}

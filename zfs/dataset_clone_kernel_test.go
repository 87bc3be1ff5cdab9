package zfs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// mustSnapshot makes snapshots, each in a transaction group of its own, so that
// they have an order.
func mustSnapshot(t *testing.T, c *zfs.Client, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := c.SnapshotCreate(t.Context(), []string{name}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func mustClone(t *testing.T, c *zfs.Client, name, origin string) {
	t.Helper()
	if err := c.DatasetClone(t.Context(), name, origin, nil); err != nil {
		t.Fatal(err)
	}
}

// zfsGet is a property as zfs(8) prints it, zfsColumn another column of it.
func zfsGet(t *testing.T, prop, name string) string {
	t.Helper()
	return zfsColumn(t, "value", prop, name)
}

func zfsColumn(t *testing.T, column, prop, name string) string {
	t.Helper()
	return strings.TrimSuffix(zfstest.Run(t, "zfs", "get", "-Hp", "-o", column, prop, name), "\n")
}

func TestKernelDatasetClone(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a", nil)
	mustCreate(t, c, pool+"/v", &zfs.DatasetCreateOptions{VolumeSize: 1 << 20})
	mustSnapshot(t, c, pool+"/a@s", pool+"/v@s")
	for _, tc := range []struct {
		name, target, origin string
		opts                 *zfs.DatasetCloneOptions
		outcome
	}{
		{name: "filesystem", target: "/c", origin: "/a@s"},
		{name: "volume", target: "/w", origin: "/v@s", opts: &zfs.DatasetCloneOptions{Props: texts("volsize", "2M")}},
		{name: "properties", target: "/p", origin: "/a@s", opts: &zfs.DatasetCloneOptions{Props: texts("compression", "gzip-9", "a:b", "text")}},
		{name: "parents", target: "/x/y/z", origin: "/a@s", opts: &zfs.DatasetCloneOptions{Parents: true}},
		{name: "below its origin's dataset", target: "/a/c", origin: "/a@s"},
		{name: "exists", target: "/c", origin: "/a@s", outcome: outcome{want: zfs.ErrExists}},
		{name: "no origin", target: "/d", origin: "/a@no", outcome: outcome{want: zfs.ErrNotFound, text: "/a@no does not exist"}},
		{name: "no parent", target: "/no/d", origin: "/a@s", outcome: outcome{want: zfs.ErrNotFound, text: "the parent of the new name"}},
		{name: "below a volume", target: "/v/d", origin: "/a@s", outcome: outcome{want: zfs.ErrWrongParent}},
		{name: "origin is no snapshot", target: "/d", origin: "/a", outcome: outcome{want: zfs.ErrInvalidName}},
		{name: "a snapshot is to be made", target: "/d@s", origin: "/a@s", outcome: outcome{want: zfs.ErrInvalidName}},
		{name: "set once", target: "/d", origin: "/a@s", opts: &zfs.DatasetCloneOptions{Props: texts("casesensitivity", "mixed")},
			outcome: outcome{want: zfs.ErrInvalidProp, text: "casesensitivity"}},
		{name: "property of a volume", target: "/d", origin: "/a@s", opts: &zfs.DatasetCloneOptions{Props: texts("volsize", "2M")},
			outcome: outcome{want: zfs.ErrInvalidProp, text: "volsize"}},
		{name: "too large a reservation", target: "/d", origin: "/a@s", opts: &zfs.DatasetCloneOptions{Props: texts("reservation", "1T")},
			outcome: outcome{want: zfs.ErrNoSpace, items: []string{"reservation"}}},
		{name: "parents are told", target: "/n/m/d", origin: "/a@s",
			opts:    &zfs.DatasetCloneOptions{Parents: true, Props: texts("reservation", "1T")},
			outcome: outcome{want: zfs.ErrNoSpace, items: []string{"reservation"}, done: under(pool, "/n", "/n/m")}},
		{name: "no origin, with properties and parents", target: "/q/d", origin: "/a@no",
			opts:    &zfs.DatasetCloneOptions{Parents: true, Props: texts("compression", "lz4")},
			outcome: outcome{want: zfs.ErrNotFound}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := c.DatasetClone(t.Context(), pool+tc.target, pool+tc.origin, tc.opts)
			tc.check(t, err)
			if err != nil {
				return
			}
			if got := zfsGet(t, "origin", pool+tc.target); got != pool+tc.origin {
				t.Errorf("origin is %q, want %q", got, pool+tc.origin)
			}
		})
	}
	for prop, want := range map[string]string{"compression": "gzip-9", "a:b": "text"} {
		if got := zfsGet(t, prop, pool+"/p"); got != want {
			t.Errorf("%s is %q, want %q", prop, got, want)
		}
	}
	want := under(pool, "", "/a", "/a/c", "/c", "/n", "/n/m", "/p", "/v", "/w", "/x", "/x/y", "/x/y/z")
	if diff := cmp.Diff(want, names(t, c, pool, &zfs.DatasetsOptions{Recursive: true})); diff != "" {
		t.Errorf("datasets (-want +got):\n%s", diff)
	}
	err := c.DatasetClone(t.Context(), "other/c", pool+"/a@s", nil)
	outcome{want: zfs.ErrCrossPool}.check(t, err)
}

func TestKernelDatasetPromote(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a", nil)
	mustCreate(t, c, pool+"/v", &zfs.DatasetCreateOptions{VolumeSize: 1 << 20})
	mustSnapshot(t, c, pool+"/a@1", pool+"/a@2", pool+"/a@3", pool+"/v@s")
	zfstest.Run(t, "zfs", "bookmark", pool+"/a@1", pool+"/a#mark")
	mustClone(t, c, pool+"/c", pool+"/a@2")
	mustClone(t, c, pool+"/same", pool+"/a@2")
	mustClone(t, c, pool+"/marked", pool+"/a@2")
	mustClone(t, c, pool+"/w", pool+"/v@s")
	mustSnapshot(t, c, pool+"/same@1", pool+"/marked@own")
	zfstest.Run(t, "zfs", "bookmark", pool+"/marked@own", pool+"/marked#mark")
	for _, tc := range []struct {
		name, target string
		outcome
	}{
		{name: "a snapshot of the same name", target: "/same", outcome: outcome{want: zfs.ErrExists, items: under(pool, "/same@1")}},
		{name: "a bookmark of the same name", target: "/marked", outcome: outcome{want: zfs.ErrExists, items: under(pool, "/marked#mark")}},
		{name: "filesystem", target: "/c"},
		{name: "volume", target: "/w"},
		{name: "what was promoted is no clone", target: "/c", outcome: outcome{want: zfs.ErrInvalid, text: "not a clone"}},
		{name: "back", target: "/a"},
		{name: "not there", target: "/no", outcome: outcome{want: zfs.ErrNotFound}},
		{name: "snapshot", target: "/a@1", outcome: outcome{want: zfs.ErrInvalidName}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.check(t, c.DatasetPromote(t.Context(), pool+tc.target))
		})
	}
	want := under(pool, "/a@1", "/a@2", "/a@3")
	if diff := cmp.Diff(want, snapshots(t, c, pool+"/a", nil)); diff != "" {
		t.Errorf("snapshots after both promotions (-want +got):\n%s", diff)
	}
	if got := zfsGet(t, "origin", pool+"/v"); got != pool+"/w@s" {
		t.Errorf("the origin of the volume is %q, want %q", got, pool+"/w@s")
	}
}

// An encrypted clone shares its origin's key as long as it has the same
// encryption root.
func TestKernelDatasetPromoteEncrypted(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	key := t.TempDir() + "/key"
	zfstest.Run(t, "sh", "-c", "head -c 32 /dev/urandom >"+key)
	for _, root := range []string{"/e", "/f"} {
		zfstest.Run(t, "zfs", "create", "-o", "encryption=on", "-o", "keyformat=raw", "-o", "keylocation=file://"+key, pool+root)
	}
	mustCreate(t, c, pool+"/e/a", nil)
	mustSnapshot(t, c, pool+"/e/a@s")
	mustClone(t, c, pool+"/e/c", pool+"/e/a@s")
	if err := c.DatasetPromote(t.Context(), pool+"/e/c"); err != nil {
		t.Fatal(err)
	}
	err := c.DatasetRename(t.Context(), pool+"/e/c", pool+"/f/c", nil)
	outcome{want: zfs.ErrKey, text: "encryption root"}.check(t, err)
}

package zfs_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

func TestKernelDatasetRollback(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a", nil)
	mustCreate(t, c, pool+"/none", nil)
	mustCreate(t, c, pool+"/v", &zfs.DatasetCreateOptions{VolumeSize: 1 << 20})
	mustSnapshot(t, c, pool+"/v@s", pool+"/a@1", pool+"/a@2", pool+"/a@3", pool+"/a@4", pool+"/a@5")
	mustClone(t, c, pool+"/c", pool+"/a@1")
	to := func(snap string, destroy bool) *zfs.DatasetRollbackOptions {
		return &zfs.DatasetRollbackOptions{To: pool + snap, DestroyNewer: destroy}
	}
	zfstest.Run(t, "zfs", "hold", "keep", pool+"/a@3")
	mustClone(t, c, pool+"/k", pool+"/a@2")
	mark := func(snap, name string) { zfstest.Run(t, "zfs", "bookmark", pool+snap, pool+name) }
	for _, tc := range []struct {
		name, target string
		opts         *zfs.DatasetRollbackOptions
		before       func()
		snapshot     string
		outcome
	}{
		{name: "latest", target: "/a", snapshot: "/a@5"},
		{name: "latest of a volume", target: "/v", snapshot: "/v@s"},
		{name: "latest by name", target: "/a", opts: to("/a@5", false), snapshot: "/a@5"},
		{name: "origin of a clone", target: "/c", opts: to("/a@1", false), snapshot: "/a@1"},
		{name: "origin of a clone, as the latest", target: "/c", snapshot: "/a@1"},
		{name: "no snapshot", target: "/none", outcome: outcome{want: zfs.ErrNotFound}},
		{name: "no dataset", target: "/no", outcome: outcome{want: zfs.ErrNotFound}},
		{name: "no such snapshot", target: "/a", opts: to("/a@no", true), outcome: outcome{want: zfs.ErrNotFound}},
		{name: "of another dataset", target: "/a", opts: to("/v@s", true), outcome: outcome{want: zfs.ErrNotFound}},
		{name: "a snapshot", target: "/a@1", outcome: outcome{want: zfs.ErrInvalidName}},
		{name: "to a dataset", target: "/a", opts: to("/a", false), outcome: outcome{want: zfs.ErrInvalidName}},
		{name: "newer ones", target: "/a", opts: to("/a@3", false), outcome: outcome{want: zfs.ErrExists, items: under(pool, "/a@4", "/a@5")}},
		{name: "newer ones and a bookmark", target: "/a", opts: to("/a@4", false), before: func() { mark("/a@5", "/a#five") },
			outcome: outcome{want: zfs.ErrExists, items: under(pool, "/a@5", "/a#five"), text: "newer than " + pool + "/a@4"}},
		{name: "newer ones are destroyed", target: "/a", opts: to("/a@4", true), snapshot: "/a@4"},
		{name: "one is held, so that none is destroyed", target: "/a", opts: to("/a@2", true),
			outcome: outcome{want: zfs.ErrBusy, items: under(pool, "/a@3")}},
		{name: "one has a clone", target: "/a", opts: to("/a@1", true),
			before:  func() { zfstest.Run(t, "zfs", "release", "keep", pool+"/a@3") },
			outcome: outcome{want: zfs.ErrHasClones, items: under(pool, "/a@2", "/k")}},
		{name: "a bookmark newer than the latest", target: "/a", before: func() {
			mark("/a@4", "/a#four")
			zfstest.Run(t, "zfs", "destroy", pool+"/a@4")
		}, outcome: outcome{want: zfs.ErrExists, items: under(pool, "/a#four"), text: "newer than " + pool + "/a@3"}},
		{name: "it is destroyed", target: "/a", opts: &zfs.DatasetRollbackOptions{DestroyNewer: true}, snapshot: "/a@3"},
		{name: "a clone with snapshots, to its origin", target: "/c", opts: to("/a@1", false),
			before:  func() { mustSnapshot(t, c, pool+"/c@own") },
			outcome: outcome{want: zfs.ErrExists, items: under(pool, "/c@own")}},
		{name: "destroying them", target: "/c", opts: to("/a@1", true), snapshot: "/a@1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.before != nil {
				tc.before()
			}
			got, err := c.DatasetRollback(t.Context(), pool+tc.target, tc.opts)
			tc.check(t, err)
			want := ""
			if tc.snapshot != "" {
				want = pool + tc.snapshot
			}
			if got != want {
				t.Errorf("rolled back to %q, want %q", got, want)
			}
		})
	}
	want := under(pool, "/a@1", "/a@2", "/a@3")
	if diff := cmp.Diff(want, snapshots(t, c, pool+"/a", nil)); diff != "" {
		t.Errorf("snapshots (-want +got):\n%s", diff)
	}
	_, err := c.DatasetRollback(t.Context(), pool+"/a", &zfs.DatasetRollbackOptions{To: "other/a@1"})
	outcome{want: zfs.ErrCrossPool}.check(t, err)
}

// A mounted filesystem has its old content at once, and stays mounted.
func TestKernelDatasetRollbackMounted(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	dir := t.TempDir()
	zfstest.Run(t, "zfs", "create", "-o", "mountpoint="+dir, pool+"/m")
	file := filepath.Join(dir, "file")
	for _, text := range []string{"old", "new"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if text == "old" {
			mustSnapshot(t, c, pool+"/m@s")
		}
	}
	if _, err := c.DatasetRollback(t.Context(), pool+"/m", nil); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "old" {
		t.Errorf("the file holds %q, %v, want old", got, err)
	}
	// What does not fit any more cannot come back.
	zfstest.Run(t, "zfs", "set", "compression=off", pool+"/m")
	if err := os.WriteFile(file, noise(4<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	mustSnapshot(t, c, pool+"/m@large")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	zfstest.Run(t, "zpool", "sync", pool)
	zfstest.Run(t, "zfs", "set", "refquota=2M", pool+"/m")
	_, err := c.DatasetRollback(t.Context(), pool+"/m", nil)
	outcome{want: zfs.ErrQuota}.check(t, err)
}

// noise is data that does not compress.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b) // never fails
	return b
}

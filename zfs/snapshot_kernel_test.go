package zfs_test

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// snapshots collects the names that a walk yields, sorted.
func snapshots(t *testing.T, c *zfs.Client, root string, opts *zfs.SnapshotsOptions) []string {
	t.Helper()
	var all []string
	for snap, err := range c.Snapshots(t.Context(), root, opts) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, snap.Name)
	}
	slices.Sort(all)
	return all
}

func TestKernelSnapshotCreate(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	mustCreate(t, c, pool+"/a/b", &zfs.DatasetCreateOptions{Parents: true})
	batch := []string{pool + "@x", pool + "/a@x", pool + "/a/b@x"}
	err := c.SnapshotCreate(ctx, batch, &zfs.SnapshotCreateOptions{Props: map[zfs.Prop]zfs.Value{"com.example:why": zfs.StringValue("test")}})
	if err != nil {
		t.Fatal(err)
	}
	var txg uint64
	for snap, err := range c.Snapshots(ctx, pool, &zfs.SnapshotsOptions{Recursive: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if txg == 0 {
			txg = snap.CreateTxg
		}
		if snap.CreateTxg != txg {
			t.Errorf("%s was made in txg %d, another in %d", snap.Name, snap.CreateTxg, txg)
		}
		if got := snap.Props.Text("com.example:why"); got != "test" {
			t.Errorf("%s: com.example:why is %q, want test", snap.Name, got)
		}
		if !snap.Type.Has(zfs.TypeSnapshot) || snap.GUID == 0 {
			t.Errorf("%s has type %s and GUID %d", snap.Name, snap.Type, snap.GUID)
		}
	}
	// A walk over names alone finds the same.
	if diff := cmp.Diff(slices.Sorted(slices.Values(batch)), snapshots(t, c, pool, &zfs.SnapshotsOptions{Recursive: true, NamesOnly: true})); diff != "" {
		t.Errorf("names only (-want +got):\n%s", diff)
	}
	// The bounds on the transaction group choose.
	if err := c.SnapshotCreate(ctx, []string{pool + "/a@later"}, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{pool + "/a@later"}, snapshots(t, c, pool+"/a", &zfs.SnapshotsOptions{MinTxg: txg + 1})); diff != "" {
		t.Errorf("after txg %d (-want +got):\n%s", txg, diff)
	}
	if diff := cmp.Diff([]string{pool + "/a@x"}, snapshots(t, c, pool+"/a", &zfs.SnapshotsOptions{MaxTxg: txg})); diff != "" {
		t.Errorf("up to txg %d (-want +got):\n%s", txg, diff)
	}
}

// A batch is made whole or not at all, and the error names each item.
func TestKernelSnapshotCreateErrors(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	mustCreate(t, c, pool+"/a", nil)
	mustCreate(t, c, pool+"/b", nil)
	if err := c.SnapshotCreate(ctx, []string{pool + "/a@x"}, nil); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name  string
		batch []string
		want  []error
		items []string
	}{
		{"one exists", []string{pool + "/b@x", pool + "/a@x"}, []error{zfs.ErrExists, fs.ErrExist}, []string{pool + "/a@x"}},
		{"one has no dataset", []string{pool + "/b@x", pool + "/nope@x"}, []error{zfs.ErrNotFound}, []string{pool + "/nope@x"}},
		{"no pool", []string{"nosuchpool@x"}, []error{zfs.ErrNotFound}, nil},
		{"two pools", []string{pool + "/a@y", "other@y"}, []error{zfs.ErrCrossPool}, nil},
		{"twice the same dataset", []string{pool + "/a@y", pool + "/a@z"}, []error{zfs.ErrInvalid}, nil},
		{"not a snapshot", []string{pool + "/a"}, []error{zfs.ErrInvalidName}, nil},
		{"NUL", []string{pool + "/a@y\x00"}, []error{zfs.ErrInvalidName}, nil},
		{"over-long", []string{pool + "/a@" + strings.Repeat("y", 250)}, []error{zfs.ErrInvalidName}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := c.SnapshotCreate(ctx, tc.batch, nil)
			for _, want := range tc.want {
				if !errors.Is(err, want) {
					t.Errorf("error %v does not match %v", err, want)
				}
			}
			var e *zfs.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v is no *zfs.Error", err)
			}
			var items []string
			for _, item := range e.Items {
				items = append(items, item.Name)
				if !errors.Is(item.Err, tc.want[0]) {
					t.Errorf("item %s: %v, want %v", item.Name, item.Err, tc.want[0])
				}
			}
			if diff := cmp.Diff(tc.items, items); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{pool + "/a@x"}, snapshots(t, c, pool, &zfs.SnapshotsOptions{Recursive: true})); diff != "" {
				t.Errorf("a part was carried out (-want +got):\n%s", diff)
			}
		})
	}
	if err := c.SnapshotCreate(ctx, nil, nil); err == nil {
		t.Error("an empty batch: no error")
	}
}

func TestKernelSnapshotDestroy(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	mustCreate(t, c, pool+"/a", nil)
	for _, snap := range []string{"held", "cloned", "free", "free2"} {
		if err := c.SnapshotCreate(ctx, []string{pool + "/a@" + snap}, nil); err != nil {
			t.Fatal(err)
		}
	}
	zfstest.Run(t, "zfs", "hold", "keep", pool+"/a@held")
	zfstest.Run(t, "zfs", "clone", pool+"/a@cloned", pool+"/clone")
	at := func(names ...string) []string {
		for i := range names {
			names[i] = pool + "/a@" + names[i]
		}
		return names
	}
	for _, tc := range []struct {
		name  string
		snaps []string
		opts  *zfs.SnapshotDestroyOptions
		want  error
		left  []string
	}{
		{"one is held", at("free", "held"), nil, zfs.ErrBusy, at("cloned", "free", "free2", "held")},
		{"one has a clone", at("free", "cloned"), nil, zfs.ErrHasClones, at("cloned", "free", "free2", "held")},
		{"free ones", at("free", "free2"), nil, nil, at("cloned", "held")},
		{"one that is gone", at("free"), nil, nil, at("cloned", "held")},
		{"deferred", at("held", "cloned"), &zfs.SnapshotDestroyOptions{Defer: true}, nil, at("cloned", "held")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := c.SnapshotDestroy(ctx, tc.snaps, tc.opts); !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			if diff := cmp.Diff(tc.left, snapshots(t, c, pool+"/a", nil)); diff != "" {
				t.Errorf("snapshots (-want +got):\n%s", diff)
			}
		})
	}
	// Deferred ones go with what kept them.
	zfstest.Run(t, "zfs", "release", "keep", pool+"/a@held")
	if err := c.DatasetDestroy(ctx, pool+"/clone"); err != nil {
		t.Fatal(err)
	}
	if left := snapshots(t, c, pool+"/a", nil); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

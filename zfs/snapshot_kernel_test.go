package zfs_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
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
	err := c.SnapshotCreate(ctx, batch, &zfs.SnapshotCreateOptions{Props: prop.Values{"com.example:why": prop.String("test")}})
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
		if !snap.Type.Has(prop.TypeSnapshot) || snap.GUID == 0 {
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

package zfs_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// seen is what the recorded walk shows of one dataset.
type seen struct {
	Type                        string
	Compression, Source         string
	Quota, VolSize, VolBlock    uint64
	Owner, RecordSize, CaseSens string
}

// The answers that four modules have given are read as zfs(8) of each release
// shows them.
func TestReplayOfRecordedCalls(t *testing.T) {
	for _, tc := range []struct {
		image   string
		release ioctl.Release
		block   uint64 // the default of volblocksize
		unset   string // the default of compression
	}{
		{"2.0", ioctl.Release{Major: 2, Minor: 0, Patch: 3}, 8192, "off"},
		{"2.1", ioctl.Release{Major: 2, Minor: 1, Patch: 11}, 8192, "off"},
		{"2.3", ioctl.Release{Major: 2, Minor: 3, Patch: 9}, 16384, "on"},
		{"2.4", ioctl.Release{Major: 2, Minor: 4, Patch: 4}, 16384, "on"},
	} {
		t.Run(tc.image, func(t *testing.T) {
			c := replay(t, tc.image, tc.release)
			want := map[string]seen{
				"golden":     {Type: "filesystem", Compression: tc.unset, Source: "default", Owner: "-", RecordSize: "131072", CaseSens: "sensitive"},
				"golden/fs":  {Type: "filesystem", Compression: "gzip-9", Source: "local", Quota: 20 << 20, Owner: "alice", RecordSize: "131072", CaseSens: "sensitive"},
				"golden/vol": {Type: "volume", Compression: tc.unset, Source: "default", VolSize: 8 << 20, VolBlock: tc.block, Owner: "-", RecordSize: "-", CaseSens: "-"},
			}
			got := make(map[string]seen)
			for ds, err := range c.Datasets(t.Context(), "golden", &zfs.DatasetsOptions{Recursive: true, AllProps: true}) {
				if err != nil {
					t.Fatal(err)
				}
				got[ds.Name] = look(ds)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("datasets (-want +got):\n%s", diff)
			}
			checkSnapshotAndMark(t, c)
		})
	}
}

// replay is a client of a recording.
func replay(t *testing.T, image string, release ioctl.Release) *zfs.Client {
	t.Helper()
	if testkit.BigEndian() {
		t.Skip("the recorded structures are of a little-endian kernel")
	}
	f, err := os.Open("../testdata/calls/" + image + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dev, err := ioctltest.Replay(f, t.Error)
	if err != nil {
		t.Fatal(err)
	}
	c, err := zfs.Open(&zfs.Options{Device: dev, Release: release})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func look(ds *zfs.Dataset) seen {
	p := ds.Props
	return seen{
		Type: ds.Type.String(), Compression: p.Text(prop.Compression), Source: p.Source(prop.Compression).String(),
		Quota: p.Uint64(prop.Quota), VolSize: p.Uint64(prop.VolSize), VolBlock: p.Uint64(prop.VolBlockSize),
		Owner: p.Text("com.example:owner"), RecordSize: p.Text(prop.RecordSize), CaseSens: p.Text(prop.CaseSensitivity),
	}
}

// checkSnapshotAndMark reads the snapshot and its bookmark, which carry the
// same GUID.
func checkSnapshotAndMark(t *testing.T, c *zfs.Client) {
	t.Helper()
	var guid uint64
	for snap, err := range c.Snapshots(t.Context(), "golden/fs", nil) {
		if err != nil {
			t.Fatal(err)
		}
		if snap.Name != "golden/fs@s" || snap.Type != prop.TypeSnapshot|prop.TypeFilesystem || snap.Props.Text(prop.Compression) != "-" {
			t.Errorf("snapshot %s of type %s with compression %s", snap.Name, snap.Type, snap.Props.Text(prop.Compression))
		}
		guid = snap.GUID
	}
	marks := 0
	for mark, err := range c.Bookmarks(t.Context(), "golden/fs", nil) {
		if err != nil {
			t.Fatal(err)
		}
		marks++
		if mark.Name != "golden/fs#mark" || mark.GUID != guid || guid == 0 || mark.Creation == 0 {
			t.Errorf("bookmark %+v, want golden/fs#mark with GUID %d", mark, guid)
		}
	}
	if marks != 1 {
		t.Errorf("%d bookmarks, want 1", marks)
	}
}

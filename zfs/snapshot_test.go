package zfs_test

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

func TestSnapshots(t *testing.T) {
	tests := []struct {
		name, root string
		opts       *zfs.SnapshotsOptions
		want       string
	}{
		{"of one dataset", "tank", nil, "tank@1"},
		{"of none", "tank/c", nil, ""},
		{"recursive", "tank", &zfs.SnapshotsOptions{Recursive: true}, "tank@1 tank/a@1 tank/a@2 tank/v@1"},
		{"depth", "tank/a", &zfs.SnapshotsOptions{Depth: 1}, "tank/a@1 tank/a@2"},
		{"names", "tank", &zfs.SnapshotsOptions{Recursive: true, NamesOnly: true}, "tank@1 tank/a@1 tank/a@2 tank/v@1"},
		{"all properties", "tank", &zfs.SnapshotsOptions{Recursive: true, AllProps: true}, "tank@1 tank/a@1 tank/a@2 tank/v@1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := testkit.OpenFake(t, tree[:]...)
			got, err := collect(c.Snapshots(t.Context(), tt.root, tt.opts))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("snapshots (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSnapshotsSends(t *testing.T) {
	tests := []struct {
		name string
		opts *zfs.SnapshotsOptions
		want []string
	}{
		{"plain", nil, []string{"SNAPSHOT_LIST_NEXT tank/a", "SNAPSHOT_LIST_NEXT tank/a cookie=2"}},
		{"names only", &zfs.SnapshotsOptions{NamesOnly: true},
			[]string{"SNAPSHOT_LIST_NEXT tank/a simple=1", "SNAPSHOT_LIST_NEXT tank/a cookie=2 simple=1"}},
		{"bounds", &zfs.SnapshotsOptions{MinTxg: 5, MaxTxg: 7}, []string{
			"SNAPSHOT_LIST_NEXT tank/a\nsnap_iter_min_txg: uint64 = 5\nsnap_iter_max_txg: uint64 = 7",
			"SNAPSHOT_LIST_NEXT tank/a cookie=2\nsnap_iter_min_txg: uint64 = 5\nsnap_iter_max_txg: uint64 = 7"}},
		{"one bound", &zfs.SnapshotsOptions{MaxTxg: 7}, []string{
			"SNAPSHOT_LIST_NEXT tank/a\nsnap_iter_max_txg: uint64 = 7",
			"SNAPSHOT_LIST_NEXT tank/a cookie=2\nsnap_iter_max_txg: uint64 = 7"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, "tank/a", "tank/a@1")
			if _, err := collect(c.Snapshots(t.Context(), "tank/a", tt.opts)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(append([]string{"OBJSET_STATS tank/a"}, tt.want...), f.Sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

// Old releases return only a name, and leave the old contents of the structure.
func TestSnapshotsNamesOnlyOfOldRelease(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank/a", "tank/a@1", "tank/a@2")
	f.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if op != ioctl.OpSnapshotListNext {
			return nil, false
		}
		for i, b := range c.Bytes(ioctl.FieldObjsetStats) {
			if b != 0 {
				t.Errorf("byte %d of the statistics is %d before the call", i, b)
				break
			}
		}
		n := c.Uint64(ioctl.FieldCookie) + 1
		c.SetUint64(ioctl.FieldCookie, n)
		if n > 2 {
			return ioctl.CodeSrch.Err(), true
		}
		return c.SetText(ioctl.FieldName, fmt.Sprintf("tank/a@%d", n)), true
	}
	for snap, err := range c.Snapshots(t.Context(), "tank/a", &zfs.SnapshotsOptions{NamesOnly: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if !snap.Type.Has(prop.TypeSnapshot) || snap.GUID != 0 {
			t.Errorf("%s is a %s with guid %d", snap.Name, snap.Type, snap.GUID)
		}
		if got := snap.Props.Text(prop.Type); got != "snapshot" {
			t.Errorf("its type property is %s", got)
		}
		if v, _, ok := snap.Props.Lookup(prop.Exec); ok {
			t.Errorf("exec is %v although nothing was read", v)
		}
	}
}

func TestSnapshotsErrors(t *testing.T) {
	tests := []struct {
		name, root string
		bad        func(ioctl.Op, *ioctl.Cmd) (error, bool)
		want       error
	}{
		{"not there", "tank/none", nil, zfs.ErrNotFound},
		{"snapshot", "tank@1", nil, zfs.ErrInvalidName},
		{"forbidden", "tank", testkit.FailOn(ioctl.OpSnapshotListNext, ioctl.CodePerm), zfs.ErrPermission},
		{"malformed", "tank", testkit.MalformedOn(ioctl.OpSnapshotListNext), nvlist.ErrSyntax},
		{"vanished", "tank", testkit.FailOn(ioctl.OpSnapshotListNext, ioctl.CodeNoent), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, tree[:]...)
			f.Bad = tt.bad
			got, err := collect(c.Snapshots(t.Context(), tt.root, nil))
			if !errors.Is(err, tt.want) || got != nil {
				t.Errorf("snapshots %v, error %v, want %v", got, err, tt.want)
			}
		})
	}
}

func TestSnapshotsStop(t *testing.T) {
	checkStops(t, 4, func(t *testing.T) (iter.Seq2[*zfs.Dataset, error], *testkit.Fake) {
		c, f := testkit.OpenFake(t, tree[:]...)
		return c.Snapshots(t.Context(), "tank", &zfs.SnapshotsOptions{Recursive: true}), f
	})
}

func TestSnapshotCreate(t *testing.T) {
	tests := []struct {
		name  string
		names []string
		opts  *zfs.SnapshotCreateOptions
		want  string
	}{
		{"one", []string{"tank/a@x"}, nil, "SNAPSHOT tank\nsnaps: nvlist\n    \"tank/a@x\": boolean"},
		{"batch", []string{"tank/b@y", "tank/a@x"}, &zfs.SnapshotCreateOptions{},
			"SNAPSHOT tank\nsnaps: nvlist\n    \"tank/b@y\": boolean\n    \"tank/a@x\": boolean"},
		{"properties", []string{"tank@x"}, &zfs.SnapshotCreateOptions{Props: texts("a:b", "1", "a:a", "2")},
			"SNAPSHOT tank\nsnaps: nvlist\n    tank@x: boolean\nprops: nvlist\n    a:a: string = \"2\"\n    a:b: string = \"1\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t)
			if err := c.SnapshotCreate(t.Context(), tt.names, tt.opts); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tt.want}, f.Sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSnapshotBatchRefuses(t *testing.T) {
	tests := []struct {
		name  string
		names []string
		want  error
	}{
		{"two pools", []string{"tank/a@x", "dozer/a@x"}, zfs.ErrCrossPool},
		{"filesystem", []string{"tank/a@x", "tank/b"}, zfs.ErrInvalidName},
		{"bookmark", []string{"tank/a#x"}, zfs.ErrInvalidName},
		{"NUL", []string{"tank/a@x\x00"}, zfs.ErrInvalidName},
		{"bad name behind good ones", []string{"tank@a", "tank/b@b", "@"}, zfs.ErrInvalidName},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := testkit.NoKernel(t)
			for verb, err := range map[string]error{
				"create":  c.SnapshotCreate(t.Context(), tt.names, nil),
				"destroy": c.SnapshotDestroy(t.Context(), tt.names, nil),
			} {
				if !errors.Is(err, tt.want) {
					t.Errorf("%s: error %v, want %v", verb, err, tt.want)
				}
			}
		})
	}
}

func TestSnapshotCreateRefuses(t *testing.T) {
	c := testkit.NoKernel(t)
	if err := c.SnapshotCreate(t.Context(), []string{"tank/a@x", "tank/a@y"}, nil); !errors.Is(err, zfs.ErrInvalid) {
		t.Errorf("two of one dataset: %v, want ErrInvalid", err)
	}
	// The kernel refuses these with an ambiguous errno.
	for _, name := range []string{"tank@a%b", "tank/%a@b"} {
		if err := c.SnapshotCreate(t.Context(), []string{name}, nil); !errors.Is(err, zfs.ErrInvalidName) {
			t.Errorf("%s: error %v, want ErrInvalidName", name, err)
		}
	}
	opts := &zfs.SnapshotCreateOptions{Props: texts("used", "1")}
	if err := c.SnapshotCreate(t.Context(), []string{"tank/a@x"}, opts); !errors.Is(err, zfs.ErrInvalidProp) {
		t.Errorf("read-only property: %v, want ErrInvalidProp", err)
	}
}

func TestSnapshotCreateItems(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = func(_ ioctl.Op, c *ioctl.Cmd) (error, bool) {
		failed := &nvlist.List{}
		failed.SetInt32("tank/a@x", int32(ioctl.CodeExist))
		failed.SetInt32("tank/b@x", int32(ioctl.CodeNoent))
		if err := c.Answer(failed); err != nil {
			return err, true
		}
		return ioctl.CodeExist.Err(), true
	}
	var e *zfs.Error
	err := c.SnapshotCreate(t.Context(), []string{"tank/a@x", "tank/b@x", "tank@x"}, nil)
	if !errors.Is(err, zfs.ErrExists) || !errors.As(err, &e) {
		t.Fatalf("error %v, want ErrExists", err)
	}
	var got []string
	for _, item := range e.Items {
		got = append(got, fmt.Sprint(item.Name, " ", errors.Is(item.Err, zfs.ErrExists), " ", errors.Is(item.Err, zfs.ErrNotFound)))
	}
	if diff := cmp.Diff([]string{"tank/a@x true false", "tank/b@x false true"}, got); diff != "" {
		t.Errorf("Items (-want +got):\n%s", diff)
	}
}

func TestSnapshotDestroy(t *testing.T) {
	tests := []struct {
		name string
		opts *zfs.SnapshotDestroyOptions
		want string
	}{
		{"now", nil, "DESTROY_SNAPS tank\nsnaps: nvlist\n    \"tank/a@x\": boolean\n    \"tank/a@y\": boolean"},
		{"not deferred", &zfs.SnapshotDestroyOptions{}, "DESTROY_SNAPS tank\nsnaps: nvlist\n    \"tank/a@x\": boolean\n    \"tank/a@y\": boolean"},
		{"deferred", &zfs.SnapshotDestroyOptions{Defer: true},
			"DESTROY_SNAPS tank\nsnaps: nvlist\n    \"tank/a@x\": boolean\n    \"tank/a@y\": boolean\ndefer: boolean"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t)
			if err := c.SnapshotDestroy(t.Context(), []string{"tank/a@x", "tank/a@y"}, tt.opts); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tt.want}, f.Sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
	c, f := testkit.OpenFake(t)
	f.Bad = testkit.FailOn(ioctl.OpDestroySnaps, ioctl.CodeExist)
	if err := c.SnapshotDestroy(t.Context(), []string{"tank/a@x"}, nil); !errors.Is(err, zfs.ErrHasClones) {
		t.Errorf("error %v, want ErrHasClones", err)
	}
}

package zfs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// The ranges are those of zfs(8), which is asked for the same.
func TestKernelSnapshotRange(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a/child", &zfs.DatasetCreateOptions{Parents: true})
	mustCreate(t, c, pool+"/none", nil)
	// Neither the alphabet nor a hash has this order.
	mustSnapshot(t, c, under(pool, "/a@m", "/a@c", "/a@x", "/a@b", "/a@y", "/a/child@c")...)
	for _, tc := range []struct {
		spec string
		want []string
	}{
		{spec: "/a@c%b", want: under(pool, "/a@c", "/a@x", "/a@b")},
		{spec: "/a@%c", want: under(pool, "/a@m", "/a@c")},
		{spec: "/a@b%", want: under(pool, "/a@b", "/a@y")},
		{spec: "/a@%", want: under(pool, "/a@m", "/a@c", "/a@x", "/a@b", "/a@y")},
		{spec: "/a@c", want: under(pool, "/a@c")},
		{spec: "/a@c%c", want: under(pool, "/a@c")},
		{spec: "/a@y,m", want: under(pool, "/a@m", "/a@y")},
		{spec: "/a@m,x%b", want: under(pool, "/a@m", "/a@x", "/a@b")},
		{spec: "/a@x%y,c%b,c", want: under(pool, "/a@c", "/a@x", "/a@b", "/a@y")},
		{spec: "/none@%"},
	} {
		t.Run(tc.spec, func(t *testing.T) {
			got, err := c.SnapshotRange(t.Context(), pool+tc.spec)
			testkit.Must(t, err)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("range (-want +got):\n%s", diff)
			}
			if tc.want == nil {
				return
			}
			var told []string
			for line := range strings.Lines(zfstest.Run(t, "zfs", "destroy", "-nvp", pool+tc.spec)) {
				if name, ok := strings.CutPrefix(strings.TrimSpace(line), "destroy\t"); ok {
					told = append(told, name)
				}
			}
			slices.Sort(told)
			if diff := cmp.Diff(told, slices.Sorted(slices.Values(got))); diff != "" {
				t.Errorf("zfs has another range (-zfs +got):\n%s", diff)
			}
		})
	}
	// The result can be passed to SnapshotDestroy.
	names, err := c.SnapshotRange(t.Context(), pool+"/a@c%b")
	if err == nil {
		err = c.SnapshotDestroy(t.Context(), names, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(under(pool, "/a@m", "/a@y"), snapshots(t, c, pool+"/a", nil)); diff != "" {
		t.Errorf("left over (-want +got):\n%s", diff)
	}
}

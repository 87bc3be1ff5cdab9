package zfs_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// What an ordinary user may read, before and after permissions are granted.
func TestKernelUserspaceRights(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	dir := mustMount(t, pool+"/a")
	mustFile(t, filepath.Join(dir, "f"), 4096, aliceID, aliceID)
	obj := inode(t, filepath.Join(dir, "f"))
	settle(t, pool)
	testkit.Must(t, c.SnapshotCreate(t.Context(), []string{pool + "/a@1"}, nil))
	testkit.Must(t, c.SnapshotCreate(t.Context(), []string{pool + "/a@2"}, nil))
	get := func(kind zfs.UserspaceKind, id uint32) func() error {
		return func() error {
			_, err := c.UserspaceGet(t.Context(), pool+"/a", kind, zfs.UserspaceID{RID: id})
			return err
		}
	}
	walk := func() (last error) {
		for _, last = range c.Userspace(t.Context(), pool+"/a", zfs.UserUsed) {
			continue
		}
		return last
	}
	set := func() error {
		return c.UserspaceSet(t.Context(), pool+"/a", []zfs.UserspaceQuota{{Kind: zfs.UserQuota, ID: zfs.UserspaceID{RID: aliceID}, Value: 1 << 30}})
	}
	path := func() error {
		_, err := c.ObjectPath(t.Context(), pool+"/a", obj)
		return err
	}
	stats := func() error {
		_, err := c.ObjectStats(t.Context(), pool+"/a@1", obj)
		return err
	}
	diff := func() error {
		_, err := ranges(t.Context(), c, pool+"/a@1", pool+"/a@2")
		return err
	}
	for _, tc := range []struct {
		name    string
		perm    string // the required permission, or ""
		do      func() error
		without error
	}{
		{"own space", "", get(zfs.UserUsed, aliceID), nil},
		{"own group's objects", "", get(zfs.GroupObjUsed, aliceID), nil},
		{"another's space", "userused", get(zfs.UserUsed, bobID), zfs.ErrPermission},
		{"another group's space", "groupused", get(zfs.GroupUsed, bobID), zfs.ErrPermission},
		{"a project's space", "projectused", get(zfs.ProjectUsed, 0), zfs.ErrPermission},
		{"everybody's space", "userused", walk, zfs.ErrPermission},
		{"own quota", "userquota", set, zfs.ErrPermission},
		{"path", "diff", path, zfs.ErrPermission},
		{"attributes", "diff", stats, zfs.ErrPermission},
		{"differences", "diff", diff, zfs.ErrPermission},
	} {
		if err := as(t, aliceID, tc.do); !errors.Is(err, tc.without) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.without)
		}
		if tc.perm == "" {
			continue
		}
		grant := []zfs.Grant{{Holder: zfs.Holder{Kind: zfs.HolderUser, ID: aliceID}, Permissions: []string{tc.perm}}}
		testkit.Must(t, c.DelegationSet(t.Context(), pool+"/a", grant, nil))
		if err := as(t, aliceID, tc.do); err != nil {
			t.Errorf("%s, with %s: %v", tc.name, tc.perm, err)
		}
		testkit.Must(t, c.DelegationSet(t.Context(), pool+"/a", grant, &zfs.DelegationSetOptions{Revoke: true}))
	}
}

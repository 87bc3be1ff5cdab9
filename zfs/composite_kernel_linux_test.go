package zfs_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// Programs are only for root, whatever a user has been granted, and change
// nothing for other users.
func TestKernelCompositeRights(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustSetUp(t, c, pool, "fs a;snap a@x;clone y a@x")
	grant := []zfs.Grant{{Holder: zfs.Holder{Kind: zfs.HolderUser, ID: aliceID}, Permissions: []string{"destroy", "mount", "snapshot", "rollback"}}}
	testkit.Must(t, c.DelegationSet(t.Context(), pool, grant, nil))
	before := everything(t, c, pool)
	for name, call := range map[string]func() error{
		"program":  func() error { _, err := c.ProgramRun(t.Context(), pool, zfs.Program{}); return err },
		"destroy":  func() error { _, err := c.TreeDestroy(t.Context(), pool+"/a", nil); return err },
		"snapshot": func() error { _, err := c.TreeSnapshot(t.Context(), pool+"/a@y", nil); return err },
		"rollback": func() error { _, err := c.TreeRollback(t.Context(), pool+"/a@x", nil); return err },
		"promote":  func() error { _, err := c.DatasetPromoteDestroying(t.Context(), pool+"/y", nil); return err },
		"read":     func() error { _, err := c.TreeProps(t.Context(), pool+"/a", []prop.Prop{"used"}, nil); return err },
	} {
		if err := as(t, aliceID, call); !errors.Is(err, zfs.ErrPermission) {
			t.Errorf("%s: %v, want ErrPermission", name, err)
		}
	}
	if diff := cmp.Diff(before, everything(t, c, pool)); diff != "" {
		t.Errorf("changed (-before +after):\n%s", diff)
	}
}

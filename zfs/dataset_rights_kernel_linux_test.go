package zfs_test

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// nobody is a user without rights.
const nobody = 65534

// asNobody runs fn with the rights of nobody.
func asNobody(t *testing.T, fn func()) {
	t.Helper()
	must(t, as(t, nobody, func() error {
		fn()
		return nil
	}))
}

// action is one call of a method, by its name.
type action struct {
	name string
	do   func(ctx context.Context) error
}

// modifying are calls that change the tree that mustRightsTree makes. Each
// fails for a reason of rights before it can be missed by the next.
func modifying(c *zfs.Client, pool string, plan *zfs.DestroyPlan) []action {
	parents := &zfs.DatasetRenameOptions{Parents: true}
	return []action{
		{"clone", func(ctx context.Context) error { return c.DatasetClone(ctx, pool+"/new", pool+"/a@2", nil) }},
		{"promote", func(ctx context.Context) error { return c.DatasetPromote(ctx, pool+"/c") }},
		{"rename", func(ctx context.Context) error { return c.DatasetRename(ctx, pool+"/a", pool+"/b", nil) }},
		{"rename with parents", func(ctx context.Context) error { return c.DatasetRename(ctx, pool+"/a", pool+"/x/a", parents) }},
		{"rename a snapshot", func(ctx context.Context) error { return c.DatasetRename(ctx, pool+"/a@1", pool+"/a@x", nil) }},
		{"roll back", func(ctx context.Context) error {
			_, err := c.DatasetRollback(ctx, pool+"/a", nil)
			return err
		}},
		{"temporary snapshot", func(ctx context.Context) error {
			_, err := c.SnapshotTemp(ctx, pool+"/a", nil)
			return err
		}},
		{"execute a plan", func(ctx context.Context) error { return plan.Execute(ctx) }},
	}
}

// reading are calls that change nothing.
func reading(c *zfs.Client, pool string) []action {
	return []action{
		{"exists", func(ctx context.Context) error {
			_, err := c.DatasetExists(ctx, pool+"/a@1")
			return err
		}},
		{"bookmark exists", func(ctx context.Context) error {
			_, err := c.DatasetExists(ctx, pool+"/a#m")
			return err
		}},
		{"written", func(ctx context.Context) error {
			_, err := c.SnapshotWritten(ctx, pool+"/a", pool+"/a@1")
			return err
		}},
		{"space", func(ctx context.Context) error {
			_, err := c.SnapshotSpace(ctx, pool+"/a@1", pool+"/a@2")
			return err
		}},
		{"range", func(ctx context.Context) error {
			_, err := c.SnapshotRange(ctx, pool+"/a@%")
			return err
		}},
		{"ZPL properties", func(ctx context.Context) error {
			_, err := c.DatasetZPLProps(ctx, pool+"/a")
			return err
		}},
		{"received properties", func(ctx context.Context) error {
			_, err := c.DatasetReceivedProps(ctx, pool+"/a")
			return err
		}},
		{"plan", func(ctx context.Context) error {
			_, err := c.DatasetDestroyPlan(ctx, pool+"/c", nil)
			return err
		}},
	}
}

// mustRightsTree makes what the actions need, and a plan for its clone.
func mustRightsTree(t *testing.T, c *zfs.Client, pool string) *zfs.DestroyPlan {
	t.Helper()
	mustCreate(t, c, pool+"/a", nil)
	mustSnapshot(t, c, pool+"/a@1", pool+"/a@2")
	zfstest.Run(t, "zfs", "bookmark", pool+"/a@1", pool+"/a#m")
	mustClone(t, c, pool+"/c", pool+"/a@2")
	plan, err := c.DatasetDestroyPlan(t.Context(), pool+"/c", nil)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// Who has no rights reads everything and changes nothing, unless they were
// given to him.
func TestKernelDatasetUnprivileged(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	plan := mustRightsTree(t, c, pool)
	asNobody(t, func() {
		for _, a := range modifying(c, pool, plan) {
			if err := a.do(context.Background()); !errors.Is(err, fs.ErrPermission) {
				t.Errorf("%s: error %v, want fs.ErrPermission", a.name, err)
			}
		}
		for _, a := range reading(c, pool) {
			if err := a.do(context.Background()); err != nil {
				t.Errorf("%s: %v", a.name, err)
			}
		}
	})
	zfstest.Run(t, "zfs", "allow", "-u", "65534", "clone,create,destroy,mount,promote,rename,rollback", pool)
	asNobody(t, func() {
		for _, a := range modifying(c, pool, plan) {
			if a.name == "temporary snapshot" || a.name == "execute a plan" || a.name == "rename with parents" {
				continue
			}
			if err := a.do(context.Background()); err != nil && !errors.Is(err, zfs.ErrNotFound) {
				t.Errorf("%s with the right to do it: %v", a.name, err)
			}
		}
	})
	if got := zfsGet(t, "origin", pool+"/b"); got != pool+"/c@2" {
		t.Errorf("the origin is %s after the promotion, want %s", got, pool+"/c@2")
	}
}

func TestKernelDatasetReadOnlyPool(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	plan := mustRightsTree(t, c, pool)
	dir := ""
	for _, field := range strings.Fields(zfstest.Run(t, "zpool", "list", "-vHP", pool)) {
		if strings.HasPrefix(field, "/") {
			dir = filepath.Dir(field)
		}
	}
	zfstest.Run(t, "zpool", "export", pool)
	zfstest.Run(t, "zpool", "import", "-d", dir, "-o", "readonly=on", pool)
	for _, a := range modifying(c, pool, plan) {
		outcome{want: zfs.ErrReadOnly}.check(t, a.do(t.Context()))
	}
	_, err := c.DatasetWait(t.Context(), pool+"/a", zfs.DatasetDeleteQueue)
	outcome{want: zfs.ErrReadOnly}.check(t, err)
	for _, a := range reading(c, pool) {
		if err := a.do(t.Context()); err != nil {
			t.Errorf("%s: %v", a.name, err)
		}
	}
}

// A context that has ended keeps every call from the kernel.
func TestDatasetContextHasEnded(t *testing.T) {
	c, f := mustFake(t, "tank", "tank/a", "tank/a@1", "tank/a@2", "tank/c")
	plan, err := c.DatasetDestroyPlan(t.Context(), "tank/c", nil)
	if err != nil {
		t.Fatal(err)
	}
	f.sent = nil
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	all := append(modifying(c, "tank", plan), reading(c, "tank")...)
	all = append(all, action{"wait", func(ctx context.Context) error {
		_, err := c.DatasetWait(ctx, "tank/a", zfs.DatasetDeleteQueue)
		return err
	}})
	for _, a := range all {
		if err := a.do(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want context.Canceled", a.name, err)
		}
	}
	if len(f.sent) > 0 {
		t.Errorf("the kernel was sent %v", f.sent)
	}
}

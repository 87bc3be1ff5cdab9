package zfs_test

import (
	"context"
	"errors"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// action is one call of a method, by its name.
type action struct {
	name string
	do   func(ctx context.Context) error
}

// modifying are calls that change a tree.
func modifying(c *zfs.Client, pool string, plan *zfs.Plan) []action {
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
		{"execute a plan", func(ctx context.Context) error { return c.PlanExecute(ctx, plan, stepwise()) }},
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
			_, err := planDestroy(ctx, c, pool+"/c", nil)
			return err
		}},
	}
}

// With a context that has ended no method calls the kernel.
func TestDatasetContextHasEnded(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/a@1", "tank/a@2", "tank/c")
	plan, err := planDestroy(t.Context(), c, "tank/c", nil)
	if err != nil {
		t.Fatal(err)
	}
	f.Sent = nil
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
	if len(f.Sent) > 0 {
		t.Errorf("the kernel was sent %v", f.Sent)
	}
}

package zfs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// Names of two pools of which one does not exist are about that pool. What an
// operation starts from is a base, also if its pool is missing.
func TestTwoPools(t *testing.T) {
	for _, tt := range []struct {
		name string
		call func(ctx context.Context, c *zfs.Client, a, b string) error // names of two pools
		base bool                                                        // b is what it starts from
	}{
		{"clone", func(ctx context.Context, c *zfs.Client, a, b string) error {
			return c.DatasetClone(ctx, a+"/c", b+"/a@s", nil)
		}, true},
		{"rename", func(ctx context.Context, c *zfs.Client, a, b string) error {
			return c.DatasetRename(ctx, a+"/c", b+"/a", nil)
		}, false},
		{"rollback", func(ctx context.Context, c *zfs.Client, a, b string) error {
			_, err := c.DatasetRollback(ctx, a+"/c", &zfs.DatasetRollbackOptions{To: b + "/c@s"})
			return err
		}, false},
		{"snapshots", func(ctx context.Context, c *zfs.Client, a, b string) error {
			return c.SnapshotCreate(ctx, []string{a + "@s", b + "@s"}, nil)
		}, false},
		{"destroy snapshots", func(ctx context.Context, c *zfs.Client, a, b string) error {
			return c.SnapshotDestroy(ctx, []string{a + "@s", b + "@s"}, nil)
		}, false},
		{"bookmark", func(ctx context.Context, c *zfs.Client, a, b string) error {
			return c.BookmarkCreate(ctx, map[string]string{a + "#m": b + "@s"})
		}, true},
		{"destroy bookmarks", func(ctx context.Context, c *zfs.Client, a, b string) error {
			return c.BookmarkDestroy(ctx, []string{a + "#m", b + "#m"})
		}, false},
		{"redact", func(ctx context.Context, c *zfs.Client, a, b string) error {
			return c.BookmarkRedact(ctx, a+"#m", a+"@s", []string{b + "/c@s"})
		}, true},
		{"hold", func(ctx context.Context, c *zfs.Client, a, b string) error {
			return c.HoldAdd(ctx, map[string]string{a + "@s": "t", b + "@s": "t"}, nil)
		}, false},
		{"release", func(ctx context.Context, c *zfs.Client, a, b string) error {
			return c.HoldRelease(ctx, map[string][]string{a + "@s": {"t"}, b + "@s": {"t"}})
		}, false},
		{"written", func(ctx context.Context, c *zfs.Client, a, b string) error {
			_, err := c.SnapshotWritten(ctx, a, b+"@s")
			return err
		}, true},
		{"many properties", func(ctx context.Context, c *zfs.Client, a, b string) error {
			_, err := c.DatasetsSetProps(ctx, map[string]prop.Values{a: texts("u:x", "1"), b: texts("u:x", "1")})
			return err
		}, false},
	} {
		base := zfs.ErrPoolNotFound
		if tt.base {
			base = zfs.ErrBaseNotFound
		}
		for pools, want := range map[[2]string]error{
			{"tank", "dozer"}: zfs.ErrCrossPool, {"tank", "none"}: base, {"none", "tank"}: zfs.ErrPoolNotFound,
		} {
			t.Run(fmt.Sprint(tt.name, pools), func(t *testing.T) {
				c, f := testkit.OpenFake(t, "tank", "dozer")
				err := tt.call(t.Context(), c, pools[0], pools[1])
				outcomeOf(t, err, want)
				for _, call := range f.Sent {
					if call != "OBJSET_STATS tank" && call != "OBJSET_STATS dozer" && call != "OBJSET_STATS none" {
						t.Errorf("sent %s", call)
					}
				}
			})
		}
	}
}

// outcomeOf wants an error that matches one of the sentinels for names of two pools
// and none of the others.
func outcomeOf(t *testing.T, err, want error) {
	t.Helper()
	for _, kind := range []error{zfs.ErrCrossPool, zfs.ErrPoolNotFound, zfs.ErrBaseNotFound} {
		if errors.Is(err, kind) != (kind == want) {
			t.Errorf("error %v, want %v", err, want)
		}
	}
}

// A large batch looks up each pool once.
func TestTwoPoolsLookedUpOnce(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank")
	names := []string{"tank@s"}
	for i := range 1000 {
		names = append(names, fmt.Sprintf("none/d%d@s", i))
	}
	err := c.SnapshotDestroy(t.Context(), names, nil)
	var e *zfs.Error
	if !errors.As(err, &e) || len(e.Items) != 1000 || !errors.Is(e.Items[999].Err, zfs.ErrPoolNotFound) {
		t.Fatalf("error %v", err)
	}
	if len(f.Sent) != 2 {
		t.Errorf("%d calls", len(f.Sent))
	}
}

// A pool that cannot be looked up is not missing.
func TestTwoPoolsUnknown(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank", "dozer")
	f.Bad = testkit.FailOn(ioctl.OpObjsetStats, ioctl.CodePerm)
	outcomeOf(t, c.DatasetRename(t.Context(), "tank/a", "none/a", nil), zfs.ErrCrossPool)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	outcomeOf(t, c.DatasetRename(ended, "tank/a", "none/a", nil), zfs.ErrCrossPool)
}

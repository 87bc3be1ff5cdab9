package zfs_test

import (
	"context"
	"errors"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// TestMistypedAnswers has the kernel answer with a number where it has a list or a
// text, and the other way round. A method that relies on the value fails.
func TestMistypedAnswers(t *testing.T) {
	pool := func(edit func(config *nvlist.List)) *nvlist.List {
		config := mirrorPool()
		edit(config)
		return config
	}
	status := func(ctx context.Context, c *zfs.Client) error {
		_, err := c.PoolStatus(ctx, "tank", nil)
		return err
	}
	pools := func(ctx context.Context, c *zfs.Client) (first error) {
		for _, err := range c.Pools(ctx) {
			first = errors.Join(first, err)
		}
		return first
	}
	space := func(ctx context.Context, c *zfs.Client) error {
		_, err := c.SnapshotSpace(ctx, "tank/a@1", "tank/a@2")
		return err
	}
	volume := func(ctx context.Context, c *zfs.Client) error {
		return c.DatasetCreate(ctx, "tank/v", &zfs.DatasetCreateOptions{VolumeSize: 1 << 20, Props: texts("refreservation", "auto")})
	}
	named := func(config *nvlist.List) *nvlist.List {
		l := &nvlist.List{}
		l.SetList("tank", config)
		return l
	}
	raidz := func(edit func(top *nvlist.List)) *nvlist.List {
		top := fakeVdev("raidz", 10, zfs.VdevHealthy, fakeVdev("disk", 11, zfs.VdevHealthy), fakeVdev("disk", 12, zfs.VdevHealthy))
		edit(top)
		return named(fakeConfig(fakeVdev("root", 77, zfs.VdevHealthy, top)))
	}
	for _, tt := range []struct {
		name   string
		op     ioctl.Op
		answer *nvlist.List
		do     func(context.Context, *zfs.Client) error
	}{
		{"devices of a pool", ioctl.OpPoolStats, pool(func(l *nvlist.List) { l.SetUint64("vdev_tree", 1) }), status},
		{"errors of a pool", ioctl.OpPoolStats, pool(func(l *nvlist.List) { l.SetString("error_count", "many") }), status},
		{"GUID of a pool", ioctl.OpPoolConfigs, named(pool(func(l *nvlist.List) { l.SetString("pool_guid", "x") })), pools},
		{"space", ioctl.OpSpaceSnaps, listWith(func(l *nvlist.List) { l.SetInt64("used", -1) }), space},
		{"parity", ioctl.OpPoolConfigs, raidz(func(top *nvlist.List) { top.SetString("nparity", "1") }), volume},
		{"disks", ioctl.OpPoolConfigs, raidz(func(top *nvlist.List) { top.SetUint64("children", 2) }), volume},
		{"devices of a volume's pool", ioctl.OpPoolConfigs, named(pool(func(l *nvlist.List) { l.SetUint64("vdev_tree", 1) })), volume},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, "tank")
			f.Bad = testkit.Answers{tt.op: func(cmd *ioctl.Cmd) error { return cmd.Answer(tt.answer) }}.Bad
			if err := tt.do(t.Context(), c); !errors.Is(err, nvlist.ErrMismatch) {
				t.Errorf("error %v, want a mismatch", err)
			}
		})
	}
}

// listWith makes a list and fills it.
func listWith(fill func(l *nvlist.List)) *nvlist.List {
	l := &nvlist.List{}
	fill(l)
	return l
}

package zfs_test

import (
	"context"
	"errors"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// With a context that has ended the kernel is not called.
func TestEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := testkit.NoKernel(t)
	one := zfs.UserspaceID{RID: 1}
	for name, call := range map[string]func() error{
		"UserspaceGet": func() error { _, err := c.UserspaceGet(ctx, "tank", zfs.UserUsed, one); return err },
		"Userspace": func() (last error) {
			for _, last = range c.Userspace(ctx, "tank", zfs.UserUsed) {
				continue
			}
			return last
		},
		"UserspaceSet": func() error {
			return c.UserspaceSet(ctx, "tank", []zfs.UserspaceQuota{{Kind: zfs.UserQuota, ID: one}})
		},
		"UserspaceUpgrade": func() error { return c.UserspaceUpgrade(ctx, "tank") },
		"ObjectPath":       func() error { _, err := c.ObjectPath(ctx, "tank", 1); return err },
		"ObjectStats":      func() error { _, err := c.ObjectStats(ctx, "tank", 1); return err },
		"ObjectDataset":    func() error { _, err := c.ObjectDataset(ctx, "tank", 1); return err },
		"ObjectNext": func() (last error) {
			for _, last = range c.ObjectNext(ctx, "tank", 1) {
				continue
			}
			return last
		},
		"Delegation": func() error { _, err := c.Delegation(ctx, "tank"); return err },
		"DelegationSet": func() error {
			return c.DelegationSet(ctx, "tank", []zfs.Grant{{Holder: zfs.Holder{Kind: zfs.HolderUser}, Permissions: []string{"send"}}}, nil)
		},
		"VolumeWait": func() error {
			_, err := c.VolumeWait(ctx, "tank/v", &zfs.VolumeWaitOptions{Dir: t.TempDir()})
			return err
		},
	} {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", name, err)
		}
	}
}

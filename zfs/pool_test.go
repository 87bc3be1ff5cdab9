package zfs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// configs answers with two pools, and a pair that is not a pool.
func configs(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
	if op != ioctl.OpPoolConfigs {
		return nil, false
	}
	out := &nvlist.List{}
	config := &nvlist.List{}
	config.SetUint64("pool_guid", 1<<63)
	out.SetList("tank", config)
	out.SetUint64("stray", 1)
	out.SetList("dozer", &nvlist.List{})
	return c.Answer(out), true
}

func TestPools(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = configs
	var got []string
	for pool, err := range c.Pools(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(pool.Name, " ", pool.GUID, " ", pool.Config.Len()))
	}
	if diff := cmp.Diff([]string{"tank 9223372036854775808 1", "dozer 0 0"}, got); diff != "" {
		t.Errorf("pools (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"POOL_CONFIGS "}, f.Sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	for pool := range c.Pools(t.Context()) {
		if pool.Name != "tank" {
			t.Errorf("%s after the stop", pool.Name)
		}
		break
	}
}

func TestPoolsErrors(t *testing.T) {
	tests := []struct {
		name string
		bad  func(ioctl.Op, *ioctl.Cmd) (error, bool)
		want error
	}{
		{"forbidden", testkit.FailOn(ioctl.OpPoolConfigs, ioctl.CodePerm), zfs.ErrPermission},
		{"malformed", testkit.MalformedOn(ioctl.OpPoolConfigs), nvlist.ErrSyntax},
		{"no answer at all", func(ioctl.Op, *ioctl.Cmd) (error, bool) { return nil, true }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t)
			f.Bad = tt.bad
			var got error
			for pool, err := range c.Pools(t.Context()) {
				if pool != nil || got != nil {
					t.Errorf("pool %v behind %v", pool, got)
				}
				got = err
			}
			if !errors.Is(got, tt.want) {
				t.Errorf("error %v, want %v", got, tt.want)
			}
		})
	}
}

// What is sent for a pool of some version, whose features are all active but for those
// that are named.
func TestPoolUpgrade(t *testing.T) {
	const set = "POOL_SET_PROPS tank\n"
	for _, tt := range []struct {
		name    string
		version uint64
		compat  string
		lacks   []string
		opts    *zfs.PoolUpgradeOptions
		want    []string
		err     error
	}{
		{"to the newest", 28, "", nil, nil, []string{"POOL_UPGRADE tank cookie=5000"}, nil},
		{"as it is", 5000, "", nil, nil, []string{"POOL_UPGRADE tank cookie=5000"}, nil},
		{"at least", 5000, "", []string{"skein"}, &zfs.PoolUpgradeOptions{Version: 28, AtLeast: true}, nil, nil},
		{"at least a newer one", 20, "", nil, &zfs.PoolUpgradeOptions{Version: 28, AtLeast: true}, []string{"POOL_UPGRADE tank cookie=28"}, nil},
		{"at least, whatever is compatible", 5000, "grub2", []string{"skein"}, &zfs.PoolUpgradeOptions{AtLeast: true}, nil, nil},
		{"features", 5000, "off", []string{"skein", "edonr"}, &zfs.PoolUpgradeOptions{AllFeatures: true},
			[]string{set + "feature@edonr: uint64 = 0\nfeature@skein: uint64 = 0"}, nil},
		{"version and features", 28, "", []string{"skein"}, &zfs.PoolUpgradeOptions{AllFeatures: true},
			[]string{"POOL_UPGRADE tank cookie=5000", set + "feature@skein: uint64 = 0"}, nil},
		{"all there", 5000, "", nil, &zfs.PoolUpgradeOptions{AllFeatures: true}, nil, nil},
		{"less than all", 5000, "grub2", []string{"skein"}, &zfs.PoolUpgradeOptions{AllFeatures: true}, nil, zfs.ErrInvalid},
		{"features of an old version", 20, "", nil, &zfs.PoolUpgradeOptions{Version: 28, AllFeatures: true}, nil, zfs.ErrInvalid},
		{"no version", 20, "", nil, &zfs.PoolUpgradeOptions{Version: 29}, nil, zfs.ErrInvalid},
		{"no version, and newer", 5000, "", nil, &zfs.PoolUpgradeOptions{Version: 4999, AtLeast: true}, nil, zfs.ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := mirrorPool()
			config.SetUint64("version", tt.version)
			if tt.compat != "" {
				config.SetString("compatibility", tt.compat)
			}
			stats, _ := config.List("feature_stats")
			for _, f := range allFeatures() {
				for _, lacks := range tt.lacks {
					if f.Name == lacks {
						stats.Delete(f.GUID)
					}
				}
			}
			config.SetList("feature_stats", stats)
			c, f := fakePool(t, config)
			err := c.PoolUpgrade(t.Context(), "tank", tt.opts)
			if diff := cmp.Diff(strings.Join(tt.want, "\n"), strings.Join(f.Sent, "\n")); diff != "" || !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
				t.Errorf("%v, want %v; sent (-want +got):\n%s", err, tt.err, diff)
			}
		})
	}
}

// A failure ends the upgrade, and says which step it was.
func TestPoolUpgradeErrors(t *testing.T) {
	for _, op := range []ioctl.Op{ioctl.OpPoolStats, ioctl.OpPoolUpgrade, ioctl.OpPoolSetProps} {
		config := mirrorPool()
		config.SetUint64("version", 28)
		config.SetList("feature_stats", &nvlist.List{})
		c, f := fakePool(t, config)
		answer := f.Bad
		f.Bad = func(got ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
			if got == op {
				return ioctl.CodeRofs.Err(), true
			}
			return answer(got, cmd)
		}
		err := c.PoolUpgrade(t.Context(), "tank", &zfs.PoolUpgradeOptions{AllFeatures: true})
		var e *zfs.Error
		if !errors.As(err, &e) || e.Op != op || strings.Contains(strings.Join(f.Sent, "\n"), "SET_PROPS") != (op == ioctl.OpPoolSetProps) {
			t.Errorf("%v fails: %v, sent %q", op, err, f.Sent)
		}
	}
}

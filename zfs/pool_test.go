package zfs_test

import (
	"errors"
	"fmt"
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

package zfs_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// reserving answers as a pool on one disk with a volume of 16M in blocks of 8K,
// with that reservation.
func reserving(f *testkit.Fake, reserved uint64) {
	f.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		switch {
		case op == ioctl.OpPoolConfigs:
			configs := &nvlist.List{}
			configs.SetList("tank", &nvlist.List{})
			return c.Answer(configs), true
		case op == ioctl.OpObjsetStats && strings.HasPrefix(c.Text(ioctl.FieldName), "tank/v") && c.OutSize() > 0:
			return c.Answer(testkit.Numbers("volsize", 16<<20, "volblocksize", 8192, "refreservation", reserved)), true
		case op == ioctl.OpClone:
			return nil, true
		}
		return nil, false
	}
}

func TestDatasetReserve(t *testing.T) {
	const whole = 16<<20 + 10*256<<10 // as TestVolumeWhole has it
	tests := []struct {
		name     string
		reserved uint64
		do       func(*testing.T, *zfs.Client) error
		want     string // what is sent last
	}{
		{"new", 0, func(t *testing.T, c *zfs.Client) error {
			return c.DatasetCreate(t.Context(), "tank/v2", &zfs.DatasetCreateOptions{VolumeSize: 16 << 20, Props: texts("volblocksize", "8K", "refreservation", "auto")})
		}, "CREATE tank/v2\ntype: int32 = 3\nprops: nvlist\n    refreservation: uint64 = 19398656\n    volblocksize: uint64 = 8192\n    volsize: uint64 = 16777216"},
		{"new, with the release's block size", 0, func(t *testing.T, c *zfs.Client) error {
			return c.DatasetCreate(t.Context(), "tank/v2", &zfs.DatasetCreateOptions{VolumeSize: 16 << 20, Props: texts("refreservation", "auto")})
		}, "CREATE tank/v2\ntype: int32 = 3\nprops: nvlist\n    refreservation: uint64 = 18874368\n    volsize: uint64 = 16777216\n    volblocksize: uint64 = 16384"},
		{"set", 0, func(t *testing.T, c *zfs.Client) error {
			return c.DatasetSetProps(t.Context(), "tank/v", texts("refreservation", "auto"))
		}, "SET_PROP tank/v\nrefreservation: uint64 = 19398656"},
		{"set as it was parsed", 0, func(t *testing.T, c *zfs.Client) error {
			return c.DatasetSetProps(t.Context(), "tank/v", prop.Values{prop.RefReservation: prop.Uint64(prop.AutoReservation)})
		}, "SET_PROP tank/v\nrefreservation: uint64 = 19398656"},
		{"whole, grown", whole, func(t *testing.T, c *zfs.Client) error {
			return c.DatasetSetProps(t.Context(), "tank/v", texts("volsize", "32M"))
		}, "SET_PROP tank/v\nvolsize: uint64 = 33554432\nrefreservation: uint64 = 36700160"},
		{"half, grown", 9 << 20, func(t *testing.T, c *zfs.Client) error {
			return c.DatasetSetProps(t.Context(), "tank/v", texts("volsize", "32M"))
		}, "SET_PROP tank/v\nvolsize: uint64 = 33554432"},
		{"sparse, grown", 0, func(t *testing.T, c *zfs.Client) error {
			return c.DatasetSetProps(t.Context(), "tank/v", texts("volsize", "32M"))
		}, "SET_PROP tank/v\nvolsize: uint64 = 33554432"},
		{"both are given", whole, func(t *testing.T, c *zfs.Client) error {
			return c.DatasetSetProps(t.Context(), "tank/v", texts("volsize", "32M", "refreservation", "1M"))
		}, "SET_PROP tank/v\nrefreservation: uint64 = 1048576\nvolsize: uint64 = 33554432"},
		{"clone", 0, func(t *testing.T, c *zfs.Client) error {
			return c.DatasetClone(t.Context(), "tank/v2", "tank/v@1", &zfs.DatasetCloneOptions{Props: texts("refreservation", "auto")})
		}, "CLONE tank/v2\norigin: string = \"tank/v@1\"\nprops: nvlist\n    refreservation: uint64 = 19398656"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, tree[:]...)
			reserving(f, tt.reserved)
			if err := tt.do(t, c); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, f.Sent[len(f.Sent)-1]); diff != "" {
				t.Errorf("sent last (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDatasetReserveErrors(t *testing.T) {
	auto := texts("refreservation", "auto")
	tests := []struct {
		name string
		do   func(*testing.T, *zfs.Client) error
		bad  ioctl.Op // an operation that fails, zero for none
		want error
	}{
		{"new filesystem", func(t *testing.T, c *zfs.Client) error {
			return c.DatasetCreate(t.Context(), "tank/n", &zfs.DatasetCreateOptions{Props: auto})
		}, ioctl.OpPoolConfigs, zfs.ErrInvalidProp},
		{"filesystem", func(t *testing.T, c *zfs.Client) error { return c.DatasetSetProps(t.Context(), "tank/a", auto) }, ioctl.OpPoolConfigs, zfs.ErrInvalidProp},
		{"clone of a filesystem", func(t *testing.T, c *zfs.Client) error {
			return c.DatasetClone(t.Context(), "tank/n", "tank/a@1", &zfs.DatasetCloneOptions{Props: auto})
		}, ioctl.OpPoolConfigs, zfs.ErrInvalidProp},
		{"the pool cannot be read", func(t *testing.T, c *zfs.Client) error { return c.DatasetSetProps(t.Context(), "tank/v", auto) }, ioctl.OpPoolConfigs, zfs.ErrPermission},
		{"the pool cannot be read for a new one", func(t *testing.T, c *zfs.Client) error {
			return c.DatasetCreate(t.Context(), "tank/v2", &zfs.DatasetCreateOptions{VolumeSize: 1 << 20, Props: auto})
		}, ioctl.OpPoolConfigs, zfs.ErrPermission},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, tree[:]...)
			reserving(f, 0)
			answer := f.Bad
			f.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
				if slices.Contains([]ioctl.Op{ioctl.OpSetProp, ioctl.OpCreate, ioctl.OpClone}, op) {
					t.Error("the kernel was called to change something")
				}
				if op == tt.bad {
					return ioctl.CodePerm.Err(), true
				}
				return answer(op, c)
			}
			if err := tt.do(t, c); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

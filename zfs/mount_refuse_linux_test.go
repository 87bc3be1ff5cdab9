package zfs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// What cannot be mounted is found out by reading.
func TestDatasetMountRefuses(t *testing.T) {
	elsewhere := &zfs.DatasetMountOptions{Path: "/nosuchfolder/x"}
	tests := []struct {
		name, ds string
		opts     *zfs.DatasetMountOptions
		bad      func(ioctl.Op, *ioctl.Cmd) (error, bool)
		want     error
		text     string
	}{
		{"volume", "tank/v", elsewhere, nil, zfs.ErrInvalid, `zfs: mount "tank/v": `},
		{"not there", "tank/none", elsewhere, nil, zfs.ErrNotFound, "dataset"},
		{"pool forbidden", "tank/a", elsewhere, testkit.FailOn(ioctl.OpPoolGetProps, ioctl.CodePerm), zfs.ErrPermission, "pool get props"},
		{"bookmark", "tank/a#m", elsewhere, nil, zfs.ErrInvalidName, `zfs: mount "tank/a#m": `},
		{"relative path", "tank/a", &zfs.DatasetMountOptions{Path: "x"}, nil, zfs.ErrInvalid, "absolute"},
		{"snapshot", "tank/a@s", nil, nil, zfs.ErrInvalid, "no mountpoint"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/v")
			f.Bad = tt.bad
			path, err := c.DatasetMount(t.Context(), tt.ds, tt.opts)
			if path != "" || !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("path %q, error %v, want %v with %q", path, err, tt.want, tt.text)
			}
		})
	}
}

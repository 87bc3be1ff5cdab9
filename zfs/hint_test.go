package zfs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

// An old module refuses a key without naming it. The error names it all the
// same, because each key is asked for.
func TestUnknownKeyIsNamed(t *testing.T) {
	dev := ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpSnapshot: ioctltest.List(func(_ string, in *nvlist.List) (*nvlist.List, error) {
			switch p, _ := in.Lookup("props"); {
			case in.Has("props"):
				return nil, ioctl.CodeIocArgUnavail.Err()
			case p.Type() != nvlist.TypeList:
				return nil, ioctl.CodeIocArgBadtype.Err()
			}
			return nil, nil
		}),
	})
	c, err := zfs.Open(&zfs.Options{Device: dev, Release: ioctl.Release{Major: 2}})
	if err != nil {
		t.Fatal(err)
	}
	err = c.SnapshotCreate(t.Context(), []string{"tank@s"}, &zfs.SnapshotCreateOptions{
		Props: prop.Values{"a:b": prop.String("c")},
	})
	if !errors.Is(err, zfs.ErrNotSupported) || !strings.Contains(err.Error(), `does not know the key "props"`) {
		t.Errorf("error %v, want ErrNotSupported that names the key props", err)
	}
}

// A module that lacks the operation is told apart by its release.
func TestUnknownOperationIsExplained(t *testing.T) {
	c, err := zfs.Open(&zfs.Options{Device: ioctltest.Device(nil), Release: ioctl.Release{Major: 0, Minor: 7}})
	if err != nil {
		t.Fatal(err)
	}
	err = c.SnapshotDestroy(t.Context(), []string{"tank@s"}, nil)
	if !errors.Is(err, zfs.ErrNotSupported) || !strings.Contains(err.Error(), "added in 0.8.0, this module is 0.7.0") {
		t.Errorf("error %v, want ErrNotSupported with both releases", err)
	}
}

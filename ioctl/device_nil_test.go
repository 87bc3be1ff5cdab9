package ioctl_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
)

// A nil device and a zero one are closed: their calls fail, and crash nothing.
func TestDeviceNil(t *testing.T) {
	for _, d := range []*ioctl.Device{nil, {}} {
		c := d.Cmd()
		errs := map[string]error{
			"Call": d.Call(context.Background(), ioctl.OpPoolConfigs, c), "Close": d.Close(),
			"Supports": d.Supports(ioctl.OpPoolSync), "SupportsKey": d.SupportsKey(context.Background(), ioctl.OpPoolSync, "force", "tank"),
		}
		c.Release()
		_, errs["CallList"] = d.CallList(context.Background(), ioctl.OpPoolGetProps, "tank", nil)
		_, errs["CallListKey"] = d.CallListKey(context.Background(), ioctl.OpLoadKey, "tank", ioctl.KeyInput{Key: make([]byte, ioctl.KeyLen)})
		_, errs["Reopen"] = d.Reopen()
		errs["Tap"] = d.Tap(func(ioctl.Op, *ioctl.Cmd, func() error) error { return nil }).Close()
		for name, err := range errs {
			if !errors.Is(err, fs.ErrClosed) {
				t.Errorf("%s: error %v, want ErrClosed", name, err)
			}
		}
		if d.FD() != -1 || len(d.Stuck()) > 0 || d.ReadOnly() || d.Path() == "" || d.Layout() != (ioctl.Layout{}) {
			t.Errorf("a closed device has descriptor %d, path %q, layout %v", d.FD(), d.Path(), d.Layout())
		}
	}
}

package zfs_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// A device that is shared stays open when a client that uses it is closed.
func TestCloseLeavesSharedDevice(t *testing.T) {
	f := &testkit.Fake{}
	f.Add("tank")
	dev := ioctl.NewDevice(f.Answer)
	first, second := testkit.Open(t, dev), testkit.Open(t, dev)
	if first.Device() != dev {
		t.Error("the client has another device")
	}
	if err := first.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if _, err := second.DatasetStats(t.Context(), "tank", nil); err != nil {
		t.Errorf("the other client: %v", err)
	}
	if err := dev.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := second.DatasetStats(t.Context(), "tank", nil); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("on a closed device: %v, want fs.ErrClosed", err)
	}
}

func TestOpenRelease(t *testing.T) {
	dev := ioctl.NewDevice((&testkit.Fake{}).Answer)
	want := ioctl.Release{Major: 2, Minor: 1, Patch: 11}
	c, err := zfs.Open(&zfs.Options{Device: dev, Release: want})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Release(); got != want {
		t.Errorf("Release() = %s, want %s", got, want)
	}
	c, err = zfs.Open(&zfs.Options{Device: dev})
	if err != nil {
		t.Fatal(err)
	}
	if c.Release().IsZero() {
		t.Error("no release, and so no defaults")
	}
	if stuck := c.Stuck(); len(stuck) != 0 {
		t.Errorf("Stuck() = %v", stuck)
	}
}

func TestOpenErrors(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "zfs")
	c, err := zfs.Open(&zfs.Options{Config: &ioctl.Config{Path: missing, AutoLoad: true}})
	if err == nil || c != nil {
		t.Fatalf("Open = %v, %v", c, err)
	}
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, zfs.ErrNotSupported) {
		t.Errorf("error %v", err)
	}
}

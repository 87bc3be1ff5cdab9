package zfs_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// device is one that every Linux system has, in place of a volume's.
const device = "/dev/null"

// later does something after a moment, in which a wait has begun.
func later(t *testing.T, fn func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		time.Sleep(30 * time.Millisecond)
		done <- fn()
	}()
	t.Cleanup(func() { testkit.Must(t, <-done) })
}

func TestVolumeWait(t *testing.T) {
	c := testkit.NoKernel(t)
	dir := t.TempDir()
	link := filepath.Join(dir, "tank/with+blank")
	testkit.Must(t, os.Mkdir(filepath.Dir(link), 0o755))
	later(t, func() error { return os.Symlink(device, link) })
	got, err := c.VolumeWait(t.Context(), "tank/with blank", &zfs.VolumeWaitOptions{Dir: dir})
	if err != nil || got != device {
		t.Errorf("device %q, %v, want %s", got, err, device)
	}
	later(t, func() error { return os.Remove(link) })
	got, err = c.VolumeWait(t.Context(), "tank/with blank", &zfs.VolumeWaitOptions{Dir: dir, Gone: true})
	if err != nil || got != "" {
		t.Errorf("gone: %q, %v", got, err)
	}
}

// A directory of further volumes is not a device, nor is a dangling link.
func TestVolumeWaitEnds(t *testing.T) {
	dir := t.TempDir()
	testkit.Must(t, os.MkdirAll(filepath.Join(dir, "tank/directory"), 0o755))
	testkit.Must(t, os.Symlink("/dev/nosuchdevice", filepath.Join(dir, "tank/left")))
	testkit.Must(t, os.Symlink(device, filepath.Join(dir, "tank/there")))
	for _, tc := range []struct {
		name string
		gone bool
		want error
	}{
		{"tank/none", false, context.DeadlineExceeded},
		{"tank/directory", false, context.DeadlineExceeded},
		{"tank/left", false, context.DeadlineExceeded},
		{"tank/there", true, context.DeadlineExceeded},
		{"tank/there", false, nil},
		{"tank/left", true, nil},
		{"tank/directory", true, nil},
		{"tank/a#m", false, zfs.ErrInvalidName},
		{"../etc", false, zfs.ErrInvalidName},
		{"", true, zfs.ErrInvalidName},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err := testkit.NoKernel(t).VolumeWait(ctx, tc.name, &zfs.VolumeWaitOptions{Dir: dir, Gone: tc.gone})
		cancel()
		if !errors.Is(err, tc.want) || err != nil && !strings.Contains(err.Error(), "device of \""+tc.name+"\"") {
			t.Errorf("%q, gone %v: %v, want %v", tc.name, tc.gone, err, tc.want)
		}
	}
}

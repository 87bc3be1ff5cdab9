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
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// devices lists the devices of volumes.
func devices(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("/dev/zd*")
	testkit.Must(t, err)
	return found
}

// The guest has no udev, so the test creates the link. When a wait ends without
// success, the error has what the kernel has done.
func TestKernelVolumeWait(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	if found := devices(t); len(found) > 0 {
		t.Fatalf("there are volumes before the test: %v", found)
	}
	mustCreate(t, c, pool+"/v", &zfs.DatasetCreateOptions{VolumeSize: 8 << 20})
	mustCreate(t, c, pool+"/hidden", &zfs.DatasetCreateOptions{VolumeSize: 8 << 20,
		Props: prop.Values{prop.VolMode: prop.String("none")}})
	link := "/dev/zvol/" + pool + "/v"
	testkit.Must(t, os.MkdirAll(filepath.Dir(link), 0o755))
	later(t, func() error {
		for len(devices(t)) == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		return os.Symlink(devices(t)[0], link)
	})
	got, err := c.VolumeWait(t.Context(), pool+"/v", nil)
	if err != nil || !strings.HasPrefix(got, "/dev/zd") {
		t.Errorf("device %q, %v", got, err)
	}
	short := func(name string, opts *zfs.VolumeWaitOptions) error {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		_, err := c.VolumeWait(ctx, name, opts)
		return err
	}
	check := func(what string, err error, text string) {
		t.Helper()
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want a timeout with %q", what, err, text)
		}
	}
	check("without a device", short(pool+"/hidden", nil), "has not created the device")
	check("without a link", short(pool+"/v", &zfs.VolumeWaitOptions{Dir: t.TempDir()}), "has created the device")
	check("still there", short(pool+"/v", &zfs.VolumeWaitOptions{Gone: true}), "still has the device")
	testkit.Must(t, c.DatasetDestroy(t.Context(), pool+"/v"))
	// The kernel removes its device, and the link is then dangling.
	if got, err := c.VolumeWait(t.Context(), pool+"/v", &zfs.VolumeWaitOptions{Gone: true}); got != "" || err != nil {
		t.Errorf("gone: %q, %v", got, err)
	}
	testkit.Must(t, os.Remove(link))
}

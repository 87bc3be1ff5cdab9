package volumes_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/volumes"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// A device that somebody has open is neither replaced nor destroyed nor hidden.
func TestKernelVolumesOpen(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	v, err := volumes.Open(t.Context(), c, pool)
	testkit.Must(t, err)
	play := func(lines string) { play(t, c, v, lines) }
	before := devices(t)
	play("device d;snapshot d@1;snapshot d@2")
	var device *os.File
	for i := 0; device == nil; i++ {
		for _, path := range devices(t) {
			if f, err := os.Open(path); err == nil && !slices.Contains(before, path) {
				device = f
			}
		}
		if time.Sleep(20 * time.Millisecond); i == 500 {
			t.Fatal("there is no device")
		}
	}
	play("clone d@1 e")
	for _, call := range []string{"rollback d@1", "destroy d", "purge d"} {
		if _, err := volumeCall(t, c, v, call); !errors.Is(err, zfs.ErrBusy) {
			t.Errorf("%s: %v, want ErrBusy", call, err)
		}
	}
	if line := volumeLine(t, v); line != "d[1 2] e<d@1" {
		t.Errorf("volumes %q", line)
	}
	testkit.Must(t, device.Close())
	play("rollback d@1;purge d;destroy e")
	if n := hiddenDir(t, c, pool); n != 0 {
		t.Errorf("%d are hidden", n)
	}
}

// devices lists the devices of volumes.
func devices(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("/dev/zd*")
	testkit.Must(t, err)
	return found
}

// Package zfstest supports tests that need a real ZFS module: it creates pools on
// files, with unique names, and destroys them afterwards.
//
// Such tests run in a virtual machine that exists only for them. Anywhere else
// they are skipped, even on a host with ZFS, so that tests never run near pools
// that are in use. Inside the machine, which sets ZVM_GUEST=1, a missing module
// is a failure.
package zfstest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
)

// Guest reports whether the test runs in a virtual machine that was started for
// it.
func Guest() bool { return os.Getenv("ZVM_GUEST") == "1" }

// Kernel returns a client of the running module. The test is skipped outside of a
// guest, and fails in a guest without a module. The client is closed at the end
// of the test, which fails if calls are still running in the kernel.
func Kernel(t testing.TB) *zfs.Client {
	t.Helper()
	if !Guest() {
		t.Skip("needs a ZFS module in a virtual machine: make matrix")
	}
	c, err := zfs.Open(nil)
	if err != nil {
		t.Fatalf("the guest has no usable ZFS module: %v", err)
	}
	t.Cleanup(func() {
		if stuck := c.Stuck(); len(stuck) > 0 {
			t.Errorf("calls are left in the kernel: %v", stuck)
		}
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

// Release returns the release of the running module.
func Release(t testing.TB) ioctl.Release {
	t.Helper()
	m := ioctl.ReadModule()
	if m.Release.IsZero() {
		t.Fatalf("cannot parse the module's version %q", m.Version)
	}
	return m.Release
}

// Since skips the test, with a message, if the running release is older than
// release, the first one with the feature. It is the only way to skip in a guest.
func Since(t testing.TB, release, feature string) {
	t.Helper()
	want, err := ioctl.ParseRelease(release)
	if err != nil {
		t.Fatal(err)
	}
	if got := Release(t); !got.AtLeast(want) {
		t.Skipf("%s exists since %s, this is %s", feature, release, got)
	}
}

// Share reports whether row i of a long table is part of the run. With -short
// every fourth row is, a different fourth on each of the four releases. Without
// -short all rows are.
func Share(t testing.TB, i int) bool {
	t.Helper()
	if !testing.Short() {
		return true
	}
	minor := Release(t).Minor // 0, 1, 3 or 4
	return i%4 == minor-minor/3
}

// Run runs a program of the guest, such as zfs(8) for comparison, and returns its
// output. The test fails if the program fails.
func Run(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := Try(name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Try is Run that returns an error, with the program's error output.
func Try(name string, args ...string) (string, error) {
	var out, errOut bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, errOut.String())
	}
	return out.String(), nil
}

// serial makes names unique within a test binary.
var serial atomic.Uint32

// PoolOptions are the options of Pool.
type PoolOptions struct {
	// Size is the size of the device in bytes. Zero means 256 MiB. The file
	// is sparse.
	Size int64
	// Args are further arguments for zpool create, before the name.
	Args []string
}

// Pool creates a pool on a file and returns its name, which is unique. The pool
// is destroyed at the end of the test, even if it is mounted.
func Pool(t testing.TB, opts *PoolOptions) string {
	t.Helper()
	if !Guest() {
		t.Fatal("pools are created in a guest only")
	}
	if opts == nil {
		opts = &PoolOptions{}
	}
	size := opts.Size
	if size == 0 {
		size = 256 << 20
	}
	name := fmt.Sprintf("t%d_%d", os.Getpid(), serial.Add(1))
	file := filepath.Join(t.TempDir(), "disk")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, size); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"create", "-O", "mountpoint=none"}, opts.Args...)
	Run(t, "zpool", append(args, name, file)...)
	t.Cleanup(func() {
		var err error
		// The kernel may not have released the unmounted filesystems yet.
		for range 20 {
			if _, err = Try("zpool", "destroy", "-f", name); err == nil {
				return
			}
			time.Sleep(250 * time.Millisecond)
		}
		t.Error(err)
	})
	return name
}

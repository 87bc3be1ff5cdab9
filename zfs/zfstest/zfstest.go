// Package zfstest helps tests that meet a real ZFS module: it makes pools on
// files, with names of their own, and takes them away again.
//
// Such tests run in a virtual machine that exists for nothing else. Anywhere
// else they are skipped, also on a host that has ZFS: a test has no business
// near pools that somebody uses. Inside the machine, which sets ZVM_GUEST=1,
// the absence of a module is a failure.
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

// Guest reports whether the test runs in a machine that was started for it.
func Guest() bool { return os.Getenv("ZVM_GUEST") == "1" }

// Kernel returns a client of the running module. The test is skipped outside
// of a guest and fails inside of one that has no module. The client is closed
// at the test's end, which fails if calls are stuck by then.
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
		t.Fatalf("the module's version %q is not understood", m.Version)
	}
	return m.Release
}

// Since skips the test on a release before the one that brought what it
// tests, and says so. It is the only way to skip in a guest.
func Since(t testing.TB, release, feature string) {
	t.Helper()
	want, err := ioctl.ParseRelease(release)
	if err != nil {
		t.Fatal(err)
	}
	if got := Release(t); !got.AtLeast(want) {
		t.Skipf("%s came with %s, this is %s", feature, release, got)
	}
}

// Share reports whether row i of a long table belongs to a run with -short: every
// fourth one does, others on other releases, so that the four run all of them
// together. Without -short all do.
func Share(t testing.TB, i int) bool {
	t.Helper()
	if !testing.Short() {
		return true
	}
	minor := Release(t).Minor // 0, 1, 3 or 4
	return i%4 == minor-minor/3
}

// Run runs a program of the guest, such as zfs(8) for comparison, and returns
// what it printed. The test fails if the program does.
func Run(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := Try(name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Try is Run with an error, which has the program's own words.
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

// PoolOptions says what Pool makes.
type PoolOptions struct {
	// Size of the device in bytes; zero is 256 MiB. The file is sparse.
	Size int64
	// Args are further arguments for zpool create, before the name.
	Args []string
}

// Pool makes a pool on a file and returns its name, which no other test has.
// The pool is destroyed at the test's end, mounted or not.
func Pool(t testing.TB, opts *PoolOptions) string {
	t.Helper()
	if !Guest() {
		t.Fatal("a pool is made in a guest only")
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
		// The kernel may still be letting go of what was unmounted.
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

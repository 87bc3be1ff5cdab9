package ioctl_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// device is a device of its own, so that a test may close it or leave a call
// in it.
func device(t *testing.T, cfg *ioctl.Config) *ioctl.Device {
	t.Helper()
	zfstest.Kernel(t)
	d, err := ioctl.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() }) // a test may have closed it
	return d
}

// All four images have the structure of 13,744 bytes.
func TestKernelLayout(t *testing.T) {
	d := device(t, nil)
	if got := d.Layout().Size(); got != 13744 {
		t.Errorf("struct zfs_cmd has %d bytes, want 13744", got)
	}
	if d.ReadOnly() {
		t.Error("opened for reading only by root")
	}
}

// The module's own answers agree with the table, operation by operation.
func TestKernelSupportsAgreesWithTheTable(t *testing.T) {
	d := device(t, nil)
	release := zfstest.Release(t)
	for row := range ioctl.All() {
		err := d.Supports(row.Op)
		want := row.Linux && release.AtLeast(row.Since)
		switch {
		case want && err != nil:
			t.Errorf("%s is in the table since %s: %v", row.C, row.Since, err)
		case !want && !errors.Is(err, ioctl.ErrNotSupported):
			t.Errorf("%s is not in the table for %s: %v, want ErrNotSupported", row.C, release, err)
		}
	}
}

// The module's own answers agree with the table, key by key.
func TestKernelSupportsKeyAgreesWithTheTable(t *testing.T) {
	d := device(t, nil)
	pool := zfstest.Pool(t, nil)
	release := zfstest.Release(t)
	asked := 0
	for row := range ioctl.All() {
		if row.Style != ioctl.StyleNvlist || !row.Linux || !release.AtLeast(row.Since) || !release.AtLeast(row.NvlistSince) || row.Target == ioctl.TargetNone {
			continue
		}
		for _, key := range row.Keys {
			if key.Wildcard {
				continue
			}
			asked++
			err := d.SupportsKey(t.Context(), row.Op, key.Name, pool)
			if want := release.AtLeast(key.Since); (err == nil) != want || !want && !errors.Is(err, ioctl.ErrNotSupported) {
				t.Errorf("%s, key %s, since %q: %v", row.C, key.Name, key.Since, err)
			}
		}
	}
	if asked < 60 {
		t.Errorf("only %d keys were asked for", asked)
	}
	if err := d.SupportsKey(t.Context(), ioctl.OpSendSpace, "no-such-key", pool); !errors.Is(err, ioctl.ErrNotSupported) {
		t.Errorf("a key that no release has: %v, want ErrNotSupported", err)
	}
}

// An answer larger than the room is asked for again, and arrives whole.
func TestKernelLargeAnswer(t *testing.T) {
	d := device(t, nil)
	pool := zfstest.Pool(t, nil)
	c, err := zfs.Open(&zfs.Options{Device: d})
	if err != nil {
		t.Fatal(err)
	}
	props := make(prop.Values)
	for i := range 30 {
		props[prop.Prop(fmt.Sprintf("com.example:p%02d", i))] = prop.String(strings.Repeat("x", 7000))
	}
	if err := c.DatasetCreate(t.Context(), pool+"/big", &zfs.DatasetCreateOptions{Props: props}); err != nil {
		t.Fatal(err)
	}
	calls := 0
	tap := d.Tap(func(_ ioctl.Op, _ *ioctl.Cmd, next func() error) error {
		calls++
		return next()
	})
	small, err := zfs.Open(&zfs.Options{Device: tap})
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for ds, err := range small.Datasets(t.Context(), pool, &zfs.DatasetsOptions{Recursive: true}) {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, ds.Name)
		if ds.Name == pool+"/big" && ds.Props.Text("com.example:p29") != strings.Repeat("x", 7000) {
			t.Error("a property did not arrive whole")
		}
	}
	if len(seen) != 2 || calls != 5 {
		t.Errorf("walk saw %v with %d calls, want 2 datasets with 5: the pool, the child twice, the end of either", seen, calls)
	}
}

// A blocking call ends when its context does, the thread with it.
func TestKernelInterrupt(t *testing.T) {
	d := device(t, nil)
	for round := range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		c := d.Cmd()
		c.SetUint64(ioctl.FieldCleanupFD, uint64(d.FD()))
		var err error
		for err == nil { // first come the events of the past
			err = d.Call(ctx, ioctl.OpEventsNext, c)
		}
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("round %d: %v, want context.DeadlineExceeded", round, err)
		}
		c.Release()
	}
	for start := time.Now(); len(d.Stuck()) > 0; time.Sleep(time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatalf("calls are stuck: %v", d.Stuck())
		}
	}
}

// Without the right to open the device, and without the right to use it.
func TestKernelUnprivileged(t *testing.T) {
	zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	for _, tc := range []struct {
		mode fs.FileMode
		want string
	}{{0o600, "open: true"}, {0o644, "read only: true, create: true"}, {0o666, "read only: false, create: true"}} {
		if err := os.Chmod(ioctl.DefaultPath, tc.mode); err != nil {
			t.Fatal(err)
		}
		if got := asUser(t, pool); !strings.Contains(got, tc.want) {
			t.Errorf("device with mode %s: %q, want %q", tc.mode, got, tc.want)
		}
	}
	if err := os.Chmod(ioctl.DefaultPath, 0o600); err != nil {
		t.Fatal(err)
	}
}

// asUser runs this test binary's helper as an ordinary user.
func asUser(t *testing.T, pool string) string {
	t.Helper()
	exe, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	for dir := copied; dir != "/" && dir != "/tmp"; dir = dir[:strings.LastIndexByte(dir, '/')] {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(copied+"/helper", exe, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(copied+"/helper", "-test.run", "^TestUserHelper$", "-test.v")
	cmd.Dir = copied
	cmd.Env = append(os.Environ(), "USER_HELPER_POOL="+pool)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 1001, Gid: 1001}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("helper: %v\n%s", err, out)
	}
	return string(out)
}

// TestUserHelper is the part of TestKernelUnprivileged that another user runs.
func TestUserHelper(t *testing.T) {
	pool := os.Getenv("USER_HELPER_POOL")
	if pool == "" {
		t.Skip("run by TestKernelUnprivileged")
	}
	d, err := ioctl.Open(nil)
	if err != nil {
		t.Logf("open: %t", errors.Is(err, fs.ErrPermission))
		return
	}
	in := &nvlist.List{}
	in.SetInt32("type", 2)
	_, err = d.CallList(t.Context(), ioctl.OpCreate, pool+"/x", in)
	t.Logf("read only: %t, create: %t", d.ReadOnly(), errors.Is(err, fs.ErrPermission))
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// What is opened must be the device.
func TestKernelNotTheDevice(t *testing.T) {
	zfstest.Kernel(t)
	for _, path := range []string{"/dev/null", "/dev/zero", "/etc/passwd"} {
		if _, err := ioctl.Open(&ioctl.Config{Path: path}); !errors.Is(err, ioctl.ErrNotDevice) {
			t.Errorf("%s: %v, want ErrNotDevice", path, err)
		}
	}
	if _, err := ioctl.Open(&ioctl.Config{Path: "/dev/nosuch"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such node: %v, want fs.ErrNotExist", err)
	}
	if _, err := os.Stat("/dev/nosuch"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("Open made a device node")
	}
}

// A trace of real calls shows what was asked and answered.
func TestKernelTrace(t *testing.T) {
	var trace bytes.Buffer
	d := device(t, &ioctl.Config{Trace: &trace, TraceLists: true})
	pool := zfstest.Pool(t, nil)
	c, err := zfs.Open(&zfs.Options{Device: d})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SnapshotCreate(t.Context(), []string{pool + "@s"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.SnapshotCreate(t.Context(), []string{pool + "@s"}, nil); !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	for _, want := range []string{"SNAPSHOT \"" + pool + "\"", "snaps", pool + "@s", " ok\n", "EEXIST"} {
		if !strings.Contains(trace.String(), want) {
			t.Errorf("the trace lacks %q:\n%s", want, trace.String())
		}
	}
}

// A device that was opened again has a file of its own.
func TestKernelReopen(t *testing.T) {
	d := device(t, nil)
	n, err := d.Reopen()
	if err != nil {
		t.Fatal(err)
	}
	if n.FD() < 0 || n.FD() == d.FD() || n.Layout() != d.Layout() {
		t.Errorf("descriptors %d and %d, layouts of %d and %d bytes", d.FD(), n.FD(), d.Layout().Size(), n.Layout().Size())
	}
	pool := zfstest.Pool(t, nil)
	tap, err := d.Tap(func(_ ioctl.Op, _ *ioctl.Cmd, next func() error) error { return next() }).Reopen()
	if err != nil {
		t.Fatal(err)
	}
	for _, dev := range []*ioctl.Device{n, tap, d} {
		if _, err := dev.CallList(t.Context(), ioctl.OpPoolGetProps, pool, nil); err != nil {
			t.Error(err)
		}
		// The others go on when one is closed.
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
		if _, err := dev.CallList(t.Context(), ioctl.OpPoolGetProps, pool, nil); !errors.Is(err, ioctl.ErrClosed) {
			t.Errorf("a call after Close: %v, want ErrClosed", err)
		}
	}
}

// What stands at the path by then must be the device.
func TestKernelReopenReplaced(t *testing.T) {
	zfstest.Kernel(t)
	var node syscall.Stat_t
	if err := syscall.Stat(ioctl.DefaultPath, &node); err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/zfs"
	if err := syscall.Mknod(path, syscall.S_IFCHR|0o600, int(node.Rdev)); err != nil {
		t.Fatal(err)
	}
	d := device(t, &ioctl.Config{Path: path})
	for _, replace := range []struct {
		with func() error
		want error
	}{
		{func() error { return os.WriteFile(path, nil, 0o600) }, ioctl.ErrNotDevice},
		{func() error { return nil }, fs.ErrNotExist},
	} {
		if err := errors.Join(os.Remove(path), replace.with()); err != nil {
			t.Fatal(err)
		}
		if n, err := d.Reopen(); !errors.Is(err, replace.want) || n != nil {
			t.Errorf("Reopen = %v, %v, want %v", n, err, replace.want)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

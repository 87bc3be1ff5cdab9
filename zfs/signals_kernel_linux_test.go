package zfs_test

import (
	"fmt"
	"os"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// A walk finds 1,203 snapshots even while the process receives many signals: a
// naive walk loses some in every run, because a pending signal makes the kernel
// end a step with EINTR. They are taken by one call and destroyed by one.
func TestKernelSnapshotsUnderSignals(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a", nil)
	all := manySnapshots(t, c, pool, 1203)
	slices.Sort(all)

	stop := flood(t)
	if diff := cmp.Diff(all, snapshots(t, c, pool, &zfs.SnapshotsOptions{Recursive: true})); diff != "" {
		t.Errorf("the walk lost or found snapshots (-want +got):\n%s", diff)
	}
	stop()

	calls := 0
	dev := c.Device().Tap(func(op ioctl.Op, _ *ioctl.Cmd, next func() error) error {
		calls++
		return next()
	})
	counted, err := zfs.Open(&zfs.Options{Device: dev})
	if err != nil {
		t.Fatal(err)
	}
	if err := counted.SnapshotDestroy(t.Context(), all, nil); err != nil {
		t.Fatal(err)
	}
	if calls != 1 {
		t.Errorf("%d snapshots were destroyed by %d calls, want 1", len(all), calls)
	}
	if left := snapshots(t, c, pool, &zfs.SnapshotsOptions{Recursive: true}); len(left) > 0 {
		t.Errorf("%d snapshots are left", len(left))
	}
}

// manySnapshots takes n snapshots. A call can take one snapshot of each dataset,
// so few calls need many datasets: with equal numbers, both are small.
func manySnapshots(t *testing.T, c *zfs.Client, pool string, n int) (all []string) {
	t.Helper()
	const heads = 35
	for i := range heads {
		mustCreate(t, c, fmt.Sprintf("%s/a/h%02d", pool, i), nil)
	}
	for round := 0; len(all) < n; round++ {
		var batch []string
		for i := range min(heads, n-len(all)) {
			batch = append(batch, fmt.Sprintf("%s/a/h%02d@snap-%04d", pool, i, round))
		}
		if err := c.SnapshotCreate(t.Context(), batch, nil); err != nil {
			t.Fatal(err)
		}
		all = append(all, batch...)
	}
	return all
}

// flood sends signals to the process until stop is called.
func flood(t *testing.T) (stop func()) {
	t.Helper()
	sink := make(chan os.Signal, 1)
	signal.Notify(sink, syscall.SIGWINCH, syscall.SIGUSR1)
	var done atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for !done.Load() {
			for _, sig := range []syscall.Signal{syscall.SIGURG, syscall.SIGWINCH, syscall.SIGUSR1} {
				_ = syscall.Kill(os.Getpid(), sig) // our own process exists
			}
			// Without a pause the machine would do nothing else.
			time.Sleep(500 * time.Microsecond)
		}
	}()
	return func() {
		done.Store(true)
		<-ended
		signal.Stop(sink)
	}
}

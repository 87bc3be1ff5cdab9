package zfs_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// mustPool creates a pool of a layout in letters, and returns its paths.
func mustPool(t *testing.T, c *zfs.Client, words string) (pool string, paths []string) {
	t.Helper()
	paths = mustDisks(t, 8, 512<<20)
	pool = newPoolName(t)
	testkit.Must(t, c.PoolCreate(t.Context(), pool, layoutOf(t, words, paths), &zfs.PoolCreateOptions{AllFeatures: true, Force: true, RootProps: texts("mountpoint", "none")}))
	return pool, paths
}

// Activities are started, waited for, and stopped.
func TestKernelPoolMaint(t *testing.T) {
	c := zfstest.Kernel(t)
	pool, paths := mustPool(t, c, "mirror a b")
	ctx := t.Context()
	rel := zfstest.Release(t)
	old := rel.Major == 2 && rel.Minor < 2

	reports := 0
	testkit.Must(t, c.PoolScrub(ctx, pool, nil))
	_, err := c.PoolWait(ctx, pool, zfs.ActivityScrub, &zfs.PoolWaitOptions{Progress: func(*zfs.PoolStatus) { reports++ }, Interval: 10 * time.Millisecond})
	testkit.Must(t, err)
	s, err := c.PoolStatus(ctx, pool, nil)
	testkit.Must(t, err)
	if s.Scan == nil || s.Scan.State != zfs.ScanFinished || reports == 0 {
		t.Errorf("after the scrub: %+v, %d reports", s.Scan, reports)
	}
	if waited, err := c.PoolWait(ctx, pool, zfs.ActivityScrub, nil); waited || err != nil {
		t.Errorf("nothing to wait for: %v, %v", waited, err)
	}
	for _, opts := range []*zfs.PoolScrubOptions{{Stop: true}, {Pause: true}} {
		if err := c.PoolScrub(ctx, pool, opts); !errors.Is(err, zfs.ErrNotInProgress) {
			t.Errorf("%+v: %v", opts, err)
		}
	}
	if err := c.PoolScrub(ctx, "nosuch", &zfs.PoolScrubOptions{Stop: true}); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("no pool: %v", err)
	}
	if err := c.PoolScrub(ctx, pool, &zfs.PoolScrubOptions{ErrorsOnly: true}); old != errors.Is(err, zfs.ErrNotSupported) || err == nil {
		t.Errorf("errors only: %v", err)
	}
	newest := rel.Major == 2 && rel.Minor >= 4
	err = c.PoolScrub(ctx, pool, &zfs.PoolScrubOptions{From: time.Unix(1e9, 0), To: time.Now()})
	if newest != (err == nil) || !newest && !errors.Is(err, zfs.ErrNotSupported) {
		t.Errorf("a range of time: %v", err)
	}

	if err := c.PoolTrim(ctx, pool, &zfs.PoolTrimOptions{Vdevs: []string{paths[0]}, Command: zfs.WorkSuspend}); !errors.Is(err, zfs.ErrNotInProgress) || !strings.Contains(err.Error(), paths[0]) {
		t.Errorf("nothing to suspend: %v", err)
	}
	testkit.Must(t, c.PoolInitialize(ctx, pool, &zfs.PoolInitializeOptions{Vdevs: []string{paths[1]}}))
	_, err = c.PoolWait(ctx, pool, zfs.ActivityInitialize, &zfs.PoolWaitOptions{Vdev: paths[1]})
	testkit.Must(t, err)
	s, err = c.PoolStatus(ctx, pool, nil)
	testkit.Must(t, err)
	v, err := s.Vdev(paths[1])
	testkit.Must(t, err)
	if v.Initialize.State != zfs.WorkComplete || v.Initialize.Done == 0 {
		t.Errorf("after initializing: %+v", v.Initialize)
	}

	testkit.Must(t, c.PoolCheckpoint(ctx, pool))
	if err := c.PoolCheckpoint(ctx, pool); !errors.Is(err, zfs.ErrCheckpoint) {
		t.Errorf("a second checkpoint: %v", err)
	}
	testkit.Must(t, c.PoolDiscardCheckpoint(ctx, pool))
	_, err = c.PoolWait(ctx, pool, zfs.ActivityDiscard, nil)
	testkit.Must(t, err)
	if err := c.PoolDiscardCheckpoint(ctx, pool); !errors.Is(err, zfs.ErrNotInProgress) {
		t.Errorf("no checkpoint: %v", err)
	}
	since23 := rel.Major == 2 && rel.Minor >= 3
	if err := c.PoolPrefetch(ctx, pool, zfs.PrefetchDDT); since23 != (err == nil) || !since23 && !errors.Is(err, zfs.ErrNotSupported) {
		t.Errorf("prefetch: %v", err)
	}
	if err := c.PoolDDTPrune(ctx, pool, zfs.DDTPrune{Percent: 10}); since23 != (err == nil) || !since23 && !errors.Is(err, zfs.ErrNotSupported) {
		t.Errorf("prune: %v", err)
	}
}

// Waiting ends with its context, and with the activity.
func TestKernelPoolWaitEnds(t *testing.T) {
	c := zfstest.Kernel(t)
	pool, paths := mustPool(t, c, "a")
	setParameter(t, "zfs_scan_suspend_progress", "1")
	testkit.Must(t, c.PoolScrub(t.Context(), pool, nil))
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := c.PoolWait(ctx, pool, zfs.ActivityScrub, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for a scrub that gets nowhere: %v, want context.DeadlineExceeded", err)
	}
	setParameter(t, "zfs_scan_suspend_progress", "0")
	_, err := c.PoolWait(t.Context(), pool, zfs.ActivityScrub, nil)
	testkit.Must(t, err)
	s, err := c.PoolStatus(t.Context(), pool, nil)
	testkit.Must(t, err)
	if s.Scan == nil || s.Scan.State != zfs.ScanFinished {
		t.Errorf("after the waiting: %+v", s.Scan)
	}
	testkit.Must(t, c.PoolInitialize(t.Context(), pool, nil))
	_, err = c.PoolWait(t.Context(), pool, zfs.ActivityInitialize, nil)
	testkit.Must(t, err)
	s, err = c.PoolStatus(t.Context(), pool, nil)
	testkit.Must(t, err)
	v, err := s.Vdev(paths[0])
	testkit.Must(t, err)
	if v.Initialize.State != zfs.WorkComplete {
		t.Errorf("after initializing the whole pool: %+v", v.Initialize)
	}
}

// The properties of a pool are those of zpool get.
func TestKernelPoolProps(t *testing.T) {
	c := zfstest.Kernel(t)
	pool, paths := mustPool(t, c, "mirror a b")
	ctx := t.Context()
	testkit.Must(t, c.PoolSetProps(ctx, pool, prop.Values{
		prop.PoolComment: prop.String("x y"), prop.PoolFailMode: prop.String("panic"), prop.PoolAutoExpand: prop.Uint64(1),
	}))
	zfstest.Run(t, "zpool", "sync", pool)
	props, err := c.PoolProps(ctx, pool)
	testkit.Must(t, err)
	var ours []string
	for p := range props.All() {
		ours = append(ours, strings.Join([]string{string(p.Name), p.Text, p.Source.String()}, "\t"))
	}
	theirs := strings.Split(strings.TrimSpace(zfstest.Run(t, "zpool", "get", "-Hp", "-o", "property,value,source", "all", pool)), "\n")
	// The pool's own writes change these between two readings.
	moving := func(line string) bool {
		return strings.HasPrefix(line, "allocated\t") || strings.HasPrefix(line, "free\t")
	}
	if n := len(ours); n != len(theirs) {
		t.Errorf("%d properties, zpool get has %d", n, len(theirs))
	}
	ours, theirs = slices.DeleteFunc(ours, moving), slices.DeleteFunc(theirs, moving)
	slices.Sort(ours)
	slices.Sort(theirs)
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("zpool get and PoolProps differ (-zpool +ours):\n%s", diff)
	}
	rel := zfstest.Release(t)
	if rel.Major == 2 && rel.Minor < 2 {
		if _, err := c.VdevProps(ctx, pool, paths[0], nil); !errors.Is(err, zfs.ErrNotSupported) {
			t.Errorf("properties of devices: %v", err)
		}
		return
	}
	testVdevProps(t, c, pool, paths[0])
}

// testVdevProps compares the properties of all devices with those of zpool.
func testVdevProps(t *testing.T, c *zfs.Client, pool, disk string) {
	t.Helper()
	ctx := t.Context()
	testkit.Must(t, c.VdevSetProps(ctx, pool, disk, prop.Values{
		"a:b": prop.String("c"), "checksum_n": prop.String("7"), "io_n": prop.String("none"), "comment": prop.String("x y"),
	}))
	for _, vdev := range []string{"root-0", "mirror-0", disk} {
		props, err := c.VdevProps(ctx, pool, vdev, nil)
		testkit.Must(t, err)
		var ours []string
		for p := range props.All() {
			ours = append(ours, strings.Join([]string{string(p.Name), p.Text, p.Source.String()}, "\t"))
		}
		word := strings.TrimSuffix(vdev, "-0")
		if word != "root" {
			word = vdev
		}
		theirs := strings.Split(strings.TrimSpace(zfstest.Run(t, "zpool", "get", "-Hp", "-o", "property,value,source", "all", pool, word)), "\n")
		// The pool itself writes between two readings.
		moving := func(line string) bool {
			name, _, _ := strings.Cut(line, "\t")
			return strings.HasSuffix(name, "_ops") || strings.HasSuffix(name, "_bytes") || name == "allocated" || name == "free"
		}
		if len(ours) != len(theirs) {
			t.Errorf("%s: %d properties, zpool get has %d", vdev, len(ours), len(theirs))
		}
		ours, theirs = slices.DeleteFunc(ours, moving), slices.DeleteFunc(theirs, moving)
		slices.Sort(ours)
		slices.Sort(theirs)
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Errorf("%s: zpool get and VdevProps differ (-zpool +ours):\n%s", vdev, diff)
		}
	}
	// If something is missing, everything else is still reported.
	props, err := c.VdevProps(ctx, pool, disk, []prop.Prop{"none:such", "a:b", "comment", "checksum_n", "path"})
	testkit.Must(t, err)
	var got []string
	for p := range props.All() {
		got = append(got, string(p.Name)+"="+p.Text+" "+p.Source.String())
	}
	if diff := cmp.Diff([]string{"a:b=c local", "comment=x y local", "checksum_n=7 local", "path=" + disk + " -"}, got); diff != "" {
		t.Errorf("properties of a device (-want +got):\n%s", diff)
	}
	bad := prop.Values{
		"size": prop.Uint64(1), "nonsense": prop.String("on"), "allocating": prop.String("-"), "io_t": prop.String("many"),
	}
	for name, v := range bad {
		if err := c.VdevSetProps(ctx, pool, disk, prop.Values{name: v}); !errors.Is(err, zfs.ErrInvalidProp) {
			t.Errorf("%s=%v: %v", name, v, err)
		}
	}
}

// The history has the commands that zpool history shows, and more.
func TestKernelPoolHistory(t *testing.T) {
	c := zfstest.Kernel(t)
	pool, _ := mustPool(t, c, "a")
	zfstest.Run(t, "zfs", "create", pool+"/fs")
	testkit.Must(t, c.DatasetCreate(zfs.WithHistory(t.Context(), "made by a test"), pool+"/b", nil))
	env := &nvlist.List{}
	env.SetUint64("version", zfs.BootenvList)
	env.SetString("test:once", "zfs:"+pool)
	testkit.Must(t, c.BootenvSet(t.Context(), pool, env))
	got, err := c.Bootenv(t.Context(), pool)
	testkit.Must(t, err)
	if !env.Equal(got) {
		t.Errorf("the boot environment is %v, want %v", got, env)
	}
	testkit.Must(t, c.PoolSync(t.Context(), pool, &zfs.PoolSyncOptions{Force: true}))
	var commands, ioctls []string
	events := 0
	for r, err := range c.PoolHistory(t.Context(), pool) {
		testkit.Must(t, err)
		switch {
		case r.Err != nil:
			t.Error(r.Err)
		case r.Command != "":
			commands = append(commands, r.Time.Format("2006-01-02.15:04:05 ")+r.Command)
		case r.Ioctl != "":
			ioctls = append(ioctls, r.Ioctl)
		case r.Event != "":
			events++
		}
	}
	theirs := strings.Split(strings.TrimSpace(zfstest.Run(t, "zpool", "history", pool)), "\n")[1:]
	if diff := cmp.Diff(theirs, commands); diff != "" || len(commands) != 2 {
		t.Errorf("zpool history and PoolHistory differ (-zpool +ours):\n%s", diff)
	}
	if !slices.Contains(ioctls, "create") || !slices.Contains(ioctls, "set_bootenv") || events < 3 {
		t.Errorf("operations %v, %d events", ioctls, events)
	}
}

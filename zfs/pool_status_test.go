package zfs_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// stats returns an array of counters in which each element is its index, with a
// state and a reason.
func statsArray(n int, state zfs.VdevState, aux zfs.VdevAux) []uint64 {
	a := make([]uint64, n)
	for i := range a {
		a[i] = uint64(1000 + i)
	}
	a[1], a[2] = uint64(state), uint64(aux)
	for i := 20; i < 24 && i < n; i++ {
		a[i] = 0 // errors
	}
	for _, i := range []int{25, 33, 42, 43, 44} {
		if i < n {
			a[i] = 0
		}
	}
	return a
}

// fakeVdev returns the configuration of a device.
func fakeVdev(typ string, guid uint64, state zfs.VdevState, children ...*nvlist.List) *nvlist.List {
	v := &nvlist.List{}
	v.SetString("type", typ)
	v.SetUint64("guid", guid)
	if typ == "disk" || typ == "file" {
		v.SetString("path", fmt.Sprintf("/dev/d%d", guid))
	}
	v.SetUint64Array("vdev_stats", statsArray(48, state, 0))
	for i, child := range children {
		child.SetUint64("id", uint64(i))
	}
	if children != nil {
		v.SetLists("children", children)
	}
	return v
}

// fakeConfig returns the configuration of a pool.
func fakeConfig(root *nvlist.List) *nvlist.List {
	config := &nvlist.List{}
	config.SetUint64("version", 5000)
	config.SetUint64("pool_guid", 77)
	config.SetUint64("error_count", 0)
	features := &nvlist.List{}
	for _, f := range allFeatures() {
		features.SetUint64(f.GUID, 0)
	}
	config.SetList("feature_stats", features)
	config.SetList("vdev_tree", root)
	return config
}

// fakePool answers for a pool with a configuration, and any other call well.
func fakePool(t *testing.T, config *nvlist.List) (*zfs.Client, *testkit.Fake) {
	t.Helper()
	c, f := testkit.OpenFake(t)
	f.Bad = func(op ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
		if op == ioctl.OpPoolStats {
			f.Sent = f.Sent[:len(f.Sent)-1]
			return cmd.Answer(config), true
		}
		return nil, true
	}
	return c, f
}

// mirrorPool is a pool of one mirror.
func mirrorPool() *nvlist.List {
	return fakeConfig(fakeVdev("root", 77, zfs.VdevHealthy,
		fakeVdev("mirror", 10, zfs.VdevHealthy, fakeVdev("disk", 11, zfs.VdevHealthy), fakeVdev("file", 12, zfs.VdevHealthy))))
}

func TestPoolStatus(t *testing.T) {
	config := mirrorPool()
	root, _ := config.List("vdev_tree")
	root.SetLists("spares", []*nvlist.List{fakeVdev("disk", 20, zfs.VdevHealthy)})
	root.SetUint64Array("scan_stats", []uint64{1, 2, 100, 160, 4000, 3000, 1000, 5, 6, 7, 101, 0, 3, 9, 3000, 3, 3, 200, 210, 11, 12, 0})
	root.SetUint64Array("removal_stats", []uint64{2, 1, 300, 360, 500, 400, 64})
	root.SetUint64Array("checkpoint_stats", []uint64{1, 400, 5000})
	root.SetUint64Array("raidz_expand_stats", []uint64{1, 0, 500, 0, 70, 7, 1})
	c, _ := fakePool(t, config)
	s, err := c.PoolStatus(t.Context(), "tank", nil)
	testkit.Must(t, err)
	at := func(n int64) time.Time { return time.Unix(n, 0) }
	want := &zfs.ScanStatus{Func: zfs.ScanScrub, State: zfs.ScanFinished, Start: at(100), End: at(160), ToExamine: 4000, Examined: 3000,
		Skipped: 1000, Processed: 5, Errors: 6, PassExamined: 7, PassStart: at(101), SpentPaused: 3 * time.Second, PassIssued: 9, Issued: 3000}
	for name, diff := range map[string]string{
		"scan":        cmp.Diff(want, s.Scan),
		"error scrub": cmp.Diff(&zfs.ErrorScrubStatus{State: zfs.ScanCanceled, Start: at(200), End: at(210), Examined: 11, ToExamine: 12}, s.ErrorScrub),
		"removal":     cmp.Diff(&zfs.RemovalStatus{State: zfs.ScanFinished, Vdev: 1, Start: at(300), End: at(360), ToCopy: 500, Copied: 400, MappingMemory: 64}, s.Removal),
		"checkpoint":  cmp.Diff(&zfs.CheckpointStatus{State: zfs.CheckpointExists, Start: at(400), Space: 5000}, s.Checkpoint),
		"expansion":   cmp.Diff(&zfs.ExpansionStatus{State: zfs.ScanScanning, Start: at(500), ToReflow: 70, Reflown: 7, Waiting: true}, s.Expansion),
	} {
		if diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	var names []string
	s.Root.All(func(v *zfs.Vdev) bool { names = append(names, v.Name); return true })
	names = append(names, s.Spares[0].Name)
	if diff := cmp.Diff([]string{"tank", "mirror-0", "d11", "/dev/d12", "d20"}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if s.Health != "ONLINE" || s.Code != zfs.StatusOK || s.GUID != 77 || s.Features["lz4_compress"] != zfs.FeatureEnabled {
		t.Errorf("the pool is %s, %v, %d, %v", s.Health, s.Code, s.GUID, s.Features["lz4_compress"])
	}
	if got := s.Scan.Fraction(); got != 1 {
		t.Errorf("the scan is done to %v", got)
	}
}

// The array of counters grows, and one place changes its meaning.
func TestVdevStatsLengths(t *testing.T) {
	for _, tt := range []struct {
		places       int
		pspace, dio  uint64
		noalloc      bool
		slow, unmade uint64 // slow I/Os, and what was rebuilt
	}{
		{0, 0, 0, false, 0, 0},
		{3, 0, 0, false, 0, 0},
		{41, 0, 0, false, 1034, 0},
		{45, 0, 0, false, 1034, 1041},
		{46, 1045, 0, false, 1034, 1041},
		{47, 1046, 0, true, 1034, 1041},
		{48, 1046, 1047, true, 1034, 1041},
		{60, 1046, 1047, true, 1034, 1041},
	} {
		config := mirrorPool()
		root, _ := config.List("vdev_tree")
		if tt.places >= 3 {
			root.SetUint64Array("vdev_stats", statsArray(tt.places, zfs.VdevHealthy, 0))
		} else {
			root.Delete("vdev_stats")
		}
		c, _ := fakePool(t, config)
		s, err := c.PoolStatus(t.Context(), "tank", nil)
		testkit.Must(t, err)
		st := s.Root.Stats
		if st.PhysicalSpace != tt.pspace || st.DirectVerifyErrors != tt.dio || st.NoAlloc != tt.noalloc || st.SlowIOs != tt.slow || st.RebuildProcessed != tt.unmade {
			t.Errorf("%d places: %+v", tt.places, st)
		}
	}
}

// The problem is found in the order of zpool status.
func TestPoolStatusCode(t *testing.T) {
	leaf := func(state zfs.VdevState, aux zfs.VdevAux, errs uint64) func(*nvlist.List) {
		return func(config *nvlist.List) {
			root, _ := config.List("vdev_tree")
			a := statsArray(48, state, aux)
			a[22] = errs
			d := fakeVdev("disk", 11, state)
			d.SetUint64Array("vdev_stats", a)
			m := fakeVdev("mirror", 10, zfs.VdevDegraded, d, fakeVdev("disk", 12, zfs.VdevHealthy))
			root.SetLists("children", []*nvlist.List{m})
		}
	}
	root := func(aux zfs.VdevAux) func(*nvlist.List) {
		return func(config *nvlist.List) {
			r, _ := config.List("vdev_tree")
			r.SetUint64Array("vdev_stats", statsArray(48, zfs.VdevCantOpen, aux))
		}
	}
	set := func(key string, n uint64) func(*nvlist.List) {
		return func(config *nvlist.List) { config.SetUint64(key, n) }
	}
	suspended := func(mode, reason uint64) func(*nvlist.List) {
		return func(config *nvlist.List) {
			config.SetUint64("suspended", mode)
			config.SetUint64("suspended_reason", reason)
		}
	}
	array := func(key string, a ...uint64) func(*nvlist.List) {
		return func(config *nvlist.List) {
			r, _ := config.List("vdev_tree")
			r.SetUint64Array(key, a)
		}
	}
	rebuild := func(state uint64) func(*nvlist.List) {
		return func(config *nvlist.List) {
			r, _ := config.List("vdev_tree")
			top, _ := r.Lists("children")
			top[0].SetUint64Array("org.openzfs:rebuild_stats", []uint64{state, 100, 200, 1, 2, 3, 4, 5, 6, 7, 8, 9})
			r.SetLists("children", top)
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*nvlist.List)
		want   zfs.PoolStatusCode
		health string
	}{
		{"fine", func(*nvlist.List) {}, zfs.StatusOK, "ONLINE"},
		{"resilver", array("scan_stats", 2, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 0, 0, 1, 1), zfs.StatusResilvering, "ONLINE"},
		{"rebuild", rebuild(1), zfs.StatusRebuilding, "ONLINE"},
		{"rebuilt", rebuild(3), zfs.StatusRebuildScrub, "ONLINE"},
		{"in use", root(18), zfs.StatusHostIDActive, "UNAVAIL"},
		{"newer", root(7), zfs.StatusVersionNewer, "UNAVAIL"},
		{"features", root(9), zfs.StatusUnsupFeatureRead, "UNAVAIL"},
		{"group missing", root(4), zfs.StatusBadGUIDSum, "UNAVAIL"},
		{"log", root(13), zfs.StatusBadLog, "FAULTED"},
		{"damaged pool", root(2), zfs.StatusCorruptPool, "FAULTED"},
		{"suspended", suspended(0, 1), zfs.StatusIOFailureWait, "SUSPENDED"},
		{"suspended and failing", suspended(1, 1), zfs.StatusIOFailureContinue, "SUSPENDED"},
		{"suspended for another host", suspended(0, 2), zfs.StatusIOFailureMMP, "SUSPENDED"},
		{"damaged files", set("error_count", 3), zfs.StatusCorruptData, "ONLINE"},
		{"faulted", leaf(zfs.VdevFaulted, 11, 0), zfs.StatusFaultedDevice, "ONLINE"},
		{"missing", leaf(zfs.VdevCantOpen, 1, 0), zfs.StatusMissingDevice, "ONLINE"},
		{"no label", leaf(zfs.VdevCantOpen, 6, 0), zfs.StatusCorruptLabel, "ONLINE"},
		{"errors", leaf(zfs.VdevHealthy, 0, 1), zfs.StatusFailingDevice, "ONLINE"},
		{"offline", leaf(zfs.VdevOffline, 0, 0), zfs.StatusOfflineDevice, "ONLINE"},
		{"removed", leaf(zfs.VdevRemoved, 0, 0), zfs.StatusRemovedDevice, "ONLINE"},
		{"errata", set("errata", 1), zfs.StatusErrata, "ONLINE"},
		{"old", set("version", 28), zfs.StatusVersionOlder, "ONLINE"},
		{"without features", func(config *nvlist.List) { config.SetList("feature_stats", &nvlist.List{}) }, zfs.StatusFeaturesDisabled, "ONLINE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := mirrorPool()
			tt.change(config)
			c, _ := fakePool(t, config)
			s, err := c.PoolStatus(t.Context(), "tank", nil)
			testkit.Must(t, err)
			if s.Code != tt.want || s.Health != tt.health {
				t.Errorf("%v and %s, want %v and %s", s.Code, s.Health, tt.want, tt.health)
			}
			if bad := s.Code != zfs.StatusOK; (s.Code.What() != "") != bad || (s.Code.Action() != "") != bad || s.Code.String() == "" {
				t.Errorf("%v says %q and %q", s.Code, s.Code.What(), s.Code.Action())
			}
		})
	}
	if got := zfs.PoolStatusCode(200); got.String() != "unknown" || got.MessageID()+got.What()+got.Action() != "" {
		t.Errorf("an unknown code is %v", got)
	}
}

// A kernel that does not answer does not block the caller.
func TestPoolStatusUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := testkit.OpenFake(t)
		release := make(chan struct{})
		f.Bad = func(ioctl.Op, *ioctl.Cmd) (error, bool) { <-release; return nil, true }
		start := time.Now()
		s, err := c.PoolStatus(t.Context(), "tank", &zfs.PoolStatusOptions{Patience: 2 * time.Second})
		testkit.Must(t, err)
		if took := time.Since(start); took != 2*time.Second || s.Unanswered == nil || s.Health != "UNKNOWN" || len(c.Stuck()) != 1 {
			t.Errorf("after %v: %+v, stuck %v", took, s, c.Stuck())
		}
		close(release)
	})
}

func TestPoolStatusErrors(t *testing.T) {
	for code, want := range map[ioctl.Code]error{ioctl.CodeNoent: zfs.ErrNotFound, ioctl.CodePerm: zfs.ErrPermission} {
		c, f := testkit.OpenFake(t)
		f.Bad = testkit.FailOn(ioctl.OpPoolStats, code)
		if _, err := c.PoolStatus(t.Context(), "tank", nil); !errors.Is(err, want) {
			t.Errorf("%v: %v", code, err)
		}
	}
	if _, err := testkit.NoKernel(t).PoolStatus(t.Context(), "tank/a", nil); !errors.Is(err, zfs.ErrInvalidName) {
		t.Errorf("a dataset: %v", err)
	}
	c, f := testkit.OpenFake(t)
	f.Bad = testkit.MalformedOn(ioctl.OpPoolStats)
	if _, err := c.PoolStatus(t.Context(), "tank", nil); !errors.Is(err, nvlist.ErrSyntax) {
		t.Errorf("malformed: %v", err)
	}
	f.Bad = func(_ ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
		cmd.SetUint64(ioctl.FieldCookie, uint64(ioctl.CodeNxio))
		return cmd.Answer(fakeConfig(&nvlist.List{})), true
	}
	if s, err := c.PoolStatus(t.Context(), "tank", nil); err != nil || !errors.Is(s.LoadError, ioctl.CodeNxio.Err()) {
		t.Errorf("a pool that cannot be used: %v, %+v", err, s)
	}
}

// A device is found by each of its names.
func TestPoolStatusVdev(t *testing.T) {
	c, _ := fakePool(t, mirrorPool())
	s, err := c.PoolStatus(t.Context(), "tank", nil)
	testkit.Must(t, err)
	for name, guid := range map[string]uint64{"mirror-0": 10, "d11": 11, "/dev/d11": 11, "11": 11, "/dev/d12": 12, "12": 12} {
		if v, err := s.Vdev(name); err != nil || v.GUID != guid {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
	for _, name := range []string{"", "d12", "tank", "77", "/dev/d13", "root-0"} {
		if _, err := s.Vdev(name); !errors.Is(err, zfs.ErrNotFound) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Partitions that ZFS has made go by the names of their disks.
func TestVdevNames(t *testing.T) {
	for _, tt := range []struct {
		path  string
		whole uint64
		want  string
	}{
		{"/dev/sda1", 1, "sda"}, {"/dev/sda1", 0, "sda1"}, {"/dev/nvme0n1p1", 1, "nvme0n1"}, {"/dev/loop0", 0, "loop0"},
		{"/dev/disk/by-id/wwn-0x5-part1", 1, "wwn-0x5"}, {"/dev/disk/by-id/wwn-0x5", 0, "wwn-0x5"}, {"/dev/mapper/a-1", 0, "a-1"},
		{"/dev/xvdb1", 1, "xvdb"}, {"/dev/disk/by-vdev/A0-part1", 1, "A0"}, {"/dev/dm-3", 1, "dm-3"},
	} {
		disk := fakeVdev("disk", 1, zfs.VdevHealthy)
		disk.SetString("path", tt.path)
		disk.SetUint64("whole_disk", tt.whole)
		c, _ := fakePool(t, fakeConfig(fakeVdev("root", 7, zfs.VdevHealthy, disk)))
		s, err := c.PoolStatus(t.Context(), "tank", nil)
		testkit.Must(t, err)
		if got := s.Root.Children[0].Name; got != tt.want {
			t.Errorf("%s is called %s, want %s", tt.path, got, tt.want)
		}
	}
}

// The log of errors is filled from its end, and has doubles.
func TestPoolErrorLog(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = func(op ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
		switch op {
		case ioctl.OpErrorLog:
			if len(cmd.OutRoom()) < 600_000 {
				return ioctl.CodeNomem.Err(), true // the first room is too small
			}
			b := make([]byte, 4*32)
			for i, n := range []uint64{54, 2, 54, 3, 0, 9, 54, 2} {
				binary.NativeEndian.PutUint64(b[i/2*32+i%2*8:], n)
			}
			return cmd.AnswerRecords(b), true
		case ioctl.OpDsobjToDsname:
			return cmd.SetText(ioctl.FieldValue, "tank/fs"), true
		case ioctl.OpObjToPath:
			if cmd.Uint64(ioctl.FieldObj) == 3 {
				return ioctl.CodeNoent.Err(), true
			}
			return cmd.SetText(ioctl.FieldValue, "/a/b"), true
		}
		return nil, false
	}
	var got []zfs.PoolError
	for e, err := range c.PoolErrorLog(t.Context(), "tank") {
		testkit.Must(t, err)
		got = append(got, *e)
	}
	want := []zfs.PoolError{{Object: 9}, {Objset: 54, Object: 2, Dataset: "tank/fs", Path: "/a/b"}, {Objset: 54, Object: 3, Dataset: "tank/fs"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	f.Bad = testkit.FailOn(ioctl.OpErrorLog, ioctl.CodePerm)
	for _, err := range c.PoolErrorLog(t.Context(), "tank") {
		if !errors.Is(err, zfs.ErrPermission) {
			t.Errorf("error %v", err)
		}
	}
}

// allFeatures are those of the newest release.
func allFeatures() []zfs.PoolFeature {
	c, err := zfs.Open(&zfs.Options{Device: ioctl.NewDevice(nil), Release: ioctl.Release{Major: 2, Minor: 4}})
	if err != nil {
		panic(err)
	}
	return c.PoolFeatures()
}

// Only an old format leaves a pool healthy that has something to report.
func TestPoolStatusHealthy(t *testing.T) {
	for code := zfs.StatusOK; code <= zfs.StatusNonNativeAshift; code++ {
		s := &zfs.PoolStatus{Code: code}
		want := code == zfs.StatusOK || code == zfs.StatusVersionOlder || code == zfs.StatusFeaturesDisabled
		if got := s.Healthy(); got != want {
			t.Errorf("with %v a pool is healthy: %t", code, got)
		}
		s.Unanswered = errors.New("timeout")
		if s.Healthy() {
			t.Errorf("with %v and no answer a pool is healthy", code)
		}
	}
}

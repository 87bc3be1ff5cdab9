package main

import (
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
	"github.com/purezfs/purezfs/nvlist"
)

// fakeDisk is a device of a pool: its state, reason and errors of checksums.
func fakeDisk(path string, guid, state, aux, errs uint64) *nvlist.List {
	d := &nvlist.List{}
	d.SetString("type", "disk")
	d.SetString("path", path)
	d.SetUint64("guid", guid)
	a := make([]uint64, 48)
	a[1], a[2], a[22], a[34] = state, aux, errs, 3
	a[30], a[31], a[28], a[29] = 1, 1000, 50, 99
	d.SetUint64Array("vdev_stats", a)
	return d
}

// fakeGroup is a group of devices.
func fakeGroup(typ string, state uint64, children ...*nvlist.List) *nvlist.List {
	g := &nvlist.List{}
	g.SetString("type", typ)
	a := make([]uint64, 48)
	a[1] = state
	g.SetUint64Array("vdev_stats", a)
	for i, child := range children {
		child.SetUint64("id", uint64(i))
	}
	g.SetLists("children", children)
	return g
}

// fakePoolConfig is a pool with a bit of everything.
func fakePoolConfig() *nvlist.List {
	log := fakeDisk("/dev/sdc", 13, 7, 0, 0)
	log.SetUint64("is_log", 1)
	root := fakeGroup("root", 6, fakeGroup("mirror", 6, fakeDisk("/dev/sda", 11, 7, 0, 0), fakeDisk("/dev/sdb", 12, 5, 11, 1536)), log)
	root.SetLists("l2cache", []*nvlist.List{fakeDisk("/dev/sdd", 14, 7, 0, 0)})
	root.SetLists("spares", []*nvlist.List{fakeDisk("/dev/sde", 15, 7, 10, 0), fakeDisk("/dev/sdf", 16, 7, 0, 0)})
	root.SetUint64Array("scan_stats", []uint64{1, 2, 1000, 1061, 4000, 3000, 1000, 2048, 6, 7, 101, 0, 3, 9, 3000, 0, 0, 0, 0, 0, 0, 0})
	root.SetUint64Array("removal_stats", []uint64{2, 1, 2000, 2120, 500, 1024, 64})
	root.SetUint64Array("checkpoint_stats", []uint64{1, 1000, 5000})
	config := &nvlist.List{}
	config.SetUint64("version", 5000)
	config.SetUint64("pool_guid", 77)
	config.SetUint64("error_count", 2)
	config.SetList("vdev_tree", root)
	return config
}

// poolDevice answers for a pool.
func poolDevice(config *nvlist.List) *ioctl.Device { return ioctltest.Device(poolHandlers(config)) }

// poolHandlers are the answers of poolDevice.
func poolHandlers(config *nvlist.List) map[ioctl.Op]ioctltest.Handler {
	return map[ioctl.Op]ioctltest.Handler{
		ioctl.OpPoolStats: func(c *ioctl.Cmd) error {
			if c.Text(ioctl.FieldName) != "tank" {
				return ioctl.CodeNoent.Err()
			}
			return c.Answer(config)
		},
		ioctl.OpErrorLog: func(c *ioctl.Cmd) error {
			b := make([]byte, 2*32)
			for i, n := range []uint64{54, 3, 0, 9} {
				binary.NativeEndian.PutUint64(b[i/2*32+i%2*8:], n)
			}
			return c.AnswerRecords(b)
		},
		ioctl.OpDsobjToDsname: func(c *ioctl.Cmd) error { return c.SetText(ioctl.FieldValue, "tank/fs") },
		ioctl.OpObjToPath:     func(c *ioctl.Cmd) error { return c.SetText(ioctl.FieldValue, "/a b") },
		ioctl.OpPoolConfigs: ioctltest.List(func(string, *nvlist.List) (*nvlist.List, error) {
			l := &nvlist.List{}
			l.SetList("tank", nil)
			return l, nil
		}),
	}
}

func TestStatusText(t *testing.T) {
	local := time.Local
	time.Local = time.UTC
	defer func() { time.Local = local }()
	r := runOn(t, poolDevice(fakePoolConfig()), "", "status", "-v", "-i", "tank")
	want := `  pool: tank
 state: DEGRADED
status: Files are damaged, and no device has an intact copy.
action: Restore the files named below from a backup, then scrub the pool.
   see: https://openzfs.github.io/openzfs-docs/msg/ZFS-8000-8A
  scan: scrub repaired 2K in 00:01:01 with 6 errors on Thu Jan  1 00:17:41 1970
    scan warning: skipped blocks that are only referenced by the checkpoint.
remove: Removal of vdev 1 copied 1K in 0h2m, completed on Thu Jan  1 00:35:20 1970
	64 memory used for removed device mappings
checkpoint: created Thu Jan  1 00:16:40 1970, consumes 4.88K
config:

	NAME        STATE     READ WRITE CKSUM
	tank        DEGRADED     0     0     0
	  mirror-0  DEGRADED     0     0     0
	    sda     ONLINE       0     0     0  (50% initialized, started at Thu Jan  1 00:16:40 1970)
	    sdb     FAULTED      0     0 1.50K  too many errors  (50% initialized, started at Thu Jan  1 00:16:40 1970)
	logs	
	  sdc       ONLINE       0     0     0  (50% initialized, started at Thu Jan  1 00:16:40 1970)
	cache
	  sdd       ONLINE       0     0     0  (50% initialized, started at Thu Jan  1 00:16:40 1970)
	spares
	  sde       INUSE     currently in use  (50% initialized, started at Thu Jan  1 00:16:40 1970)
	  sdf       AVAIL     (50% initialized, started at Thu Jan  1 00:16:40 1970)

errors: Permanent errors have been detected in the following files:

        <metadata>:<0x9>
        tank/fs:/a b
`
	if diff := cmp.Diff(want, r.out); diff != "" || r.code != exitFinding || r.errOut != "" {
		t.Errorf("exit %d %s (-want +got):\n%s", r.code, r.errOut, diff)
	}
	r = runOn(t, poolDevice(fakePoolConfig()), "", "status", "-p", "-s")
	for _, want := range []string{"SLOW\n", " 1536     3  too many", "    -\n", "(initializing)", "2 data errors, use '-v'"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("status -p -s lacks %q:\n%s", want, r.out)
		}
	}
}

// What is not known is not 0 or 1970.
func TestUnknownTimes(t *testing.T) {
	for _, tt := range []struct {
		in   time.Time
		want string
	}{{time.Time{}, "-"}, {time.Unix(0, 0), "-"}, {time.Unix(1, 0).UTC(), "Thu Jan  1 00:00:01 1970"}} {
		if got := date(tt.in); got != tt.want {
			t.Errorf("date(%v) = %q, want %q", tt.in, got, tt.want)
		}
	}
	if got := duration(-time.Second); got != "00:00:00" {
		t.Errorf("less than nothing took %s", got)
	}
}

func TestStatusJSON(t *testing.T) {
	r := runOn(t, poolDevice(fakePoolConfig()), "", "status", "--json", "-t", "tank")
	var doc statusDoc
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil || r.code != exitFinding {
		t.Fatalf("exit %d: %v in %s", r.code, err, r.out)
	}
	pool := doc.Pools["tank"]
	sdb := pool.Vdevs["tank"].Vdevs["mirror-0"].Vdevs["sdb"]
	got := []any{doc.Schema, pool.State, pool.MsgID, pool.Code, pool.Scan.Function, pool.Scan.State, pool.Removal.State, pool.Checkpoint.State,
		sdb.State, sdb.Aux, *sdb.ChecksumErrors, sdb.TrimState, pool.Spares["sde"].State, pool.Logs["sdc"].Class, pool.Cache["sdd"].Class}
	want := []any{"zfsprobe.status/1", "DEGRADED", "ZFS-8000-8A", "CORRUPT_DATA", "SCRUB", "FINISHED", "FINISHED", "EXISTS",
		"FAULTED", "ERR_EXCEEDED", uint64(1536), "UNTRIMMED", "INUSE", "log", "l2cache"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

// A kernel that does not answer, a pool that is not there, and one that is fine.
func TestStatusExits(t *testing.T) {
	stuck := make(chan struct{})
	defer close(stuck)
	hang := ioctltest.Device(map[ioctl.Op]ioctltest.Handler{ioctl.OpPoolStats: func(*ioctl.Cmd) error { <-stuck; return nil }})
	if r := runOn(t, hang, "", "status", "--try", "20ms", "tank"); r.code != exitFinding || !strings.Contains(r.out, "did not respond") {
		t.Errorf("exit %d: %s%s", r.code, r.out, r.errOut)
	}
	if r := runOn(t, poolDevice(nil), "", "status", "nosuch"); r.code != exitFinding || !strings.Contains(r.errOut, "does not exist") {
		t.Errorf("exit %d: %s", r.code, r.errOut)
	}
	fine := &nvlist.List{}
	fine.SetUint64("version", 28)
	fine.SetList("vdev_tree", fakeGroup("root", 7, fakeDisk("/dev/sda", 1, 7, 0, 0)))
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"-x"}, "all pools are healthy\n"},
		{[]string{"-x", "tank"}, "pool 'tank' is healthy\n"},
	} {
		if r := runOn(t, poolDevice(fine), "", append([]string{"status"}, tt.args...)...); r.code != exitFine || r.out != tt.want {
			t.Errorf("status %v: exit %d: %s%s", tt.args, r.code, r.out, r.errOut)
		}
	}
}

// What is under way is told with how far it is.
func TestStatusUnderWay(t *testing.T) {
	now := uint64(time.Now().Unix())
	for _, tt := range []struct {
		name string
		set  func(root *nvlist.List)
		want string
	}{
		{"scrub", func(r *nvlist.List) {
			r.SetUint64Array("scan_stats", []uint64{1, 1, 1000, 0, 4096, 2048, 0, 0, 0, 2048, now - 2, 0, 0, 1024, 1024})
		}, "2K / 4K scanned at"},
		{"paused scrub", func(r *nvlist.List) {
			r.SetUint64Array("scan_stats", []uint64{1, 1, 1000, 0, 4096, 2048, 0, 0, 0, 2048, 1001, 1002, 0, 1024, 1024})
		}, "1K / 4K issued\n\t0B repaired, 25.00% done\n"},
		{"resilver with a rate", func(r *nvlist.List) {
			r.SetUint64Array("scan_stats", []uint64{2, 1, 1000, 0, 1 << 40, 1 << 39, 0, 1 << 20, 0, 1 << 39, now - 100, 0, 0, 1 << 39, 1 << 39})
		}, "1M resilvered, 50.00% done, 00:0"},
		{"canceled", func(r *nvlist.List) {
			r.SetUint64Array("scan_stats", []uint64{1, 3, 1000, 1001, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
		}, "scrub canceled on"},
		{"error scrub", func(r *nvlist.List) {
			r.SetUint64Array("scan_stats", append(make([]uint64, 15), 3, 4, 1000, 0, 1, 3, 0))
		}, "25.00% done, issued I/O for 1 error blocks"},
		{"removal", func(r *nvlist.List) { r.SetUint64Array("removal_stats", []uint64{1, 0, 1000, 0, 4096, 1024, 0}) }, "1K copied out of 4K, 25.00% done"},
		{"discard", func(r *nvlist.List) { r.SetUint64Array("checkpoint_stats", []uint64{2, 1000, 2048}) }, "discarding, 2K remaining"},
		{"expansion", func(r *nvlist.List) { r.SetUint64Array("raidz_expand_stats", []uint64{1, 0, 1000, 0, 4096, 1024, 1}) }, "1K / 4K copied, 25.00% done, paused for resilver or clear"},
		{"rebuild", func(r *nvlist.List) {
			top, _ := r.Lists("children")
			top[0].SetUint64Array("org.openzfs:rebuild_stats", []uint64{1, 1000, 0, 0, 1024, 1024, 1024, 4095})
			r.SetLists("children", top)
		}, "resilver (sda) in progress"},
	} {
		config := &nvlist.List{}
		config.SetUint64("version", 5000)
		root := fakeGroup("root", 7, fakeDisk("/dev/sda", 1, 7, 0, 0))
		tt.set(root)
		config.SetList("vdev_tree", root)
		if r := runOn(t, poolDevice(config), "", "status", "tank"); !strings.Contains(r.out, tt.want) {
			t.Errorf("%s: want %q in\n%s%s", tt.name, tt.want, r.out, r.errOut)
		}
	}
}

package zfs_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// inPool is one method of the Client, called for a pool or for something in it.
type inPool struct {
	home string // as in the table of operations
	do   func(t *testing.T, c *zfs.Client, pool string) error
}

// inPools are the methods that are the home of an operation on a name.
func inPools() (all []inPool) {
	add := func(home string, do func(t *testing.T, c *zfs.Client, pool string) error) {
		all = append(all, inPool{home: home, do: do})
	}
	addDatasetsIn(add)
	addSnapshotsIn(add)
	addPoolsIn(add)
	addVdevsIn(add)
	return all
}

type addInPool = func(home string, do func(t *testing.T, c *zfs.Client, pool string) error)

func addDatasetsIn(add addInPool) {
	add("DatasetStats", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.DatasetStats(t.Context(), pool+"/a", nil))
	})
	add("DatasetZPLProps", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.DatasetZPLProps(t.Context(), pool+"/a"))
	})
	add("DatasetReceivedProps", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.DatasetReceivedProps(t.Context(), pool+"/a"))
	})
	add("Datasets", func(t *testing.T, c *zfs.Client, pool string) error {
		return firstError(c.Datasets(t.Context(), pool+"/a", nil))
	})
	add("DatasetSetProps", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.DatasetSetProps(t.Context(), pool+"/a", texts("a:b", "x"))
	})
	add("DatasetInheritProp", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.DatasetInheritProp(t.Context(), pool+"/a", "atime", nil)
	})
	add("DatasetCreate", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.DatasetCreate(t.Context(), pool+"/a", nil)
	})
	add("DatasetDestroy", func(t *testing.T, c *zfs.Client, pool string) error { return c.DatasetDestroy(t.Context(), pool+"/a") })
	add("DatasetRollback", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.DatasetRollback(t.Context(), pool+"/a", &zfs.DatasetRollbackOptions{To: pool + "/a@s"}))
	})
	add("DatasetRename", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.DatasetRename(t.Context(), pool+"/a", pool+"/b", nil)
	})
	add("DatasetClone", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.DatasetClone(t.Context(), pool+"/a", pool+"/b@s", nil)
	})
	add("DatasetPromote", func(t *testing.T, c *zfs.Client, pool string) error { return c.DatasetPromote(t.Context(), pool+"/a") })
	add("DatasetWait", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.DatasetWait(t.Context(), pool+"/a", zfs.DatasetDeleteQueue))
	})
	add("DelegationSet", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.DelegationSet(t.Context(), pool+"/a", grants(everyone(), "send"), nil)
	})
	add("Delegation", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.Delegation(t.Context(), pool+"/a"))
	})
	add("UsernsAttach", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.UsernsAttach(t.Context(), pool+"/a", os.Stdin)
	})
	add("UsernsDetach", func(t *testing.T, c *zfs.Client, pool string) error {
		ns, err := os.Open("/proc/self/ns/user")
		testkit.Must(t, err)
		defer ns.Close()
		return c.UsernsDetach(t.Context(), pool+"/a", ns)
	})
	add("UserspaceGet", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.UserspaceGet(t.Context(), pool+"/a", zfs.UserQuota, zfs.UserspaceID{RID: 7}))
	})
	add("Userspace", func(t *testing.T, c *zfs.Client, pool string) error {
		return firstError(c.Userspace(t.Context(), pool+"/a", zfs.UserUsed))
	})
	add("UserspaceUpgrade", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.UserspaceUpgrade(t.Context(), pool+"/a")
	})
	add("UserspaceSet", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.UserspaceSet(t.Context(), pool+"/a", []zfs.UserspaceQuota{{Kind: zfs.UserQuota, ID: zfs.UserspaceID{RID: 7}, Value: 1}})
	})
	add("ObjectPath", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.ObjectPath(t.Context(), pool+"/a", 34))
	})
	add("ObjectStats", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.ObjectStats(t.Context(), pool+"/a", 34))
	})
	add("ObjectNext", func(t *testing.T, c *zfs.Client, pool string) error {
		return firstError(c.ObjectNext(t.Context(), pool+"/a", 0))
	})
	add("KeyLoad", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.KeyLoad(t.Context(), pool+"/a", rawKey())
	})
	add("KeyUnload", func(t *testing.T, c *zfs.Client, pool string) error { return c.KeyUnload(t.Context(), pool+"/a") })
	add("KeyChange", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.KeyChange(t.Context(), pool+"/a", rawNew())
	})
}

func addSnapshotsIn(add addInPool) {
	add("Snapshots", func(t *testing.T, c *zfs.Client, pool string) error {
		return firstError(c.Snapshots(t.Context(), pool+"/a", nil))
	})
	add("SnapshotCreate", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.SnapshotCreate(t.Context(), under(pool, "/a@s", "/b@s"), nil)
	})
	add("SnapshotDestroy", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.SnapshotDestroy(t.Context(), under(pool, "/a@s", "/b@s"), nil)
	})
	add("SnapshotTemp", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.SnapshotTemp(t.Context(), pool+"/a", nil))
	})
	add("SnapshotWritten", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.SnapshotWritten(t.Context(), pool+"/a", pool+"/a@s"))
	})
	add("SnapshotSpace", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.SnapshotSpace(t.Context(), pool+"/a@s", pool+"/a@t"))
	})
	add("HoldAdd", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.HoldAdd(t.Context(), map[string]string{pool + "/a@s": "keep"}, nil)
	})
	add("HoldRelease", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.HoldRelease(t.Context(), map[string][]string{pool + "/a@s": {"keep"}})
	})
	add("Holds", func(t *testing.T, c *zfs.Client, pool string) error {
		return firstError(c.Holds(t.Context(), pool+"/a@s", nil))
	})
	add("BookmarkCreate", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.BookmarkCreate(t.Context(), map[string]string{pool + "/a#m": pool + "/a@s"})
	})
	add("Bookmarks", func(t *testing.T, c *zfs.Client, pool string) error {
		return firstError(c.Bookmarks(t.Context(), pool+"/a", nil))
	})
	add("BookmarkDestroy", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.BookmarkDestroy(t.Context(), under(pool, "/a#m"))
	})
	add("BookmarkRedact", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.BookmarkRedact(t.Context(), pool+"/a#m", pool+"/a@s", under(pool, "/c@s"))
	})
	add("BookmarkProps", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.BookmarkProps(t.Context(), pool+"/a#m"))
	})
	add("Send", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.Send(t.Context(), pool+"/a@s", io.Discard, &zfs.SendOptions{From: "@r"})
	})
	add("SendEstimate", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.SendEstimate(t.Context(), pool+"/a@s", nil))
	})
	add("SendProgress", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.SendProgress(t.Context(), pool+"/a@s", 1))
	})
	add("Receive", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.Receive(t.Context(), pool+"/a@s", bytes.NewReader(mustStream(t, plain())), nil))
	})
	add("ObjectDiff", func(t *testing.T, c *zfs.Client, pool string) error {
		return firstError(c.ObjectDiff(t.Context(), pool+"/a@s", pool+"/a@t"))
	})
	add("ObjectDataset", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.ObjectDataset(t.Context(), pool, 54))
	})
}

func addPoolsIn(add addInPool) {
	add("PoolDestroy", func(t *testing.T, c *zfs.Client, pool string) error { return c.PoolDestroy(t.Context(), pool, nil) })
	add("PoolExport", func(t *testing.T, c *zfs.Client, pool string) error { return c.PoolExport(t.Context(), pool, nil) })
	add("PoolStatus", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.PoolStatus(t.Context(), pool, nil))
	})
	add("PoolScrub", func(t *testing.T, c *zfs.Client, pool string) error { return c.PoolScrub(t.Context(), pool, nil) })
	add("PoolUpgrade", func(t *testing.T, c *zfs.Client, pool string) error { return c.PoolUpgrade(t.Context(), pool, nil) })
	add("PoolHistory", func(t *testing.T, c *zfs.Client, pool string) error {
		return firstError(c.PoolHistory(t.Context(), pool))
	})
	add("PoolErrorLog", func(t *testing.T, c *zfs.Client, pool string) error {
		return firstError(c.PoolErrorLog(t.Context(), pool))
	})
	add("PoolClear", func(t *testing.T, c *zfs.Client, pool string) error { return c.PoolClear(t.Context(), pool, nil) })
	add("PoolSetProps", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.PoolSetProps(t.Context(), pool, prop.Values{prop.PoolAutoExpand: prop.String("on")})
	})
	add("PoolProps", func(t *testing.T, c *zfs.Client, pool string) error { return errorOf(c.PoolProps(t.Context(), pool)) })
	add("PoolReguid", func(t *testing.T, c *zfs.Client, pool string) error { return c.PoolReguid(t.Context(), pool, nil) })
	add("PoolReopen", func(t *testing.T, c *zfs.Client, pool string) error { return c.PoolReopen(t.Context(), pool, nil) })
	add("PoolSync", func(t *testing.T, c *zfs.Client, pool string) error { return c.PoolSync(t.Context(), pool, nil) })
	add("ProgramRun", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.ProgramRun(t.Context(), pool, zfs.Program{Source: "return 1"}))
	})
	add("PoolCheckpoint", func(t *testing.T, c *zfs.Client, pool string) error { return c.PoolCheckpoint(t.Context(), pool) })
	add("PoolDiscardCheckpoint", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.PoolDiscardCheckpoint(t.Context(), pool)
	})
	add("PoolInitialize", func(t *testing.T, c *zfs.Client, pool string) error { return c.PoolInitialize(t.Context(), pool, nil) })
	add("PoolTrim", func(t *testing.T, c *zfs.Client, pool string) error { return c.PoolTrim(t.Context(), pool, nil) })
	add("PoolWait", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.PoolWait(t.Context(), pool, zfs.ActivityScrub, nil))
	})
	add("PoolPrefetch", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.PoolPrefetch(t.Context(), pool, zfs.PrefetchDDT)
	})
	add("PoolDDTPrune", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.PoolDDTPrune(t.Context(), pool, zfs.DDTPrune{Percent: 1})
	})
	add("BootenvSet", func(t *testing.T, c *zfs.Client, pool string) error {
		env := &nvlist.List{}
		env.SetUint64("version", zfs.BootenvList)
		return c.BootenvSet(t.Context(), pool, env)
	})
	add("Bootenv", func(t *testing.T, c *zfs.Client, pool string) error { return errorOf(c.Bootenv(t.Context(), pool)) })
	add("FaultInject", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.FaultInject(t.Context(), zfs.Fault{Pool: pool, Kind: zfs.FaultDevice, Vdev: 1, Error: ioctl.CodeIo}))
	})
}

func addVdevsIn(add addInPool) {
	add("VdevAdd", func(t *testing.T, c *zfs.Client, pool string) error {
		l, err := zfs.ParseLayout([]string{"/dev/null"})
		testkit.Must(t, err)
		return c.VdevAdd(t.Context(), pool, l, nil)
	})
	add("VdevRemove", func(t *testing.T, c *zfs.Client, pool string) error { return c.VdevRemove(t.Context(), pool, "d") })
	add("VdevSetState", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.VdevSetState(t.Context(), pool, zfs.VdevChange{Vdev: "d", State: zfs.VdevOffline}, nil))
	})
	add("VdevAttach", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.VdevAttach(t.Context(), pool, zfs.VdevPair{Old: "d", New: "/dev/null"}, nil)
	})
	add("VdevDetach", func(t *testing.T, c *zfs.Client, pool string) error { return c.VdevDetach(t.Context(), pool, "d") })
	add("VdevSetPath", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.VdevSetPath(t.Context(), pool, "d", "/dev/null")
	})
	add("VdevSetFRU", func(t *testing.T, c *zfs.Client, pool string) error { return c.VdevSetFRU(t.Context(), pool, "d", "x") })
	add("VdevSplit", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.VdevSplit(t.Context(), pool, "new", nil)
	})
	add("VdevProps", func(t *testing.T, c *zfs.Client, pool string) error {
		return errorOf(c.VdevProps(t.Context(), pool, "d", nil))
	})
	add("VdevSetProps", func(t *testing.T, c *zfs.Client, pool string) error {
		return c.VdevSetProps(t.Context(), pool, "d", prop.Values{"a:b": prop.String("c")})
	})
}

// checkPoolMissing checks an error against the expected error of each operation
// on a missing pool.
func checkPoolMissing(t *testing.T, err error, pool string) {
	t.Helper()
	var e *zfs.Error
	if !errors.As(err, &e) || !errors.Is(err, zfs.ErrPoolNotFound) || !errors.Is(err, zfs.ErrNotFound) {
		t.Fatalf("error %v, want ErrPoolNotFound", err)
	}
	about := e.Object
	if about == "" {
		about = e.Name
	}
	if about != pool {
		t.Errorf("error %v is about %q, want %q", err, about, pool)
	}
	for _, other := range []error{zfs.ErrParentNotFound, zfs.ErrBaseNotFound, zfs.ErrDevice, zfs.ErrDeviceMissing} {
		if errors.Is(err, other) {
			t.Errorf("error %v also matches %q", err, other)
		}
	}
	for _, item := range e.Items {
		if !errors.Is(item.Err, zfs.ErrPoolNotFound) {
			t.Errorf("item %s of %v does not say so", item.Name, err)
		}
	}
	if !strings.Contains(err.Error(), "pool does not exist") || !strings.Contains(err.Error(), pool) {
		t.Errorf("error %v does not say which pool does not exist", err)
	}
}

// nowhere are operations that report nothing about a missing pool, with the
// reason.
var nowhere = map[string]string{
	"PoolCreate":   "the pool is to be made",
	"PoolImport":   "the pool is to be made",
	"PoolCondense": "no module of the images has it",
	"-":            "no method makes the call",
}

// Every operation on a name reports that the pool is missing.
func TestMissingPoolIsNamed(t *testing.T) {
	c := testkit.Open(t, ioctl.NewDevice(func(ioctl.Op, *ioctl.Cmd) error { return ioctl.CodeNoent.Err() }))
	tested := make(map[string]bool)
	for _, m := range inPools() {
		tested[m.home] = true
		t.Run(m.home, func(t *testing.T) { checkPoolMissing(t, m.do(t, c, "nosuchpool"), "nosuchpool") })
	}
	for d := range ioctl.All() {
		if d.Target != ioctl.TargetNone && !tested[d.Home] && nowhere[d.Home] == "" {
			t.Errorf("%s of %s is not tested with a missing pool", d.Home, d.C)
		}
	}
}

// If the pool exists, or cannot be looked up, the error stays unchanged.
func TestMissingPoolIsRead(t *testing.T) {
	for name, answer := range map[string]error{"there": nil, "suspended": ioctl.CodeAgain.Err(), "forbidden": ioctl.CodePerm.Err()} {
		c := testkit.Open(t, ioctl.NewDevice(func(op ioctl.Op, _ *ioctl.Cmd) error {
			if op == ioctl.OpObjsetStats {
				return answer
			}
			return ioctl.CodeNoent.Err()
		}))
		err := c.DatasetDestroy(t.Context(), "tank/a")
		if !errors.Is(err, zfs.ErrNotFound) || errors.Is(err, zfs.ErrPoolNotFound) {
			t.Errorf("pool %s: error %v, want ErrNotFound", name, err)
		}
	}
}

// Nothing is read for a caller whose context has ended.
func TestMissingPoolIsNotReadAtTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, f := testkit.OpenFake(t)
	f.Bad = func(op ioctl.Op, _ *ioctl.Cmd) (error, bool) {
		cancel()
		return ioctl.CodeNoent.Err(), true
	}
	if err := c.DatasetDestroy(ctx, "tank/a"); err == nil || errors.Is(err, zfs.ErrPoolNotFound) {
		t.Errorf("error %v, want one that is not about the pool", err)
	}
	sent(t, f, "DESTROY tank/a")
}

package zfs_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// fakeWithConf is a fake pool that keeps the last configuration it was sent.
func fakeWithConf(t *testing.T, config *nvlist.List, dir string) (*zfs.Client, *testkit.Fake, *string) {
	t.Helper()
	c, f := fakePool(t, config)
	answer, conf := f.Bad, new(string)
	f.Bad = func(op ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
		if len(cmd.Conf()) > 0 {
			*conf = confOf(t, cmd, dir)
			l, err := nvlist.Decode(cmd.Conf(), nil)
			testkit.Must(t, err)
			if tree, ok := l.List("vdev_tree"); ok {
				*conf = shape(tree, "")
			}
		}
		return answer(op, cmd)
	}
	return c, f, conf
}

// Each call has exactly its fields.
func TestVdevCalls(t *testing.T) {
	ctx := context.Background()
	set := func(c *zfs.Client, state zfs.VdevState, opts *zfs.VdevSetStateOptions) error {
		_, err := c.VdevSetState(ctx, "tank", zfs.VdevChange{Vdev: "d11", State: state}, opts)
		return err
	}
	for _, tt := range []struct {
		name string
		call func(c *zfs.Client) error
		want string
	}{
		{"remove", func(c *zfs.Client) error { return c.VdevRemove(ctx, "tank", "mirror-0") }, "VDEV_REMOVE tank guid=10"},
		{"cancel", func(c *zfs.Client) error { return c.VdevRemoveCancel(ctx, "tank") }, "VDEV_REMOVE tank cookie=1"},
		{"detach", func(c *zfs.Client) error { return c.VdevDetach(ctx, "tank", "/dev/d12") }, "VDEV_DETACH tank guid=12"},
		{"offline", func(c *zfs.Client) error { return set(c, zfs.VdevOffline, nil) }, "VDEV_SET_STATE tank cookie=2 guid=11"},
		{"offline for now", func(c *zfs.Client) error { return set(c, zfs.VdevOffline, &zfs.VdevSetStateOptions{Temporary: true}) }, "VDEV_SET_STATE tank cookie=2 obj=1 guid=11"},
		{"online", func(c *zfs.Client) error { return set(c, zfs.VdevHealthy, nil) }, "VDEV_SET_STATE tank cookie=7 guid=11"},
		{"expand", func(c *zfs.Client) error { return set(c, zfs.VdevHealthy, &zfs.VdevSetStateOptions{Expand: true}) }, "VDEV_SET_STATE tank cookie=7 obj=8 guid=11"},
		{"fault", func(c *zfs.Client) error { return set(c, zfs.VdevFaulted, nil) }, "VDEV_SET_STATE tank cookie=5 obj=17 guid=11"},
		{"fault for now", func(c *zfs.Client) error { return set(c, zfs.VdevDegraded, &zfs.VdevSetStateOptions{Temporary: true}) }, "VDEV_SET_STATE tank cookie=6 obj=14 guid=11"},
		{"path", func(c *zfs.Client) error { return c.VdevSetPath(ctx, "tank", "d11", "/dev/x") }, "VDEV_SETPATH tank value=/dev/x guid=11"},
		{"fru", func(c *zfs.Client) error { return c.VdevSetFRU(ctx, "tank", "d11", "bay 3") }, "VDEV_SETFRU tank value=bay 3 guid=11"},
		{"clear", func(c *zfs.Client) error { return c.PoolClear(ctx, "tank", nil) }, "CLEAR tank cookie=1"},
		{"clear one", func(c *zfs.Client) error { return c.PoolClear(ctx, "tank", &zfs.PoolClearOptions{Vdev: "d11"}) }, "CLEAR tank cookie=1 guid=11"},
		{"upgrade", func(c *zfs.Client) error { return c.PoolUpgrade(ctx, "tank", &zfs.PoolUpgradeOptions{Version: 28}) }, "POOL_UPGRADE tank cookie=28"},
		{"reguid", func(c *zfs.Client) error { return c.PoolReguid(ctx, "tank", nil) }, "POOL_REGUID tank"},
		{"reguid to", func(c *zfs.Client) error { return c.PoolReguid(ctx, "tank", &zfs.PoolReguidOptions{GUID: 5}) }, "POOL_REGUID tank\nguid: uint64 = 5"},
		{"reopen", func(c *zfs.Client) error { return c.PoolReopen(ctx, "tank", nil) }, "POOL_REOPEN tank\nscrub_restart: boolean_value = true"},
		{"sync", func(c *zfs.Client) error { return c.PoolSync(ctx, "tank", &zfs.PoolSyncOptions{Force: true}) }, "POOL_SYNC tank\nforce: boolean_value = true"},
		{"set", func(c *zfs.Client) error {
			return c.PoolSetProps(ctx, "tank", prop.Values{"a:b": prop.String("c"), "feature@skein": prop.String("enabled"), "failmode": prop.String("panic"), "dedup_table_quota": prop.String("none")})
		}, "POOL_SET_PROPS tank\na:b: string = \"c\"\ndedup_table_quota: uint64 = 0\nfailmode: uint64 = 2\nfeature@skein: uint64 = 0"},
		{"scrub", func(c *zfs.Client) error { return c.PoolScrub(ctx, "tank", nil) }, "POOL_SCRUB tank\nscan_type: uint64 = 1\nscan_command: uint64 = 0"},
		{"pause", func(c *zfs.Client) error { return c.PoolScrub(ctx, "tank", &zfs.PoolScrubOptions{Pause: true}) }, "POOL_SCRUB tank\nscan_type: uint64 = 1\nscan_command: uint64 = 1"},
		{"stop", func(c *zfs.Client) error { return c.PoolScrub(ctx, "tank", &zfs.PoolScrubOptions{Stop: true}) }, "POOL_SCRUB tank\nscan_type: uint64 = 0\nscan_command: uint64 = 0"},
		{"errors only", func(c *zfs.Client) error { return c.PoolScrub(ctx, "tank", &zfs.PoolScrubOptions{ErrorsOnly: true}) }, "POOL_SCRUB tank\nscan_type: uint64 = 3\nscan_command: uint64 = 0"},
		{"resilver", func(c *zfs.Client) error { return c.PoolScrub(ctx, "tank", &zfs.PoolScrubOptions{Resilver: true}) }, "POOL_SCRUB tank\nscan_type: uint64 = 2\nscan_command: uint64 = 0"},
		{"checkpoint", func(c *zfs.Client) error { return c.PoolCheckpoint(ctx, "tank") }, "POOL_CHECKPOINT tank"},
		{"discard", func(c *zfs.Client) error { return c.PoolDiscardCheckpoint(ctx, "tank") }, "POOL_DISCARD_CHECKPOINT tank"},
		{"trim", func(c *zfs.Client) error {
			return c.PoolTrim(ctx, "tank", &zfs.PoolTrimOptions{Command: zfs.WorkSuspend, Vdevs: []string{"d11"}, Rate: 9, Secure: true})
		}, "POOL_TRIM tank\ntrim_command: uint64 = 2\ntrim_vdevs: nvlist\n    d11: uint64 = 11\ntrim_rate: uint64 = 9\ntrim_secure: boolean_value = true"},
		{"initialize", func(c *zfs.Client) error { return c.PoolInitialize(ctx, "tank", nil) }, "POOL_INITIALIZE tank\ninitialize_command: uint64 = 0\ninitialize_vdevs: nvlist\n    d11: uint64 = 11\n    \"/dev/d12\": uint64 = 12"},
		{"wait", func(c *zfs.Client) error { _, err := c.PoolWait(ctx, "tank", zfs.ActivityScrub, nil); return err }, "WAIT tank\nwait_activity: int32 = 6"},
		{"wait for a device", func(c *zfs.Client) error {
			_, err := c.PoolWait(ctx, "tank", zfs.ActivityTrim, &zfs.PoolWaitOptions{Vdev: "d11"})
			return err
		}, "WAIT tank\nwait_activity: int32 = 7\nwait_tag: uint64 = 11"},
		{"prefetch", func(c *zfs.Client) error { return c.PoolPrefetch(ctx, "tank", zfs.PrefetchBRT) }, "POOL_PREFETCH tank\nprefetch_type: int32 = 2"},
		{"prune", func(c *zfs.Client) error { return c.PoolDDTPrune(ctx, "tank", zfs.DDTPrune{Percent: 30}) }, "DDT_PRUNE tank\nddt_prune_unit: int32 = 2\nddt_prune_amount: uint64 = 30"},
		{"prune by age", func(c *zfs.Client) error { return c.PoolDDTPrune(ctx, "tank", zfs.DDTPrune{Age: 5e9}) }, "DDT_PRUNE tank\nddt_prune_unit: int32 = 1\nddt_prune_amount: uint64 = 5"},
		{"boot environment", func(c *zfs.Client) error {
			env := &nvlist.List{}
			env.SetUint64("version", zfs.BootenvList)
			return c.BootenvSet(ctx, "tank", env)
		}, "SET_BOOTENV tank\nversion: uint64 = 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, f := fakePool(t, mirrorPool())
			testkit.Must(t, tt.call(c))
			if diff := cmp.Diff(tt.want, strings.Join(f.Sent, "\n")); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

// Before 2.2 a scrub is another operation, with the same numbers.
func TestPoolScrubOlder(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = func(op ioctl.Op, _ *ioctl.Cmd) (error, bool) {
		switch op {
		case ioctl.OpPoolScrub:
			return ioctl.CodeIocCmdUnavail.Err(), true
		case ioctl.OpPoolScan:
			return ioctl.CodeCanceled.Err(), true // it resumes after a pause
		}
		return nil, false
	}
	testkit.Must(t, c.PoolScrub(t.Context(), "tank", &zfs.PoolScrubOptions{Pause: true}))
	if got := f.Sent[len(f.Sent)-1]; got != "POOL_SCAN tank cookie=1 flags=1" {
		t.Errorf("sent %q", got)
	}
}

// New devices reach the kernel with the device that they belong to.
func TestVdevAddAttach(t *testing.T) {
	ctx := context.Background()
	dir := mustFiles(t, "a b")
	a := filepath.Join(dir, "a")
	layout := func(words string) *zfs.Layout {
		l, err := zfs.ParseLayout(in(dir, words))
		testkit.Must(t, err)
		return l
	}
	attach := func(c *zfs.Client, pair zfs.VdevPair, opts *zfs.VdevAttachOptions) error {
		return c.VdevAttach(ctx, "tank", pair, opts)
	}
	for _, tt := range []struct {
		name       string
		call       func(c *zfs.Client) error
		want, conf string
	}{
		{"add", func(c *zfs.Client) error {
			return c.VdevAdd(ctx, "tank", layout("mirror a b"), &zfs.VdevAddOptions{Ashift: 12})
		}, "VDEV_ADD tank", "type=mirror is_log=0 ashift=12"},
		{"add a cache", func(c *zfs.Client) error { return c.VdevAdd(ctx, "tank", layout("cache a"), nil) }, "VDEV_ADD tank", "type=root \n  type=file path=a is_log=0"},
		{"attach", func(c *zfs.Client) error { return attach(c, zfs.VdevPair{Old: "d11", New: a}, nil) }, "VDEV_ATTACH tank guid=11", "type=file path=a is_log=0"},
		{"replace", func(c *zfs.Client) error {
			return attach(c, zfs.VdevPair{Old: "d11", New: a}, &zfs.VdevAttachOptions{Replace: true, Sequential: true})
		}, "VDEV_ATTACH tank cookie=1 simple=1 guid=11", "path=a"},
		{"a draid's spare", func(c *zfs.Client) error {
			return attach(c, zfs.VdevPair{Old: "d11", New: "draid1-0-0"}, &zfs.VdevAttachOptions{Replace: true})
		}, "VDEV_ATTACH tank cookie=1 guid=11", "type=dspare path=draid1-0-0 is_log=0 whole_disk=1"},
		{"split", func(c *zfs.Client) error { return c.VdevSplit(ctx, "tank", "new", nil) }, "VDEV_SPLIT tank cookie=1", "path=/dev/d12"},
		{"split off another", func(c *zfs.Client) error {
			return c.VdevSplit(ctx, "tank", "new", &zfs.VdevSplitOptions{Devices: []string{"d11"}, Import: true})
		}, "VDEV_SPLIT tank", "path=/dev/d11"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, f, conf := fakeWithConf(t, mirrorPool(), dir)
			testkit.Must(t, tt.call(c))
			if got := strings.Join(f.Sent, "\n"); got != tt.want || !strings.Contains(*conf, tt.conf) {
				t.Errorf("sent %q, want %q, with\n%s, want %q", got, tt.want, *conf, tt.conf)
			}
		})
	}
}

// Invalid arguments are found before the kernel changes anything.
func TestVdevRefused(t *testing.T) {
	ctx := context.Background()
	dir := mustFiles(t, "a b")
	a := filepath.Join(dir, "a")
	add := func(words string) func(c *zfs.Client) error {
		return func(c *zfs.Client) error {
			l, err := zfs.ParseLayout(in(dir, words))
			testkit.Must(t, err)
			return c.VdevAdd(ctx, "tank", l, nil)
		}
	}
	for _, tt := range []struct {
		name string
		call func(c *zfs.Client) error
		want error
	}{
		{"add nothing", func(c *zfs.Client) error { return c.VdevAdd(ctx, "tank", nil, nil) }, zfs.ErrInvalidLayout},
		{"add to no pool", func(c *zfs.Client) error { return c.VdevAdd(ctx, "tank/a", nil, nil) }, zfs.ErrInvalidName},
		{"add what is less safe", add("a"), zfs.ErrInvalidLayout},
		{"add what is not there", add("mirror a x"), os.ErrNotExist},
		{"attach to nothing", func(c *zfs.Client) error { return c.VdevAttach(ctx, "tank", zfs.VdevPair{Old: "x", New: a}, nil) }, zfs.ErrNotFound},
		{"attach nothing", func(c *zfs.Client) error { return c.VdevAttach(ctx, "tank", zfs.VdevPair{Old: "d11"}, nil) }, zfs.ErrInvalidLayout},
		{"attach no path", func(c *zfs.Client) error { return c.VdevAttach(ctx, "tank", zfs.VdevPair{Old: "d11", New: "a"}, nil) }, zfs.ErrInvalidLayout},
		{"detach nothing", func(c *zfs.Client) error { return c.VdevDetach(ctx, "tank", "x") }, zfs.ErrNotFound},
		{"set an unknown state", func(c *zfs.Client) error {
			_, err := c.VdevSetState(ctx, "tank", zfs.VdevChange{Vdev: "d11", State: zfs.VdevRemoved}, nil)
			return err
		}, zfs.ErrInvalid},
		{"set a relative path", func(c *zfs.Client) error { return c.VdevSetPath(ctx, "tank", "d11", "x") }, zfs.ErrInvalid},
		{"set a label with NUL", func(c *zfs.Client) error { return c.VdevSetFRU(ctx, "tank", "d11", "a\x00b") }, zfs.ErrInvalid},
		{"split to a bad name", func(c *zfs.Client) error { return c.VdevSplit(ctx, "tank", "a/b", nil) }, zfs.ErrInvalidName},
		{"split off what is not there", func(c *zfs.Client) error {
			return c.VdevSplit(ctx, "tank", "new", &zfs.VdevSplitOptions{Devices: []string{"x"}})
		}, zfs.ErrNotFound},
		{"split off both", func(c *zfs.Client) error {
			return c.VdevSplit(ctx, "tank", "new", &zfs.VdevSplitOptions{Devices: []string{"d11", "/dev/d12"}})
		}, zfs.ErrNotFound},
		{"pause and stop", func(c *zfs.Client) error {
			return c.PoolScrub(ctx, "tank", &zfs.PoolScrubOptions{Pause: true, Stop: true})
		}, zfs.ErrInvalid},
		{"stop a resilver", func(c *zfs.Client) error {
			return c.PoolScrub(ctx, "tank", &zfs.PoolScrubOptions{Resilver: true, Stop: true})
		}, zfs.ErrInvalid},
		{"undo a trim", func(c *zfs.Client) error {
			return c.PoolTrim(ctx, "tank", &zfs.PoolTrimOptions{Command: zfs.WorkUninit})
		}, zfs.ErrInvalid},
		{"trim nothing", func(c *zfs.Client) error { return c.PoolTrim(ctx, "tank", nil) }, zfs.ErrWrongDevice},
		{"trim what is not there", func(c *zfs.Client) error { return c.PoolTrim(ctx, "tank", &zfs.PoolTrimOptions{Vdevs: []string{"x"}}) }, zfs.ErrNotFound},
		{"wait for a device's scrub", func(c *zfs.Client) error {
			_, err := c.PoolWait(ctx, "tank", zfs.ActivityScrub, &zfs.PoolWaitOptions{Vdev: "d11"})
			return err
		}, zfs.ErrInvalid},
		{"prune nothing", func(c *zfs.Client) error { return c.PoolDDTPrune(ctx, "tank", zfs.DDTPrune{}) }, zfs.ErrInvalid},
		{"prune too much", func(c *zfs.Client) error { return c.PoolDDTPrune(ctx, "tank", zfs.DDTPrune{Percent: 101}) }, zfs.ErrInvalid},
		{"set nothing", func(c *zfs.Client) error { return c.PoolSetProps(ctx, "tank", nil) }, nil},
		{"set what is for creation", func(c *zfs.Client) error {
			return c.PoolSetProps(ctx, "tank", prop.Values{prop.PoolAltroot: prop.String("/a")})
		}, zfs.ErrInvalidProp},
		{"boot environment without version", func(c *zfs.Client) error { return c.BootenvSet(ctx, "tank", &nvlist.List{}) }, zfs.ErrInvalid},
		{"fault of nothing", func(c *zfs.Client) error { _, err := c.FaultInject(ctx, zfs.Fault{Pool: "tank"}); return err }, zfs.ErrInvalid},
		{"fault of no device", func(c *zfs.Client) error {
			_, err := c.FaultInject(ctx, zfs.Fault{Pool: "tank", Kind: zfs.FaultDevice})
			return err
		}, zfs.ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, f := fakePool(t, mirrorPool())
			err := tt.call(c)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if len(f.Sent) > 0 {
				t.Errorf("the kernel was called %v", f.Sent)
			}
		})
	}
}

// Devices that fail are named, each with its own error.
func TestPoolTrimItems(t *testing.T) {
	c, f := fakePool(t, mirrorPool())
	answer := f.Bad
	f.Bad = func(op ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
		if op != ioctl.OpPoolTrim {
			return answer(op, cmd)
		}
		out, failed := &nvlist.List{}, &nvlist.List{}
		failed.SetInt64("11", int64(ioctl.CodeSrch))
		failed.SetInt64("/dev/d12", int64(ioctl.CodeNotsup))
		out.SetList("trim_vdevs", failed)
		return errors.Join(cmd.Answer(out), ioctl.CodeInval.Err()), true
	}
	err := c.PoolTrim(t.Context(), "tank", &zfs.PoolTrimOptions{Vdevs: []string{"d11", "/dev/d12"}, Command: zfs.WorkCancel})
	var e *zfs.Error
	if !errors.Is(err, zfs.ErrInvalid) || !errors.As(err, &e) || len(e.Items) != 2 {
		t.Fatalf("error %v", err)
	}
	if e.Items[0].Name != "d11" || !errors.Is(e.Items[0].Err, zfs.ErrNotInProgress) || !errors.Is(e.Items[1].Err, zfs.ErrWrongDevice) {
		t.Errorf("items %v", e.Items)
	}
}

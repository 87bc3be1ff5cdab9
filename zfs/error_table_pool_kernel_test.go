package zfs_test

import (
	"os"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// then makes calls in a row's pool; the row is about the last one.
func then(all ...func(*poolSite) error) func(*poolSite) error {
	return func(s *poolSite) error {
		for _, do := range all[:len(all)-1] {
			testkit.Must(s.t, do(s))
		}
		return all[len(all)-1](s)
	}
}

// paused prevents an activity from ending, with a parameter of the module.
func paused(parameter, value string) func(*poolSite) error {
	return func(s *poolSite) error {
		setParameter(s.t, parameter, value)
		return nil
	}
}

// inShell runs commands, which succeed, in a row's pool.
func inShell(command string) func(*poolSite) error {
	return func(s *poolSite) error {
		zfstest.Run(s.t, "sh", "-c", strings.NewReplacer("$", s.pool, "{a}", s.paths[0], "{b}", s.paths[1], "{c}", s.paths[2]).Replace(command))
		return nil
	}
}

func checkpointed(s *poolSite) error { return s.c.PoolCheckpoint(s.ctx, s.pool) }
func discarded(s *poolSite) error    { return s.c.PoolDiscardCheckpoint(s.ctx, s.pool) }
func reguid(s *poolSite) error       { return s.c.PoolReguid(s.ctx, s.pool, nil) }
func split(s *poolSite) error        { return s.c.VdevSplit(s.ctx, s.pool, s.pool+"s", nil) }

func scrubbed(opts *zfs.PoolScrubOptions) func(*poolSite) error {
	return func(s *poolSite) error { return s.c.PoolScrub(s.ctx, s.pool, opts) }
}

func initialized(opts zfs.PoolInitializeOptions) func(*poolSite) error {
	return func(s *poolSite) error {
		opts.Vdevs = s.paths[:1]
		return s.c.PoolInitialize(s.ctx, s.pool, &opts)
	}
}

func trimmed(opts zfs.PoolTrimOptions) func(*poolSite) error {
	return func(s *poolSite) error {
		opts.Vdevs = s.paths[:1]
		return s.c.PoolTrim(s.ctx, s.pool, &opts)
	}
}

// smaller makes a device smaller than the others.
func smaller(letter string) func(*poolSite) error {
	return func(s *poolSite) error { return os.Truncate(s.path(letter), 128<<20) }
}

const (
	scanPause     = "zfs_scan_suspend_progress"
	removalPause  = "zfs_removal_suspend_progress"
	expandMost    = "raidz_expand_max_reflow_bytes"
	raidzExpand   = "raidz expansion"
	noCommand     = "zpool(8) has no such command"
	poolNotSup    = "operation not supported on this type of pool"
	wrongDevice   = "operation does not apply to this kind of device"
	checkpointIs  = "pool has a checkpoint"
	inProgressNow = "another activity is in progress"
)

func vdevErrorRows() []errorRow {
	return []errorRow{
		{op: ioctl.OpVdevDetach, code: ioctl.CodeNotsup, about: "$", devices: "a b", cmd: "zpool detach $ {a}", says: "only applicable to mirror and replacing vdevs",
			inPool: vdevDetach("a"), row: row{want: is(zfs.ErrWrongDevice), text: wrongDevice}},
		{op: ioctl.OpVdevDetach, code: ioctl.CodeBusy, about: "$", devices: "mirror a b", cmd: "zpool detach $ {a}", says: "no valid replicas",
			inPool: then(vdevState("b", zfs.VdevOffline, false), inShell("zfs create $/x"), vdevDetach("a")), row: row{want: is(zfs.ErrNoReplicas), text: "no other device has the data"}},
		{op: ioctl.OpVdevDetach, code: ioctl.CodeCheckpointExists, about: "$", devices: "mirror a b", cmd: "zpool detach $ {a}", says: "checkpoint exists",
			inPool: then(checkpointed, vdevDetach("a")), row: row{want: is(zfs.ErrCheckpoint), text: checkpointIs}},
		{op: ioctl.OpVdevDetach, code: ioctl.CodeNodev, about: "$", devices: "mirror a b spare c", cmd: "zpool detach $ {c}", says: "hot spare",
			inPool: vdevDetach("c"), row: row{want: is(zfs.ErrNotFound), text: "does not exist"}},
		{op: ioctl.OpVdevRemove, code: ioctl.CodeNotsup, about: "$", devices: "mirror a b", cmd: "zpool remove $ {a}", says: poolNotSup,
			apart:  "zpool(8) finds the pool at fault, and not the device",
			inPool: vdevRemove("a"), row: row{want: is(zfs.ErrWrongDevice), text: wrongDevice}},
		{op: ioctl.OpVdevRemove, code: ioctl.CodeCheckpointExists, about: "$", devices: "a b", cmd: "zpool remove $ {a}", says: "checkpoint exists",
			inPool: then(checkpointed, vdevRemove("a")), row: row{want: is(zfs.ErrCheckpoint), text: checkpointIs}},
		{op: ioctl.OpVdevRemove, code: 55, about: "$", devices: "a b", cmd: "zpool remove -s $", says: "operation is not in progress",
			inPool: func(s *poolSite) error { return s.c.VdevRemoveCancel(s.ctx, s.pool) }, row: row{want: is(zfs.ErrNotInProgress), text: "nothing of the kind is in progress"}},
		{op: ioctl.OpVdevRemove, code: ioctl.CodeBusy, about: "$", devices: "a b c", cmd: "zpool remove $ {c}", says: "busy",
			inPool: then(paused(removalPause, "1"), vdevRemove("b"), vdevRemove("c")), row: row{want: is(zfs.ErrInProgress), text: inProgressNow}},
		{op: ioctl.OpVdevRemove, code: ioctl.CodeAlready, about: "$", devices: "a b c", cmd: "zpool remove $ {b}", says: "already",
			lacks: "this errno", inPool: then(paused(removalPause, "1"), vdevRemove("b"), vdevRemove("b")), row: row{since: "2.3", want: is(zfs.ErrInProgress), text: inProgressNow}},
		{op: ioctl.OpVdevSetState, code: ioctl.CodeBusy, about: "$", devices: "a b", cmd: "zpool offline $ {a}", says: "no valid replicas",
			inPool: vdevState("a", zfs.VdevOffline, false), row: row{want: is(zfs.ErrNoReplicas), text: "no other device has the data"}},
		{op: ioctl.OpVdevSetState, code: ioctl.CodeNotsup, about: "$", devices: "mirror a b", cmd: "zpool offline $ mirror-0", says: poolNotSup,
			apart:  "zpool(8) finds the pool at fault, and not the device",
			inPool: vdevState("mirror-0", zfs.VdevOffline, false), row: row{want: is(zfs.ErrWrongDevice), text: wrongDevice}},
		{op: ioctl.OpVdevSetState, code: ioctl.CodeCheckpointExists, about: "$", devices: "a log b", cmd: "zpool offline $ {b}", says: "checkpoint exists",
			inPool: then(inShell("zfs create -o mountpoint=/tmp/checkpointed -o sync=always $/x && echo x >/tmp/checkpointed/x && zfs unmount $/x"), checkpointed, vdevState("b", zfs.VdevOffline, false)), row: row{want: is(zfs.ErrCheckpoint), text: checkpointIs}},
		{op: ioctl.OpVdevSetpath, code: ioctl.CodeNotsup, about: "$", devices: "mirror a b", apart: noCommand,
			inPool: func(s *poolSite) error { return s.c.VdevSetPath(s.ctx, s.pool, "mirror-0", s.paths[2]) }, row: row{want: is(zfs.ErrWrongDevice), text: wrongDevice}},
		{op: ioctl.OpVdevSetfru, code: ioctl.CodeNotsup, about: "$", devices: "mirror a b", apart: noCommand,
			inPool: func(s *poolSite) error { return s.c.VdevSetFRU(s.ctx, s.pool, "mirror-0", "x") }, row: row{want: is(zfs.ErrWrongDevice), text: wrongDevice}},
		{op: ioctl.OpVdevSetProps, code: ioctl.CodeVdevNotsup, about: "$", devices: "mirror a b", cmd: "zpool set allocating=off $ {a}", says: "operation not supported on this type of vdev",
			lacks: "properties of devices", row: row{since: "2.2", want: is(zfs.ErrWrongDevice), text: wrongDevice}, inPool: func(s *poolSite) error {
				return s.c.VdevSetProps(s.ctx, s.pool, s.paths[0], prop.Values{"allocating": prop.String("off")})
			}},
		{op: ioctl.OpVdevSplit, code: ioctl.CodeExist, about: "$", devices: "mirror a b", cmd: "zpool split $ $", says: "exists",
			inPool: func(s *poolSite) error { return s.c.VdevSplit(s.ctx, s.pool, s.pool, nil) }, row: row{want: is(zfs.ErrExists), text: "already exists"}},
		{op: ioctl.OpVdevSplit, code: ioctl.CodeCheckpointExists, about: "$", devices: "mirror a b", cmd: "zpool split $ $s", says: "checkpoint exists",
			inPool: then(checkpointed, split), row: row{want: is(zfs.ErrCheckpoint), text: checkpointIs}},
		{op: ioctl.OpVdevSplit, code: ioctl.CodeBusy, about: "$", devices: "mirror a b", cmd: "zpool split $ $s {b}", says: "busy",
			inPool: then(vdevState("a", zfs.VdevOffline, false), inShell("zfs create $/x"), split), row: row{want: is(zfs.ErrNoReplicas), text: "no other device has the data"}},
		{op: ioctl.OpVdevAdd, code: ioctl.CodeBusy, about: "$", devices: "mirror a b", cmd: "zpool add -f $ mirror {c} {a}", says: "{a}",
			early:  "an imported pool has the device",
			inPool: vdevAdd("mirror c a", true), row: row{want: is(zfs.ErrInvalidLayout, zfs.ErrDeviceInUse), text: "{a}: it is used by pool \"$\""}},
		{op: ioctl.OpVdevAdd, code: ioctl.CodeInval, about: "$", devices: "a b", cmd: "zpool add -f $ raidz {c} {d}", says: "invalid",
			inPool: then(paused(removalPause, "1"), vdevRemove("b"), vdevAdd("raidz c d", true)), row: row{want: is(zfs.ErrInvalid), text: "invalid argument"}},
		{op: ioctl.OpVdevAdd, code: ioctl.CodeNotsup, about: "$", devices: "a", cmd: "zpool add -f $ special {b}", says: "cannot add to '$'",
			apart:  "zpool(8) does not name the feature",
			inPool: then(bareAgain, vdevAdd("special b", true)), row: row{want: is(zfs.ErrFeatureDisabled), text: "feature@allocation_classes"}},
	}
}

// bareAgain creates the pool again, without features.
func bareAgain(s *poolSite) error {
	return inShell("zpool destroy $ && zpool create -f -d -O mountpoint=none $ {a}")(s)
}

func attachErrorRows() []errorRow {
	return []errorRow{
		{op: ioctl.OpVdevAttach, code: ioctl.CodeNotsup, about: "$", devices: "raidz a b c", cmd: "zpool attach $ {b} {d}", says: "can only attach to mirrors and top-level disks",
			inPool: vdevAttach("b d", nil), row: row{want: is(zfs.ErrWrongDevice), text: wrongDevice}},
		{op: ioctl.OpVdevAttach, code: ioctl.CodeOverflow, about: "$", devices: "a", cmd: "zpool attach $ {a} {b}", says: "device is too small",
			inPool: then(smaller("b"), vdevAttach("a b", nil)), row: row{want: is(zfs.ErrInvalidLayout), text: "invalid layout"}},
		{op: ioctl.OpVdevAttach, code: ioctl.CodeNodev, about: "$", devices: "a cache b", cmd: "zpool attach $ {b} {c}", says: "{b}",
			inPool: vdevAttach("b c", nil), row: row{want: is(zfs.ErrNotFound), text: "does not exist"}},
		{op: ioctl.OpVdevAttach, code: ioctl.CodeNxio, about: "$", devices: "raidz a b c", cmd: "zpool attach $ raidz1-0 {d}", says: "offline or being replaced",
			lacks: raidzExpand, inPool: then(vdevState("a", zfs.VdevOffline, false), vdevAttach("raidz1-0 d", nil)), row: row{since: "2.3", want: is(zfs.ErrDevice), text: "{a} is OFFLINE"}},
		{op: ioctl.OpVdevAttach, code: ioctl.CodeCheckpointExists, about: "$", devices: "a", cmd: "zpool attach $ {a} {b}", says: "checkpoint exists",
			inPool: then(checkpointed, vdevAttach("a b", nil)), row: row{want: is(zfs.ErrCheckpoint), text: checkpointIs}},
		{op: ioctl.OpVdevAttach, code: ioctl.CodeResilverInProgress, about: "$", devices: "mirror a b", cmd: "zpool attach -s $ {a} {d}", says: "currently resilvering",
			inPool: then(paused(scanPause, "1"), vdevAttach("a c", nil), vdevAttach("a d", sequential())), row: row{want: is(zfs.ErrInProgress), text: inProgressNow}},
		{op: ioctl.OpVdevAttach, code: ioctl.CodeDevrmInProgress, about: "$", devices: "a b", cmd: "zpool attach $ {a} {c}", says: "device removal in progress",
			lacks: "this errno", inPool: then(paused(removalPause, "1"), vdevRemove("b"), vdevAttach("a c", nil)), row: row{since: "2.3", want: is(zfs.ErrInProgress), text: inProgressNow}},
		{op: ioctl.OpVdevAttach, code: ioctl.CodeBusy, about: "$", devices: "a b", cmd: "zpool attach $ {a} {c}", says: "busy",
			apart:  "zpool(8) says that the new device is busy, or the removal",
			inPool: then(paused(removalPause, "1"), vdevRemove("b"), vdevAttach("a c", nil)), row: row{until: "2.3", want: is(zfs.ErrInProgress), text: inProgressNow}},
		{op: ioctl.OpVdevAttach, code: ioctl.CodeRaidzExpandInProgress, about: "$", devices: "raidz a b c", cmd: "zpool attach $ raidz1-0 {e}", says: "raidz expansion",
			lacks: raidzExpand, inPool: then(paused(expandMost, "1"), vdevAttach("raidz1-0 d", nil), vdevAttach("raidz1-0 e", nil)), row: row{since: "2.3", want: is(zfs.ErrInProgress), text: inProgressNow}},
	}
}

func poolErrorRows() []errorRow {
	return []errorRow{
		{op: ioctl.OpPoolCreate, code: ioctl.CodeNotsup, about: "$x", devices: "a", cmd: "zpool create -f -d $x {b} special {c}", says: "cannot create '$x'",
			apart:  "zpool(8) does not name the feature",
			inPool: another("b special c", &zfs.PoolCreateOptions{Force: true}), row: row{want: is(zfs.ErrFeatureDisabled), text: "pool feature is not enabled"}},
		{op: ioctl.OpPoolCreate, code: ioctl.CodeRange, about: "$x", devices: "a", cmd: "zpool create -f -O recordsize=1M $x {b}", says: "record size invalid",
			inPool: then(paused("zfs_max_recordsize", "131072"), another("b", &zfs.PoolCreateOptions{Force: true, AllFeatures: true, RootProps: texts("recordsize", "1M")})), row: row{want: is(zfs.ErrInvalidProp), text: "recordsize"}},
		{op: ioctl.OpPoolCreate, code: ioctl.CodeExist, about: "$", devices: "a", cmd: "zpool create -f $ {b}", says: "already exists",
			inPool: func(s *poolSite) error {
				return s.c.PoolCreate(s.ctx, s.pool, layoutOf(s.t, "b", s.paths), &zfs.PoolCreateOptions{Force: true})
			}, row: row{want: is(zfs.ErrExists), text: "already exists"}},
		{op: ioctl.OpPoolScan, code: ioctl.CodeBusy, about: "$", devices: "a", cmd: "zpool scrub $", says: "currently scrubbing",
			inPool: then(paused(scanPause, "1"), scrubbed(nil), scrubbed(nil)), row: row{until: "2.2", want: is(zfs.ErrInProgress), text: inProgressNow}},
		{op: ioctl.OpPoolScrub, code: ioctl.CodeBusy, about: "$", devices: "a", cmd: "zpool scrub $", says: "currently scrubbing",
			lacks: "the operation", inPool: then(paused(scanPause, "1"), scrubbed(nil), scrubbed(nil)), row: row{since: "2.2", want: is(zfs.ErrInProgress), text: inProgressNow}},
		{op: ioctl.OpPoolScan, code: ioctl.CodeNoent, about: "$", devices: "a", cmd: "zpool scrub -s $", says: "there is no active scrub",
			inPool: scrubbed(&zfs.PoolScrubOptions{Stop: true}), row: row{until: "2.2", want: is(zfs.ErrNotInProgress), text: "nothing of the kind is in progress"}},
		{op: ioctl.OpPoolScrub, code: ioctl.CodeNoent, about: "$", devices: "a", cmd: "zpool scrub -s $", says: "there is no active scrub",
			lacks: "the operation", inPool: scrubbed(&zfs.PoolScrubOptions{Stop: true}), row: row{since: "2.2", want: is(zfs.ErrNotInProgress), text: "nothing of the kind is in progress"}},
		{op: ioctl.OpPoolScrub, code: ioctl.CodeCanceled, about: "$", devices: "a", apart: "zpool scrub -e succeeds, and scrubs nothing",
			lacks: "scrubs of errors", inPool: scrubbed(&zfs.PoolScrubOptions{ErrorsOnly: true}), row: row{since: "2.2", want: is(zfs.ErrNotInProgress), text: "nothing of the kind is in progress"}},
		{op: ioctl.OpPoolScrub, code: ioctl.CodeNotsup, about: "$", devices: "a", cmd: "zpool resilver $", says: "resilver_defer feature",
			lacks: "the operation", inPool: then(bareAgain, scrubbed(&zfs.PoolScrubOptions{Resilver: true})), row: row{since: "2.2", want: is(zfs.ErrFeatureDisabled), text: "feature@resilver_defer"}},
		{op: ioctl.OpPoolCheckpoint, code: ioctl.CodeCheckpointExists, about: "$", devices: "a", cmd: "zpool checkpoint $", says: "checkpoint exists",
			inPool: then(checkpointed, checkpointed), row: row{want: is(zfs.ErrCheckpoint), text: checkpointIs}},
		{op: ioctl.OpPoolCheckpoint, code: ioctl.CodeDevrmInProgress, about: "$", devices: "a b", cmd: "zpool checkpoint $", says: "device removal in progress",
			inPool: then(paused(removalPause, "1"), vdevRemove("b"), checkpointed), row: row{want: is(zfs.ErrInProgress), text: inProgressNow}},
		{op: ioctl.OpPoolCheckpoint, code: ioctl.CodeRaidzExpandInProgress, about: "$", devices: "raidz a b c", cmd: "zpool checkpoint $", says: "raidz expansion",
			lacks: raidzExpand, inPool: then(paused(expandMost, "1"), vdevAttach("raidz1-0 d", nil), checkpointed), row: row{since: "2.3", want: is(zfs.ErrInProgress), text: inProgressNow}},
		{op: ioctl.OpPoolCheckpoint, code: ioctl.CodeNotsup, about: "$", devices: "a", cmd: "zpool checkpoint $", says: poolNotSup,
			apart:  "zpool(8) does not name the feature",
			inPool: then(bareAgain, checkpointed), row: row{want: is(zfs.ErrFeatureDisabled), text: "feature@zpool_checkpoint"}},
		{op: ioctl.OpPoolSetProps, code: ioctl.CodeNoent, about: "$/no", devices: "a", cmd: "zpool set bootfs=$/no $", says: "no such pool or dataset",
			inPool: func(s *poolSite) error { return s.c.PoolSetProps(s.ctx, s.pool, texts("bootfs", s.pool+"/no")) }, row: row{want: is(zfs.ErrNotFound), text: "$/no: does not exist"}},
		{op: ioctl.OpPoolDiscardCheckpoint, code: ioctl.CodeNoCheckpoint, about: "$", devices: "a", cmd: "zpool checkpoint -d $", says: "checkpoint does not exist",
			inPool: discarded, row: row{want: is(zfs.ErrNotInProgress), text: "pool has no checkpoint"}},
		{op: ioctl.OpPoolReguid, code: ioctl.CodeCheckpointExists, about: "$", devices: "a", cmd: "zpool reguid $", says: "checkpoint exists",
			inPool: then(checkpointed, reguid), row: row{want: is(zfs.ErrCheckpoint), text: checkpointIs}},
		{op: ioctl.OpPoolReguid, code: ioctl.CodeNxio, about: "$", devices: "mirror a b", cmd: "zpool reguid $", says: "one or more devices is currently unavailable",
			inPool: then(vdevState("b", zfs.VdevOffline, false), reguid), row: row{want: is(zfs.ErrDevice), text: "device cannot be used"}},
		{op: ioctl.OpPoolSetProps, code: ioctl.CodeNotsup, about: "$", devices: "a", cmd: "zpool set bootfs=$/v $", says: "not",
			inPool: then(inShell("zfs create -sV 1M $/v"), func(s *poolSite) error { return setPool("bootfs", s.pool+"/v")(s) }), row: row{want: is(zfs.ErrInvalidProp), text: "invalid property or value"}},
		{op: ioctl.OpPoolInitialize, code: ioctl.CodeSrch, about: "$", devices: "a", cmd: "zpool initialize -c $ {a}", says: "there is no active initialization",
			inPool: initialized(zfs.PoolInitializeOptions{Command: zfs.WorkCancel}), row: row{want: is(zfs.ErrNotInProgress), text: "no initialization is in progress"}},
		{op: ioctl.OpPoolInitialize, code: ioctl.CodeBusy, about: "$", devices: "a", cmd: "zpool initialize $ {a}", says: "currently initializing",
			inPool: then(paused("zfs_initialize_chunk_size", "4096"), initialized(zfs.PoolInitializeOptions{}), initialized(zfs.PoolInitializeOptions{})), row: row{want: is(zfs.ErrInProgress), text: inProgressNow}},
		{op: ioctl.OpPoolTrim, code: ioctl.CodeSrch, about: "$", devices: "a", cmd: "zpool trim -c $ {a}", says: "there is no active trim",
			inPool: trimmed(zfs.PoolTrimOptions{Command: zfs.WorkCancel}), row: row{want: is(zfs.ErrNotInProgress), text: "no trim is in progress"}},
		{op: ioctl.OpPoolTrim, code: ioctl.CodeNotsup, about: "$", devices: "a", cmd: "zpool trim -d $ {a}", says: "trim operations are not supported by this device",
			inPool: trimmed(zfs.PoolTrimOptions{Secure: true}), row: row{want: is(zfs.ErrWrongDevice), text: wrongDevice}},
		{op: ioctl.OpPoolExport, code: ioctl.CodeXdev, about: "$", devices: "mirror a b spare c", cmd: "zpool export $", says: "active shared spare",
			inPool: then(sharedSpare, func(s *poolSite) error { return s.c.PoolExport(s.ctx, s.pool, nil) }), row: row{want: is(zfs.ErrBusy), text: "a device is a spare that other pools share"}},
		{op: ioctl.OpErrorLog, code: ioctl.CodeAcces, about: "$", devices: "a", apart: "zpool status says that the list is unavailable, and succeeds",
			inPool: func(s *poolSite) error {
				return as(s.t, aliceID, func() error { return firstError(s.c.PoolErrorLog(s.ctx, s.pool)) })
			}, row: row{want: is(zfs.ErrPermission), text: "permission denied"}},
		{op: ioctl.OpClearFault, code: ioctl.CodeAcces, about: "", devices: "a", apart: noCommand,
			inPool: func(s *poolSite) error { return as(s.t, aliceID, func() error { return s.c.FaultClear(s.ctx, 1) }) }, row: row{want: is(zfs.ErrPermission), text: "permission denied"}},
		{op: ioctl.OpInjectListNext, code: ioctl.CodeAcces, about: "", devices: "a", apart: noCommand,
			inPool: func(s *poolSite) error {
				return as(s.t, aliceID, func() error { return firstError(s.c.Faults(s.ctx)) })
			}, row: row{want: is(zfs.ErrPermission), text: "permission denied"}},
		{op: ioctl.OpInjectFault, code: ioctl.CodeAcces, about: "$", devices: "a", apart: noCommand,
			inPool: func(s *poolSite) error {
				return as(s.t, aliceID, func() error {
					return errorOf(s.c.FaultInject(s.ctx, zfs.Fault{Pool: s.pool, Kind: zfs.FaultDevice, Vdev: 1, Error: ioctl.CodeIo}))
				})
			}, row: row{want: is(zfs.ErrPermission), text: "permission denied"}},
	}
}

// sharedSpare adds the row's spare to another pool as well, and puts it into use.
func sharedSpare(s *poolSite) error {
	other := newPoolName(s.t)
	zfstest.Run(s.t, "zpool", "create", "-f", "-O", "mountpoint=none", other, s.paths[4], "spare", s.paths[2])
	err := settled(vdevAttach("b c", replacing()), zfs.ActivityResilver)(s)
	// The other pool ends before this one.
	s.t.Cleanup(func() { _, _ = zfstest.Try("zpool", "destroy", "-f", other) })
	return err
}

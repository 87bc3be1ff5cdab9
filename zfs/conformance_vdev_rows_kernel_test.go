package zfs_test

import (
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

// The options of attaching.
func replacing() *zfs.VdevAttachOptions  { return &zfs.VdevAttachOptions{Replace: true} }
func sequential() *zfs.VdevAttachOptions { return &zfs.VdevAttachOptions{Sequential: true} }

// mirrorRows are the life of a mirror.
func mirrorRows() []poolRow {
	return []poolRow{
		{name: "add what is less safe", do: vdevAdd("c", false), want: is(zfs.ErrInvalidLayout), text: "mirror-0 1"},
		{name: "add a larger mirror", do: vdevAdd("mirror c d e", false), want: is(zfs.ErrInvalidLayout)},
		{name: "add a mirror of one", do: vdevAdd("mirror c", false), want: is(zfs.ErrInvalidLayout), text: "at least 2"},
		{name: "add a device twice", do: vdevAdd("mirror c c", false), want: is(zfs.ErrInvalidLayout), text: "twice"},
		{name: "add its own device", do: vdevAdd("mirror c a", false), want: is(zfs.ErrInvalidLayout, zfs.ErrDeviceInUse)},
		{name: "add its own device by force", do: vdevAdd("mirror c a", true), want: is(zfs.ErrInvalidLayout, zfs.ErrDeviceInUse)},
		{name: "add nothing", do: vdevAdd("", false), want: is(zfs.ErrInvalidLayout)},
		{name: "add what is not there", do: vdevAdd("mirror c /nosuch", false), want: is(zfs.ErrInvalidLayout, zfs.ErrDevice), text: "/nosuch"},
		{name: "add a directory", do: vdevAdd("mirror c /tmp", false), want: is(zfs.ErrInvalidLayout)},
		{name: "add a log", do: vdevAdd("log c", false), left: "mirror(a b) log:c"},
		{name: "add a raidz as log", do: vdevAdd("log raidz d e", false), want: is(zfs.ErrInvalidLayout), text: "log"},
		{name: "remove a log", do: vdevRemove("c"), left: "mirror(a b)"},
		{name: "add a cache", do: vdevAdd("cache c", false), left: "mirror(a b) cache:c"},
		{name: "attach to a cache", do: vdevAttach("c d", nil), want: is(zfs.ErrNotFound)},
		{name: "offline a cache", do: vdevState("c", zfs.VdevOffline, false), left: "mirror(a b) cache:c-"},
		{name: "online a cache", do: vdevState("c", zfs.VdevHealthy, false), left: "mirror(a b) cache:c"},
		{name: "remove a cache", do: vdevRemove("c"), left: "mirror(a b)"},
		{name: "add a spare", do: vdevAdd("spare c", false), left: "mirror(a b) spare:c"},
		{name: "add a spare twice", do: vdevAdd("spare c", false), want: is(zfs.ErrInvalidLayout, zfs.ErrDeviceInUse)},
		{name: "detach a spare that is not in use", do: vdevDetach("c"), want: is(zfs.ErrNotFound)},
		{name: "put a spare in a place", do: settled(vdevAttach("b c", replacing()), zfs.ActivityResilver), left: "mirror(a spare(b c)) spare:c"},
		{name: "remove a spare in use", do: vdevRemove("c"), want: is(zfs.ErrBusy)},
		{name: "take a spare back", do: vdevDetach("c"), left: "mirror(a b) spare:c"},
		{name: "remove a spare", do: vdevRemove("c"), left: "mirror(a b)"},
		{name: "remove a mirror's device", do: vdevRemove("a"), want: is(zfs.ErrWrongDevice)},
		{name: "remove what is not there", do: vdevRemove("h"), want: is(zfs.ErrNotFound)},
		{name: "detach what is not there", do: vdevDetach("h"), want: is(zfs.ErrNotFound)},
		{name: "detach a group", do: vdevDetach("mirror-0"), want: is(zfs.ErrWrongDevice)},
		{name: "attach to what is not there", do: vdevAttach("h c", nil), want: is(zfs.ErrNotFound)},
		{name: "attach its own device", do: vdevAttach("a b", nil), want: is(zfs.ErrInvalidLayout, zfs.ErrDeviceInUse)},
		{name: "attach a third device", do: settled(vdevAttach("a c", nil), zfs.ActivityResilver), left: "mirror(a b c)"},
		{name: "attach a fourth in sequence", do: settled(vdevAttach("a d", sequential()), zfs.ActivityResilver), left: "mirror(a b c d)"},
		{name: "detach it", do: vdevDetach("d"), left: "mirror(a b c)"},
		{name: "offline", do: vdevState("c", zfs.VdevOffline, false), left: "mirror(a b c-)"},
		{name: "offline another", do: vdevState("b", zfs.VdevOffline, true), left: "mirror(a b- c-)"},
		{name: "offline the last", do: vdevState("a", zfs.VdevOffline, false), want: is(zfs.ErrNoReplicas)},
		{name: "detach the last", do: vdevDetach("a"), want: is(zfs.ErrNoReplicas)},
		{name: "offline a group", do: vdevState("mirror-0", zfs.VdevOffline, false), want: is(zfs.ErrWrongDevice)},
		{name: "online", do: settled(vdevState("b", zfs.VdevHealthy, false), zfs.ActivityResilver), left: "mirror(a b c-)"},
		{name: "online the other", do: settled(vdevState("c", zfs.VdevHealthy, false), zfs.ActivityResilver), left: "mirror(a b c)"},
		{name: "online what is online", do: vdevState("c", zfs.VdevHealthy, false)},
		{name: "a state that cannot be set", do: vdevState("c", zfs.VdevCantOpen, false), want: is(zfs.ErrInvalid)},
		{name: "replace", do: settled(vdevAttach("c e", replacing()), zfs.ActivityReplace), left: "mirror(a b e)"},
		{name: "replace by its own device", do: vdevAttach("a b", replacing()), want: is(zfs.ErrInvalidLayout, zfs.ErrDeviceInUse)},
		{name: "detach to a mirror of two", do: vdevDetach("e"), left: "mirror(a b)"},
		{name: "checkpoint", do: func(s *poolSite) error { return s.c.PoolCheckpoint(s.ctx, s.pool) }},
		{name: "checkpoint again", do: func(s *poolSite) error { return s.c.PoolCheckpoint(s.ctx, s.pool) }, want: is(zfs.ErrCheckpoint)},
		{name: "detach with a checkpoint", do: vdevDetach("b"), want: is(zfs.ErrCheckpoint)},
		{name: "reguid with a checkpoint", do: func(s *poolSite) error { return s.c.PoolReguid(s.ctx, s.pool, nil) }, want: is(zfs.ErrCheckpoint)},
		{name: "discard", do: settled(func(s *poolSite) error { return s.c.PoolDiscardCheckpoint(s.ctx, s.pool) }, zfs.ActivityDiscard)},
		{name: "discard again", do: func(s *poolSite) error { return s.c.PoolDiscardCheckpoint(s.ctx, s.pool) }, want: is(zfs.ErrNotInProgress)},
		{name: "split to its own name", do: func(s *poolSite) error { return s.c.VdevSplit(s.ctx, s.pool, s.pool, nil) }, want: is(zfs.ErrExists)},
		{name: "split to a bad name", do: func(s *poolSite) error { return s.c.VdevSplit(s.ctx, s.pool, "mirror", nil) }, want: is(zfs.ErrInvalidName)},
		{name: "split", do: func(s *poolSite) error { return s.c.VdevSplit(s.ctx, s.pool, s.pool+"s", nil) }, left: "a"},
		{name: "split what is not a mirror", do: func(s *poolSite) error { return s.c.VdevSplit(s.ctx, s.pool, s.pool+"t", nil) }, want: is(zfs.ErrInvalidLayout), text: "not a mirror"},
		{name: "a pool on a device that was split off", do: another("b", nil), want: is(zfs.ErrInvalidLayout, zfs.ErrDeviceInUse)},
		{name: "that by force", do: another("b", &zfs.PoolCreateOptions{Force: true})},
		{name: "a destroyed pool's device", do: another("b", nil)},
	}
}

// stripeRows are the life of single devices.
func stripeRows() []poolRow {
	return []poolRow{
		{name: "set", do: setPool("comment", "x")},
		{name: "set what is too long", do: setPool("comment", "012345678901234567890123456789012"), want: is(zfs.ErrInvalidProp)},
		{name: "set what is read-only", do: setPool("size", "1"), want: is(zfs.ErrInvalidProp)},
		{name: "set a property that does not exist", do: setPool("nosuch", "1"), want: is(zfs.ErrInvalidProp)},
		{name: "set a bad ashift", do: setPool("ashift", "8"), want: is(zfs.ErrInvalidProp)},
		{name: "set a bootfs in another pool", do: setPool("bootfs", "nosuchpool/a"), want: is(zfs.ErrInvalidProp)},
		{name: "set a bootfs that does not exist", do: func(s *poolSite) error {
			return s.c.PoolSetProps(s.ctx, s.pool, prop.Values{prop.PoolBootFS: prop.String(s.pool + "/none")})
		}, want: is(zfs.ErrNotFound)},
		{name: "enable a feature that does not exist", do: setPool("feature@nosuch", "enabled"), want: is(zfs.ErrInvalidProp)},
		{name: "enable a feature again", do: setPool("feature@lz4_compress", "enabled")},
		{name: "go to an older version", do: func(s *poolSite) error { return s.c.PoolUpgrade(s.ctx, s.pool, &zfs.PoolUpgradeOptions{Version: 28}) }, want: is(zfs.ErrInvalid)},
		{name: "detach", do: vdevDetach("a"), want: is(zfs.ErrWrongDevice)},
		{name: "offline", do: vdevState("a", zfs.VdevOffline, false), want: is(zfs.ErrNoReplicas)},
		{name: "fault", do: vdevState("a", zfs.VdevFaulted, true), left: "a~ b"},
		{name: "clear", do: clearPool, left: "a b"},
		{name: "add a third", do: vdevAdd("c", false), left: "a b c"},
		{name: "remove it", do: settled(vdevRemove("c"), zfs.ActivityRemove), left: "a b"},
		{name: "cancel no removal", do: func(s *poolSite) error { return s.c.VdevRemoveCancel(s.ctx, s.pool) }, want: is(zfs.ErrNotInProgress)},
		{name: "add a mirror", do: vdevAdd("mirror c d", false), want: is(zfs.ErrInvalidLayout)},
		{name: "add a mirror by force", do: vdevAdd("mirror d e", true), left: "a b mirror(d e)"},
		{name: "remove the mirror", do: settled(vdevRemove("mirror-3"), zfs.ActivityRemove), left: "a b"},
		{name: "attach", do: settled(vdevAttach("a f", nil), zfs.ActivityResilver), left: "mirror(a f) b"},
		{name: "split what is a mirror in part", do: func(s *poolSite) error { return s.c.VdevSplit(s.ctx, s.pool, s.pool+"s", nil) }, want: is(zfs.ErrInvalidLayout)},
		{name: "detach again", do: vdevDetach("a"), left: "f b"},
		{name: "replace", do: settled(vdevAttach("f g", replacing()), zfs.ActivityReplace), left: "g b"},
		{name: "special", do: vdevAdd("special a", true), left: "g b special:a"},
		{name: "dedup", do: vdevAdd("dedup h", true), left: "g b special:a dedup:h"},
		{name: "remove a special", do: settled(vdevRemove("a"), zfs.ActivityRemove), left: "g b dedup:h"},
		{name: "scrub", do: settled(func(s *poolSite) error { return s.c.PoolScrub(s.ctx, s.pool, nil) }, zfs.ActivityScrub)},
		{name: "pause no scrub", do: func(s *poolSite) error { return s.c.PoolScrub(s.ctx, s.pool, &zfs.PoolScrubOptions{Pause: true}) }, want: is(zfs.ErrNotInProgress)},
		{name: "stop no scrub", do: func(s *poolSite) error { return s.c.PoolScrub(s.ctx, s.pool, &zfs.PoolScrubOptions{Stop: true}) }, want: is(zfs.ErrNotInProgress)},
		{name: "a pool of that name", do: func(s *poolSite) error {
			return s.c.PoolCreate(s.ctx, s.pool, layoutOf(s.t, "c", s.paths), &zfs.PoolCreateOptions{Force: true})
		}, want: is(zfs.ErrExists)},
		{name: "destroy", do: func(s *poolSite) error { return s.c.PoolDestroy(s.ctx, s.pool, nil) }, left: "-"},
		{name: "destroy again", do: func(s *poolSite) error { return s.c.PoolDestroy(s.ctx, s.pool, nil) }, want: is(zfs.ErrPoolNotFound)},
	}
}

// raidzRows are the life of a raidz.
func raidzRows() []poolRow {
	return []poolRow{
		{name: "offline", do: vdevState("a", zfs.VdevOffline, false), left: "raidz1(a- b c)"},
		{name: "offline another", do: vdevState("b", zfs.VdevOffline, false), want: is(zfs.ErrNoReplicas)},
		{name: "replace what is offline", do: settled(vdevAttach("a d", replacing()), zfs.ActivityReplace), left: "raidz1(d b c)"},
		{name: "detach", do: vdevDetach("b"), want: is(zfs.ErrWrongDevice)},
		{name: "remove", do: vdevRemove("raidz1-0"), want: is(zfs.ErrNoSpace)},
		{name: "attach to a device", do: vdevAttach("b e", nil), want: is(zfs.ErrWrongDevice)},
		{name: "expand", until: "2.3", do: vdevAttach("raidz1-0 e", nil), want: is(zfs.ErrWrongDevice)},
		{name: "expand", since: "2.3", do: settled(vdevAttach("raidz1-0 e", nil), zfs.ActivityExpand), left: "raidz1(d b c e)"},
		{name: "add a mirror", until: "2.3", do: vdevAdd("mirror f g", false), left: "raidz1(d b c) mirror(f g)"},
		{name: "add a mirror", since: "2.3", do: vdevAdd("mirror f g", false), left: "raidz1(d b c e) mirror(f g)"},
	}
}

// draidRows are the life of a draid.
func draidRows() []poolRow {
	return []poolRow{
		{name: "put distributed space in a place", do: settled(vdevAttach("a draid1-0-0", &zfs.VdevAttachOptions{Replace: true, Sequential: true}), zfs.ActivityResilver),
			left: "draid1:2d:4c:1s(spare(a draid1-0-0) b c d) spare:draid1-0-0"},
		{name: "take it back", do: vdevDetach("draid1-0-0"), left: "draid1:2d:4c:1s(a b c d) spare:draid1-0-0"},
		{name: "remove distributed space", do: vdevRemove("draid1-0-0"), want: is(zfs.ErrWrongDevice)},
		{name: "offline two", do: twice(vdevState("a", zfs.VdevOffline, true)), left: "draid1:2d:4c:1s(a- b c d) spare:draid1-0-0"},
		{name: "offline one too many", do: vdevState("b", zfs.VdevOffline, true), want: is(zfs.ErrNoReplicas)},
		{name: "space that is not there", do: vdevAttach("b draid1-0-7", replacing()), want: is(zfs.ErrInvalid)},
	}
}

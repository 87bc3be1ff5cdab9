package zfs_test

import (
	"io/fs"
	"strings"
	"syscall"

	"github.com/purezfs/purezfs/zfs"
)

// snapshot takes snapshots, separated by blanks.
func snapshot(names string) func(*site) error {
	return func(s *site) error { return s.c.SnapshotCreate(s.t.Context(), s.all(names), nil) }
}

// snapshotProps is snapshot with user properties.
func snapshotProps(names string, props ...string) func(*site) error {
	return func(s *site) error {
		return s.c.SnapshotCreate(s.t.Context(), s.all(names), &zfs.SnapshotCreateOptions{Props: texts(props...)})
	}
}

func snapshotRows() []row {
	const set = "/a /b /a@x"
	return named("snapshot", []row{
		{name: "one", do: snapshot("@s"), left: ". @s"},
		{name: "many", set: "/a /v!", do: snapshot("@s /a@s /v@s"), left: ". /a /a@s /v! /v@s @s"},
		{name: "different names", set: "/a", do: snapshot("@s /a@t"), left: ". /a /a@t @s"},
		{name: "user property", do: snapshotProps("@s", "a:b", "text"), left: ". @s", shows: "@s:a:b=text"},
		{name: "longest name", do: func(s *site) error {
			name := "@" + strings.Repeat("s", zfs.MaxNameLen-len(s.ds)-1)
			return lastOf(snapshot(name)(s), destroySnapshots(name)(s))
		}},
		{name: "key not loaded", set: "/e-", do: snapshot("/e@s"), left: ". /e- /e@s"},
		{name: "exists", set: "@s", do: snapshot("@s"), want: is(zfs.ErrExists, fs.ErrExist), items: "@s EEXIST"},
		{name: "one exists", set: set, do: snapshot("/b@x /a@x"), want: is(zfs.ErrExists, syscall.EEXIST), items: "/a@x EEXIST"},
		{name: "two exist", set: "/a /b /a@x /b@x", do: snapshot("@x /a@x /b@x"), want: is(zfs.ErrExists), items: "/a@x EEXIST, /b@x EEXIST"},
		{name: "one has no dataset", set: set, do: snapshot("/b@x /no@x"), want: is(zfs.ErrNotFound, fs.ErrNotExist), items: "/no@x ENOENT"},
		{name: "two have no dataset", do: snapshot("@x /no@x /no2@x"), want: is(zfs.ErrNotFound), items: "/no@x ENOENT, /no2@x ENOENT"},
		{name: "no pool", do: snapshot(":nosuchpool@x"), want: is(zfs.ErrPoolNotFound)},
		{name: "none", do: snapshot("")},
		{name: "two pools", do: snapshot("@x ^@x"), want: is(zfs.ErrCrossPool)},
		{name: "two pools, one is not there", do: snapshot("@x :nosuchpool@x"), want: is(zfs.ErrPoolNotFound), items: ":nosuchpool@x OK"},
		{name: "twice the same dataset", do: snapshot("@x @y"), want: is(zfs.ErrInvalid), text: "$@x and $@y are snapshots of one dataset"},
		{name: "twice the same name", do: snapshot("@x @x"), want: is(zfs.ErrInvalid)},
		{name: "no snapshot", set: "/a", do: snapshot("/a"), want: is(zfs.ErrInvalidName)},
		{name: "one is not a snapshot", set: "/a", do: snapshot("@s /a"), want: is(zfs.ErrInvalidName)},
		{name: "bookmark", do: snapshot("#s"), want: is(zfs.ErrInvalidName)},
		{name: "empty name", do: snapshot("@"), want: is(zfs.ErrInvalidName)},
		{name: "no dataset's name", do: snapshot(":@s"), want: is(zfs.ErrInvalidName)},
		{name: "sign", do: snapshot("@s!"), want: is(zfs.ErrInvalidName)},
		{name: "slash", do: snapshot("@s/t"), want: is(zfs.ErrInvalidName)},
		{name: "two at signs", do: snapshot("@s@t"), want: is(zfs.ErrInvalidName)},
		{name: "NUL", do: snapshot("@s\x00"), want: is(zfs.ErrInvalidName)},
		{name: "percent", do: snapshot("@s%t"), want: is(zfs.ErrInvalidName)},
		{name: "too long", do: snapshot("@" + strings.Repeat("s", 250)), want: is(zfs.ErrInvalidName), text: "at most 255"},
		{name: "native property", do: snapshotProps("@s", "compression", "off"), want: is(zfs.ErrInvalidProp), text: "compression"},
		{name: "unknown property", do: snapshotProps("@s", "nosuch", "off"), want: is(zfs.ErrInvalidProp), text: "nosuch"},
		{name: "user property too long", do: snapshotProps("@s", "a:b", strings.Repeat("x", 8192)), want: is(zfs.ErrInvalidProp)},
		{name: "dataset gone in between", set: "/a", do: func(s *site) error {
			return lastOf(destroy("/a")(s), snapshot("@s /a@s")(s))
		}, want: is(zfs.ErrNotFound), items: "/a@s ENOENT", left: "."},
		{name: "without features", in: inBare, do: snapshot("@s"), left: ". @s"},
	})
}

// destroySnapshots destroys snapshots, named with blanks between.
func destroySnapshots(names string) func(*site) error {
	return func(s *site) error { return s.c.SnapshotDestroy(s.t.Context(), s.all(names), nil) }
}

// deferSnapshots marks those that cannot be destroyed.
func deferSnapshots(names string) func(*site) error {
	return func(s *site) error {
		return s.c.SnapshotDestroy(s.t.Context(), s.all(names), &zfs.SnapshotDestroyOptions{Defer: true})
	}
}

func snapshotDestroyRows() []row {
	return named("destroy snapshots", []row{
		{name: "one", set: "@s", do: destroySnapshots("@s"), left: "."},
		{name: "many of one dataset", set: "@1 @2 @3", do: destroySnapshots("@1 @3"), left: ". @2"},
		{name: "of several datasets", set: "@s /a /a@s", do: destroySnapshots("@s /a@s"), left: ". /a"},
		{name: "the same twice", set: "@s", do: destroySnapshots("@s @s"), left: "."},
		{name: "that are not there", do: destroySnapshots("@no /no@s")},
		{name: "one is not there", set: "@s", do: destroySnapshots("@s @no"), left: "."},
		{name: "with a bookmark", set: "@s #m=@s", do: destroySnapshots("@s"), left: ". #m"},
		{name: "deferred, but free", set: "@s", do: deferSnapshots("@s"), left: "."},
		{name: "deferred and held", set: "@s+t", do: deferSnapshots("@s"), left: ". @s+t~"},
		{name: "deferred with a clone", set: "@s /c=@s", do: deferSnapshots("@s"), left: ". /c=@s @s~"},
		{name: "deferred again", set: "@s+t~", do: deferSnapshots("@s")},
		{name: "marked, and its clone goes", set: "@s /c=@s", do: func(s *site) error {
			return lastOf(deferSnapshots("@s")(s), destroy("/c")(s))
		}, left: "."},
		{name: "deferred, one is free", set: "@s @h+t", do: deferSnapshots("@s @h"), left: ". @h+t~"},
		{name: "held", set: "@s+t", do: destroySnapshots("@s"), want: is(zfs.ErrBusy, syscall.EBUSY), items: "@s EBUSY"},
		{name: "one is held", set: "@s @h+t", do: destroySnapshots("@s @h"), want: is(zfs.ErrBusy), items: "@h EBUSY"},
		{name: "marked and held", set: "@s+t~", do: destroySnapshots("@s"), want: is(zfs.ErrBusy), items: "@s EBUSY"},
		{name: "one has a clone", set: "@s @o /c=@o", do: destroySnapshots("@s @o"), want: is(zfs.ErrHasClones, syscall.EEXIST), items: "@o EEXIST"},
		{name: "mounted", set: "@s", do: func(s *site) error {
			s.mount("@s")
			return destroySnapshots("@s")(s)
		}, want: is(zfs.ErrBusy), items: "@s EBUSY"},
		{name: "no pool", do: destroySnapshots(":nosuchpool@s"), want: is(zfs.ErrPoolNotFound)},
		{name: "none", do: destroySnapshots("")},
		{name: "two pools", set: "@s", do: destroySnapshots("@s ^@s"), want: is(zfs.ErrCrossPool)},
		{name: "filesystem", set: "/a", do: destroySnapshots("/a"), want: is(zfs.ErrInvalidName)},
		{name: "one is a bookmark", set: "@s #m=@s", do: destroySnapshots("@s #m"), want: is(zfs.ErrInvalidName)},
		{name: "empty name", do: destroySnapshots("@"), want: is(zfs.ErrInvalidName)},
		{name: "too long a name", do: destroySnapshots("@" + strings.Repeat("s", 256)), want: is(zfs.ErrInvalidName)},
	})
}

func snapshotRangeRows() []row {
	span := func(spec, want string) func(*site) error {
		return func(s *site) error {
			got, err := s.c.SnapshotRange(s.t.Context(), s.name(spec))
			if err != nil {
				return err
			}
			return same(got, s.all(want))
		}
	}
	const set = "@m @c @x @b"
	return named("range", []row{
		{name: "between", set: set, do: span("@c%b", "@c @x @b")},
		{name: "from the oldest", set: set, do: span("@%c", "@m @c")},
		{name: "list", set: set, do: span("@b,m%c", "@m @c @b")},
		{name: "of none", do: span("@%", "")},
		{name: "backwards", set: set, do: span("@b%c", ""), want: is(zfs.ErrInvalid), text: "b is newer than c"},
		{name: "not there", set: set, do: span("@m,no%x", ""), want: is(zfs.ErrNotFound), items: "@no"},
		{name: "no dataset", do: span("/no@%", ""), want: is(zfs.ErrNotFound)},
		{name: "no snapshot", do: span(".", ""), want: is(zfs.ErrInvalidName)},
		{name: "empty part", set: set, do: span("@m,,c", ""), want: is(zfs.ErrInvalidName)},
		{name: "three ends", set: set, do: span("@m%c%x", ""), want: is(zfs.ErrInvalidName)},
	})
}

func snapshotSpaceRows() []row {
	space := func(first, last string) func(*site) error {
		return func(s *site) error {
			_, err := s.c.SnapshotSpace(s.t.Context(), s.name(first), s.name(last))
			return err
		}
	}
	written := func(name, since string) func(*site) error {
		return func(s *site) error {
			_, err := s.c.SnapshotWritten(s.t.Context(), s.name(name), s.name(since))
			return err
		}
	}
	const set = "@1 @2 #m=@1 /a /a@1"
	return append(named("space", []row{
		{name: "of two", set: set, do: space("@1", "@2")},
		{name: "of one", set: set, do: space("@1", "@1")},
		{name: "backwards", set: set, do: space("@2", "@1"), want: is(zfs.ErrInvalid)},
		{name: "of two datasets", set: set, do: space("@1", "/a@1"), want: is(zfs.ErrInvalid)},
		{name: "of two pools", set: set, do: space("@1", "^@1"), want: is(zfs.ErrInvalid)},
		{name: "no first", set: set, do: space("@no", "@2"), want: is(zfs.ErrBaseNotFound), text: "$@no: does not exist"},
		{name: "no last", set: set, do: space("@1", "@no"), want: is(zfs.ErrNotFound)},
		{name: "no dataset", do: space("/no@1", "/no@2"), want: is(zfs.ErrNotFound)},
		{name: "filesystem", set: set, do: space(".", "@1"), want: is(zfs.ErrInvalidName)},
		{name: "bookmark", set: set, do: space("#m", "@1"), want: is(zfs.ErrInvalidName)},
	}), named("written", []row{
		{name: "since a snapshot", set: set, do: written(".", "@1")},
		{name: "since a bookmark", set: set, do: written(".", "#m")},
		{name: "between snapshots", set: set, do: written("@2", "@1")},
		{name: "clone since its origin", set: "@1 /c=@1", do: written("/c", "@1")},
		{name: "backwards", set: set, do: written("@1", "@2"), want: is(zfs.ErrInvalid)},
		{name: "of another", set: set, do: written("/a", "@1"), want: is(zfs.ErrInvalid)},
		{name: "since what is not there", set: set, do: written(".", "@no"), want: is(zfs.ErrBaseNotFound), text: "$@no: does not exist"},
		{name: "since no bookmark", set: set, do: written(".", "#no"), want: is(zfs.ErrBaseNotFound)},
		{name: "not there", set: set, do: written("/no", "@1"), want: is(zfs.ErrNotFound)},
		{name: "two pools", do: written(".", "^@1"), want: is(zfs.ErrCrossPool)},
		{name: "two pools, one is not there", do: written(".", ":nosuchpool@1"), want: is(zfs.ErrBaseNotFound)},
		{name: "since a filesystem", set: set, do: written(".", "/a"), want: is(zfs.ErrInvalidName)},
		{name: "of a bookmark", set: set, do: written("#m", "@1"), want: is(zfs.ErrInvalidName)},
	})...)
}

// temporary takes a temporary snapshot and closes it.
func temporary(name, prefix string) func(*site) error {
	return func(s *site) error {
		snap, err := s.c.SnapshotTemp(s.t.Context(), s.name(name), &zfs.SnapshotTempOptions{Prefix: prefix})
		if err != nil {
			return err
		}
		return snap.Close()
	}
}

func snapshotTempRows() []row {
	return named("temporary", []row{
		{name: "filesystem", do: temporary(".", ""), closes: true},
		{name: "volume", set: "/v!", do: temporary("/v", "mine"), closes: true},
		{name: "not there", do: temporary("/no", ""), want: is(zfs.ErrNotFound)},
		{name: "no pool", do: temporary(":nosuchpool/a", ""), want: is(zfs.ErrPoolNotFound)},
		{name: "snapshot", set: "@s", do: temporary("@s", ""), want: is(zfs.ErrInvalidName)},
		{name: "bad prefix", do: temporary(".", "a/b"), want: is(zfs.ErrInvalidName)},
		{name: "prefix with an at sign", do: temporary(".", "a@b"), want: is(zfs.ErrInvalidName)},
		{name: "long prefix", do: temporary(".", strings.Repeat("p", 230)), want: is(zfs.ErrInvalidName)},
	})
}

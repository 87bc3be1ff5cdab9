package zfs_test

import (
	"io/fs"
	"strings"
	"syscall"

	"github.com/purezfs/purezfs/zfs"
)

// cloneOf creates a clone with properties, given as names and values.
func cloneOf(name, origin string, props ...string) func(*site) error {
	return func(s *site) error {
		return s.c.DatasetClone(s.t.Context(), s.name(name), s.name(origin), &zfs.DatasetCloneOptions{Props: texts(props...)})
	}
}

// cloneParents is cloneOf with the ancestors that are missing.
func cloneParents(name, origin string, props ...string) func(*site) error {
	return func(s *site) error {
		return s.c.DatasetClone(s.t.Context(), s.name(name), s.name(origin), &zfs.DatasetCloneOptions{Parents: true, Props: texts(props...)})
	}
}

func cloneRows() []row {
	const set = "@s /v! /v@s"
	return named("clone", []row{
		{name: "filesystem", set: set, do: cloneOf("/c", "@s"), left: ". /c=@s /v! /v@s @s"},
		{name: "without options", set: "@s", do: func(s *site) error {
			return s.c.DatasetClone(s.t.Context(), s.name("/c"), s.name("@s"), nil)
		}, left: ". /c=@s @s"},
		{name: "volume", set: set, do: cloneOf("/w", "/v@s", "volsize", "2M"), left: ". /v! /v@s /w!=/v@s @s", shows: "/w:volsize=2097152"},
		{name: "properties", set: "@s", do: cloneOf("/c", "@s", "compression", "gzip-9", "a:b", "text"), left: ". /c=@s @s", shows: "/c:compression=gzip-9 /c:a:b=text"},
		{name: "parents", set: "@s", do: cloneParents("/x/y/z", "@s"), left: ". /x /x/y /x/y/z=@s @s"},
		{name: "below its origin's dataset", set: "/a /a@s", do: cloneOf("/a/c", "/a@s"), left: ". /a /a/c=/a@s /a@s"},
		{name: "encrypted", set: "/e* /e@s", do: cloneOf("/c", "/e@s"), left: ". /c=/e@s /e* /e@s"},
		{name: "key not loaded", set: "/e* /e@s", do: func(s *site) error {
			return lastOf(unloadKey("/e")(s), cloneOf("/c", "/e@s")(s))
		}, left: ". /c=/e@s /e- /e@s"},
		{name: "of a held snapshot", set: "@s+t", do: cloneOf("/c", "@s"), left: ". /c=@s @s+t"},
		{name: "exists", set: "@s /c=@s", do: cloneOf("/c", "@s"), want: is(zfs.ErrExists, fs.ErrExist)},
		{name: "no origin", set: "@s", do: cloneOf("/c", "@no"), want: is(zfs.ErrBaseNotFound), text: "$@no: does not exist"},
		{name: "no dataset of the origin", do: cloneOf("/c", "/no@s"), want: is(zfs.ErrBaseNotFound), text: "$/no@s: does not exist"},
		{name: "no parent", set: "@s", do: cloneOf("/no/c", "@s"), want: is(zfs.ErrNotFound, zfs.ErrParentNotFound), text: "$/no: parent does not exist"},
		{name: "no pool", do: cloneOf(":nosuchpool/c", ":nosuchpool/a@s"), want: is(zfs.ErrPoolNotFound)},
		{name: "another pool", set: "@s", do: cloneOf("^/c", "@s"), want: is(zfs.ErrCrossPool)},
		{name: "another pool, which is not there", set: "@s", do: cloneOf(":nosuchpool/c", "@s"), want: is(zfs.ErrPoolNotFound), text: "nosuchpool: pool does not exist"},
		{name: "the origin's pool is not there", do: cloneOf("/c", ":nosuchpool/a@s"), want: is(zfs.ErrBaseNotFound), text: "nosuchpool/a@s: does not exist"},
		{name: "below a volume", set: set, do: cloneOf("/v/c", "@s"), want: is(zfs.ErrWrongParent)},
		{name: "below a volume with parents", set: set, do: cloneParents("/v/x/c", "@s"), want: is(zfs.ErrWrongParent)},
		{name: "of a filesystem", do: cloneOf("/c", "."), want: is(zfs.ErrInvalidName)},
		{name: "of a bookmark", set: "@s #m=@s", do: cloneOf("/c", "#m"), want: is(zfs.ErrInvalidName)},
		{name: "as a snapshot", set: "@s", do: cloneOf("/c@s", "@s"), want: is(zfs.ErrInvalidName)},
		{name: "empty name", set: "@s", do: cloneOf(":", "@s"), want: is(zfs.ErrInvalidName)},
		{name: "empty origin", do: cloneOf("/c", ":"), want: is(zfs.ErrInvalidName)},
		{name: "too long a name", set: "@s", do: cloneOf("/"+strings.Repeat("n", 250), "@s"), want: is(zfs.ErrInvalidName)},
		{name: "percent", set: "@s", do: cloneOf("/c%d", "@s"), want: is(zfs.ErrInvalidName)},
		{name: "set once", set: "@s", do: cloneOf("/c", "@s", "casesensitivity", "mixed"), want: is(zfs.ErrInvalidProp), text: "casesensitivity"},
		{name: "property of a volume", set: "@s", do: cloneOf("/c", "@s", "volsize", "2M"), want: is(zfs.ErrInvalidProp), text: "volsize"},
		{name: "encryption", set: "@s", do: cloneOf("/c", "@s", "encryption", "on"), want: is(zfs.ErrInvalidProp), text: "encryption"},
		{name: "too large a reservation", set: "@s", do: cloneOf("/c", "@s", "reservation", "1T"), want: is(zfs.ErrNoSpace), items: "reservation ENOSPC"},
		{name: "parents are told", set: "@s", do: cloneParents("/n/m/c", "@s", "reservation", "1T"),
			want: is(zfs.ErrNoSpace), items: "reservation ENOSPC", done: "/n, /n/m", left: ". /n /n/m @s"},
		{name: "no origin, with properties and parents", do: cloneParents("/q/c", "@no", "atime", "off"), want: is(zfs.ErrBaseNotFound)},
		{name: "origin gone in between", set: "@s", do: func(s *site) error {
			return lastOf(destroySnapshots("@s")(s), cloneOf("/c", "@s")(s))
		}, want: is(zfs.ErrBaseNotFound), left: "."},
		{name: "without features", in: inBare, set: "@s", do: cloneOf("/c", "@s"), left: ". /c=@s @s"},
	})
}

// promote promotes a clone.
func promote(name string) func(*site) error {
	return func(s *site) error { return s.c.DatasetPromote(s.t.Context(), s.name(name)) }
}

func promoteRows() []row {
	return named("promote", []row{
		{name: "filesystem", set: "/a /a@s /c=/a@s", do: promote("/c"), left: ". /a=/c@s /c /c@s"},
		{name: "volume", set: "/v! /v@s /w=/v@s", do: promote("/w"), left: ". /v!=/w@s /w! /w@s"},
		{name: "older snapshots move, newer stay", set: "/a /a@1 /a@2 /a@3 /c=/a@2", do: promote("/c"), left: ". /a=/c@2 /a@3 /c /c@1 /c@2"},
		{name: "held snapshot", set: "/a /a@s+t /c=/a@s", do: promote("/c"), left: ". /a=/c@s /c /c@s+t"},
		{name: "bookmarks move", set: "/a /a@s /a#m=/a@s /c=/a@s", do: promote("/c"), left: ". /a=/c@s /c /c#m /c@s"},
		{name: "another clone", set: "/a /a@s /b=/a@s /c=/a@s", do: promote("/c"), left: ". /a=/c@s /b=/c@s /c /c@s"},
		{name: "out of the encryption root", set: "/e* /e/a /e/a@s /c=/e/a@s", do: promote("/c"), want: is(zfs.ErrNotEncryptionRoot, syscall.EACCES),
			text: "$/e/a: cannot leave its encryption root, $/e (EACCES)"},
		{name: "of the same key", set: "/e* /e/a /e/a@s /e/c=/e/a@s", do: promote("/e/c"), left: ". /e* /e/a=/e/c@s /e/c /e/c@s"},
		{name: "a snapshot of the same name", set: "/a /a@s /c=/a@s /c@s", do: promote("/c"), want: is(zfs.ErrExists), items: "/c@s EEXIST"},
		{name: "a bookmark of the same name", set: "/a /a@s /a#m=/a@s /c=/a@s /c@t /c#m=/c@t", do: promote("/c"), want: is(zfs.ErrExists), items: "/c#m", text: "$/a#m would become it"},
		{name: "no clone", set: "/a", do: promote("/a"), want: is(zfs.ErrInvalid), text: "it is not a clone"},
		{name: "promoted already", set: "/a /a@s /c=/a@s", do: func(s *site) error {
			return lastOf(promote("/c")(s), promote("/c")(s))
		}, want: is(zfs.ErrInvalid), left: ". /a=/c@s /c /c@s"},
		{name: "the root of a pool", do: promote("^"), want: is(zfs.ErrInvalid)},
		{name: "not there", do: promote("/no"), want: is(zfs.ErrNotFound)},
		{name: "no pool", do: promote(":nosuchpool/a"), want: is(zfs.ErrPoolNotFound)},
		{name: "snapshot", set: "@s", do: promote("@s"), want: is(zfs.ErrInvalidName)},
		{name: "empty name", do: promote(":"), want: is(zfs.ErrInvalidName)},
	})
}

// rollback rolls back, to the latest snapshot if no name is given, and checks
// which one that was.
func rollback(name, to, want string) func(*site) error {
	return rollbackOver(name, to, want, false)
}

// rollbackOver is rollback that can destroy newer snapshots.
func rollbackOver(name, to, want string, destroy bool) func(*site) error {
	return func(s *site) error {
		opts := &zfs.DatasetRollbackOptions{DestroyNewer: destroy}
		if to != "" {
			opts.To = s.name(to)
		}
		got, err := s.c.DatasetRollback(s.t.Context(), s.name(name), opts)
		if err != nil {
			return err
		}
		return same(got, s.name(want))
	}
}

func rollbackRows() []row {
	const three = "@1 @2 @3"
	return named("rollback", []row{
		{name: "to the latest", set: three, do: rollback(".", "", "@3")},
		{name: "without options", set: "@1", do: func(s *site) error {
			_, err := s.c.DatasetRollback(s.t.Context(), s.ds, nil)
			return err
		}},
		{name: "to the latest by name", set: three, do: rollback(".", "@3", "@3")},
		{name: "volume", set: "/v! /v@1", do: rollback("/v", "", "/v@1")},
		{name: "clone to its origin", set: "@1 /c=@1", do: rollback("/c", "@1", "@1")},
		{name: "clone to its origin, as the latest", set: "@1 /c=@1", do: rollback("/c", "", "@1")},
		{name: "held", set: "@1+t", do: rollback(".", "", "@1")},
		{name: "over newer ones", set: three, do: rollbackOver(".", "@1", "@1", true), left: ". @1"},
		{name: "over a newer bookmark", set: "@1 @2 #m=@2", do: rollbackOver(".", "@1", "@1", true), left: ". @1"},
		{name: "newer ones", set: three, do: rollback(".", "@1", ""), want: is(zfs.ErrNewer, syscall.EEXIST), items: "@2, @3", text: "newer than $@1"},
		{name: "newer one and a bookmark", set: "@1 @2 #m=@2", do: rollback(".", "@1", ""), want: is(zfs.ErrNewer), items: "@2, #m"},
		{name: "bookmark newer than the latest", set: "@1 @2 #m=@2", do: func(s *site) error {
			return lastOf(destroySnapshots("@2")(s), rollback(".", "", "")(s))
		}, want: is(zfs.ErrNewer), items: "#m", left: ". #m @1"},
		{name: "newer one is held", set: "@1 @2+t @3", do: rollbackOver(".", "@1", "", true), want: is(zfs.ErrBusy), items: "@2 EBUSY"},
		{name: "newer one has a clone", set: "@1 @2 /c=@2", do: rollbackOver(".", "@1", "", true), want: is(zfs.ErrHasClones), items: "@2 EEXIST, /c"},
		{name: "no snapshot", do: rollback(".", "", ""), want: is(zfs.ErrNotFound), text: "it has no snapshots"},
		{name: "no such snapshot", set: "@1", do: rollbackOver(".", "@no", "", true), want: is(zfs.ErrNotFound), text: "$@no: does not exist"},
		{name: "snapshot of another", set: "@1 /a /a@1", do: rollbackOver("/a", "@1", "", true), want: is(zfs.ErrNotFound)},
		{name: "not there", do: rollback("/no", "", ""), want: is(zfs.ErrNotFound)},
		{name: "no pool", do: rollback(":nosuchpool/a", "", ""), want: is(zfs.ErrPoolNotFound)},
		{name: "another pool", do: rollback(".", "^@1", ""), want: is(zfs.ErrCrossPool)},
		{name: "another pool, which is not there", do: rollback(".", ":nosuchpool@1", ""), want: is(zfs.ErrPoolNotFound)},
		{name: "a snapshot", set: "@1", do: rollback("@1", "", ""), want: is(zfs.ErrInvalidName)},
		{name: "to a filesystem", do: rollback(".", ".", ""), want: is(zfs.ErrInvalidName)},
		{name: "to a bookmark", set: "@1 #m=@1", do: rollback(".", "#m", ""), want: is(zfs.ErrInvalidName)},
		{name: "too long a name", do: rollback("/"+strings.Repeat("n", 256), "", ""), want: is(zfs.ErrInvalidName)},
		{name: "snapshot gone in between", set: "@1 @2", do: func(s *site) error {
			return lastOf(destroySnapshots("@2")(s), rollback(".", "@2", "")(s))
		}, want: is(zfs.ErrNotFound), left: ". @1"},
	})
}

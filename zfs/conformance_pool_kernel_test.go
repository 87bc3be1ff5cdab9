package zfs_test

import (
	"strings"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// readOnlyTree is the content of the pool that is then imported read-only.
const readOnlyTree = ". /a /a@1 /a@2+t /a#m=/a@1 /c=/a@2 /c@3 /e* /v! /n"

// readOnlyRows are about that tree: only reading works.
func readOnlyRows() []row {
	rows := []row{
		{name: "create", do: create("/b")},
		{name: "create a volume", do: createVolume("/w", 1<<20)},
		{name: "create with a key", do: createKey("/f", rawNew)},
		{name: "destroy", do: destroy("/n")},
		{name: "clone", do: cloneOf("/d", "/a@1")},
		{name: "promote", do: promote("/c")},
		{name: "rename", do: rename("/n", "/b", nil)},
		{name: "rename a snapshot", do: rename("/a@1", "/a@x", nil)},
		{name: "roll back", do: rollback("/a", "", "")},
		{name: "snapshot", do: snapshot("/a@3")},
		{name: "temporary snapshot", do: temporary("/a", "")},
		{name: "destroy snapshots", do: destroySnapshots("/a@1")},
		{name: "bookmark", do: bookmark("/a#n=/a@1")},
		{name: "destroy bookmarks", do: destroyBookmarks("/a#m")},
		{name: "redact", do: redact("/a#r", "/a@2", "/c@3")},
		{name: "hold", do: hold("/a@1+t")},
		{name: "release", do: release("/a@2+t")},
		{name: "set", do: set("/a", "atime", "off")},
		{name: "set a user property", do: set("/a@1", "a:b", "x")},
		{name: "inherit", do: inherit("/a", "atime", nil)},
		{name: "limit a user", do: limit("/a", zfs.UserQuota, "7", 1)},
		{name: "allow", do: allow("/a", everyone(), "send")},
		{name: "wait", do: func(s *site) error {
			_, err := s.c.DatasetWait(s.t.Context(), s.name("/a"), zfs.DatasetDeleteQueue)
			return err
		}},
		{name: "upgrade the counting", do: upgrade("/a")},
		{name: "execute a plan", do: planned("/n")},
	}
	for i := range rows {
		rows[i].want = is(zfs.ErrReadOnly)
	}
	rows = append(rows, []row{
		{name: "check a key", do: checkKey("/e", rawKey())},
		{name: "check a wrong key", do: checkKey("/e", wrongKey()), want: is(zfs.ErrWrongKey)},
		{name: "load and unload a key", do: func(s *site) error { return lastOf(loadKey("/e", rawKey())(s), unloadKey("/e")(s)) }},
		{name: "change a key", do: func(s *site) error {
			defer func() { testkit.Must(s.t, unloadKey("/e")(s)) }()
			return lastOf(loadKey("/e", rawKey())(s), changeKey("/e", hexNew)(s))
		}, want: is(zfs.ErrReadOnly)},
		{name: "mount", do: mountAt("/a", "a")},
		// The kernel might never come back.
		{name: "use of space", do: quotaOf("/a", zfs.UserQuota, "7", 0), want: is(zfs.ErrReadOnly), text: "mount the filesystem first"},
		{name: "use of space of a snapshot", do: quotaOf("/a@1", zfs.UserQuota, "7", 0)},
		{name: "use of space, mounted", do: func(s *site) error {
			s.mount("/a")
			return quotaOf("/a", zfs.UserQuota, "7", 0)(s)
		}},
		{name: "grants", do: granted("/a", "")},
		{name: "differences", do: diffOf("/a@1", "/a@2")},
		{name: "objects", do: findPath("/a", "/")},
	}...)
	for i := range rows {
		rows[i].in = inReadOnly
	}
	return named("read-only pool", rows)
}

// rightsRows are about alice: first without any rights, then with those that
// the operation takes.
func rightsRows() []row {
	const tree = "/a /a@1 /a@2+t /a#m=/a@1 /c=/a@1 /c@3 /e* /n"
	const made = ". /a /a#m /a@1 /a@2+t /c=/a@1 /c@3 /e* /n"
	rows := []row{
		{name: "create", grant: "create,mount", do: create("/b"), left: made + " /b"},
		{name: "destroy", grant: "destroy,mount", do: destroy("/n"), left: strings.TrimSuffix(made, " /n")},
		{name: "clone", grant: "clone,create,mount", do: cloneOf("/d", "/a@1"), left: ". /a /a#m /a@1 /a@2+t /c=/a@1 /c@3 /d=/a@1 /e* /n"},
		{name: "promote", grant: "promote,mount", do: promote("/c"), left: ". /a=/c@1 /a@2+t /c /c#m /c@1 /c@3 /e* /n"},
		{name: "rename", grant: "rename,create,mount,destroy", do: rename("/n", "/o", nil), left: ". /a /a#m /a@1 /a@2+t /c=/a@1 /c@3 /e* /o"},
		{name: "rename a snapshot", grant: "rename,create,mount,destroy", do: rename("/c@3", "/c@4", nil), left: ". /a /a#m /a@1 /a@2+t /c=/a@1 /c@4 /e* /n"},
		{name: "roll back", grant: "rollback,mount", do: rollback("/a", "", "/a@2")},
		{name: "snapshot", grant: "snapshot", do: snapshot("/n@1"), left: made + " /n@1"},
		{name: "temporary snapshot", grant: "snapshot,hold,destroy,mount", do: temporary("/a", "")},
		{name: "destroy snapshots", grant: "destroy,mount", do: destroySnapshots("/c@3"), left: ". /a /a#m /a@1 /a@2+t /c=/a@1 /e* /n"},
		{name: "bookmark", grant: "bookmark", do: bookmark("/a#n=/a@1"), left: ". /a /a#m /a#n /a@1 /a@2+t /c=/a@1 /c@3 /e* /n"},
		{name: "destroy bookmarks", grant: "destroy,mount", do: destroyBookmarks("/a#m"), left: ". /a /a@1 /a@2+t /c=/a@1 /c@3 /e* /n"},
		{name: "hold", grant: "hold", do: hold("/c@3+t"), left: ". /a /a#m /a@1 /a@2+t /c=/a@1 /c@3+t /e* /n"},
		{name: "release", grant: "release", do: release("/a@2+t"), left: ". /a /a#m /a@1 /a@2 /c=/a@1 /c@3 /e* /n"},
		{name: "set", grant: "atime", do: set(".", "atime", "off"), items: "atime EPERM", left: made},
		{name: "set a user property", grant: "userprop", do: set(".", "a:b", "x"), items: "a:b EPERM", left: made},
		{name: "set a quota", grant: "quota", do: set(".", "quota", "100M"), items: "quota EPERM", left: made},
		{name: "inherit", grant: "atime", do: inherit(".", "atime", nil), left: made},
		{name: "inherit a user property", grant: "userprop", do: inherit(".", "a:b", nil), left: made},
		{name: "unload a key", grant: "load-key", do: unloadKey("/e"), left: ". /a /a#m /a@1 /a@2+t /c=/a@1 /c@3 /e- /n"},
		{name: "check a key", grant: "load-key", do: checkKey("/e", rawKey())},
		{name: "change a key", grant: "change-key", do: changeKey("/e", hexNew)},
		{name: "limit a user", grant: "userquota", do: limit("/a", zfs.UserQuota, "7", 1), items: "userquota@7 EPERM"},
		{name: "use of another's space", grant: "userused", do: quotaOf("/a", zfs.UserUsed, "7", 0)},
		{name: "use of everybody's space", grant: "groupquota", do: countUsers("/a", zfs.GroupQuota, 0)},
		{name: "execute a plan", grant: "destroy,mount", do: planned("/n"), left: strings.TrimSuffix(made, " /n")},
		{name: "allow", grant: "allow,send", do: allow(".", everyone(), "send")},
		{name: "path", grant: "diff", do: findPath("/a", "/")},
		{name: "differences", grant: "diff", do: diffOf("/a@1", "/a@2")},
	}
	var all []row
	for _, r := range rows {
		r.user, r.set = true, tree
		without := r
		without.grant, without.left, without.want = "", "", is(zfs.ErrPermission)
		r.items = "" // these are refused
		without.name, r.name = "without the right: "+r.name, "with the right: "+r.name
		all = append(all, without, r)
	}
	return named("alice", append(all, []row{
		{name: "own space", user: true, set: tree, do: quotaOf("/a", zfs.UserUsed, "alice", 0)},
		{name: "exists", user: true, set: tree, do: func(s *site) error {
			found, err := s.c.DatasetExists(s.t.Context(), s.name("/a@1"))
			return lastOf(err, same(found, true))
		}},
		{name: "redact", user: true, set: tree, do: redact("/a#r", "/a@1", "/c@3"), want: is(zfs.ErrPermission)},
		{name: "mount", user: true, set: tree, do: mountAt("/a", "a"), want: is(zfs.ErrPermission)},
		{name: "parents without the right", user: true, grant: "rename,mount", set: "/a", do: rename("/a", "/p/a", &zfs.DatasetRenameOptions{Parents: true}), want: is(zfs.ErrPermission)},
		{name: "a right for another property", user: true, grant: "atime", do: set(".", "exec", "off"), want: is(zfs.ErrPermission), items: "exec EPERM"},
		{name: "grant what one has not", user: true, grant: "allow", do: allow(".", everyone(), "send"), want: is(zfs.ErrPermission)},
		{name: "create within the limit", user: true, grant: "create,mount", set: "filesystem_limit=1", do: create("/a"), left: ". /a"},
		{name: "create beyond the limit", user: true, grant: "create,mount", set: "filesystem_limit=0", do: create("/a"), want: is(zfs.ErrQuota)},
		{name: "clone beyond the limit", user: true, grant: "clone,create,mount", set: "@s filesystem_limit=0", do: cloneOf("/c", "@s"), want: is(zfs.ErrQuota)},
		{name: "snapshot beyond the limit", user: true, grant: "snapshot", set: "@s snapshot_limit=1", do: snapshot("@t"), want: is(zfs.ErrQuota), items: " EDQUOT"},
		{name: "root goes beyond the limit", set: "@s snapshot_limit=1", do: snapshot("@t"), left: ". @s @t"},
	}...))
}

// spaceRows are about a full pool: operations that need space fail, operations
// that free some work.
func spaceRows() []row {
	const tree = "/a /a@1 /a@2+t /a#m=/a@1 /c=/a@1 /c@3 /e* /n"
	const made = ". /a /a#m /a@1 /a@2+t /c=/a@1 /c@3 /e* /n"
	rows := []row{
		{name: "create", do: create("/b")},
		{name: "create a volume", do: createVolume("/w", 1<<20)},
		{name: "create with a key", do: createKey("/f", rawNew)},
		{name: "clone", do: cloneOf("/d", "/a@1")},
		{name: "snapshot", do: snapshot("/n@1")},
		{name: "snapshot of several", do: snapshot("/a@9 /n@9")},
		{name: "bookmark", do: bookmark("/a#n=/a@1")},
		{name: "redact", do: redact("/a#r", "/a@1", "/c@3")},
		{name: "hold", do: hold("/c@3+t")},
		{name: "temporary hold", do: holdTemporarily("/c@3+t")},
		{name: "temporary snapshot", do: temporary("/a", "")},
		{name: "change a key", do: changeKey("/e", hexNew)},
		{name: "set a reservation", do: set("/a", "reservation", "10M"), items: "reservation ENOSPC"},
		{name: "set", do: set("/a", "atime", "off"), items: "atime ENOSPC"},
		{name: "set a user property", do: set("/a", "a:b", "x"), items: "a:b ENOSPC"},
		{name: "inherit", do: inherit("/a", "atime", nil)},
		{name: "promote", do: promote("/c")},
		{name: "rename", do: rename("/n", "/o", nil)},
		{name: "rename a snapshot", do: rename("/c@3", "/c@4", nil)},
		{name: "roll back", do: rollback("/a", "", "")},
		{name: "destroy bookmarks", do: destroyBookmarks("/a#m")},
		{name: "allow", do: allow("/a", everyone(), "send")},
	}
	for i := range rows {
		rows[i].want = is(zfs.ErrNoSpace)
	}
	rows = append(rows, []row{
		{name: "destroy", do: destroy("/n"), left: strings.TrimSuffix(made, " /n")},
		{name: "destroy snapshots", do: destroySnapshots("/c@3"), left: ". /a /a#m /a@1 /a@2+t /c=/a@1 /e* /n"},
		{name: "release", do: release("/a@2+t"), left: ". /a /a#m /a@1 /a@2 /c=/a@1 /c@3 /e* /n"},
		{name: "unload a key", do: unloadKey("/e"), left: ". /a /a#m /a@1 /a@2+t /c=/a@1 /c@3 /e- /n"},
		{name: "check a key", do: checkKey("/e", rawKey())},
	}...)
	for i := range rows {
		rows[i].full, rows[i].set = true, tree
	}
	return named("full pool", rows)
}

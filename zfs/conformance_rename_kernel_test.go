package zfs_test

import (
	"strings"
	"syscall"

	"github.com/purezfs/purezfs/zfs"
)

// rename renames with options, which may be nil.
func rename(from, to string, opts *zfs.DatasetRenameOptions) func(*site) error {
	return func(s *site) error { return s.c.DatasetRename(s.t.Context(), s.name(from), s.name(to), opts) }
}

func renameRows() []row {
	parents := &zfs.DatasetRenameOptions{Parents: true}
	long := "/" + strings.Repeat("n", 215)
	return named("rename", []row{
		{name: "with a child", set: "/a /a/b", do: rename("/a", "/A", nil), left: ". /A /A/b"},
		{name: "volume", set: "/v! /a", do: rename("/v", "/a/v", nil), left: ". /a /a/v!"},
		{name: "without unmounting", set: "/a", do: rename("/a", "/b", &zfs.DatasetRenameOptions{NoUnmount: true}), left: ". /b"},
		{name: "mounted", set: "/a", do: func(s *site) error {
			s.mount("/a")
			return rename("/a", "/b", nil)(s)
		}, left: ". /b"},
		{name: "parents", set: "/a", do: rename("/a", "/p/q/a", parents), left: ". /p /p/q /p/q/a"},
		{name: "parents that are there", set: "/a /p", do: rename("/a", "/p/a", parents), left: ". /p /p/a"},
		{name: "with snapshots, holds and clones", set: "/a /a@s+t /c=/a@s", do: rename("/a", "/b", nil), left: ". /b /b@s+t /c=/b@s"},
		{name: "within its encryption root", set: "/e* /e/a /e/b", do: rename("/e/a", "/e/b/a", nil), left: ". /e* /e/b /e/b/a"},
		{name: "key not loaded", set: "/e-", do: rename("/e", "/f", nil), left: ". /f-"},
		{name: "out of its encryption root", set: "/e* /e/a", do: rename("/e/a", "/a", nil), want: is(zfs.ErrNotEncryptionRoot, syscall.EACCES), text: "cannot leave its encryption root, $/e (EACCES)"},
		{name: "to another encryption root", set: "/e* /f* /e/a", do: rename("/e/a", "/f/a", nil), want: is(zfs.ErrNotEncryptionRoot)},
		{name: "encryption root below another", set: "/e* /f*", do: rename("/e", "/f/e", nil), left: ". /f* /f/e*"},
		{name: "exists", set: "/a /b", do: rename("/a", "/b", nil), want: is(zfs.ErrExists)},
		{name: "itself", set: "/a", do: rename("/a", "/a", nil), want: is(zfs.ErrExists)},
		{name: "not there", do: rename("/no", "/no2", nil), want: is(zfs.ErrNotFound), text: `rename "$/no": does not exist`},
		{name: "not there, with parents", do: rename("/no", "/n/m/no", parents), want: is(zfs.ErrNotFound)},
		{name: "no pool", do: rename(":nosuchpool/a", ":nosuchpool/b", nil), want: is(zfs.ErrPoolNotFound)},
		{name: "no parent", set: "/a", do: rename("/a", "/no/a", nil), want: is(zfs.ErrNotFound, zfs.ErrParentNotFound), text: "$/no: parent does not exist"},
		{name: "below a volume", set: "/a /v!", do: rename("/a", "/v/a", nil), want: is(zfs.ErrWrongParent)},
		{name: "volume below a volume", set: "/v! /w!", do: rename("/v", "/w/v", nil), want: is(zfs.ErrWrongParent)},
		{name: "below itself", set: "/a", do: rename("/a", "/a/x", nil), want: is(zfs.ErrInvalid)},
		{name: "below its own child", set: "/a /a/b", do: rename("/a", "/a/b/x", nil), want: is(zfs.ErrInvalid)},
		{name: "below itself, with parents", set: "/a", do: rename("/a", "/a/x/y", parents), want: is(zfs.ErrInvalid)},
		{name: "the root of a pool", do: rename("^", ":otherpool", nil), want: is(zfs.ErrPoolNotFound), text: "otherpool: pool does not exist"},
		{name: "from a pool that is not there", do: rename(":nosuchpool/a", "/a", nil), want: is(zfs.ErrPoolNotFound), text: "nosuchpool"},
		{name: "another pool", set: "/a", do: rename("/a", "^/a", nil), want: is(zfs.ErrCrossPool)},
		{name: "another pool, with parents", set: "/a", do: rename("/a", "^/p/a", parents), want: is(zfs.ErrCrossPool)},
		{name: "to a snapshot", set: "/a", do: rename("/a", "/a@s", nil), want: is(zfs.ErrInvalidName)},
		{name: "to a bookmark", set: "/a", do: rename("/a", "/a#m", nil), want: is(zfs.ErrInvalidName)},
		{name: "to an empty name", set: "/a", do: rename("/a", ":", nil), want: is(zfs.ErrInvalidName)},
		{name: "percent", set: "/a", do: rename("/a", "/a%b", nil), want: is(zfs.ErrInvalidName)},
		{name: "recursively", set: "/a", do: rename("/a", "/b", &zfs.DatasetRenameOptions{Recursive: true}), want: is(zfs.ErrInvalid)},
		{name: "too long a name", set: "/a", do: rename("/a", "/"+strings.Repeat("n", 255), nil), want: is(zfs.ErrInvalidName)},
		{name: "a child's name becomes too long", set: "/a /a/" + strings.Repeat("b", 50), do: rename("/a", long, nil), want: is(zfs.ErrInvalidName), text: "descendant"},
		{name: "a snapshot's name becomes too long", set: "/a /a@" + strings.Repeat("b", 50), do: rename("/a", long, nil), want: is(zfs.ErrInvalidName), text: "descendant"},
		{name: "parents are told", set: "/a /a/" + strings.Repeat("b", 50), do: rename("/a", "/p"+long, parents),
			want: is(zfs.ErrInvalidName), done: "/p", left: ". /a /a/" + strings.Repeat("b", 50) + " /p"},
		{name: "gone in between", set: "/a", do: func(s *site) error {
			return lastOf(destroy("/a")(s), rename("/a", "/b", nil)(s))
		}, want: is(zfs.ErrNotFound), left: "."},
	})
}

func renameSnapshotRows() []row {
	recursive := &zfs.DatasetRenameOptions{Recursive: true}
	return named("rename a snapshot", []row{
		{name: "one", set: "@s /a /a@s", do: rename("@s", "@t", nil), left: ". /a /a@s @t"},
		{name: "recursively", set: "@s /a /a@s /b", do: rename("@s", "@t", recursive), left: ". /a /a@t /b @t"},
		{name: "recursively, with mounts", set: "@s /a /a@s", do: rename("@s", "@t", &zfs.DatasetRenameOptions{Recursive: true, NoUnmount: true}), left: ". /a /a@t @t"},
		{name: "held", set: "@s+t", do: rename("@s", "@u", nil), left: ". @u+t"},
		{name: "with a clone", set: "@s /c=@s", do: rename("@s", "@t", nil), left: ". /c=@t @t"},
		{name: "exists", set: "@s @t", do: rename("@s", "@t", nil), want: is(zfs.ErrExists)},
		{name: "exists, recursively", set: "@s @t", do: rename("@s", "@t", recursive), want: is(zfs.ErrExists), items: "@t EEXIST"},
		{name: "exists in a descendant", set: "@s /a /a@s /a@t", do: rename("@s", "@t", recursive), want: is(zfs.ErrExists), items: "/a@t EEXIST"},
		{name: "not there", do: rename("@no", "@no2", nil), want: is(zfs.ErrNotFound), text: `rename "$@no": does not exist`},
		{name: "not there, recursively", do: rename("@no", "@no2", recursive), want: is(zfs.ErrNotFound)},
		{name: "of no dataset", do: rename("/no@s", "/no@t", nil), want: is(zfs.ErrNotFound)},
		{name: "to another dataset", set: "@s /a", do: rename("@s", "/a@s", nil), want: is(zfs.ErrInvalidName)},
		{name: "to another pool", set: "@s", do: rename("@s", "^@s", nil), want: is(zfs.ErrCrossPool)},
		{name: "to a filesystem", set: "@s", do: rename("@s", "/a", nil), want: is(zfs.ErrInvalidName)},
		{name: "to a bookmark", set: "@s", do: rename("@s", "#s", nil), want: is(zfs.ErrInvalidName)},
		{name: "to an empty name", set: "@s", do: rename("@s", "@", nil), want: is(zfs.ErrInvalidName)},
		{name: "to too long a name", set: "@s", do: rename("@s", "@"+strings.Repeat("n", 250), nil), want: is(zfs.ErrInvalidName)},
		{name: "parents", set: "@s", do: rename("@s", "@t", &zfs.DatasetRenameOptions{Parents: true}), want: is(zfs.ErrInvalid)},
		{name: "bookmark", set: "@s #m=@s", do: rename("#m", "#n", nil), want: is(zfs.ErrInvalidName)},
	})
}

package zfs_test

import (
	"strings"
	"syscall"

	"github.com/purezfs/purezfs/zfs"
)

// bookmark creates bookmarks: each word is a name and, after an equals sign, its
// source.
func bookmark(words string) func(*site) error {
	return func(s *site) error {
		marks := make(map[string]string)
		for _, word := range strings.Fields(words) {
			name, source, _ := strings.Cut(word, "=")
			marks[s.name(name)] = s.name(source)
		}
		return s.c.BookmarkCreate(s.t.Context(), marks)
	}
}

func bookmarkRows() []row {
	const notAncestor = " ZFS_ERR_BOOKMARK_SOURCE_NOT_ANCESTOR"
	const set = "@s #m=@s /b /b@s"
	return named("bookmark", []row{
		{name: "of a snapshot", set: "@s", do: bookmark("#m=@s"), left: ". #m @s"},
		{name: "of several datasets", set: "@s /a /a@s", do: bookmark("#m=@s /a#m=/a@s"), left: ". #m /a /a#m /a@s @s"},
		{name: "two of one snapshot", set: "@s", do: bookmark("#m=@s #n=@s"), left: ". #m #n @s"},
		{name: "of a volume's", set: "/v! /v@s", do: bookmark("/v#m=/v@s"), left: ". /v! /v#m /v@s"},
		{name: "of a bookmark", set: "@s #m=@s", do: bookmark("#n=#m"), left: ". #m #n @s"},
		{name: "of a bookmark whose snapshot is gone", set: "@s #m=@s", do: func(s *site) error {
			return lastOf(destroySnapshots("@s")(s), bookmark("#n=#m")(s))
		}, left: ". #m #n"},
		{name: "of a clone's origin", set: "@s /c=@s", do: bookmark("/c#m=@s"), left: ". /c#m /c=@s @s"},
		{name: "of a bookmark before a clone's origin", set: "@1 #m=@1 @s /c=@s", do: bookmark("/c#m=#m"), left: ". #m /c#m /c=@s @1 @s"},
		{name: "of a held snapshot", set: "@s+t", do: bookmark("#m=@s"), left: ". #m @s+t"},
		{name: "named as its snapshot", set: "@s", do: bookmark("#s=@s"), left: ". #s @s"},
		{name: "exists", set: set, do: bookmark("#m=@s #n=@s"), want: is(zfs.ErrExists, syscall.EEXIST), items: "#m EEXIST"},
		{name: "no snapshot", set: set, do: bookmark("#n=@no"), want: is(zfs.ErrBaseNotFound, syscall.ENOENT), items: "#n ENOENT"},
		{name: "one has no snapshot", set: set, do: bookmark("#n=@no #o=@s"), want: is(zfs.ErrBaseNotFound), items: "#n ENOENT"},
		{name: "no bookmark", set: set, do: bookmark("#n=#no"), want: is(zfs.ErrBaseNotFound, syscall.ESRCH), items: "#n ESRCH"},
		{name: "no dataset", set: set, do: bookmark("/no#m=@s"), want: is(zfs.ErrNotFound), items: "/no#m ENOENT"},
		{name: "source in no dataset", set: set, do: bookmark("#n=/no@s"), want: is(zfs.ErrBaseNotFound), items: "#n ENOENT"},
		{name: "no pool", do: bookmark(":nosuchpool#m=:nosuchpool@s"), want: is(zfs.ErrPoolNotFound)},
		{name: "snapshot of another", set: set, do: bookmark("/b#m=@s"), want: is(zfs.ErrNotAncestor), items: "/b#m" + notAncestor},
		{name: "bookmark of another", set: set, do: bookmark("/b#m=#m"), want: is(zfs.ErrNotAncestor), items: "/b#m" + notAncestor},
		{name: "snapshot of a clone, in its origin", set: "@s /c=@s /c@t", do: bookmark("#m=/c@t"), want: is(zfs.ErrNotAncestor), items: "#m" + notAncestor},
		{name: "snapshot after a clone's origin", set: "@s /c=@s @t", do: bookmark("/c#m=@t"), want: is(zfs.ErrNotAncestor), items: "/c#m" + notAncestor},
		{name: "one of them is of another", set: set, do: bookmark("#n=@s /b#m=@s"), want: is(zfs.ErrNotAncestor), items: "/b#m" + notAncestor},
		{name: "none", do: bookmark("")},
		{name: "of another pool", set: set, do: bookmark("#n=^@s"), want: is(zfs.ErrCrossPool)},
		{name: "in two pools", set: set, do: bookmark("#n=@s ^#n=^@s"), want: is(zfs.ErrCrossPool)},
		{name: "of a filesystem", set: set, do: bookmark("#n=/b"), want: is(zfs.ErrInvalidName)},
		{name: "as a snapshot", set: set, do: bookmark("@n=@s"), want: is(zfs.ErrInvalidName)},
		{name: "as a filesystem", set: set, do: bookmark("/n=@s"), want: is(zfs.ErrInvalidName)},
		{name: "empty name", set: set, do: bookmark("#=@s"), want: is(zfs.ErrInvalidName)},
		{name: "two signs", set: set, do: bookmark("#n#o=@s"), want: is(zfs.ErrInvalidName)},
		{name: "sign", set: set, do: bookmark("#n!=@s"), want: is(zfs.ErrInvalidName)},
		{name: "percent", set: set, do: bookmark("#n%o=@s"), want: is(zfs.ErrInvalidName)},
		{name: "too long", set: set, do: bookmark("#" + strings.Repeat("n", 250) + "=@s"), want: is(zfs.ErrInvalidName)},
		{name: "source too long", set: set, do: bookmark("#n=@" + strings.Repeat("n", 250)), want: is(zfs.ErrInvalidName)},
		{name: "without the feature", in: inBare, set: "@s", do: bookmark("#m=@s"), want: is(zfs.ErrFeatureDisabled, syscall.ENOTSUP)},
		{name: "snapshot gone in between", set: "@s", do: func(s *site) error {
			return lastOf(destroySnapshots("@s")(s), bookmark("#m=@s")(s))
		}, want: is(zfs.ErrBaseNotFound), items: "#m ENOENT", left: "."},
	})
}

// destroyBookmarks destroys bookmarks, named with blanks between.
func destroyBookmarks(names string) func(*site) error {
	return func(s *site) error { return s.c.BookmarkDestroy(s.t.Context(), s.all(names)) }
}

func bookmarkDestroyRows() []row {
	const set = "@s #m=@s #n=@s /a /a@s /a#m=/a@s"
	return named("destroy bookmarks", []row{
		{name: "of two datasets", set: set, do: destroyBookmarks("#m /a#m"), left: ". #n /a /a@s @s"},
		{name: "one is not there", set: set, do: destroyBookmarks("#m #no"), left: ". #n /a /a#m /a@s @s"},
		{name: "not there", do: destroyBookmarks("#no")},
		{name: "no dataset", set: set, do: destroyBookmarks("/no#m #m"), left: ". #n /a /a#m /a@s @s"},
		{name: "the same twice", set: set, do: destroyBookmarks("#m #m"), left: ". #n /a /a#m /a@s @s"},
		{name: "without the feature", in: inBare, do: destroyBookmarks("#m")},
		{name: "no pool", do: destroyBookmarks(":nosuchpool#m"), want: is(zfs.ErrPoolNotFound)},
		{name: "none", do: destroyBookmarks("")},
		{name: "two pools", set: set, do: destroyBookmarks("#m ^#m"), want: is(zfs.ErrCrossPool)},
		{name: "one is a snapshot", set: set, do: destroyBookmarks("#m @s"), want: is(zfs.ErrInvalidName)},
		{name: "filesystem", set: set, do: destroyBookmarks("/a"), want: is(zfs.ErrInvalidName)},
		{name: "too long a name", do: destroyBookmarks("#" + strings.Repeat("n", 256)), want: is(zfs.ErrInvalidName)},
	})
}

func bookmarkReadRows() []row {
	props := func(name string) func(*site) error {
		return func(s *site) error {
			mark, err := s.c.BookmarkProps(s.t.Context(), s.name(name))
			if err != nil {
				return err
			}
			return same(mark.Name, s.name(name))
		}
	}
	list := func(name, want string) func(*site) error {
		return func(s *site) error {
			var got []string
			for mark, err := range s.c.Bookmarks(s.t.Context(), s.name(name), nil) {
				if err != nil {
					return err
				}
				got = append(got, mark.Name)
			}
			return same(got, s.all(want))
		}
	}
	const set = "@s #m=@s #a=@s"
	return append(named("bookmark's properties", []row{
		{name: "there", set: set, do: props("#m")},
		{name: "not there", set: set, do: props("#no"), want: is(zfs.ErrNotFound, syscall.ESRCH)},
		{name: "no dataset", do: props("/no#m"), want: is(zfs.ErrNotFound, syscall.ENOENT)},
		{name: "no pool", do: props(":nosuchpool#m"), want: is(zfs.ErrPoolNotFound)},
		{name: "snapshot", set: set, do: props("@s"), want: is(zfs.ErrInvalidName)},
		{name: "without the feature", in: inBare, do: props("#m"), want: is(zfs.ErrNotFound)},
	}), named("bookmarks", []row{
		{name: "in order", set: set, do: list(".", "#a #m")},
		{name: "none", do: list(".", "")},
		{name: "without the feature", in: inBare, do: list(".", "")},
		{name: "not there", do: list("/no", ""), want: is(zfs.ErrNotFound)},
		{name: "no pool", do: list(":nosuchpool", ""), want: is(zfs.ErrPoolNotFound)},
	})...)
}

// redact creates a redaction bookmark.
func redact(mark, of, snapshots string) func(*site) error {
	return func(s *site) error {
		return s.c.BookmarkRedact(s.t.Context(), s.name(mark), s.name(of), s.all(snapshots))
	}
}

func redactRows() []row {
	const set = "@s /c=@s /c@1 /c@2 /o /o@s"
	return named("redact", []row{
		{name: "one", set: set, do: redact("#r", "@s", "/c@1"), left: ". #r /c=@s /c@1 /c@2 /o /o@s @s"},
		{name: "two", set: set, do: redact("#r", "@s", "/c@2 /c@1"), left: ". #r /c=@s /c@1 /c@2 /o /o@s @s"},
		{name: "a clone of a clone", set: "@s /c=@s /c@1 /d=/c@1 /d@1", do: redact("#r", "@s", "/d@1"), left: ". #r /c=@s /c@1 /d=/c@1 /d@1 @s"},
		{name: "ordinary bookmark of one", set: set, do: func(s *site) error {
			return lastOf(redact("#r", "@s", "/c@1")(s), bookmark("#m=#r")(s))
		}, left: ". #m #r /c=@s /c@1 /c@2 /o /o@s @s"},
		{name: "exists", set: set, do: func(s *site) error {
			return lastOf(redact("#r", "@s", "/c@1")(s), redact("#r", "@s", "/c@1")(s))
		}, want: is(zfs.ErrExists), left: ". #r /c=@s /c@1 /c@2 /o /o@s @s"},
		{name: "exists for others", set: set, do: func(s *site) error {
			return lastOf(redact("#r", "@s", "/c@1")(s), redact("#r", "@s", "/c@2")(s))
		}, want: is(zfs.ErrExists), left: ". #r /c=@s /c@1 /c@2 /o /o@s @s"},
		{name: "over an ordinary bookmark", set: set + " #r=@s", do: redact("#r", "@s", "/c@1"), want: is(zfs.ErrExists)},
		{name: "not of a clone", set: set, do: redact("#r", "@s", "/o@s"), want: is(zfs.ErrNotAncestor)},
		{name: "by itself", set: set, do: redact("#r", "@s", "@s"), want: is(zfs.ErrNotAncestor)},
		{name: "one is missing", set: set, do: redact("#r", "@s", "/c@1 /c@no"), want: is(zfs.ErrBaseNotFound), text: "$/c@no: does not exist"},
		{name: "snapshot is missing", set: set, do: redact("#r", "@no", "/c@1"), want: is(zfs.ErrNotFound)},
		{name: "no pool", do: redact(":nosuchpool#r", ":nosuchpool@s", ":nosuchpool/c@1"), want: is(zfs.ErrPoolNotFound)},
		{name: "none", set: set, do: redact("#r", "@s", ""), want: is(zfs.ErrInvalid)},
		{name: "of another pool", set: set, do: redact("#r", "@s", "^@1"), want: is(zfs.ErrCrossPool)},
		{name: "in another dataset", set: set, do: redact("/o#r", "@s", "/c@1"), want: is(zfs.ErrInvalidName), text: "must be in the dataset of its snapshot"},
		{name: "of a filesystem", set: set, do: redact("#r", ".", "/c@1"), want: is(zfs.ErrInvalidName)},
		{name: "by a filesystem", set: set, do: redact("#r", "@s", "/c"), want: is(zfs.ErrInvalidName)},
		{name: "empty name", set: set, do: redact("#", "@s", "/c@1"), want: is(zfs.ErrInvalidName)},
		{name: "without the feature", in: inBare, set: set, do: redact("#r", "@s", "/c@1"), want: is(zfs.ErrFeatureDisabled)},
	})
}

package zfs_test

import (
	"io/fs"
	"strings"
	"syscall"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// holds reads words such as "@s+t+u": names, each with tags.
func (s *site) holds(words string) map[string][]string {
	all := make(map[string][]string)
	for _, word := range strings.Fields(words) {
		parts := strings.Split(word, "+")
		all[s.name(parts[0])] = parts[1:]
	}
	return all
}

// hold holds snapshots, each by one tag: "@s+t /a@s+u".
func hold(words string) func(*site) error {
	return func(s *site) error { return s.hold(words, nil) }
}

// hold holds with options, which may be nil.
func (s *site) hold(words string, opts *zfs.HoldAddOptions) error {
	tags := make(map[string]string)
	for name, all := range s.holds(words) {
		tags[name] = strings.Join(all, "+")
	}
	return s.c.HoldAdd(s.t.Context(), tags, opts)
}

// holdTemporarily holds for an owner, and closes it if there was no error.
func holdTemporarily(words string) func(*site) error {
	return func(s *site) error {
		owner, err := s.c.HoldOpen()
		testkit.Must(s.t, err)
		s.t.Cleanup(func() { _ = owner.Close() })
		if err := s.hold(words, &zfs.HoldAddOptions{Owner: owner}); err != nil {
			return err
		}
		return owner.Close()
	}
}

func holdRows() []row {
	const set = "@s /a /a@s /a@h+t"
	rest := func(marks string) string { return ". /a /a@h+t /a@s" + marks }
	return named("hold", []row{
		{name: "one", set: "@s", do: hold("@s+t"), left: ". @s+t"},
		{name: "several datasets", set: set, do: hold("@s+t /a@s+u"), left: rest("+u @s+t")},
		{name: "another tag", set: "@s+t", do: hold("@s+u"), left: ". @s+t+u"},
		{name: "any bytes", set: "@s", do: hold("@s+#@/%ä"), left: ". @s+#@/%ä"},
		{name: "longest tag", set: "@s", do: hold("@s+" + strings.Repeat("t", 255)), left: ". @s+" + strings.Repeat("t", 255)},
		{name: "marked snapshot", set: "@s+t~", do: hold("@s+u"), left: ". @s+t+u~"},
		{name: "with a clone", set: "@s /c=@s", do: hold("@s+t"), left: ". /c=@s @s+t"},
		{name: "temporary", set: "@s", do: holdTemporarily("@s+t"), closes: true},
		{name: "temporary, longest tag", set: "@s", do: holdTemporarily("@s+" + strings.Repeat("t", 238)), closes: true},
		{name: "temporary on a marked one", set: "@s+t~", do: holdTemporarily("@s+u"), closes: true},
		{name: "without features", in: inBare, set: "@s", do: hold("@s+t"), left: ". @s+t"},
		{name: "tag exists", set: "@s+t", do: hold("@s+t"), want: is(zfs.ErrExists, fs.ErrExist, syscall.EEXIST), items: "@s EEXIST", text: `$@s": hold "t" already exists`},
		{name: "one tag exists", set: set, do: hold("@s+t /a@h+t"), want: is(zfs.ErrExists), items: "/a@h EEXIST", text: `$/a@h": hold "t" already exists`},
		{name: "temporary tag exists", set: "@s+t", do: holdTemporarily("@s+t"), want: is(zfs.ErrExists), items: "@s EEXIST"},
		{name: "one is missing", set: set, do: hold("@s+t /a@no+t"), want: is(zfs.ErrNotFound), items: "/a@no ENOENT", done: "@s", left: rest(" @s+t")},
		{name: "one dataset is missing", set: set, do: hold("@s+t /no@s+t"), want: is(zfs.ErrNotFound), items: "/no@s ENOENT", done: "@s", left: rest(" @s+t")},
		{name: "all are missing", do: hold("@no+t /no@s+t"), want: is(zfs.ErrNotFound), items: "/no@s ENOENT, @no ENOENT"},
		{name: "one is missing, one tag exists", set: set, do: hold("@no+t /a@h+t"), want: is(zfs.ErrExists), items: "/a@h EEXIST"},
		{name: "temporary and missing", do: holdTemporarily("@no+t"), want: is(zfs.ErrNotFound), items: "@no ENOENT"},
		{name: "no pool", do: hold(":nosuchpool@s+t"), want: is(zfs.ErrPoolNotFound)},
		{name: "none", do: hold("")},
		{name: "two pools", set: "@s", do: hold("@s+t ^@s+t"), want: is(zfs.ErrCrossPool)},
		{name: "empty tag", set: "@s", do: hold("@s+"), want: is(zfs.ErrInvalidName), text: "the tag is empty"},
		{name: "tag too long", set: "@s", do: hold("@s+" + strings.Repeat("t", 256)), want: is(zfs.ErrInvalidName), text: "at most 255"},
		{name: "temporary tag too long", set: "@s", do: holdTemporarily("@s+" + strings.Repeat("t", 239)), want: is(zfs.ErrInvalidName), text: "at most 238"},
		{name: "NUL in the tag", set: "@s", do: hold("@s+t\x00u"), want: is(zfs.ErrInvalidName)},
		{name: "filesystem", set: "/a", do: hold("/a+t"), want: is(zfs.ErrInvalidName)},
		{name: "bookmark", set: "@s #m=@s", do: hold("#m+t"), want: is(zfs.ErrInvalidName)},
		{name: "one is not a snapshot", set: set, do: hold("@s+t /a+t"), want: is(zfs.ErrInvalidName)},
		{name: "too long a name", do: hold("@" + strings.Repeat("s", 256) + "+t"), want: is(zfs.ErrInvalidName)},
		{name: "for a closed owner", set: "@s", do: func(s *site) error {
			owner, err := s.c.HoldOpen()
			testkit.Must(s.t, err)
			testkit.Must(s.t, owner.Close())
			return s.hold("@s+t", &zfs.HoldAddOptions{Owner: owner})
		}, want: is(fs.ErrClosed)},
	})
}

// release releases holds: "@s+t+u /a@s+t".
func release(words string) func(*site) error {
	return func(s *site) error { return s.c.HoldRelease(s.t.Context(), s.holds(words)) }
}

func releaseRows() []row {
	const set = "@a+1+2+3 @b+1+2"
	return named("release", []row{
		{name: "one", set: "@s+t", do: release("@s+t"), left: ". @s"},
		{name: "several", set: set, do: release("@a+1+3 @b+2"), left: ". @a+2 @b+1"},
		{name: "the last of a marked one", set: "@s+t~", do: release("@s+t"), left: "."},
		{name: "not the last of a marked one", set: "@s+t+u~", do: release("@s+t"), left: ". @s+u~"},
		{name: "the last of a marked one with a clone", set: "@s /c=@s @s2+t", do: func(s *site) error {
			return lastOf(hold("@s+t")(s), deferSnapshots("@s")(s), release("@s+t")(s))
		}, left: ". /c=@s @s2+t @s~"},
		{name: "one is gone", set: set, do: release("@a+9 @b+1"), want: is(zfs.ErrNotFound), items: "@a#9 ENOENT", text: `$@a": hold "9" does not exist`, done: "@b#1", left: ". @a+1+2+3 @b+2"},
		{name: "all of one and one more", set: set, do: release("@b+1+2+9"), want: is(zfs.ErrNotFound), items: "@b#9 ENOENT", done: "@b#1, @b#2", left: ". @a+1+2+3 @b"},
		{name: "never held", set: "@s", do: release("@s+t"), want: is(zfs.ErrNotFound, fs.ErrNotExist), items: "@s#t ENOENT", text: `release "$@s": hold "t" does not exist`},
		{name: "missing snapshot", set: set, do: release("@no+1 @b+2"), want: is(zfs.ErrNotFound), items: "@no ENOENT", done: "@b#2", left: ". @a+1+2+3 @b+1"},
		{name: "missing dataset", do: release("/no@s+1"), want: is(zfs.ErrNotFound), items: "/no@s ENOENT"},
		{name: "no pool", do: release(":nosuchpool@s+t"), want: is(zfs.ErrPoolNotFound)},
		{name: "none", do: release("")},
		{name: "no tag", set: "@s+t", do: release("@s")},
		{name: "two pools", set: "@s+t", do: release("@s+t ^@s+t"), want: is(zfs.ErrCrossPool)},
		{name: "empty tag", set: "@s+t", do: release("@s+"), want: is(zfs.ErrInvalidName)},
		{name: "tag too long", set: "@s+t", do: release("@s+" + strings.Repeat("t", 256)), want: is(zfs.ErrInvalidName)},
		{name: "filesystem", do: release("/a+t"), want: is(zfs.ErrInvalidName)},
		{name: "released in between", set: "@s+t", do: func(s *site) error {
			return lastOf(release("@s+t")(s), release("@s+t")(s))
		}, want: is(zfs.ErrNotFound), items: "@s#t ENOENT", left: ". @s"},
		{name: "of a mounted one that would go", set: "@s+t~", do: func(s *site) error {
			s.mount("@s")
			return release("@s+t")(s)
		}, want: is(zfs.ErrBusy), items: "@s EBUSY"},
	})
}

func holdsRows() []row {
	list := func(name, want string, recursive bool) func(*site) error {
		return func(s *site) error {
			var got []string
			for h, err := range s.c.Holds(s.t.Context(), s.name(name), &zfs.HoldsOptions{Recursive: recursive}) {
				if err != nil {
					return err
				}
				got = append(got, h.Snapshot+"+"+h.Tag)
			}
			return same(got, s.all(want))
		}
	}
	const set = "@s+t+a /a /a@s+u /b"
	return named("holds", []row{
		{name: "in order", set: set, do: list("@s", "@s+a @s+t", false)},
		{name: "none", set: "@s", do: list("@s", "", false)},
		{name: "recursively", set: set, do: list("@s", "@s+a @s+t /a@s+u", true)},
		{name: "recursively, not on top", set: "/a /a@s+u", do: list("@s", "/a@s+u", true)},
		{name: "not there", set: set, do: list("@no", "", false), want: is(zfs.ErrNotFound)},
		{name: "no dataset", do: list("/no@s", "", false), want: is(zfs.ErrNotFound)},
		{name: "no dataset, recursively", do: list("/no@s", "", true), want: is(zfs.ErrNotFound)},
		{name: "no pool", do: list(":nosuchpool@s", "", false), want: is(zfs.ErrPoolNotFound)},
		{name: "filesystem", do: list(".", "", false), want: is(zfs.ErrInvalidName)},
		{name: "bookmark", set: "@s #m=@s", do: list("#m", "", false), want: is(zfs.ErrInvalidName)},
		{name: "too long a name", do: list("@"+strings.Repeat("s", 256), "", false), want: is(zfs.ErrInvalidName)},
	})
}

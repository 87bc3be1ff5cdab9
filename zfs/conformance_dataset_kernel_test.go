package zfs_test

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// create creates a filesystem with properties, given as names and values.
func create(name string, props ...string) func(*site) error {
	return func(s *site) error {
		return s.c.DatasetCreate(s.t.Context(), s.name(name), &zfs.DatasetCreateOptions{Props: texts(props...)})
	}
}

// createParents is create with the ancestors that are missing.
func createParents(name string, props ...string) func(*site) error {
	return func(s *site) error {
		return s.c.DatasetCreate(s.t.Context(), s.name(name), &zfs.DatasetCreateOptions{Parents: true, Props: texts(props...)})
	}
}

// createVolume creates a volume.
func createVolume(name string, size uint64, props ...string) func(*site) error {
	return func(s *site) error {
		return s.c.DatasetCreate(s.t.Context(), s.name(name), &zfs.DatasetCreateOptions{VolumeSize: size, Props: texts(props...)})
	}
}

func createRows() []row {
	return named("create", []row{
		{name: "filesystem", do: create("/a"), left: ". /a"},
		{name: "without options", do: func(s *site) error { return s.c.DatasetCreate(s.t.Context(), s.name("/a"), nil) }, left: ". /a"},
		{name: "with blank and all signs", do: create("/a -_.:b"), left: ". /a -_.:b"},
		{name: "parents", do: createParents("/a/b/c"), left: ". /a /a/b /a/b/c"},
		{name: "parents that are there", set: "/a", do: createParents("/a/b"), left: ". /a /a/b"},
		{name: "volume", do: createVolume("/v", 1<<20), left: ". /v!", shows: "/v:volsize=1048576 /v:refreservation=0"},
		{name: "volume with a reservation", do: createVolume("/v", 1<<20, "refreservation", "2M"), left: ". /v!", shows: "/v:refreservation=2097152"},
		{name: "exists", set: "/a", do: create("/a"), want: is(zfs.ErrExists, fs.ErrExist, syscall.EEXIST)},
		{name: "exists as a volume", set: "/v!", do: create("/v"), want: is(zfs.ErrExists)},
		{name: "exists, with parents", set: "/a", do: createParents("/a"), want: is(zfs.ErrExists)},
		{name: "exists with a key", set: "/a", do: createKey("/a", rawNew), want: is(zfs.ErrExists)},
		{name: "no parent", do: create("/no/a"), want: is(zfs.ErrNotFound, zfs.ErrParentNotFound, fs.ErrNotExist, syscall.ENOENT)},
		{name: "volume without parent", do: createVolume("/no/v", 1<<20), want: is(zfs.ErrNotFound, zfs.ErrParentNotFound)},
		{name: "no pool", do: create(":nosuchpool/a"), want: is(zfs.ErrPoolNotFound)},
		{name: "no pool, with parents", do: createParents(":nosuchpool/a/b"), want: is(zfs.ErrPoolNotFound)},
		{name: "root of a pool", do: create("^"), want: is(zfs.ErrInvalidName), text: "is created with the pool"},
		{name: "below a volume", set: "/v!", do: create("/v/a"), want: is(zfs.ErrWrongParent)},
		{name: "volume below a volume", set: "/v!", do: createVolume("/v/w", 1<<20), want: is(zfs.ErrWrongParent)},
		{name: "below a volume with parents", set: "/v!", do: createParents("/v/a/b"), want: is(zfs.ErrWrongParent)},
		{name: "parents are told", do: createParents("/a/b/c", "reservation", "1T"),
			want: is(zfs.ErrNoSpace), items: "reservation ENOSPC", done: "/a, /a/b", left: ". /a /a/b"},
		{name: "the context has ended", do: func(s *site) error {
			ctx, cancel := context.WithCancel(s.t.Context())
			cancel()
			return s.c.DatasetCreate(ctx, s.name("/a"), nil)
		}, want: is(context.Canceled)},
	})
}

// badNames are names of every malformed kind, for a filesystem.
func badNames() map[string]string {
	return map[string]string{
		"empty": ":", "slash first": ":/a", "slash last": "/a/", "two slashes": "//a", "dot": "/.", "two dots": "/../a",
		"sign": "/a!", "not ASCII": "/ä", "control": "/a\n", "tab": "/a\tb", "NUL": "/a\x00b", "star": "/a*",
		"snapshot": "/a@s", "bookmark": "/a#m", "two at signs": "/a@s@t", "at sign alone": "/a@", "snapshot of a bookmark": "/a#m@s",
		"below a snapshot": "/a@s/b", "too long": "/" + strings.Repeat("n", 256), "backslash": `/a\b`,
		"pool begins with a digit": ":9pool/a", "pool begins with a dash": ":-pool/a", "reserved pool": ":mirror/a", "other reserved pool": ":raidz/a",
		"pool with percent": ":p%/a", "blank pool": ": /a",
	}
}

func createNameRows() []row {
	var rows []row
	bad := badNames()
	for _, what := range slices.Sorted(maps.Keys(bad)) {
		rows = append(rows, row{name: what, do: create(bad[what]), want: is(zfs.ErrInvalidName)})
	}
	longest := func(s *site, more int) string { return "/" + strings.Repeat("n", zfs.MaxNameLen-len(s.ds)-1+more) }
	return named("create, name", append(rows, []row{
		{name: "percent", do: create("/a%b"), want: is(zfs.ErrInvalidName)},
		{name: "longest", do: func(s *site) error {
			return lastOf(create(longest(s, 0))(s), destroy(longest(s, 0))(s))
		}},
		{name: "one byte too long", do: func(s *site) error { return create(longest(s, 1))(s) }, want: is(zfs.ErrInvalidName), text: "at most 255"},
	}...))
}

// destroy destroys a filesystem or volume.
func destroy(name string) func(*site) error {
	return func(s *site) error { return s.c.DatasetDestroy(s.t.Context(), s.name(name)) }
}

func destroyRows() []row {
	return named("destroy", []row{
		{name: "filesystem", set: "/a", do: destroy("/a"), left: "."},
		{name: "volume", set: "/v!", do: destroy("/v"), left: "."},
		{name: "clone", set: "@s /c=@s", do: destroy("/c"), left: ". @s"},
		{name: "itself", do: destroy("."), left: "-"},
		{name: "with a bookmark", set: "/a /a@s /a#m=/a@s", do: func(s *site) error {
			return lastOf(destroySnapshots("/a@s")(s), destroy("/a")(s))
		}, left: "."},
		{name: "key not loaded", set: "/e-", do: destroy("/e"), left: "."},
		{name: "has a child", set: "/a /a/b", do: destroy("/a"), want: is(zfs.ErrHasChildren, syscall.EEXIST)},
		{name: "has a snapshot", set: "/a /a@s", do: destroy("/a"), want: is(zfs.ErrHasSnapshots, syscall.EBUSY), text: "it has snapshots, such as $/a@s"},
		{name: "has a snapshot with a clone", set: "/a /a@s /c=/a@s", do: destroy("/a"), want: is(zfs.ErrHasSnapshots)},
		{name: "volume with a snapshot", set: "/v! /v@s", do: destroy("/v"), want: is(zfs.ErrHasSnapshots)},
		{name: "mounted", set: "/a", do: func(s *site) error {
			s.mount("/a")
			return destroy("/a")(s)
		}, want: is(zfs.ErrBusy), text: "it is mounted at"},
		{name: "the root of a pool", do: destroy("^"), want: is(zfs.ErrHasChildren)},
		{name: "not there", do: destroy("/no"), want: is(zfs.ErrNotFound, fs.ErrNotExist)},
		{name: "no pool", do: destroy(":nosuchpool/a"), want: is(zfs.ErrPoolNotFound)},
		{name: "snapshot", set: "@s", do: destroy("@s"), want: is(zfs.ErrInvalidName)},
		{name: "bookmark", set: "@s #m=@s", do: destroy("#m"), want: is(zfs.ErrInvalidName)},
		{name: "empty name", do: destroy(":"), want: is(zfs.ErrInvalidName)},
		{name: "gone in between", set: "/a", do: func(s *site) error {
			return lastOf(destroy("/a")(s), destroy("/a")(s))
		}, want: is(zfs.ErrNotFound), left: "."},
	})
}

// lastOf is the last of several errors. One before it is a failure of the row.
func lastOf(all ...error) error {
	for _, err := range all[:len(all)-1] {
		if err != nil {
			return fmt.Errorf("a step before the call: %v", err)
		}
	}
	return all[len(all)-1]
}

// mount mounts a filesystem until the row's end, and returns where.
func (s *site) mount(name string) string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "mnt")
	_, err := s.c.DatasetMount(s.t.Context(), s.name(name), &zfs.DatasetMountOptions{Path: path})
	testkit.Must(s.t, err)
	s.t.Cleanup(func() {
		// A row may have unmounted or renamed it.
		if s.c.DatasetUnmount(context.Background(), s.name(name), nil) != nil {
			_, _ = zfstest.Try("umount", path)
		}
	})
	return path
}

// planned destroys by a plan.
func planned(name string) func(*site) error {
	return func(s *site) error {
		plan, err := planDestroy(s.t.Context(), s.c, s.name(name), &zfs.PlanDestroyOptions{Recursive: true})
		testkit.Must(s.t, err)
		return s.c.PlanExecute(s.t.Context(), plan, stepwise())
	}
}

func existsRows() []row {
	exists := func(name string, want bool) func(*site) error {
		return func(s *site) error {
			got, err := s.c.DatasetExists(s.t.Context(), s.name(name))
			if err != nil {
				return err
			}
			return same(got, want)
		}
	}
	const set = "/a /v! @s #m=@s"
	return named("exists", []row{
		{name: "pool", do: exists("^", true)},
		{name: "filesystem", set: set, do: exists("/a", true)},
		{name: "volume", set: set, do: exists("/v", true)},
		{name: "snapshot", set: set, do: exists("@s", true)},
		{name: "bookmark", set: set, do: exists("#m", true)},
		{name: "no filesystem", set: set, do: exists("/no", false)},
		{name: "no snapshot", set: set, do: exists("@no", false)},
		{name: "no bookmark", set: set, do: exists("#no", false)},
		{name: "snapshot of nothing", do: exists("/no@s", false)},
		{name: "bookmark of nothing", do: exists("/no#m", false)},
		{name: "below a volume", set: set, do: exists("/v/no", false)},
		{name: "no pool", do: exists(":nosuchpool/a", false)},
		{name: "bookmark in no pool", do: exists(":nosuchpool#m", false)},
		{name: "empty name", do: exists(":", false), want: is(zfs.ErrInvalidName)},
		{name: "two delimiters", do: exists("@s#m", false), want: is(zfs.ErrInvalidName)},
		{name: "NUL", do: exists("\x00", false), want: is(zfs.ErrInvalidName)},
	})
}

func waitRows() []row {
	wait := func(name string, a zfs.DatasetActivity) func(*site) error {
		return func(s *site) error {
			waited, err := s.c.DatasetWait(s.t.Context(), s.name(name), a)
			if err != nil {
				return err
			}
			return same(waited, false)
		}
	}
	return named("wait", []row{
		{name: "nothing to wait for", do: wait(".", zfs.DatasetDeleteQueue)},
		{name: "unknown activity", do: wait(".", 99), want: is(zfs.ErrInvalid)},
		{name: "not there", do: wait("/no", zfs.DatasetDeleteQueue), want: is(zfs.ErrNotFound)},
		{name: "snapshot", set: "@s", do: wait("@s", zfs.DatasetDeleteQueue), want: is(zfs.ErrInvalidName)},
	})
}

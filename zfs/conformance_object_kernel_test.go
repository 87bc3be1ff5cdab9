package zfs_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// pathOf reads the path of an object, and statsOf its attributes.
func pathOf(name string, object uint64) func(*site) error {
	return func(s *site) error {
		_, err := s.c.ObjectPath(s.t.Context(), s.name(name), object)
		return err
	}
}

func statsOf(name string, object uint64) func(*site) error {
	return func(s *site) error {
		_, err := s.c.ObjectStats(s.t.Context(), s.name(name), object)
		return err
	}
}

// findPath walks over the objects until one has a path.
func findPath(name, path string) func(*site) error {
	return func(s *site) error {
		for object, err := range s.c.ObjectNext(s.t.Context(), s.name(name), 0) {
			if err != nil {
				return err
			}
			got, err := s.c.ObjectPath(s.t.Context(), s.name(name), object)
			if err == nil && got == path || errors.Is(err, zfs.ErrPermission) {
				return err
			}
		}
		return os.ErrNotExist
	}
}

// nextOf walks over the objects.
func nextOf(name string, after uint64) func(*site) error {
	return func(s *site) error {
		for _, err := range s.c.ObjectNext(s.t.Context(), s.name(name), after) {
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// diffOf compares two snapshots.
func diffOf(from, to string) func(*site) error {
	return func(s *site) error {
		for _, err := range s.c.ObjectDiff(s.t.Context(), s.name(from), s.name(to)) {
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// datasetOf looks up the dataset of an object set.
func datasetOf(pool string, objset uint64) func(*site) error {
	return func(s *site) error {
		_, err := s.c.ObjectDataset(s.t.Context(), s.name(pool), objset)
		return err
	}
}

func objectRows() []row {
	const set = "@1 @2 #m=@1 /v! /a /a@1 /e-"
	return append(named("object", []row{
		{name: "root of a filesystem", set: set, do: findPath(".", "/")},
		{name: "root of a snapshot", set: set, do: findPath("@1", "/")},
		{name: "path of none", set: set, do: pathOf(".", 1<<30), want: is(zfs.ErrNotFound, syscall.ENOENT), text: "object 1073741824"},
		{name: "path of no file", set: set, do: pathOf(".", 1), want: is(zfs.ErrInvalid, syscall.ENOTSUP), text: "object 1 is not a file"},
		{name: "path beyond all numbers", set: set, do: pathOf(".", 1<<64-1), want: is(zfs.ErrInvalid)},
		{name: "path in a volume", set: set, do: pathOf("/v", 1), want: is(zfs.ErrInvalid)},
		{name: "path, key not loaded", set: set, do: pathOf("/e", 34), want: is(zfs.ErrKey)},
		{name: "path where nothing is", do: pathOf("/no", 34), want: is(zfs.ErrNotFound)},
		{name: "path in no pool", do: pathOf(":nosuchpool", 34), want: is(zfs.ErrPoolNotFound)},
		{name: "path in a bookmark", set: set, do: pathOf("#m", 34), want: is(zfs.ErrInvalidName)},
		{name: "attributes of none", set: set, do: statsOf(".", 1<<30), want: is(zfs.ErrNotFound)},
		{name: "attributes of no file", set: set, do: statsOf(".", 1), want: is(zfs.ErrInvalid)},
		{name: "attributes in a volume", set: set, do: statsOf("/v", 1), want: is(zfs.ErrInvalid)},
		{name: "attributes where nothing is", do: statsOf("/no", 34), want: is(zfs.ErrNotFound)},
		{name: "walk over a volume", set: set, do: nextOf("/v", 0)},
		{name: "walk behind the last", set: set, do: nextOf(".", 1<<40)},
		{name: "walk over what is not there", do: nextOf("/no", 0), want: is(zfs.ErrNotFound)},
		{name: "walk over a bookmark", set: set, do: nextOf("#m", 0), want: is(zfs.ErrInvalidName)},
	}), named("object set", []row{
		{name: "none", do: datasetOf("^", 1<<40), want: is(zfs.ErrNotFound)},
		{name: "another thing", do: datasetOf("^", 1), want: is(zfs.ErrInvalid)},
		{name: "no pool", do: datasetOf(":nosuchpool", 54), want: is(zfs.ErrPoolNotFound)},
		{name: "no pool's name", do: datasetOf(".", 54), want: is(zfs.ErrInvalidName)},
		{name: "diff", set: set, do: diffOf("@1", "@2")},
		{name: "diff to a clone's", set: "@1 /c=@1 /c@2", do: diffOf("@1", "/c@2")},
		{name: "diff backwards", set: set, do: diffOf("@2", "@1"), want: is(zfs.ErrNotAncestor)},
		{name: "diff to itself", set: set, do: diffOf("@1", "@1"), want: is(zfs.ErrNotAncestor)},
		{name: "diff of two filesystems", set: set, do: diffOf("@1", "/a@1"), want: is(zfs.ErrNotAncestor)},
		{name: "diff from none", set: set, do: diffOf("@no", "@2"), want: is(zfs.ErrBaseNotFound), text: "$@no: does not exist"},
		{name: "diff to none", set: set, do: diffOf("@1", "@no"), want: is(zfs.ErrNotFound)},
		{name: "diff to a filesystem", set: set, do: diffOf("@1", "."), want: is(zfs.ErrInvalidName)},
		{name: "diff from a bookmark", set: set, do: diffOf("#m", "@2"), want: is(zfs.ErrInvalidName)},
	})...)
}

// mountAt mounts below a directory of the row's own; an empty path leaves it to the
// properties.
func mountAt(name, path string, options ...string) func(*site) error {
	return func(s *site) error {
		at := path
		if path != "" && path != "relative" {
			// The test's own directory belongs to root, and the caller may be alice.
			dir, err := os.MkdirTemp("", "mount")
			if err != nil {
				return err
			}
			defer os.RemoveAll(dir)
			at = filepath.Join(dir, path)
		}
		_, err := s.c.DatasetMount(s.t.Context(), s.name(name), &zfs.DatasetMountOptions{Path: at, Options: options})
		if err != nil {
			return err
		}
		return unmountOf(name)(s)
	}
}

func unmountOf(name string) func(*site) error {
	return func(s *site) error { return s.c.DatasetUnmount(s.t.Context(), s.name(name), nil) }
}

func mountRows() []row {
	const set = "/a @s #m=@s /v! /e-"
	return append(named("mount", []row{
		{name: "filesystem", set: set, do: mountAt("/a", "a")},
		{name: "snapshot", set: set, do: mountAt("@s", "s")},
		{name: "options", set: set, do: mountAt("/a", "a", "ro", "noexec")},
		{name: "mountpoint none", set: set, do: mountAt("/a", ""), want: is(zfs.ErrInvalid), text: "its mountpoint is none"},
		{name: "mountpoint legacy", set: "mountpoint=legacy", do: mountAt(".", ""), want: is(zfs.ErrInvalid), text: "its mountpoint is legacy"},
		{name: "zoned", set: "mountpoint=/tmp/conf zoned=on", do: mountAt(".", ""), want: is(zfs.ErrInvalid), text: "zoned is on"},
		{name: "mounted elsewhere", set: "mountpoint=/tmp/conf", do: func(s *site) error {
			s.mount(".")
			return mountAt(".", "")(s)
		}, want: is(zfs.ErrBusy), text: "it is mounted at"},
		{name: "no such snapshot", do: mountAt("@no", "s"), want: is(zfs.ErrNotFound)},
		{name: "canmount off", set: "mountpoint=/tmp/conf canmount=off", do: mountAt(".", ""), want: is(zfs.ErrInvalid), text: "canmount is off"},
		{name: "snapshot without a path", set: set, do: mountAt("@s", ""), want: is(zfs.ErrInvalid)},
		{name: "relative path", set: set, do: mountAt("/a", "relative"), want: is(zfs.ErrInvalid)},
		{name: "bad option", set: set, do: mountAt("/a", "a", "a,b"), want: is(zfs.ErrInvalid)},
		{name: "volume", set: set, do: mountAt("/v", "v"), want: is(zfs.ErrInvalid), text: "a volume is not a filesystem"},
		{name: "key not loaded", set: set, do: mountAt("/e", "e"), want: is(zfs.ErrKey)},
		{name: "not there", do: mountAt("/no", "no"), want: is(zfs.ErrNotFound)},
		{name: "bookmark", set: set, do: mountAt("#m", "m"), want: is(zfs.ErrInvalidName)},
		{name: "directory that is not empty", set: "/a overlay=off", do: func(s *site) error {
			dir := s.t.TempDir()
			testkit.Must(s.t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
			_, err := s.c.DatasetMount(s.t.Context(), s.name("/a"), &zfs.DatasetMountOptions{Path: dir})
			return err
		}, want: is(zfs.ErrBusy), text: "is not empty"},
	}), named("unmount", []row{
		{name: "not mounted", set: set, do: unmountOf("/a"), want: is(zfs.ErrNotMounted)},
		{name: "not there", do: unmountOf("/no"), want: is(zfs.ErrNotFound)},
		{name: "no such snapshot", do: unmountOf("@no"), want: is(zfs.ErrNotFound)},
		{name: "no pool", do: unmountOf(":nosuchpool/a"), want: is(zfs.ErrPoolNotFound)},
		{name: "volume", set: set, do: unmountOf("/v"), want: is(zfs.ErrInvalid), text: "a volume is not a filesystem"},
		{name: "bookmark", set: set, do: unmountOf("#m"), want: is(zfs.ErrInvalidName)},
		{name: "empty name", do: unmountOf(":"), want: is(zfs.ErrInvalidName)},
		{name: "file is open", set: "/a", do: func(s *site) error {
			dir := s.mount("/a")
			file, err := os.Create(filepath.Join(dir, "file"))
			testkit.Must(s.t, err)
			defer file.Close()
			return unmountOf("/a")(s)
		}, want: is(zfs.ErrBusy, syscall.EBUSY)},
	})...)
}

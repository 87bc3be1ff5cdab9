package zfs_test

import (
	"strings"
	"syscall"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

// set sets properties, given as names and values.
func set(name string, props ...string) func(*site) error {
	return func(s *site) error { return s.c.DatasetSetProps(s.t.Context(), s.name(name), texts(props...)) }
}

// setValue sets one property to a value that is not a text.
func setValue(name string, p prop.Prop, v prop.Value) func(*site) error {
	return func(s *site) error {
		return s.c.DatasetSetProps(s.t.Context(), s.name(name), prop.Values{p: v})
	}
}

func setRows() []row {
	return named("set", []row{
		{name: "index", do: set(".", "atime", "off"), shows: "atime=off"},
		{name: "several", do: set(".", "atime", "off", "quota", "10M", "a:b", "x"), shows: "atime=off quota=10485760 a:b=x"},
		{name: "none", do: set(".")},
		{name: "on a volume", set: "/v!", do: set("/v", "volsize", "2M"), shows: "/v:volsize=2097152"},
		{name: "user property of a snapshot", set: "@s", do: set("@s", "a:b", "x"), shows: "@s:a:b=x"},
		{name: "of a clone", set: "@s /c=@s", do: set("/c", "readonly", "on"), shows: "/c:readonly=on readonly=off"},
		{name: "key not loaded", set: "/e-", do: set("/e", "atime", "off"), shows: "/e:atime=off"},
		{name: "location of a key", set: "/e*", do: set("/e", "keylocation", "file:///tmp/key"), shows: "/e:keylocation=file:///tmp/key"},
		{name: "mounted", set: "/a", do: func(s *site) error {
			s.mount("/a")
			return set("/a", "mountpoint", "/tmp/elsewhere")(s)
		}, shows: "/a:mountpoint=/tmp/elsewhere"},
		{name: "some are refused", do: set(".", "atime", "off", "reservation", "1T"), want: is(zfs.ErrNoSpace), items: "reservation ENOSPC", shows: "atime=off reservation=0"},
		{name: "two are refused", do: set(".", "atime", "off", "reservation", "1T", "refreservation", "1T"), want: is(zfs.ErrNoSpace),
			items: "refreservation ENOSPC, reservation ENOSPC", shows: "atime=off"},
		{name: "not there", do: set("/no", "atime", "off"), want: is(zfs.ErrNotFound, syscall.ENOENT)},
		{name: "no pool", do: set(":nosuchpool", "atime", "off"), want: is(zfs.ErrPoolNotFound)},
		{name: "snapshot that is not there", do: set("@no", "a:b", "x"), want: is(zfs.ErrNotFound)},
		{name: "bookmark", set: "@s #m=@s", do: set("#m", "a:b", "x"), want: is(zfs.ErrInvalidName)},
		{name: "empty name", do: set(":", "atime", "off"), want: is(zfs.ErrInvalidName)},
		{name: "too long a name", do: set("/"+strings.Repeat("n", 256), "atime", "off"), want: is(zfs.ErrInvalidName)},
		{name: "gone in between", set: "/a", do: func(s *site) error {
			return lastOf(destroy("/a")(s), set("/a", "atime", "off")(s))
		}, want: is(zfs.ErrNotFound), left: "."},
	})
}

func setValueRows() []row {
	invalid := is(zfs.ErrInvalidProp)
	return named("set, value", []row{
		{name: "unknown property", do: set(".", "nosuch", "x"), want: invalid, text: `"nosuch"`},
		{name: "unknown value", do: set(".", "sync", "never"), want: invalid, text: `sync="never": want one of standard, always, disabled`},
		{name: "empty value", do: set(".", "atime", ""), want: invalid, text: `atime=""`},
		{name: "read-only", do: set(".", "used", "1"), want: invalid, text: "used is read-only"},
		{name: "creation", do: set(".", "creation", "1"), want: invalid, text: "creation is read-only"},
		{name: "set once", do: set(".", "utf8only", "on"), want: invalid, text: "set once"},
		{name: "encryption", do: set(".", "encryption", "on"), want: invalid, text: "encryption"},
		{name: "not for volumes", set: "/v!", do: set("/v", "recordsize", "16K"), want: invalid, text: "does not apply to a volume"},
		{name: "not for filesystems", do: set(".", "volsize", "1M"), want: invalid, text: "does not apply to a filesystem"},
		{name: "not for snapshots", set: "@s", do: set("@s", "compression", "off"), want: invalid, text: "compression does not apply to a snapshot"},
		{name: "number for a text", do: setValue(".", prop.Mountpoint, prop.Uint64(1)), want: invalid, text: "mountpoint"},
		{name: "number for a user property", do: setValue(".", "a:b", prop.Uint64(1)), want: invalid, text: "a:b: a user property is a string"},
		{name: "number of no value", do: setValue(".", prop.Atime, prop.Uint64(2)), want: invalid, text: `atime="2"`},
		{name: "no value", do: setValue(".", prop.Atime, prop.Value{}), want: invalid},
		{name: "user property too long", do: set(".", "a:b", strings.Repeat("x", 8192)), want: invalid, text: "want at most 8191 bytes, got 8192"},
		{name: "user property in capitals", do: set(".", "A:b", "x"), want: invalid},
		{name: "name too long", do: set(".", "a:"+strings.Repeat("b", 254), "x"), want: invalid},
		{name: "record size", do: set(".", "recordsize", "1000"), want: invalid, text: `recordsize="1000": want a power of two from 512 to 16M`},
		{name: "record size as a number", do: setValue(".", prop.RecordSize, prop.Uint64(1000)), want: invalid, text: "power of two"},
		{name: "copies", do: set(".", "copies", "0"), want: invalid, text: "want one of 1, 2, 3"},
		{name: "quota below what is used", do: setValue(".", prop.Quota, prop.Uint64(1)), want: is(zfs.ErrNoSpace), items: "quota ENOSPC"},
		{name: "quota below a reservation", set: "/a", do: func(s *site) error {
			return lastOf(set("/a", "reservation", "4M")(s), set("/a", "quota", "2M")(s))
		}, want: is(zfs.ErrNoSpace), items: "quota ENOSPC", shows: "/a:quota=0"},
		{name: "reservation beyond a quota", do: func(s *site) error {
			return lastOf(set(".", "quota", "2M")(s), set(".", "reservation", "4M")(s))
		}, want: is(zfs.ErrNoSpace), items: "reservation ENOSPC", shows: "quota=2097152"},
		{name: "reservation beyond the pool", do: set(".", "reservation", "1T"), want: is(zfs.ErrNoSpace), items: "reservation ENOSPC"},
		{name: "refreservation beyond the pool", do: set(".", "refreservation", "1T"), want: is(zfs.ErrNoSpace), items: "refreservation ENOSPC"},
		{name: "volume's size of no block", set: "/v!", do: set("/v", "volsize", "1000"), want: invalid, items: "volsize EINVAL", text: "volsize 1000 is not a multiple of volblocksize, "},
		{name: "volume of no size", set: "/v!", do: set("/v", "volsize", "0"), want: invalid},
		{name: "version that is older", do: set(".", "version", "1"), want: invalid, items: "version EINVAL", text: "version 1 is lower than the filesystem's, 5"},
		{name: "unknown version", do: set(".", "version", "99"), want: invalid, text: "want one of"},
		{name: "location without a key", do: set(".", "keylocation", "prompt"), want: invalid, items: "keylocation EACCES", text: "a key of its own"},
		{name: "location none for a key", set: "/e*", do: set("/e", "keylocation", "none"), want: invalid, items: "keylocation EINVAL"},
		{name: "location of a child's key", set: "/e* /e/f", do: set("/e/f", "keylocation", "prompt"), want: invalid, items: "keylocation EACCES"},
		{name: "mountpoint", do: set(".", "mountpoint", "relative"), want: invalid, text: "want an absolute path, none or legacy"},
		{name: "special blocks", until: "2.4", do: set(".", "special_small_blocks", "1000"), want: invalid, text: "want 0 or a power of two from 512 to 16M"},
		{name: "special blocks of any size", since: "2.4", do: set(".", "special_small_blocks", "1000"), shows: "special_small_blocks=1000"},
		{name: "of a later release", until: "2.2", do: set(".", "prefetch", "none"), want: invalid, text: "exists since"},
		{name: "of this release", since: "2.3", do: set(".", "prefetch", "none"), shows: "prefetch=none"},
		{name: "compression without its feature", in: inBare, do: set(".", "compression", "zstd"), want: is(zfs.ErrFeatureDisabled), items: "compression ENOTSUP"},
		{name: "checksum without its feature", in: inBare, do: set(".", "checksum", "skein"), want: is(zfs.ErrFeatureDisabled), items: "checksum ENOTSUP"},
		{name: "large records without the feature", in: inBare, do: set(".", "recordsize", "1M"), want: is(zfs.ErrFeatureDisabled), items: "recordsize ENOTSUP"},
		{name: "dnodes without the feature", in: inBare, do: set(".", "dnodesize", "4k"), want: is(zfs.ErrFeatureDisabled), items: "dnodesize ENOTSUP"},
		{name: "limit without the feature", in: inBare, do: set(".", "filesystem_limit", "5"), want: is(zfs.ErrFeatureDisabled), items: "filesystem_limit ENOTSUP"},
		{name: "child filesystems beyond the limit", set: "/a", do: set(".", "filesystem_limit", "0"), shows: "filesystem_limit=0"},
	})
}

// inherit inherits a property.
func inherit(name string, property prop.Prop, opts *zfs.InheritOptions) func(*site) error {
	return func(s *site) error { return s.c.DatasetInheritProp(s.t.Context(), s.name(name), property, opts) }
}

func inheritRows() []row {
	received := &zfs.InheritOptions{Received: true}
	invalid := is(zfs.ErrInvalidProp)
	return named("inherit", []row{
		{name: "default", do: func(s *site) error {
			return lastOf(set(".", "atime", "off")(s), inherit(".", "atime", nil)(s))
		}, shows: "atime=on"},
		{name: "from the parent", set: "/a", do: func(s *site) error {
			return lastOf(set(".", "atime", "off")(s), set("/a", "atime", "on")(s), inherit("/a", "atime", nil)(s))
		}, shows: "/a:atime=off"},
		{name: "user property", do: func(s *site) error {
			return lastOf(set(".", "a:b", "x")(s), inherit(".", "a:b", nil)(s))
		}, shows: "a:b=-"},
		{name: "user property of a snapshot", set: "@s", do: func(s *site) error {
			return lastOf(set("@s", "a:b", "x")(s), inherit("@s", "a:b", nil)(s))
		}, shows: "@s:a:b=-"},
		{name: "what was not set", do: inherit(".", "atime", nil), shows: "atime=on"},
		{name: "user property that was not set", do: inherit(".", "a:no", nil)},
		{name: "received, where nothing was", do: inherit(".", "atime", received)},
		{name: "quota", do: inherit(".", "quota", nil), want: invalid, text: "quota"},
		{name: "read-only", do: inherit(".", "used", nil), want: invalid, text: "used is read-only"},
		{name: "set once", do: inherit(".", "utf8only", nil), want: invalid, text: "utf8only"},
		{name: "encryption", set: "/e*", do: inherit("/e", "encryption", nil), want: invalid, text: "encryption"},
		{name: "quota of a snapshot", set: "@s", do: inherit("@s", "quota", nil), want: invalid, text: "quota"},
		{name: "quota of a volume", set: "/v!", do: inherit("/v", "quota", nil), want: invalid, text: "quota"},
		{name: "quota of a snapshot, received", set: "@s", do: inherit("@s", "quota", received), want: invalid, text: "quota does not apply to a snapshot"},
		{name: "size of a volume, received", set: "/v!", do: inherit("/v", "volsize", received), want: invalid, text: "volsize cannot go back"},
		{name: "version, received", do: inherit(".", "version", received), want: invalid, text: "version cannot go back"},
		{name: "read-only, received", do: inherit(".", "used", received), want: invalid, text: "used is read-only"},
		{name: "not for snapshots", set: "@s", do: inherit("@s", "compression", nil), want: invalid, text: "compression does not apply to a snapshot"},
		{name: "not for snapshots of volumes", set: "/v! /v@s", do: inherit("/v@s", "exec", nil), want: invalid, text: "exec does not apply to a snapshot"},
		{name: "of a snapshot", set: "@s", do: inherit("@s", "exec", nil)},
		{name: "of a volume", set: "/v!", do: inherit("/v", "compression", nil)},
		{name: "unknown", do: inherit(".", "nosuch", nil), want: invalid, text: `"nosuch"`},
		{name: "not for volumes", set: "/v!", do: inherit("/v", "recordsize", nil), want: invalid, text: "recordsize does not apply to a volume"},
		{name: "not there", do: inherit("/no", "atime", nil), want: is(zfs.ErrNotFound)},
		{name: "no pool", do: inherit(":nosuchpool", "atime", nil), want: is(zfs.ErrPoolNotFound)},
		{name: "bookmark", set: "@s #m=@s", do: inherit("#m", "a:b", nil), want: is(zfs.ErrInvalidName)},
	})
}

func propsRows() []row {
	stats := func(name string) func(*site) error {
		return func(s *site) error {
			ds, err := s.c.DatasetStats(s.t.Context(), s.name(name), &zfs.DatasetStatsOptions{AllProps: true})
			if err != nil {
				return err
			}
			return same(ds.Name, s.name(name))
		}
	}
	zpl := func(name string, count int) func(*site) error {
		return func(s *site) error {
			props, err := s.c.DatasetZPLProps(s.t.Context(), s.name(name))
			if err != nil {
				return err
			}
			return same(len(props) > 0, count > 0)
		}
	}
	got := func(name string) func(*site) error {
		return func(s *site) error {
			props, err := s.c.DatasetReceivedProps(s.t.Context(), s.name(name))
			if err != nil {
				return err
			}
			return same(len(props), 0)
		}
	}
	const set = "/v! @s #m=@s /e-"
	return append(named("stats", []row{
		{name: "filesystem", set: set, do: stats(".")},
		{name: "volume", set: set, do: stats("/v")},
		{name: "snapshot", set: set, do: stats("@s")},
		{name: "key not loaded", set: set, do: stats("/e")},
		{name: "not there", do: stats("/no"), want: is(zfs.ErrNotFound)},
		{name: "no pool", do: stats(":nosuchpool"), want: is(zfs.ErrPoolNotFound)},
		{name: "bookmark", set: set, do: stats("#m"), want: is(zfs.ErrInvalidName), text: "see Bookmarks"},
		{name: "empty name", do: stats(":"), want: is(zfs.ErrInvalidName)},
	}), named("properties of the filesystem", []row{
		{name: "filesystem", set: set, do: zpl(".", 1)},
		{name: "snapshot", set: set, do: zpl("@s", 1)},
		{name: "key not loaded", set: set, do: zpl("/e", 1)},
		{name: "volume", set: set, do: zpl("/v", 0)},
		{name: "not there", do: zpl("/no", 0), want: is(zfs.ErrNotFound)},
		{name: "bookmark", set: set, do: zpl("#m", 0), want: is(zfs.ErrInvalidName)},
		{name: "received, none", do: got(".")},
		{name: "received, not there", do: got("/no"), want: is(zfs.ErrNotFound)},
		{name: "received, bookmark", set: set, do: got("#m"), want: is(zfs.ErrInvalidName)},
	})...)
}

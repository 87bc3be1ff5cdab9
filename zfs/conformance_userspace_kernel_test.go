package zfs_test

import (
	"strings"
	"syscall"

	"github.com/purezfs/purezfs/zfs"
)

// quotaOf reads a user's space or limit, and compares it.
func quotaOf(name string, kind zfs.UserspaceKind, who string, want uint64) func(*site) error {
	return func(s *site) error {
		id, err := zfs.ParseUserspaceID(kind, who)
		if err != nil {
			return err
		}
		got, err := s.c.UserspaceGet(s.t.Context(), s.name(name), kind, id)
		if err != nil {
			return err
		}
		return same(got, want)
	}
}

// limit sets a quota.
func limit(name string, kind zfs.UserspaceKind, who string, value uint64) func(*site) error {
	return func(s *site) error {
		id, err := zfs.ParseUserspaceID(kind, who)
		if err != nil {
			return err
		}
		return s.c.UserspaceSet(s.t.Context(), s.name(name), []zfs.UserspaceQuota{{Kind: kind, ID: id, Value: value}})
	}
}

// limitOnce sets several quotas in one call.
func limitOnce(name string, quotas ...zfs.UserspaceQuota) func(*site) error {
	return func(s *site) error { return s.c.UserspaceSet(s.t.Context(), s.name(name), quotas) }
}

// countUsers loops over the entries, and compares their number.
func countUsers(name string, kind zfs.UserspaceKind, want int) func(*site) error {
	return func(s *site) error {
		n := 0
		for _, err := range s.c.Userspace(s.t.Context(), s.name(name), kind) {
			if err != nil {
				return err
			}
			n++
		}
		return same(n, want)
	}
}

// upgrade begins to count.
func upgrade(name string) func(*site) error {
	return func(s *site) error { return s.c.UserspaceUpgrade(s.t.Context(), s.name(name)) }
}

func userspaceRows() []row {
	return append(userspaceErrorRows(), named("userspace", []row{
		{name: "user by name", do: func(s *site) error {
			return lastOf(limit(".", zfs.UserQuota, "alice", 1<<20)(s), quotaOf(".", zfs.UserQuota, "1001", 1<<20)(s))
		}},
		{name: "group by number", do: func(s *site) error {
			return lastOf(limit(".", zfs.GroupObjQuota, "7", 9)(s), quotaOf(".", zfs.GroupObjQuota, "7", 9)(s))
		}},
		{name: "project", do: func(s *site) error {
			return lastOf(limit(".", zfs.ProjectQuota, "7", 9)(s), quotaOf(".", zfs.ProjectQuota, "7", 9)(s))
		}},
		{name: "identity with a domain", do: func(s *site) error {
			return lastOf(limit(".", zfs.UserQuota, "S-1-5-21-1-2-3-4", 9)(s), quotaOf(".", zfs.UserQuota, "S-1-5-21-1-2-3-4", 9)(s))
		}},
		{name: "removed", do: func(s *site) error {
			return lastOf(limit(".", zfs.UserQuota, "alice", 9)(s), limit(".", zfs.UserQuota, "alice", 0)(s), countUsers(".", zfs.UserQuota, 0)(s))
		}},
		{name: "of a snapshot", set: "/a", do: func(s *site) error {
			return lastOf(limit("/a", zfs.UserQuota, "7", 9)(s), snapshot("/a@s")(s), quotaOf("/a@s", zfs.UserQuota, "7", 9)(s))
		}, left: ". /a /a@s"},
		{name: "nothing recorded", do: quotaOf(".", zfs.UserQuota, "7", 0)},
		{name: "unknown domain", do: quotaOf(".", zfs.UserQuota, "S-1-5-21-9-9-9-9", 0)},
		{name: "no limit to set", do: limitOnce(".")},
		{name: "walk over two", do: func(s *site) error {
			return lastOf(limit(".", zfs.UserQuota, "7", 9)(s), limit(".", zfs.UserQuota, "8", 9)(s), countUsers(".", zfs.UserQuota, 2)(s))
		}},
		{name: "walk over none", do: countUsers(".", zfs.ProjectQuota, 0)},
		{name: "upgrade of what counts", do: upgrade(".")},
		{name: "limit on objects before they are counted", in: inBare, do: limit(".", zfs.UserObjQuota, "7", 9)},
	})...)
}

func userspaceErrorRows() []row {
	q := func(kind zfs.UserspaceKind, id zfs.UserspaceID) zfs.UserspaceQuota {
		return zfs.UserspaceQuota{Kind: kind, ID: id, Value: 1}
	}
	seven := zfs.UserspaceID{RID: 7}
	return named("userspace", []row{
		{name: "unknown user", do: limit(".", zfs.UserQuota, "nosuchuser", 1), want: is(zfs.ErrNotFound)},
		{name: "unknown group", do: limit(".", zfs.GroupQuota, "nosuchgroup", 1), want: is(zfs.ErrNotFound)},
		{name: "project by name", do: limit(".", zfs.ProjectQuota, "alice", 1), want: is(zfs.ErrInvalid)},
		{name: "no name", do: limit(".", zfs.UserQuota, "", 1), want: is(zfs.ErrInvalid)},
		{name: "number beyond 32 bits", do: limit(".", zfs.UserQuota, "4294967296", 1), want: is(zfs.ErrInvalid), text: "32 bits"},
		{name: "bad domain", do: limitOnce(".", q(zfs.UserQuota, zfs.UserspaceID{Domain: "S-2", RID: 1})), want: is(zfs.ErrInvalid)},
		{name: "project with a domain", do: limitOnce(".", q(zfs.ProjectQuota, zfs.UserspaceID{Domain: "S-1-5", RID: 1})), want: is(zfs.ErrInvalid)},
		{name: "the same twice", do: limitOnce(".", q(zfs.UserQuota, seven), q(zfs.UserQuota, seven)), want: is(zfs.ErrInvalid), text: "userquota@7 is set twice"},
		{name: "what is used", do: limitOnce(".", q(zfs.UserUsed, seven)), want: is(zfs.ErrInvalidProp), text: "userused cannot be set"},
		{name: "unknown kind", do: quotaOf(".", 99, "7", 0), want: is(zfs.ErrInvalid)},
		{name: "volume", set: "/v!", do: quotaOf("/v", zfs.UserUsed, "7", 0), want: is(zfs.ErrInvalid, syscall.EINVAL), text: "only filesystems"},
		{name: "walk over a volume", set: "/v!", do: countUsers("/v", zfs.UserUsed, 0), want: is(zfs.ErrInvalid)},
		{name: "limit on a volume", set: "/v!", do: limit("/v", zfs.UserQuota, "7", 1), want: is(zfs.ErrInvalidProp), items: "userquota@7 EINVAL"},
		{name: "limit on a snapshot", set: "@s", do: limit("@s", zfs.UserQuota, "7", 1), want: is(zfs.ErrInvalidName)},
		{name: "bookmark", set: "@s #m=@s", do: quotaOf("#m", zfs.UserQuota, "7", 0), want: is(zfs.ErrInvalidName)},
		{name: "not there", do: quotaOf("/no", zfs.UserQuota, "7", 0), want: is(zfs.ErrNotFound)},
		{name: "walk over what is not there", do: countUsers("/no", zfs.UserQuota, 0), want: is(zfs.ErrNotFound)},
		{name: "limit where nothing is", do: limit("/no", zfs.UserQuota, "7", 1), want: is(zfs.ErrNotFound), items: "userquota@7 ENOENT"},
		{name: "no pool", do: quotaOf(":nosuchpool", zfs.UserQuota, "7", 0), want: is(zfs.ErrPoolNotFound)},
		{name: "too long a name", do: quotaOf("/"+strings.Repeat("n", 256), zfs.UserQuota, "7", 0), want: is(zfs.ErrInvalidName)},
		{name: "key not loaded", set: "/e-", do: quotaOf("/e", zfs.UserUsed, "7", 0), want: is(zfs.ErrKey)},
		{name: "limit, key not loaded", set: "/e-", do: limit("/e", zfs.UserQuota, "7", 1), want: is(zfs.ErrKey), items: "userquota@7 EACCES"},
		{name: "objects without the feature", in: inBare, do: quotaOf(".", zfs.UserObjUsed, "7", 0), want: is(zfs.ErrFeatureDisabled, syscall.ENOTSUP)},
		{name: "projects without the feature", in: inBare, do: countUsers(".", zfs.ProjectUsed, 0), want: is(zfs.ErrFeatureDisabled)},
		{name: "limit on a project without the feature", in: inBare, do: limit(".", zfs.ProjectQuota, "7", 1), want: is(zfs.ErrFeatureDisabled), items: "projectquota@7 ENOTSUP"},
		{name: "upgrade of what is not there", do: upgrade("/no"), want: is(zfs.ErrNotFound)},
		{name: "upgrade of a volume", set: "/v!", do: upgrade("/v"), want: is(zfs.ErrInvalid), text: "only filesystems"},
		{name: "upgrade of a snapshot", set: "@s", do: upgrade("@s"), want: is(zfs.ErrInvalidName)},
	})
}

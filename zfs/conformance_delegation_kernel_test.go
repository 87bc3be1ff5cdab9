package zfs_test

import (
	"os"
	"strings"

	"github.com/purezfs/purezfs/zfs"
)

// everyone is a holder.
func everyone() zfs.Holder { return zfs.Holder{Kind: zfs.HolderEveryone} }

// allow grants permissions, named with commas between.
func allow(name string, to zfs.Holder, permissions string) func(*site) error {
	return func(s *site) error {
		return s.c.DelegationSet(s.t.Context(), s.name(name), grants(to, permissions), nil)
	}
}

// revoke revokes permissions.
func revoke(name string, from zfs.Holder, permissions string) func(*site) error {
	return func(s *site) error {
		return s.c.DelegationSet(s.t.Context(), s.name(name), grants(from, permissions), &zfs.DelegationSetOptions{Revoke: true})
	}
}

func grants(holder zfs.Holder, permissions string) []zfs.Grant {
	g := zfs.Grant{Holder: holder}
	if permissions != "" {
		g.Permissions = strings.Split(permissions, ",")
	}
	return []zfs.Grant{g}
}

// granted compares all that is granted on a dataset and above, as holders and
// permissions.
func granted(name, want string) func(*site) error {
	return func(s *site) error {
		all, err := s.c.Delegation(s.t.Context(), s.name(name))
		if err != nil {
			return err
		}
		var words []string
		for _, g := range all {
			words = append(words, g.Holder.String()+" "+strings.Join(g.Permissions, ","))
		}
		return same(strings.Join(words, "; "), want)
	}
}

func delegationRows() []row {
	set := zfs.Holder{Kind: zfs.HolderSet, Set: "@mine"}
	user := zfs.Holder{Kind: zfs.HolderUser, ID: 1}
	then := func(all ...func(*site) error) func(*site) error {
		return func(s *site) error {
			var errs []error
			for _, do := range all {
				errs = append(errs, do(s))
			}
			return lastOf(errs...)
		}
	}
	return append(delegationErrorRows(), named("delegation", []row{
		{name: "nothing", do: granted(".", "")},
		{name: "everyone", do: then(allow(".", everyone(), "send,hold"), granted(".", "everyone hold,send"))},
		{name: "user", do: then(allow(".", user, "mount"), granted(".", "user 1 mount"))},
		{name: "set", do: then(allow(".", set, "snapshot,hold"), allow(".", user, "@mine"), granted(".", "@mine hold,snapshot; user 1 @mine"))},
		{name: "creator", do: then(allow(".", zfs.Holder{Kind: zfs.HolderCreator}, "destroy"), granted(".", "create destroy"))},
		{name: "property and user properties", do: then(allow(".", user, "compression,userprop"), granted(".", "user 1 compression,userprop"))},
		{name: "below", set: "/a", do: then(allow(".", user, "send"), granted("/a", "user 1 send"))},
		{name: "on a volume", set: "/v!", do: then(allow("/v", user, "send"), granted("/v", "user 1 send"))},
		{name: "again", do: then(allow(".", user, "send"), allow(".", user, "send"), granted(".", "user 1 send"))},
		{name: "revoked", do: then(allow(".", user, "send,hold"), revoke(".", user, "send"), granted(".", "user 1 hold"))},
		{name: "all revoked", do: then(allow(".", user, "send,hold"), revoke(".", user, ""), granted(".", ""))},
		{name: "revoked, where nothing was", do: then(revoke(".", user, "send"), granted(".", ""))},
		{name: "a set revoked, where none was", do: then(revoke(".", set, ""), granted(".", ""))},
		{name: "longest set", do: allow(".", everyone(), "@"+strings.Repeat("x", 62))},
		{name: "no grant", do: func(s *site) error { return s.c.DelegationSet(s.t.Context(), s.ds, nil, nil) }},
	})...)
}

func delegationErrorRows() []row {
	attach := func(name string, ns *os.File) func(*site) error {
		return func(s *site) error { return s.c.UsernsAttach(s.t.Context(), s.name(name), ns) }
	}
	invalid := is(zfs.ErrInvalid)
	return append(named("delegation", []row{
		{name: "unknown permission", do: allow(".", everyone(), "fly"), want: invalid, text: "not known to this module"},
		{name: "property that nobody sets", do: allow(".", everyone(), "used"), want: invalid},
		{name: "permission with a sign", do: allow(".", everyone(), "se/nd"), want: invalid},
		{name: "empty permission", do: allow(".", everyone(), "send,"), want: invalid},
		{name: "too long a set", do: allow(".", everyone(), "@"+strings.Repeat("x", 63)), want: invalid},
		{name: "no permission", do: allow(".", everyone(), ""), want: invalid, text: "granted no permissions"},
		{name: "set without its sign", do: allow(".", zfs.Holder{Kind: zfs.HolderSet, Set: "mine"}, "send"), want: invalid},
		{name: "unknown holder", do: allow(".", zfs.Holder{Kind: 9}, "send"), want: invalid},
		{name: "everyone with a set's name", do: allow(".", zfs.Holder{Kind: zfs.HolderEveryone, Set: "@mine"}, "send"), want: invalid},
		{name: "not there", do: allow("/no", everyone(), "send"), want: is(zfs.ErrNotFound)},
		{name: "no pool", do: allow(":nosuchpool", everyone(), "send"), want: is(zfs.ErrPoolNotFound)},
		{name: "snapshot", set: "@s", do: allow("@s", everyone(), "send"), want: is(zfs.ErrInvalidName)},
		{name: "no grant, not there", do: func(s *site) error { return s.c.DelegationSet(s.t.Context(), s.ds+"/no", nil, nil) }, want: is(zfs.ErrNotFound)},
		{name: "read where nothing is", do: granted("/no", ""), want: is(zfs.ErrNotFound)},
		{name: "read of a bookmark", set: "@s #m=@s", do: granted("#m", ""), want: is(zfs.ErrInvalidName)},
	}), named("namespace", []row{
		{name: "no file", do: attach(".", nil), want: invalid},
		{name: "no namespace", since: "2.2", do: attach(".", os.Stdin), want: invalid, text: "is not a user namespace"},
		{name: "before there were any", until: "2.2", do: attach(".", os.Stdin), want: is(zfs.ErrNotSupported), text: "added in 2.2"},
		{name: "not there", do: attach("/no", os.Stdin), want: is(zfs.ErrNotFound)},
		{name: "snapshot", set: "@s", do: attach("@s", os.Stdin), want: is(zfs.ErrInvalidName)},
	})...)
}

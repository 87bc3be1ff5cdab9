package zfs_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// permissions answers GET_FSACL with datasets, each with keys and permissions.
// It is one line a key: "tank/a ul$1001 snapshot,hold".
func permissions(lines ...string) func(ioctl.Op, *ioctl.Cmd) (error, bool) {
	return func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if op != ioctl.OpGetFsacl {
			return nil, false
		}
		lists := make(map[string]*nvlist.List)
		out := &nvlist.List{}
		for _, line := range lines {
			f := strings.Split(line, " ")
			if lists[f[0]] == nil {
				lists[f[0]] = &nvlist.List{}
			}
			perms := &nvlist.List{}
			for perm := range strings.SplitSeq(f[2], ",") {
				perms.SetBoolean(perm)
			}
			lists[f[0]].SetList(f[1], perms)
			out.SetList(f[0], lists[f[0]])
		}
		return c.Answer(out), true
	}
}

func TestDelegation(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = permissions(
		"tank/a ul$1001 snapshot,hold", "tank/a ud$1001 snapshot,mount", "tank/a Ul$1001 @backup", "tank/a Ud$1001 @backup",
		"tank/a gd$20 send", "tank/a gd$100 send", "tank/a el$ diff", "tank/a c-$ destroy", "tank/a C-$ @own",
		"tank/a s-$@two send", "tank/a s-$@one snapshot", "tank/a S-$@one @two",
		"tank ul$0 compression",
	)
	grants, err := c.Delegation(t.Context(), "tank/a")
	if err != nil {
		t.Fatal(err)
	}
	user, everyone := zfs.Holder{Kind: zfs.HolderUser, ID: 1001}, zfs.Holder{Kind: zfs.HolderEveryone}
	group := func(id uint32) zfs.Holder { return zfs.Holder{Kind: zfs.HolderGroup, ID: id} }
	set := func(name string) zfs.Holder { return zfs.Holder{Kind: zfs.HolderSet, Set: name} }
	want := []zfs.Grant{
		{"tank/a", set("@one"), 0, []string{"@two", "snapshot"}},
		{"tank/a", set("@two"), 0, []string{"send"}},
		{"tank/a", zfs.Holder{Kind: zfs.HolderCreator}, 0, []string{"@own", "destroy"}},
		{"tank/a", user, zfs.ScopeLocal, []string{"hold"}},
		{"tank/a", everyone, zfs.ScopeLocal, []string{"diff"}},
		{"tank/a", user, zfs.ScopeDescendent, []string{"mount"}},
		{"tank/a", group(100), zfs.ScopeDescendent, []string{"send"}},
		{"tank/a", group(20), zfs.ScopeDescendent, []string{"send"}},
		{"tank/a", user, zfs.ScopeBoth, []string{"@backup", "snapshot"}},
		{"tank", zfs.Holder{Kind: zfs.HolderUser}, zfs.ScopeLocal, []string{"compression"}},
	}
	if diff := cmp.Diff(want, grants); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"GET_FSACL tank/a"}, f.Sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestDelegationErrors(t *testing.T) {
	tests := []struct {
		name, ds string
		bad      func(ioctl.Op, *ioctl.Cmd) (error, bool)
		want     error
		text     string
	}{
		{"not there", "tank/a", testkit.FailOn(ioctl.OpGetFsacl, ioctl.CodeNoent), zfs.ErrNotFound, ""},
		{"forbidden", "tank/a", testkit.FailOn(ioctl.OpGetFsacl, ioctl.CodePerm), zfs.ErrPermission, ""},
		{"malformed", "tank/a", testkit.MalformedOn(ioctl.OpGetFsacl), nvlist.ErrSyntax, ""},
		{"snapshot", "tank/a@s", nil, zfs.ErrInvalidName, ""},
		{"unknown holder", "tank/a", permissions("tank xl$ send"), nil, `"xl$"`},
		{"unknown scope", "tank/a", permissions("tank ux$1 send"), nil, `"ux$1"`},
		{"no separator", "tank/a", permissions("tank ul1 send"), nil, `"ul1"`},
		{"user without a number", "tank/a", permissions("tank ul$x send"), nil, `"ul$x"`},
		{"large number", "tank/a", permissions("tank gd$4294967296 send"), nil, `"gd$4294967296"`},
		{"short", "tank/a", permissions("tank u send"), nil, `"u"`},
		{"no list", "tank/a", func(_ ioctl.Op, c *ioctl.Cmd) (error, bool) {
			keys, out := &nvlist.List{}, &nvlist.List{}
			keys.SetBoolean("el$")
			out.SetList("tank", keys)
			return c.Answer(out), true
		}, nil, `"el$"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t)
			f.Bad = tt.bad
			grants, err := c.Delegation(t.Context(), tt.ds)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("grants %v, error %v, want %v with %q", grants, err, tt.want, tt.text)
			}
		})
	}
}

func TestDelegationSet(t *testing.T) {
	user := zfs.Holder{Kind: zfs.HolderUser, ID: 1001}
	revoke := &zfs.DelegationSetOptions{Revoke: true}
	const list = ": nvlist\n    "
	tests := []struct {
		name   string
		grants []zfs.Grant
		opts   *zfs.DelegationSetOptions
		want   []string
	}{
		{"both scopes", []zfs.Grant{{Holder: user, Permissions: []string{"snapshot"}}}, nil,
			[]string{"ul$1001" + list + "snapshot: boolean", "ud$1001" + list + "snapshot: boolean"}},
		{"local", []zfs.Grant{{Holder: user, Scope: zfs.ScopeLocal, Permissions: []string{"hold", "send"}}}, nil,
			[]string{"ul$1001" + list + "hold: boolean\n    send: boolean"}},
		{"sets apart", []zfs.Grant{{Holder: user, Scope: zfs.ScopeDescendent, Permissions: []string{"@s", "send"}}}, nil,
			[]string{"Ud$1001" + list + "@s: boolean", "ud$1001" + list + "send: boolean"}},
		{"two grants of one holder", []zfs.Grant{
			{Holder: user, Scope: zfs.ScopeLocal, Permissions: []string{"hold"}},
			{Holder: user, Scope: zfs.ScopeLocal, Permissions: []string{"send", "hold"}},
		}, nil, []string{"ul$1001" + list + "hold: boolean\n    send: boolean"}},
		{"group, everyone, creator, set", []zfs.Grant{
			{Holder: zfs.Holder{Kind: zfs.HolderGroup, ID: 1<<32 - 1}, Scope: zfs.ScopeLocal, Permissions: []string{"a"}},
			{Holder: zfs.Holder{Kind: zfs.HolderEveryone}, Scope: zfs.ScopeLocal, Permissions: []string{"b"}},
			{Holder: zfs.Holder{Kind: zfs.HolderCreator}, Permissions: []string{"c"}},
			{Holder: zfs.Holder{Kind: zfs.HolderSet, Set: "@x y"}, Scope: zfs.ScopeLocal, Permissions: []string{"d"}},
		}, nil, []string{"gl$4294967295" + list + "a: boolean", "el$" + list + "b: boolean", "c-$" + list + "c: boolean", "s-$@x y" + list + "d: boolean"}},
		{"revoke", []zfs.Grant{{Holder: user, Scope: zfs.ScopeLocal, Permissions: []string{"hold"}}}, revoke,
			[]string{"ul$1001" + list + "hold: boolean"}},
		{"revoke all", []zfs.Grant{{Holder: user}}, revoke,
			[]string{"ul$1001: boolean", "Ul$1001: boolean", "ud$1001: boolean", "Ud$1001: boolean"}},
		{"revoke all and one of them", []zfs.Grant{
			{Holder: user, Scope: zfs.ScopeLocal}, {Holder: user, Scope: zfs.ScopeLocal, Permissions: []string{"hold"}},
		}, revoke, []string{"ul$1001: boolean", "Ul$1001: boolean"}},
		{"revoke one and all of them", []zfs.Grant{
			{Holder: user, Scope: zfs.ScopeLocal, Permissions: []string{"hold"}}, {Holder: user, Scope: zfs.ScopeLocal},
		}, revoke, []string{"ul$1001: boolean", "Ul$1001: boolean"}},
		{"revoke a set", []zfs.Grant{{Holder: zfs.Holder{Kind: zfs.HolderSet, Set: "@x"}}}, revoke,
			[]string{"s-$@x: boolean", "S-$@x: boolean"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t)
			var action, lists uint64
			f.Bad = func(_ ioctl.Op, c *ioctl.Cmd) (error, bool) {
				action = c.Uint64(ioctl.FieldPermAction)
				in, err := nvlist.Decode(c.In(), nil)
				testkit.Must(t, err)
				for pair := range in.All() {
					if pair.Type() == nvlist.TypeList {
						lists++
					}
				}
				return nil, true
			}
			testkit.Must(t, c.DelegationSet(t.Context(), "tank/a", tt.grants, tt.opts))
			want := "SET_FSACL tank/a\n" + strings.Join(tt.want, "\n")
			got := strings.NewReplacer(`"`, "").Replace(f.Sent[0])
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			// Granting anything other than a list would make the kernel panic.
			if action == 0 && lists != uint64(len(tt.want)) || action != 0 && tt.opts == nil {
				t.Errorf("action %d with %d lists of %d", action, lists, len(tt.want))
			}
		})
	}
}

func TestDelegationSetRefuses(t *testing.T) {
	user := zfs.Holder{Kind: zfs.HolderUser}
	some := []string{"send"}
	tests := []struct {
		name, ds string
		grant    zfs.Grant
		revoke   bool
		want     error
	}{
		{"snapshot", "tank@s", zfs.Grant{Holder: user, Permissions: some}, false, zfs.ErrInvalidName},
		{"no permission", "tank", zfs.Grant{Holder: user}, false, zfs.ErrInvalid},
		{"empty permission", "tank", zfs.Grant{Holder: user, Permissions: []string{""}}, false, zfs.ErrInvalid},
		{"empty set", "tank", zfs.Grant{Holder: user, Permissions: []string{"@"}}, true, zfs.ErrInvalid},
		{"NUL", "tank", zfs.Grant{Holder: user, Permissions: []string{"send\x00"}}, false, zfs.ErrInvalid},
		{"two at once", "tank", zfs.Grant{Holder: user, Permissions: []string{"send,hold"}}, false, zfs.ErrInvalid},
		{"long", "tank", zfs.Grant{Holder: user, Permissions: []string{"@" + strings.Repeat("x", 63)}}, false, zfs.ErrInvalid},
		{"kind", "tank", zfs.Grant{Holder: zfs.Holder{Kind: 5}, Permissions: some}, false, zfs.ErrInvalid},
		{"scope", "tank", zfs.Grant{Holder: user, Scope: 4, Permissions: some}, true, zfs.ErrInvalid},
		{"set without at sign", "tank", zfs.Grant{Holder: zfs.Holder{Set: "x"}, Permissions: some}, false, zfs.ErrInvalid},
		{"set without a name", "tank", zfs.Grant{Permissions: some}, true, zfs.ErrInvalid},
		{"set with a slash", "tank", zfs.Grant{Holder: zfs.Holder{Set: "@a/b"}, Permissions: some}, false, zfs.ErrInvalid},
		{"user with a set", "tank", zfs.Grant{Holder: zfs.Holder{Kind: zfs.HolderUser, Set: "@x"}, Permissions: some}, false, zfs.ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := testkit.NoKernel(t).DelegationSet(t.Context(), tt.ds, []zfs.Grant{tt.grant}, &zfs.DelegationSetOptions{Revoke: tt.revoke})
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
	c, f := testkit.OpenFake(t, "tank")
	if err := c.DelegationSet(t.Context(), "tank", nil, nil); err != nil || len(f.Sent) != 1 {
		t.Errorf("nothing to grant: %v, after %q", err, f.Sent)
	}
	if err := c.DelegationSet(t.Context(), "tank/none", nil, nil); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("nothing to grant on nothing: %v", err)
	}
}

func TestDelegationSetErrors(t *testing.T) {
	for code, want := range map[ioctl.Code]error{
		ioctl.CodeNoent: zfs.ErrNotFound, ioctl.CodePerm: zfs.ErrPermission, ioctl.CodeInval: zfs.ErrInvalid,
		ioctl.CodeNotsup: zfs.ErrUpgrade, ioctl.CodeRofs: zfs.ErrReadOnly,
	} {
		c, f := testkit.OpenFake(t)
		f.Bad = testkit.FailOn(ioctl.OpSetFsacl, code)
		err := c.DelegationSet(t.Context(), "tank", []zfs.Grant{{Holder: zfs.Holder{Kind: zfs.HolderEveryone}, Permissions: []string{"fly"}}}, nil)
		if !errors.Is(err, want) || code == ioctl.CodeInval && !strings.Contains(err.Error(), "not known to this module") {
			t.Errorf("%s: %v, want %v", code.Name(), err, want)
		}
	}
}

func TestUserns(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "ns"))
	testkit.Must(t, err)
	defer file.Close()
	c, f := testkit.OpenFake(t, "tank/a")
	f.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if op == ioctl.OpObjsetStats {
			return nil, false
		}
		if fd := c.Uint64(ioctl.FieldCleanupFD); fd != uint64(file.Fd()) || c.Uint64(ioctl.FieldObjsetType) != 2 {
			t.Errorf("descriptor %d, type %d", fd, c.Uint64(ioctl.FieldObjsetType))
		}
		return nil, true
	}
	testkit.Must(t, c.UsernsAttach(t.Context(), "tank/a", file))
	testkit.Must(t, c.UsernsDetach(t.Context(), "tank/gone", file))
	if diff := cmp.Diff([]string{"OBJSET_STATS tank/a", "USERNS_ATTACH tank/a", "USERNS_DETACH tank/gone"}, f.Sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if err := c.UsernsAttach(t.Context(), "tank/none", file); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("no such dataset: %v, want ErrNotFound", err)
	}
	for code, want := range map[ioctl.Code]error{
		ioctl.CodeExist: zfs.ErrExists, ioctl.CodeNoent: zfs.ErrNotFound, ioctl.CodePerm: zfs.ErrPermission,
		ioctl.CodeNotUserNamespace: zfs.ErrInvalid, ioctl.CodeNxio: zfs.ErrNotSupported, ioctl.CodeIocCmdUnavail: zfs.ErrNotSupported,
	} {
		f.Bad = testkit.FailOn(ioctl.OpUsernsAttach, code)
		err := c.UsernsAttach(t.Context(), "tank/a", file)
		if !errors.Is(err, want) || code == ioctl.CodeNotUserNamespace && !strings.Contains(err.Error(), "/proc/PID/ns/user") ||
			code == ioctl.CodeIocCmdUnavail && !strings.Contains(err.Error(), "added in 2.2") {
			t.Errorf("%s: %v, want %v", code.Name(), err, want)
		}
	}
}

func TestUsernsRefuses(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "ns"))
	testkit.Must(t, err)
	c, f := testkit.OpenFake(t, "tank/a")
	if err := c.UsernsAttach(t.Context(), "tank/a@s", file); !errors.Is(err, zfs.ErrInvalidName) {
		t.Errorf("snapshot: %v, want ErrInvalidName", err)
	}
	if err := c.UsernsDetach(t.Context(), "tank/a#m", file); !errors.Is(err, zfs.ErrInvalidName) {
		t.Errorf("bookmark: %v, want ErrInvalidName", err)
	}
	if err := c.UsernsDetach(t.Context(), "tank/a", nil); !errors.Is(err, zfs.ErrInvalid) {
		t.Errorf("no file: %v, want ErrInvalid", err)
	}
	testkit.Must(t, file.Close())
	if err := c.UsernsDetach(t.Context(), "tank/a", file); !errors.Is(err, os.ErrClosed) {
		t.Errorf("closed file: %v, want os.ErrClosed", err)
	}
	if len(f.Sent) > 0 {
		t.Errorf("the kernel was called: %v", f.Sent)
	}
}

func TestGrantStrings(t *testing.T) {
	for want, got := range map[string]interface{ String() string }{
		"user 1001": zfs.Holder{Kind: zfs.HolderUser, ID: 1001}, "group 0": zfs.Holder{Kind: zfs.HolderGroup},
		"everyone": zfs.Holder{Kind: zfs.HolderEveryone}, "create": zfs.Holder{Kind: zfs.HolderCreator}, "@x": zfs.Holder{Set: "@x"},
		"set": zfs.HolderSet, "HolderKind(9)": zfs.HolderKind(9),
		"none": zfs.Scope(0), "local": zfs.ScopeLocal, "descendent": zfs.ScopeDescendent, "local+descendent": zfs.ScopeBoth, "Scope(8)": zfs.Scope(8),
	} {
		if got.String() != want {
			t.Errorf("%#v is %q, want %q", got, got, want)
		}
	}
}

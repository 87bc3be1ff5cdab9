package zfs_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// mustDelegating is a fake whose datasets have grants: the kernel's keys, each
// with its permissions, by dataset.
func mustDelegating(t *testing.T, grants map[string]map[string][]string) *zfs.Client {
	t.Helper()
	c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/a@s", "tank/a/b")
	f.Bad = testkit.Answers{ioctl.OpGetFsacl: func(c *ioctl.Cmd) error {
		out := &nvlist.List{}
		for name, holders := range grants {
			keys := &nvlist.List{}
			for key, perms := range holders {
				list := &nvlist.List{}
				for _, perm := range perms {
					list.SetBoolean(perm)
				}
				keys.SetList(key, list)
			}
			out.SetList(name, keys)
		}
		return c.Answer(out)
	}}.Bad
	return c
}

func TestDelegationCheck(t *testing.T) {
	c := mustDelegating(t, map[string]map[string][]string{
		"tank": {
			"ud$7": {"send"}, "ul$7": {"rename"}, "s-$@inner": {"hold"}, "S-$@outer": {"@inner"}, "Gd$9": {"@outer"},
			"s-$@near": {"clone"}, "s-$@far": {"promote"},
		},
		"tank/a": {
			"ul$7": {"snapshot"}, "el$": {"diff"}, "ed$": {"bookmark"}, "El$": {"@near"}, "s-$@near": {"create"}, "Ul$7": {"@far"}, "c-$": {"destroy"},
		},
	})
	who := zfs.Credentials{UID: 7, Groups: []uint32{8, 9}}
	for _, tc := range []struct {
		name, dataset, perm string
		who                 zfs.Credentials
		granted             bool
		from, set           string
	}{
		{"local", "tank/a", "snapshot", who, true, "tank/a", ""},
		{"local, below", "tank/a/b", "snapshot", who, false, "", ""},
		{"local, of a snapshot", "tank/a@s", "snapshot", who, false, "", ""},
		{"descendent, from above", "tank/a", "send", who, true, "tank", ""},
		{"descendent, on itself", "tank", "send", who, false, "", ""},
		{"descendent, of a snapshot", "tank/a@s", "bookmark", who, true, "tank/a", ""},
		{"local, from above", "tank/a", "rename", who, false, "", ""},
		{"everyone", "tank/a", "diff", zfs.Credentials{UID: 1}, true, "tank/a", ""},
		{"another user", "tank/a", "snapshot", zfs.Credentials{UID: 8}, false, "", ""},
		{"a group by a set within a set", "tank/a", "hold", who, true, "tank", "@inner"},
		{"not in the group", "tank/a", "hold", zfs.Credentials{UID: 7, Groups: []uint32{8}}, false, "", ""},
		{"a set defined here", "tank/a", "create", who, true, "tank/a", "@near"},
		{"a definition behind a nearer one", "tank/a", "clone", who, false, "", ""},
		{"a set defined above", "tank/a", "promote", who, true, "tank/a", "@far"},
		{"at creation", "tank/a", "destroy", who, false, "", ""},
		{"root", "tank/a", "anything", zfs.Credentials{Admin: true}, true, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			need := zfs.PermissionNeed{Dataset: tc.dataset, Permission: tc.perm}
			all, err := c.DelegationCheck(t.Context(), []zfs.PermissionNeed{need}, tc.who)
			if err != nil || len(all) != 1 {
				t.Fatalf("%d answers, %v", len(all), err)
			}
			got := all[0]
			if got.Granted != tc.granted || got.Grant.Dataset != tc.from || got.Set != tc.set || got.PermissionNeed != need {
				t.Errorf("answer %+v, want %t from %q by %q", got, tc.granted, tc.from, tc.set)
			}
		})
	}
}

func TestDelegationCheckErrors(t *testing.T) {
	c := mustDelegating(t, nil)
	for name, want := range map[string]error{"tank/none": zfs.ErrNotFound, "tank//a": zfs.ErrInvalidName} {
		_, err := c.DelegationCheck(t.Context(), []zfs.PermissionNeed{{Dataset: name, Permission: "send"}}, zfs.Credentials{UID: 1})
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	admin := []zfs.PermissionNeed{{Dataset: "tank", Admin: true}}
	for _, who := range []zfs.Credentials{{}, {Admin: true}} {
		if all, err := c.DelegationCheck(t.Context(), admin, who); err != nil || all[0].Granted != who.Admin {
			t.Errorf("%+v: %+v, %v", who, all, err)
		}
	}
}

func TestDelegationNeeds(t *testing.T) {
	c, _ := testkit.OpenFake(t, "tank", "tank/a", "tank/a@s")
	for _, tc := range []struct {
		name   string
		op     ioctl.Op
		target string
		opts   zfs.DelegationNeedsOptions
		want   []string // permission and dataset
	}{
		{"snapshot", ioctl.OpSnapshot, "tank/a@s", zfs.DelegationNeedsOptions{}, []string{"snapshot tank/a"}},
		{"create", ioctl.OpCreate, "tank/a/b", zfs.DelegationNeedsOptions{}, []string{"create tank/a", "mount tank/a"}},
		{"clone", ioctl.OpClone, "tank/a@s", zfs.DelegationNeedsOptions{}, []string{"clone tank/a@s", "create tank", "mount tank"}},
		{"clone to", ioctl.OpClone, "tank/a@s", zfs.DelegationNeedsOptions{NewName: "tank/b/c"}, []string{"clone tank/a@s", "create tank/b", "mount tank/b"}},
		{"rename", ioctl.OpRename, "tank/a", zfs.DelegationNeedsOptions{}, []string{"rename tank/a", "mount tank/a", "create tank", "mount tank"}},
		{"rename a snapshot", ioctl.OpRename, "tank/a@s", zfs.DelegationNeedsOptions{}, []string{"rename tank/a@s", "mount tank/a@s", "create tank/a", "mount tank/a"}},
		{"receive", ioctl.OpRecvNew, "tank/a", zfs.DelegationNeedsOptions{}, []string{"receive tank/a", "mount tank/a", "create tank/a"}},
		{"receive anew", ioctl.OpRecvNew, "tank/new", zfs.DelegationNeedsOptions{}, []string{"receive tank", "mount tank", "create tank"}},
		{"set", ioctl.OpSetProp, "tank/a", zfs.DelegationNeedsOptions{Props: []prop.Prop{"a:b", "c:d", "atime", "userquota@x:y"}},
			[]string{"userprop tank/a", "atime tank/a", "userquota tank/a"}},
		{"promote", ioctl.OpPromote, "tank/a", zfs.DelegationNeedsOptions{}, []string{"promote tank/a", "mount tank/a"}},
		{"send", ioctl.OpSendNew, "tank/a@s", zfs.DelegationNeedsOptions{}, []string{"send tank/a@s"}},
		{"for all", ioctl.OpDatasetListNext, "tank", zfs.DelegationNeedsOptions{}, nil},
		{"for root", ioctl.OpPoolScan, "tank", zfs.DelegationNeedsOptions{}, []string{"CAP_SYS_ADMIN tank"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			found, err := c.DelegationNeeds(t.Context(), tc.op, tc.target, &tc.opts)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, need := range found {
				if need.Admin {
					need.Permission += "CAP_SYS_ADMIN"
				}
				got = append(got, need.Permission+" "+need.Dataset)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("needs (-want +got):\n%s", diff)
			}
		})
	}
	for _, tc := range []struct {
		op   ioctl.Op
		name string
		want error
	}{
		{ioctl.OpSetProp, "tank/a", zfs.ErrInvalid},
		{ioctl.OpCreate, "tank//a", zfs.ErrInvalidName},
		{ioctl.OpPromote, "tank/none", zfs.ErrNotFound},
		{ioctl.Op(0x7f), "tank", zfs.ErrNotSupported},
	} {
		if _, err := c.DelegationNeeds(t.Context(), tc.op, tc.name, nil); !errors.Is(err, tc.want) {
			t.Errorf("%s %q: %v, want %v", tc.op, tc.name, err, tc.want)
		}
	}
}

package zfs_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

// Each verb is found by its name, and stands for an operation that is in the table or
// for a system call.
func TestDelegationVerbs(t *testing.T) {
	all := zfs.DelegationVerbs()
	if !slices.IsSortedFunc(all, func(a, b zfs.DelegationVerb) int { return strings.Compare(a.Name, b.Name) }) || len(all) < 30 {
		t.Errorf("%d verbs are not in order", len(all))
	}
	for _, v := range all {
		got, ok := zfs.DelegationVerbOf(v.Name, "tank/a")
		if diff := cmp.Diff(v, got); !ok || diff != "" {
			t.Errorf("%s (-want +got):\n%s", v.Name, diff)
		}
		if row, ok := ioctl.Lookup(v.Op); v.SystemCall == "" && (!ok || row.Permission == "") {
			t.Errorf("%s stands for no operation", v.Name)
		}
		for i := range v.Props {
			v.Props[i] = "changed"
		}
	}
	if again, _ := zfs.DelegationVerbOf("userspace", "tank"); again.Props[0] != "userused" {
		t.Error("the table is not a copy")
	}
	for target, want := range map[string]ioctl.Op{"tank/a": ioctl.OpDestroy, "tank/a@s": ioctl.OpDestroySnaps, "tank/a#m": ioctl.OpDestroyBookmarks} {
		if v, _ := zfs.DelegationVerbOf("destroy", target); v.Op != want || v.Mounts != (want == ioctl.OpDestroy) {
			t.Errorf("destroy %s is %v", target, v)
		}
	}
	if _, ok := zfs.DelegationVerbOf("recv_new", "tank"); ok {
		t.Error("an operation is taken for a verb")
	}
}

func TestDelegationVerbNeeds(t *testing.T) {
	c := mustDelegating(t, nil)
	need := func(dataset string, perms ...string) (all []zfs.PermissionNeed) {
		for _, perm := range perms {
			all = append(all, zfs.PermissionNeed{Dataset: dataset, Permission: perm, Admin: perm == ""})
		}
		return all
	}
	if _, err := c.DelegationVerbNeeds(t.Context(), zfs.DelegationVerb{}, "tank/a", nil); !errors.Is(err, zfs.ErrInvalid) {
		t.Errorf("no verb: %v", err)
	}
	for _, tt := range []struct {
		verb, name string
		opts       *zfs.DelegationNeedsOptions
		want       []zfs.PermissionNeed
		err        error
	}{
		{"snapshot", "tank/a@new", nil, need("tank/a", "snapshot"), nil},
		{"list", "tank/a", nil, nil, nil},
		{"mount", "tank/a", nil, need("tank/a", ""), nil},
		{"unmount", "tank/none", nil, nil, zfs.ErrNotFound},
		{"userspace", "tank/a", nil, need("tank/a", "userused", "userquota"), nil},
		{"groupspace", "tank/a", &zfs.DelegationNeedsOptions{Props: []prop.Prop{"quota"}}, need("tank/a", "groupused", "groupquota", "quota"), nil},
		{"set", "tank/a", &zfs.DelegationNeedsOptions{Props: []prop.Prop{"a:b"}}, need("tank/a", "userprop"), nil},
		{"set", "tank/a", nil, nil, zfs.ErrInvalid},
		{"clone", "tank/a@s", &zfs.DelegationNeedsOptions{NewName: "tank/a/b/c"}, append(need("tank/a@s", "clone"), need("tank/a/b", "create", "mount")...), nil},
	} {
		v, ok := zfs.DelegationVerbOf(tt.verb, tt.name)
		got, err := c.DelegationVerbNeeds(t.Context(), v, tt.name, tt.opts)
		if diff := cmp.Diff(tt.want, got); !ok || diff != "" || !errors.Is(err, tt.err) {
			t.Errorf("%s %s: %v (-want +got):\n%s", tt.verb, tt.name, err, diff)
		}
	}
}

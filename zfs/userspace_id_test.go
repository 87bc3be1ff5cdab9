package zfs_test

import (
	"errors"
	"os/user"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

func TestParseUserspaceID(t *testing.T) {
	tests := []struct {
		name string
		kind zfs.UserspaceKind
		who  string
		want zfs.UserspaceID
		err  error
		text string
	}{
		{name: "number", kind: zfs.UserQuota, who: "1000", want: zfs.UserspaceID{RID: 1000}},
		{name: "largest number", kind: zfs.GroupUsed, who: "4294967295", want: zfs.UserspaceID{RID: 1<<32 - 1}},
		{name: "project", kind: zfs.ProjectObjUsed, who: "0", want: zfs.UserspaceID{}},
		{name: "SID", kind: zfs.UserUsed, who: "S-1-5-21-1-2-3-1000", want: zfs.UserspaceID{Domain: "S-1-5-21-1-2-3", RID: 1000}},
		{name: "short SID", kind: zfs.UserUsed, who: "S-1-5-32", want: zfs.UserspaceID{Domain: "S-1-5", RID: 32}},
		{name: "too large", kind: zfs.UserUsed, who: "4294967296", err: zfs.ErrInvalid, text: "32 bits"},
		{name: "negative", kind: zfs.ProjectUsed, who: "-1", err: zfs.ErrInvalid, text: "project"},
		{name: "no project", kind: zfs.ProjectUsed, who: "4294967295", err: zfs.ErrInvalid, text: "not a project ID"},
		{name: "project by name", kind: zfs.ProjectQuota, who: "web", err: zfs.ErrInvalid, text: "want a number"},
		{name: "project by SID", kind: zfs.ProjectQuota, who: "S-1-5-21-1", err: zfs.ErrInvalid, text: "numbers only"},
		{name: "SID with a long end", kind: zfs.UserUsed, who: "S-1-5-21-4294967296", err: zfs.ErrInvalid, text: "32 bits"},
		{name: "empty", kind: zfs.UserUsed, who: "", err: zfs.ErrInvalid, text: "a user's name, a number"},
		{name: "NUL", kind: zfs.UserUsed, who: "root\x00x", err: zfs.ErrInvalid},
		{name: "unknown user", kind: zfs.UserQuota, who: "no.such-user", err: zfs.ErrNotFound, text: `user "no.such-user" does not exist`},
		{name: "unknown group", kind: zfs.GroupObjQuota, who: "no.such-group", err: zfs.ErrNotFound, text: `group "no.such-group" does not exist`},
		{name: "kind", kind: 99, who: "1", err: zfs.ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := zfs.ParseUserspaceID(tt.kind, tt.who)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("%v, %v, want %v, %v", got, err, tt.want, tt.err)
			}
			if err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %q does not say %q", err, tt.text)
			}
			if err == nil && got.String() != tt.who {
				t.Errorf("String() is %q, want %q", got, tt.who)
			}
		})
	}
}

// Names are those of the system's tables.
func TestParseUserspaceIDByName(t *testing.T) {
	me, err := user.LookupId("0")
	if err != nil {
		t.Skipf("the system has no table of users: %v", err)
	}
	if id, err := zfs.ParseUserspaceID(zfs.UserUsed, me.Username); err != nil || id != (zfs.UserspaceID{}) {
		t.Errorf("user %s: %v, %v", me.Username, id, err)
	}
	group, err := user.LookupGroupId("0")
	if err != nil {
		t.Skipf("the system has no table of groups: %v", err)
	}
	if id, err := zfs.ParseUserspaceID(zfs.GroupUsed, group.Name); err != nil || id != (zfs.UserspaceID{}) {
		t.Errorf("group %s: %v, %v", group.Name, id, err)
	}
}

func TestUserspaceKind(t *testing.T) {
	for kind := zfs.UserUsed; kind <= zfs.ProjectObjQuota; kind++ {
		name := kind.String()
		n, who, ok := prop.Prop(name + "@x").Userspace()
		if !ok || n != int(kind) || who != "x" {
			t.Errorf("kind %d is called %s", kind, name)
		}
		if kind.IsQuota() != strings.HasSuffix(name, "quota") || kind.IsGroup() != strings.HasPrefix(name, "group") ||
			kind.IsProject() != strings.HasPrefix(name, "project") {
			t.Errorf("%s: quota %v, group %v, project %v", name, kind.IsQuota(), kind.IsGroup(), kind.IsProject())
		}
	}
	if k := zfs.ProjectObjQuota + 1; k.IsQuota() || k.IsGroup() || k.IsProject() {
		t.Errorf("%s is something", k)
	}
}
